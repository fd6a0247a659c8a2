"""Write one race, 12 runners with all rows changed, against a bare single-row commit on the same server."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from statistics import median

import psycopg

from bench.report import Measured
from bench.server import Bench, worker
from shared.clock import racing_day, real_monotonic, real_now
from shared.models import Entrant, EntrantId, MeetingId, Money, Odds, Pool, RaceAnswer, RaceId
from workers.write.polls import PollRecord

_WARM_UP, _ROUNDS, _RUNNERS = 40, 300, 12
_CADENCE = timedelta(seconds=15)
_POLLS_OF_A_RACE = 170  # then the next race: a real one has no more either


def measure(bench: Bench) -> Measured:
    """Return the medians over interleaved rounds: a write, then a commit."""
    url = bench.new_database()
    writes, commits = [], []
    with worker(url, "http://127.0.0.1:9", concurrency=1) as part, psycopg.connect(url, autocommit=True) as bare:
        bare.execute("CREATE TABLE bench_commits (at timestamptz)")
        for number in range(_WARM_UP + _ROUNDS):
            answer, poll = _poll(number)
            began = real_monotonic()
            written = part.writer.write(answer, poll)
            between = real_monotonic()
            bare.execute("INSERT INTO bench_commits VALUES (%s)", (poll.started_at,), prepare=True)
            ended = real_monotonic()
            assert "odds" in written.kinds, "the write changed nothing"
            writes.append(between - began)
            commits.append(ended - between)
    return Measured(
        "race_write",
        median(writes[_WARM_UP:]) * 1000,
        "ms",
        bar=14,
        aim=8,
        floor=median(commits[_WARM_UP:]) * 1000,
        note="the disk's sync is in both; the quieter the disk, the higher the ratio",
    )


def _poll(number: int) -> tuple[RaceAnswer, PollRecord]:
    """Return the answer of poll *number*: every price, share and pool differs from the one before."""
    race, step = divmod(number, _POLLS_OF_A_RACE)
    start = real_now().replace(minute=0, second=0, microsecond=0) + timedelta(hours=2)
    polled_at = start - _POLLS_OF_A_RACE * _CADENCE + step * _CADENCE
    entrants = tuple(_entrant(runner, step) for runner in range(1, _RUNNERS + 1))
    cents = 1_000_000 + 5_000 * step
    answer = RaceAnswer(
        race_id=RaceId(f"bench-race-{race}"),
        meeting_id=MeetingId("bench-meeting"),
        meeting_name="Bench Park",
        country="NZ",
        category="T",
        name="Race",
        race_number=race + 1,
        start_time=start,
        actual_start=start,
        status="open",
        racing_day=racing_day(start),
        entrants=entrants,
        money={entrant.entrant_id: _money(at, step) for at, entrant in enumerate(entrants)},
        pools=tuple(Pool(name, cents) for name in ("Win", "Place", "Quinella", "Trifecta", "Exacta", "FirstFour")),
        distance=1200,
        track_condition="Good4",
        weather="Fine",
        data_hash=f"{number}",
    )
    return answer, PollRecord(
        "poll", polled_at, polled_at + timedelta(milliseconds=80), due_at=polled_at, bytes=195_000
    )


def _entrant(number: int, step: int) -> Entrant:
    price = Decimal(2 + number) + Decimal(step % 2) / 10 + Decimal(step) / 100
    entrant = Entrant(EntrantId(f"bench-runner-{number}"), f"Runner {number}", number, Odds(price, price, price, price))
    return replace(
        entrant,
        barrier=number,
        jockey=f"Jockey {number}",
        trainer_name=f"Trainer {number}",
        silk_colours="Red, white cap",
        silk_url_64x64=f"https://silks.example/{number}_64x64.png",
        silk_url_128x128=f"https://silks.example/{number}_128x128.png",
        age=5,
        sex="g",
        colour="br",
        weight_allocated=Decimal("57.5"),
        weight_total=Decimal(56),
        last_twenty_starts="4776X",
        gear="Blinkers",
        horse_id=350_000 + number,
        scratch_time=datetime(2020, 1, 1, tzinfo=UTC) if number == 0 else None,
    )


def _money(at: int, step: int) -> Money:
    return Money(4 + (at + step) % 9, 3 + (at * 5 + step) % 7)
