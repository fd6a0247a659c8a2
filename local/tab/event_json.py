"""PURE an event's `data` as the API shapes it, for any race and instant."""

from dataclasses import dataclass
from datetime import datetime

from local.tab.chance import dice, happens
from local.tab.extras_json import NOWHERE, bets, derivatives, stamp
from local.tab.fixed_odds import Fluc, fixed_win, flucs, nine_am, place_price
from local.tab.form import form, settling
from local.tab.market import places_paid, pools, runner_shares, tote_odds, tracker_rows
from local.tab.pools_json import pool_rows
from local.tab.race_day import RacePlan, Recipe, find_race
from local.tab.race_json import race_block
from local.tab.results import dividend_rows, order, result_rows, trim
from local.tab.runners import Runner, field, live
from local.tab.story import Story, betting_until, moment, status_at, tell

FREE_OF_DEDUCTION = 0.02  # a scratched runner with less of the pool costs the others nothing
ENTRANT_LACKS = frozenset({
    "runner_win_history", "picks", "ride_guide_exists", "ride_guide_file", "ride_guide_thumbnail",
    "flucs", "flucs_with_timestamp", "meta", "competitor_id", "scr_time", "deduction",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asked:
    """The optional parts of an event that a caller asks for."""

    money_tracker: bool = False
    tote_trends: bool = False
    big_bets: bool = False
    live_bets: bool = False
    biggest_bet: bool = False
    will_pays: bool = False


def event(recipe: Recipe, race_id: str, instant: datetime, asked: Asked | None = None) -> dict[str, object]:
    """Return the `data` of an event at *instant*; KeyError when there is no such race."""
    race = find_race(recipe, race_id)
    if race is None:
        raise KeyError(race_id)
    return event_data(race, moment(tell(race), instant.timestamp()), asked or Asked())


def event_data(race: RacePlan, instant: int, asked: Asked) -> dict[str, object]:
    """Return the `data` of a race's event at a `moment` of its story."""
    story = tell(race)
    entries = _entries(race, story, instant)
    favourite, mover = _favourite(race, instant), _mover(race, instant)
    for runner, entry in zip(field(race), entries, strict=True):
        entry["favourite"], entry["mover"] = runner is favourite, runner is mover
    data: dict[str, object] = {"race": race_block(race, story, instant)}
    if order(race, instant):
        data["results"] = result_rows(race, instant)
    if dividends := dividend_rows(race, instant):
        data["dividends"] = dividends
        if favourite is not None and status_at(story, instant) == "Final":
            data["substitutions"] = [{"entrant_id": favourite.entrant_id, "tote": "NZ", "product_name": "Pool Win"}]
    data["favourite"] = _picked(entries, favourite)
    data["runners"] = entries
    data["derivatives"] = derivatives(race)
    data["mover"] = _picked(entries, mover)
    data |= bets(
        race, instant, {"big_bets": asked.big_bets, "live_bets": asked.live_bets, "biggest_bet": asked.biggest_bet}
    )
    data["money_tracker"] = _tracker(race, instant) if asked.money_tracker else None
    data["tote_pools"] = pool_rows(race, instant, trends=asked.tote_trends, will_pays=asked.will_pays)
    data["error"] = "form service timed out" if happens(dice(race.key, "error"), 0.01) else ""
    return data


def _tracker(race: RacePlan, instant: int) -> dict[str, object]:
    return {
        "entrants": [
            {"entrant_id": entrant, "hold_percentage": hold, "bet_percentage": bets}
            for entrant, hold, bets in tracker_rows(race, instant)
        ]
    }


def _entries(race: RacePlan, story: Story, instant: int) -> list[dict[str, object]]:
    """Return the runners' entries; a scratched one keeps the odds that stood when it left."""
    tote = _tote(race, instant)
    entries = []
    for place, runner in enumerate(field(race)):
        out = runner.is_scratched(instant)
        seen = min(instant, runner.scratched_at or instant)
        prices = tote if not out else _tote(race, seen - 1)
        entry: dict[str, object] = {
            **form(race, runner),
            "is_scratched": out,
            "scratch_time": runner.scratched_at if out else 0,
            "scr_time": stamp(runner.scratched_at or 0) if out else None,
            "odds": _odds(race, story, place, runner, instant, prices.get(runner.number, (0.0, 0.0))),
        }
        entry |= _fluc_fields(race, runner, [] if runner.unpriced else flucs(race, place, instant))
        if out and race.meeting.category == "T":
            share = runner_shares(race, seen - 1).get(runner.number, 0.0)
            early = runner.emergency > 0 or share < FREE_OF_DEDUCTION
            entry["deduction"] = {
                part: 0 if early else trim(round(min(0.9, share * 0.9), 2)) for part in ("win", "place")
            }
        entries.append(entry)
    return entries


def _tote(race: RacePlan, instant: int) -> dict[int, tuple[float, float]]:
    return tote_odds(pools(race, instant), places_paid(len(live(field(race), instant))))


def _odds(
    race: RacePlan, story: Story, place: int, runner: Runner, instant: int, tote: tuple[float, float]
) -> dict[str, float]:
    win = fixed_win(race, betting_until(story, instant))[place]
    fixed_place = place_price(win, places_paid(race.size))
    if happens(dice(race.key, "no place"), 0.05) and runner.number == 1:
        fixed_place = 0.0  # a place price that is not offered is 0
    odds = {"fixed_win": trim(win), "fixed_place": trim(fixed_place)}
    if tote[0] and not runner.unpriced:
        odds["pool_win"] = trim(tote[0])
    if tote[1] and not runner.unpriced:
        odds["pool_place"] = trim(tote[1])
    return odds


def _fluc_fields(race: RacePlan, runner: Runner, moves: list[Fluc]) -> dict[str, object]:
    if not moves:
        none = {"timestamp": NOWHERE, "fluc": 0}
        told: dict[str, object] = {"last_six": [], "open": none, "high": none, "low": none, "nine_am": none}
        return {"flucs": [], "flucs_with_timestamp": told}

    def shown(move: Fluc) -> dict[str, object]:
        return {"timestamp": stamp(move.at - 1, runner.entrant_id), "fluc": trim(move.price)}

    told = {
        "last_six": [shown(move) for move in moves[-6:]],
        "open": shown(moves[0]),
        "high": shown(max(moves, key=lambda move: move.price)),
        "low": shown(min(moves, key=lambda move: move.price)),
        "nine_am": shown(nine_am(race, moves)),
    }
    return {"flucs": [trim(move.price) for move in moves[-6:]], "flucs_with_timestamp": told}


def _favourite(race: RacePlan, instant: int) -> Runner | None:
    prices = fixed_win(race, instant)
    running = [r for r in live(field(race), instant) if prices[r.number - 1]]
    if not running or (status_at(tell(race), instant) == "Closed" and instant < tell(race).off):
        return None  # a suspended market has neither favourite nor mover
    return min(running, key=lambda r: prices[r.number - 1])


def _mover(race: RacePlan, instant: int) -> Runner | None:
    prices = fixed_win(race, instant)
    if _favourite(race, instant) is None:
        return None
    best, most = None, 1.1
    for place, runner in enumerate(field(race)):
        moves = flucs(race, place, instant)
        if moves and not runner.is_scratched(instant) and moves[0].price / prices[place] > most:
            best, most = runner, moves[0].price / prices[place]
    return best


def _picked(entries: list[dict[str, object]], runner: Runner | None) -> dict[str, object]:
    """Return the entry of the favourite or mover; without one upstream sends an entry of empty words, not null."""
    if runner is not None:
        entry = entries[runner.number - 1]
        told = {k: v for k, v in entry.items() if k not in ENTRANT_LACKS}
        return told | {"speedmap": settling(runner), "favourite": False, "mover": False}
    words = (
        "entrant_id market_name name gear prize_money sex colour silk_colours silk_url_64x64 silk_url_128x128 "
        "class_level jockey apprentice_indicator allowance_weight owners country trainer_name last_twenty_starts "
        "sire dam breeding trainer_location"
    )
    return {
        **dict.fromkeys(words.split(), ""),
        **dict.fromkeys(("primary_market", "is_scratched", "favourite", "mover"), False),
        **dict.fromkeys(("scratch_time", "barrier", "runner_number", "age"), 0),
        **dict.fromkeys(("form_comment", "form_indicators", "past_performances", "jockey_past_performances")),
        "odds": {"fixed_win": 0, "fixed_place": 0},
        "weight": {"allocated": "", "total": ""},
        "speedmap": {},
    }
