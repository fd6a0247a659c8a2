"""PURE what an answer says of a runner that no step changes: breeding, form, past starts, silks."""

from functools import lru_cache
from random import Random

from local.tab.chance import dice, happens
from local.tab.names import COLOURS, HORSES, PATTERNS, TOWNS, horse_name
from local.tab.past import indicators, last_start, person, starts, summary, wins
from local.tab.race_day import RacePlan
from local.tab.runners import Runner

NZ_SUMMARIES = (
    *("first_up", "second_up", "third_up", "fourth_up", "track", "distance", "track_distance", "good", "soft"),
    *("heavy", "turf", "synthetic", "overall", "left_handed", "right_handed", "hurdle", "steeple", "fresh_30"),
    *("fresh_90", "weight_for_age", "slow", "firm"),
)
SETTLES = ("Leader", "Pace", "Off Pace", "Midfield", "Off Midfield", "Backmarker")
SILKS = "https://silks.example.test/racing"


@lru_cache(maxsize=2048)
def form(race: RacePlan, runner: Runner) -> dict[str, object]:
    """Return the unchanging part of a runner's entry; full for New Zealand's gallopers, brief for others."""
    rng = dice("horse", race.meeting.category, runner.horse)
    full = race.meeting.category == "T" and race.meeting.track.country == "NZ"
    said = _basics(race, runner, rng, upper=not full)
    if full:
        said |= _new_zealand(runner, rng)
    elif race.meeting.category == "T":
        said |= {"fresh_90": summary(rng, 6), "past_performances": {"jockey": starts(rng, 6)}}
        said |= {"jockey_past_performances": {"last_50_starts": starts(rng, 50), "trainer": starts(rng, 9)}}
        said["dam_sire"] = horse_name(rng.randrange(HORSES))
        if happens(rng, 0.3):
            said["runner_win_history"] = wins(rng)
    else:
        said |= {"fresh_90": summary(rng, 9), "past_performances": None, "jockey_past_performances": None}
        said["form_indicators"] = indicators(rng)
    if runner.barrier_position is not None:
        said["barrier_position"] = runner.barrier_position
    return said


def _basics(race: RacePlan, runner: Runner, rng: Random, *, upper: bool) -> dict[str, object]:
    sire, dam = horse_name(rng.randrange(HORSES)), horse_name(rng.randrange(HORSES))
    sire, dam = (f"{sire.upper()} (USA)", f"{dam.upper()} (AUS)") if upper else (sire, dam)
    age, sex = rng.randint(3, 10), rng.choice("gmfh")
    weight = "" if race.meeting.category == "H" else f"{rng.randint(108, 120) / 2:g}"
    return {
        "entrant_id": runner.entrant_id,
        "market_name": "Final Field",
        "primary_market": True,
        "name": runner.name,
        "gear": rng.choice(("", "[Blinkers]", "[Approved Plates, Lugging Bit]", "[Tongue Tie]")),
        "barrier": runner.barrier,
        "runner_number": runner.number,
        "prize_money": str(rng.randrange(0, 220000)),
        "age": age,
        "sex": sex.upper() if upper else sex,
        "colour": rng.choice(("b", "br", "ch", "gr", "b/br")).upper() if upper else rng.choice(("b", "br", "ch", "gr")),
        **_silks(runner, rng),
        "form_comment": None,
        "class_level": "",
        "jockey": runner.jockey,
        "apprentice_indicator": "A" if happens(rng, 0.15) else "",
        "allowance_weight": rng.choice(("", "", "", "1", "2", "3")),
        "owners": " & ".join(person(rng) for _ in range(rng.randint(1, 4))),
        "country": race.meeting.track.country,
        "trainer_name": runner.trainer,
        "last_twenty_starts": "".join(rng.choice("123456789x0") for _ in range(rng.randint(0, 10))),
        "sire": sire,
        "dam": dam,
        "breeding": f"{age} {sex} {sire}-{dam}",
        "weight": {"allocated": weight, "total": weight},
        "speedmap": {**settling(runner), "label": SETTLES[runner.horse % len(SETTLES)]},
        "form_indicators": None,
        "trainer_location": rng.choice(TOWNS),
        "horse_id": 300000 + runner.horse * 7 + (race.meeting.category == "H"),
        "meta": None,
        "competitor_id": "",
        "ride_guide_exists": False,
        **dict.fromkeys(("ride_guide_thumbnail", "ride_guide_file"), ""),
    }


def _silks(runner: Runner, rng: Random) -> dict[str, str]:
    slug = runner.name.lower().replace(" ", "-")
    main, second = rng.sample(COLOURS, 2)
    return {
        "silk_colours": f"{main}, {second.lower()} {rng.choice(PATTERNS)}, {main.lower()} cap",
        "silk_url_64x64": f"{SILKS}/{slug}_64x64.png",
        "silk_url_128x128": f"{SILKS}/{slug}_128x128.png",
        "alt_silk_url_64x64": f"{SILKS}/alt/{slug}_64x64.png",
        "alt_silk_url_128x128": f"{SILKS}/alt/{slug}_128x128.png",
    }


def _new_zealand(runner: Runner, rng: Random) -> dict[str, object]:
    said: dict[str, object] = {
        "is_late_scratched": False,  # never true upstream: a late scratching shows in its time only
        "is_emergency": runner.emergency > 0,
        "first_start_indicator": happens(rng, 0.1),
        "emergency_position": str(runner.emergency or ""),
        "runner_change": None if happens(rng, 0.4) else {"26/03/2024": "Gelding"},
        "foaling_date": f"20{rng.randint(16, 22)}-{rng.randint(8, 12):02}-{rng.randint(1, 28):02}",
        "rating": "",
        "handicap_rating": str(rng.randint(40, 90)),
        "past_performances": {"jockey": starts(rng, 8)},
        "jockey_past_performances": {"last_50_starts": starts(rng, 50), "trainer": starts(rng, 9)},
        "last_starts": [last_start(rng) for _ in range(rng.randint(4, 24))],
        "win_p": f"{rng.randrange(40)}%",
        "place_p": f"{rng.randrange(80)}%",
        "spr": rng.randrange(5000),
        "last_12_months": {k: v for k, v in starts(rng, 14).items() if k != "number_of_placings"},
        "last_12_w": f"{rng.randrange(40)}%",
        "last_12_p": f"{rng.randrange(80)}%",
        "last_12_months_prize_money": {"NZD": rng.randrange(120000)},
        "dam_dam": horse_name(rng.randrange(HORSES)),
        "dam_sire": horse_name(rng.randrange(HORSES)),
    }
    said |= {name: summary(rng, 20) for name in NZ_SUMMARIES}
    if happens(rng, 0.5):
        said["runner_win_history"] = wins(rng)
    if happens(rng, 0.6):
        said["picks"] = [
            {"name": person(rng), "rank": rank, "selector_type": "trackside", "comment": ""} for rank in (1, 3)
        ]
    return said


def settling(runner: Runner) -> dict[str, object]:
    """Return where a runner settles, as the favourite's and the mover's entries say it: without a label."""
    return {"settling_lengths": 1 + runner.horse % 9, "entrant_id": runner.entrant_id}
