"""PURE a runner's past in words and figures: tallies, old races, wins."""

from random import Random

from local.tab.chance import happens
from local.tab.names import FAMILY_NAMES, GIVEN_NAMES, HORSES, STIPES, TRACKS, horse_name


def starts(rng: Random, most: int) -> dict[str, int]:
    """Return a tally of starts; placings are always 0 upstream."""
    count = rng.randint(0, most)
    wins, seconds, thirds = (rng.randint(0, count // 5) for _ in range(3))
    return {
        "number_of_starts": count,
        "number_of_wins": wins,
        "number_of_placings": 0,
        "number_of_seconds": seconds,
        "number_of_thirds": thirds,
    }


def summary(rng: Random, most: int) -> dict[str, int]:
    """Return a tally with the winning distance."""
    return {**starts(rng, most), "winning_distance": 0}


def person(rng: Random) -> str:
    """Return somebody's name."""
    return f"{rng.choice(GIVEN_NAMES)} {rng.choice(FAMILY_NAMES)}"


def wins(rng: Random) -> list[dict[str, str]]:
    """Return the history of a runner's wins."""
    return [
        {"details": f"{rng.randint(1, 9)}th up {rng.randint(1, 12):02}/24 Hastings MDN 57.5({rng.randint(1, 12)}) 1:12"}
        for _ in range(rng.randint(1, 4))
    ]


def indicators(rng: Random) -> list[dict[str, object]] | None:
    """Return the flags of a harness runner's form, often none."""
    if happens(rng, 0.4):
        return None
    names = (
        ("Driver In Form", "Driver", 190),
        ("Track Specialist", "Track_Distance", 120),
        ("Picket Fence", "Win", 240),
    )
    return [
        {"name": name, "group": group, "negative": False, "priority": priority}
        for name, group, priority in names[: rng.randint(1, 3)]
    ]


def last_start(rng: Random) -> dict[str, str]:
    """Return a race of a runner's past, as wordy as upstream's."""
    track, size, minutes = rng.choice(TRACKS["NZ"]), rng.randint(6, 16), rng.randint(64, 132)
    weight, clock = f"{rng.randint(108, 120) / 2:.1f}", f"{minutes // 60}:{minutes % 60:02}.{rng.randrange(100):02}"
    said = {
        "barrier": str(rng.randint(1, size)),
        "days_since": str(rng.randint(7, 90)),
        "distance": str(rng.choice((1100, 1200, 1300, 1400, 1600, 2040))),
        "finish": str(rng.randint(1, size)),
        "jockey": person(rng),
        "number_of_runners": str(size),
        "class": rng.choice(("MDN", "Rating 65 Benchmark*", "MDN 3YO", "Trial")),
        "number": str(size),
        "prize_money": str(rng.choice((17000, 25000, 40000))),
        "second": horse_name(rng.randrange(HORSES)),
        "third": horse_name(rng.randrange(HORSES)),
        "winner": horse_name(rng.randrange(HORSES)),
        "time_ran": clock,
        "margin_1st_2nd": rng.choice(("1 Length", "Head", "Neck", "0.75 Lengths")),
        "margin_2nd_3rd": rng.choice(("1 Length", "Head", "Neck", "2 Lengths")),
        "margin_3rd_4th": "",
        "minimum_handicap": rng.choice(("", "54.00", "55.00")),
        "gear": "Approved Plates, Lugging Bit",
        "track": track.code,
        "track_four_char": track.code,
        "track_condition": rng.choice(("Good 4", "Soft 5", "Heavy 9")),
        "weight_carried": weight,
        "date": f"{rng.randint(1, 28):02}/{rng.randint(1, 12):02}/2024",
        "bon": clock.replace(":", "."),
        "track_surface": "Grass",
        "track_direction": rng.choice(("Left Handed", "Right Handed")),
    }
    if happens(rng, 0.7):
        said |= {"limit_weight": f"{weight}0", "margin": f"{rng.randint(0, 99) / 10:.2f}", "starting_price": "6.20"}
        said |= {"run_rating": str(rng.randint(40, 80)), "win_favouritism": str(rng.randint(1, size))}
        said["place_favouritism"] = str(rng.randint(1, size))
    if happens(rng, 0.3):
        said["stipes"] = " ".join(rng.sample(STIPES, 2))
    return said
