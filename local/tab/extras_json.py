"""PURE what stands beside the runners in an event: side markets, bets; and how a timestamp is written."""

from datetime import UTC, datetime

from local.tab.chance import dice, happens, nanos, plain_id
from local.tab.fixed_odds import fixed_win
from local.tab.form import form
from local.tab.race_day import RacePlan
from local.tab.results import trim
from local.tab.runners import Runner, field

NOWHERE = "0001-01-01T00:00:00Z"


def stamp(instant: int, *key: object) -> str:
    """Return a timestamp as upstream writes it, with a fraction where *key* is given."""
    whole = datetime.fromtimestamp(instant, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{whole}.{nanos(instant, *key)}Z" if key else f"{whole}Z"


def derivatives(race: RacePlan) -> list[dict[str, object]] | None:
    """Return the side markets of some harness races: they look like runners and are none."""
    if race.meeting.category != "H" or not happens(dice(race.key, "derivatives"), 0.3):
        return None
    one, two = field(race)[:2]
    market = f"{one.name} vs {two.name}"
    empty = {"timestamp": NOWHERE, "fluc": 0}
    return [
        {
            **form(race, runner),
            "entrant_id": plain_id(race.key, "derivative", number),
            "market_name": market,
            "primary_market": False,
            "form_indicators": None,
            "runner_number": number,
            "is_scratched": False,
            "scratch_time": 0,
            "scr_time": None,
            "odds": {"fixed_win": 1.85 + number / 20, "fixed_place": 0},
            "favourite": False,
            "mover": False,
            "flucs": [],
            "flucs_with_timestamp": {"last_six": [], "open": empty, "high": empty, "low": empty, "nine_am": empty},
        }
        for number, runner in ((1, one), (2, two))
    ]


def bets(race: RacePlan, instant: int, told: dict[str, bool]) -> dict[str, object]:
    """Return the bets by the names *told*; null where none were asked for."""
    found: dict[str, object] = {}
    for name, wanted in told.items():
        rng = dice(race.key, name, instant)
        some = [_bet(race, rng.choice(field(race)), rng.choice((20, 50, 500, 1000)), instant) for _ in range(3)]
        found[name] = None if not wanted else some[0] if name == "biggest_bet" else some
    return found


def _bet(race: RacePlan, runner: Runner, stake: int, instant: int) -> dict[str, object]:
    leg = {
        "meeting_name": race.meeting.track.name,
        "race_name": race.name,
        "race_number": race.number,
        "entrant_id": runner.entrant_id,
        "entrant_name": runner.name,
        "entrant_number": runner.number,
        "barrier_number": runner.barrier,
        "product_type_name": "Fixed Win",
    }
    return {
        "title": "Fixed Win",
        "description": [f"{runner.name} ({runner.number})"],
        "stake": stake,
        "legs": [{"race": leg, "selections": None}],
        "place_time": stamp(instant - 20, runner.entrant_id),
        "place_odds": trim(fixed_win(race, instant)[runner.number - 1]),
    }
