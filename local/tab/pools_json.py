"""PURE the body's `tote_pools`: totals and stages of every pool, trends and will-pays where asked."""

from xml.sax.saxutils import escape

from local.tab.chance import dice, happens
from local.tab.market import POOLS, Pools, dividend, pools
from local.tab.race_day import RacePlan
from local.tab.results import cents, trim
from local.tab.runners import Runner, field
from local.tab.story import status_at, tell

BET_TYPES = {"Win": "WIN", "Place": "PLC", "Trifecta": "TFA", "FirstFour": "FT4"}
PICKS = {"Win": 1, "Place": 1, "Trifecta": 3, "FirstFour": 4}


def pool_rows(race: RacePlan, instant: int, *, trends: bool, will_pays: bool) -> list[dict[str, object]]:
    """Return the pools of a race, in an order of its own."""
    now, status = pools(race, instant), status_at(tell(race), instant)
    rng = dice(race.key, "pools")
    lost = rng.choice(list(POOLS)[2:]) if happens(rng, 0.03) else None  # a pool may be abandoned alone
    named = happens(rng, 0.25)  # few races carry the trends of Win and Place
    rows = []
    for pool in POOLS:
        total = {"Place": now.place_total}.get(pool, now.win_total * POOLS[pool])
        row = _row(race, pool, total, "ABANDONED" if pool == lost else _stage(status), status)
        row["is_final"] = status != "Open"
        if pool == "Quinella" and will_pays:
            row["qla_odds"] = _quinella_odds(now)
        if trends and (pool in {"Trifecta", "FirstFour"} or (named and pool in BET_TYPES)):
            row["tote_trends"] = {
                "pool_total": trim(cents(total)),
                "tote_trends_data": _trends(race, pool, now, total, instant),
            }
        elif pool in {"Trifecta", "FirstFour"} and race.meeting.track.country == "AUS":
            row["tote_trends"] = {"pool_total": trim(cents(total))}
        rows.append(row)
    rows += _multi_race(race, instant, status, will_pays=will_pays)
    rng.shuffle(rows)
    return rows


def _stage(status: str) -> str:
    return {"Open": "OPEN", "Abandoned": "ABANDONED"}.get(status, "CLOSED")


def _row(race: RacePlan, pool: str, total: float, stage: str, status: str) -> dict[str, object]:
    closed = status in {"Interim", "Final"}
    invested = str(int(dice(race.key, pool, "units").uniform(10, 90000))) if closed else ""
    return {
        "product_type": pool,
        "total": trim(cents(total)),
        "status": stage,
        "guarantee": 0,
        "brought_forward": 0,
        "terminating": False,
        "jackpot": 0,
        "leg": 0,
        "is_commingled": True,
        "commingled_info": True,
        "is_concession": False,
        "win_investment": invested,
        "will_pay_live_units": 0,
        "will_pay_current_leg": 0,
    }


def _multi_race(race: RacePlan, instant: int, status: str, *, will_pays: bool) -> list[dict[str, object]]:
    """Return the pools that span races: they close with their first leg and must not be taken for the race's own."""
    last = len(race.meeting.starts)
    rows = []
    spans: list[tuple[str, str, list[int]]] = [
        ("Quadrella", "quaddie", list(range(last - 3, last + 1))),
        ("EarlyQuadrella", "early_quaddie", list(range(last - 7, last - 3))),
        ("RunningDouble", "tote_running_double", [race.number - 1, race.number]),
        ("Treble", "tote_treble", [last - 2, last - 1, last]),
    ]
    for pool, name, legs in spans:
        if race.number not in legs or legs[0] < 1 or (pool == "Treble" and race.meeting.track.country != "NZ"):
            continue
        shut = instant >= race.meeting.starts[legs[0] - 1] + 60
        full = dice(race.meeting.meeting_id, pool, legs[0]).uniform(900, 30000)
        ahead = max(0, race.meeting.starts[legs[0] - 1] - instant)
        stage = "ABANDONED" if status == "Abandoned" else "CLOSED" if shut else "OPEN"
        row = _row(race, pool, full / (1 + ahead / 3600), stage, status)
        row |= {"is_commingled": False, "commingled_info": False, "is_concession": pool == "RunningDouble"}
        row[name] = [legs] if name.startswith("tote") else legs
        if will_pays and shut and pool == "RunningDouble":
            row["will_pays"] = [{"odds": 10 + r.number * 3.5 + 0.1, "sel": r.number} for r in field(race)]
        rows.append(row)
    return rows


def _quinella_odds(now: Pools) -> list[dict[str, object]]:
    total = now.win_total or 1.0
    shares = {number: dollars / total for number, dollars in now.win.items()}
    liked = sorted(shares, key=lambda number: -shares[number])

    def pays(one: int, two: int) -> str:
        if one == two:
            return "-"
        a, b = shares[one], shares[two]
        return f"{dividend(0.825, max(0.001, a * b / (1 - min(a, 0.99)) + a * b / (1 - min(b, 0.99)))):.2f}"

    return [
        {
            "favouritism": liked.index(one) + 1,
            "sel": one,
            "oddsString": "|".join(pays(one, two) for two in shares),
        }
        for one in shares
    ]


def _trends(race: RacePlan, pool: str, now: Pools, total: float, instant: int) -> str:
    """Return the trends as upstream packs them: XML inside the JSON."""
    put = now.place if pool == "Place" else now.win
    scale = total / (sum(put.values()) or 1.0)
    meeting, track = race.meeting, race.meeting.track
    lines = [
        "<meetings>",
        f"  <date>{meeting.day:%Y-%m-%d}</date>",
        f'  <meeting meeting_number="{meeting.index + 1}" meeting_type="R">',
        f'    <meet_ID meet_mnem="{track.code}" NetSet_Name="{escape(track.name)}" Club="{track.code}"/>',
        f'    <race race_number="{race.number}">',
        "      <bet_types>",
        f'        <bet_type type="{BET_TYPES[pool]}">',
        f"          <pool_total>{total:.2f}</pool_total>",
        f'          <runners race_number="{race.number}">',
    ]
    for runner in field(race):
        lines += _runner_trend(runner, PICKS[pool], put.get(runner.number, 0.0) * scale, instant)
    tail = (
        "          </runners>",
        "        </bet_type>",
        "      </bet_types>",
        "    </race>",
        "  </meeting>",
        "</meetings>",
    )
    return "\r\n".join((*lines, *tail, ""))


def _runner_trend(runner: Runner, picks: int, invested: float, instant: int) -> list[str]:
    return [
        f'            <runner runner_number="{runner.number}">',
        f"              <runner_scratched>{runner.is_scratched(instant)}</runner_scratched>",
        f"              <runner_name>{escape(runner.name)}</runner_name>",
        *(f"              <runner_investment{k}>{invested:.2f}</runner_investment{k}>" for k in range(1, picks + 1)),
        "            </runner>",
    ]
