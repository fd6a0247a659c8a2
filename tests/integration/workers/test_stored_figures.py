"""Over any sequence of polls, what is stored is what follows from them: no more, no less."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.errors import OlderAnswer
from tests.fixtures.answers import START, answer, before_start, entrant, entrant_id, hashed, money, odds, pools, record
from tests.fixtures.rederived import FLOW, KINDS, SERIES, Told, bucket_before, increments_of, without
from workers.write.polls import PollRecord

pytestmark = pytest.mark.postgres
examples = settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
numbers = count(1)
RUNNERS = (1, 2, 3)

prices = st.sampled_from([None, 1, 2.5, 3, 3.05, 4.8, 21])
runner_steps = st.fixed_dictionaries(
    {
        "prices": st.tuples(prices, prices, st.sampled_from([2, 2.5, 3.05, 4.8, 21, None]), prices),
        "given": st.sampled_from([KINDS, KINDS, KINDS, ("fixed_win", "fixed_place"), ()]),
        "hold": st.one_of(st.none(), st.integers(0, 60)),
        "scratched": st.sampled_from([False] * 6 + [True]),
        "there": st.sampled_from([True] * 8 + [False]),
    }
)
poll_steps = st.fixed_dictionaries(
    {
        "what": st.sampled_from(["new"] * 8 + ["same"] * 4 + ["replay", "older", "failed"]),
        "after_s": st.sampled_from([1, 15, 31, 60, 119, 300, 301, 640]),
        "start_moves_s": st.sampled_from([0] * 8 + [600, -300, 30]),
        "status": st.sampled_from(["open"] * 8 + ["closed", "interim"]),
        "runners": st.tuples(*(runner_steps for _ in RUNNERS)),
        "win": st.one_of(st.none(), st.integers(0, 9_999_999)),
        "place": st.one_of(st.none(), st.integers(0, 9_999_999)),
        "no_tracker": st.sampled_from([False] * 4 + [True]),
        "no_pools": st.sampled_from([False] * 4 + [True]),
        "weather": st.sampled_from(["Fine", "Fine", "Rain", None]),
    }
)
polls = st.tuples(st.integers(-60, 300), st.lists(poll_steps, min_size=2, max_size=14))


def with_all_runners(sequence):
    first_s, steps = sequence
    return first_s, [{**step, "runners": tuple({**r, "there": True} for r in step["runners"])} for step in steps]


def made(race_id, step, start):
    """Build the answer that *step* describes."""
    runners, holds = [], {}
    for number, each in zip(RUNNERS, step["runners"], strict=True):
        if each["hold"] is not None:
            holds[number] = each["hold"]
        if each["there"] or number == 1:
            priced = odds(
                *(value if kind in each["given"] else None for kind, value in zip(KINDS, each["prices"], strict=True)),
                given=frozenset(each["given"]),
            )
            runners.append(entrant(number, race_id, odds=priced, is_scratched=each["scratched"]))
    totals = tuple(pool for pool in pools(step["win"], step["place"]) if pool.total_cents is not None)
    whole = answer(
        race_id, runners, start_time=start, status=step["status"], money=money(holds, race_id), pools=totals,
        weather=step["weather"],
    )  # fmt: skip
    return hashed(without(whole, money=step["no_tracker"], pools=step["no_pools"]))


def play(store, told, race_id, sequence):
    """Write *sequence*, telling it to *told* too; the kinds of change must agree at every step."""
    first_s, steps = sequence
    at, start, last = before_start(minutes=66, seconds=first_s), START, None
    for step in steps:
        at += timedelta(seconds=step["after_s"])
        if step["what"] == "failed":
            store.writer.write_failure(race_id, answer().racing_day, record(at), TimeoutError())
            continue
        if last is None or step["what"] == "new":
            start += timedelta(seconds=step["start_moves_s"])
            last = made(race_id, step, start)
        elif step["what"] == "replay":
            at = told.last_at
        elif step["what"] == "older":
            before = snapshot(store, race_id)
            with pytest.raises(OlderAnswer):
                store.write(made(race_id, step, start), told.last_at - timedelta(seconds=1))
            assert snapshot(store, race_id) == before
            continue
        written = store.write(last, at)
        assert set(written.kinds) == told.hear(last, at)
        assert len(written.kinds) == len(set(written.kinds))


def snapshot(store, race_id):
    names = ("races", "entrants", "odds_history", "money_flow_history", "money_flow_buckets", "race_pools",
             "race_pools_history", "polls", "changes")  # fmt: skip
    return {name: sorted(map(str, store.table(name, race_id))) for name in names}


@examples
@given(polls)
def test_every_stored_row_follows_from_the_polls_and_none_is_missing(store, sequence):
    race_id, told = f"race-{next(numbers)}", Told()
    play(store, told, race_id, sequence)
    if told.answer is None:
        return
    stored = [(r["entrant_id"], r["type"], r["odds"], r["event_timestamp"]) for r in store.odds_history(race_id)]
    assert sorted(stored, key=str) == sorted(told.odds, key=str)
    stored = [
        (
            r["entrant_id"], tuple(r[name] for name in FLOW), r["polling_timestamp"], r["time_interval"],
            tuple(r[name] for name in SERIES.values()),
        )
        for r in store.flows(race_id)
    ]  # fmt: skip
    assert sorted(stored, key=_by_runner_and_time) == sorted(told.flows, key=_by_runner_and_time)
    totals = store.table("race_pools_history", race_id, "polling_timestamp")
    assert [(r["polling_timestamp"], r["win_pool_total"], r["place_pool_total"]) for r in totals] == told.pool_rows
    current = {r["entrant_id"]: r for r in store.table("entrants", race_id)}
    assert {key: {n: row[n] for n in told.entrants[key]} for key, row in current.items()} == told.entrants
    good = store.rows("SELECT started_at, outcome FROM polls WHERE race_id = %s ORDER BY 1", race_id)
    assert [(r["started_at"], r["outcome"]) for r in good if r["outcome"] != "internal"] == told.outcomes
    race = store.race(race_id)
    assert (race["status"], race["start_time"]) == (told.answer.status, told.answer.start_time)
    assert race["last_polled_at"] == told.last_at


def _by_runner_and_time(flow):
    return flow[0], flow[2]


@examples
@given(polls)
def test_each_bucket_holds_its_latest_poll_and_its_increments_add_up_to_the_growth(store, sequence):
    race_id, told = f"race-{next(numbers)}", Told()
    play(store, told, race_id, sequence)
    stored = {}
    for row in store.buckets(race_id=race_id):
        stored.setdefault(row["entrant_id"], {})[row["time_interval"]] = row
    assert {key: set(rows) for key, rows in stored.items()} == {key: set(rows) for key, rows in told.buckets.items()}
    for key, rows in told.buckets.items():
        for bucket, figures in rows.items():
            names = (*FLOW, *KINDS)
            assert [stored[key][bucket][n] for n in names] == [figures[n] for n in names], (key, bucket)
            assert stored[key][bucket]["incremental_amount"] == stored[key][bucket]["incremental_win_amount"]
        for series, increments in SERIES.items():
            wanted = increments_of(rows, series)
            assert {bucket: stored[key][bucket][increments] for bucket in rows} == wanted, (key, series)
            amounts = [
                rows[bucket][series] for bucket in sorted(rows, reverse=True) if rows[bucket][series] is not None
            ]
            if amounts:
                grown = [wanted[b] for b in sorted(rows, reverse=True) if rows[b][series] is not None]
                assert sum(grown[1:]) == amounts[-1] - amounts[0]


@examples
@given(polls.map(with_all_runners))
def test_the_tote_shares_of_the_live_runners_add_up_to_one(store, sequence):
    race_id, told = f"race-{next(numbers)}", Told()
    play(store, told, race_id, sequence)
    sums = store.rows(
        "SELECT time_interval, polling_timestamp, sum(tote_share) AS share, count(tote_share) AS runners "
        "FROM money_flow_buckets WHERE race_id = %s AND tote_share IS NOT NULL GROUP BY 1, 2",
        race_id,
    )
    for row in sums:
        assert abs(row["share"] - 1) <= Decimal("0.00000001") * row["runners"]


@examples
@given(polls)
def test_playing_all_polls_again_changes_nothing(store, sequence):
    race_id, told = f"race-{next(numbers)}", Told()
    written = []
    real_write = store.writer.write

    def remembered(made_answer, poll: PollRecord):
        written.append((made_answer, poll))
        return real_write(made_answer, poll)

    store.writer.write = remembered
    try:
        play(store, told, race_id, sequence)
    finally:
        store.writer.write = real_write
    before = snapshot(store, race_id)
    for made_answer, poll in written:
        if poll.started_at == told.last_at:
            if made_answer is told.answer:
                real_write(made_answer, poll)
            continue
        with pytest.raises(OlderAnswer):
            real_write(made_answer, poll)
    assert snapshot(store, race_id) == before


timelines = st.lists(
    st.tuples(
        st.sampled_from([60, 300, 300, 300, 600, 30]),
        st.tuples(*(st.integers(0, 50) for _ in RUNNERS)),
        st.integers(1000, 90_000),
        st.tuples(*(st.sampled_from([None, 2.0, 2.1, 2.4, 3.0, 8.0]) for _ in range(6))),
    ),
    min_size=2,
    max_size=12,
)


@examples
@given(timelines)
def test_the_indicators_are_those_of_the_rule(store, timeline):
    """DOMAIN §5, for a race whose start does not move and whose runners all run."""
    race_id, told, at = f"race-{next(numbers)}", Told(), before_start(minutes=65)
    for after_s, holds, growth, seen in timeline:
        at += timedelta(seconds=after_s)
        runners = [entrant(n, race_id, odds=odds(seen[n - 1], None, seen[n + 2], None)) for n in RUNNERS]
        last = answer(
            race_id, runners, money=money(dict(zip(RUNNERS, holds, strict=True)), race_id), pools=pools(win=growth)
        )
        store.write(last, at)
        told.hear(last, at)
    for row in store.buckets(race_id=race_id):
        wanted = indicators(told.buckets, row["entrant_id"], row["time_interval"])
        assert (row["money_indicator"], row["odds_indicator"]) == wanted, row["time_interval"]


def indicators(told, key, bucket):
    before = bucket_before(bucket)
    if before is None or before not in told[key]:
        return None, None
    grown = {runner: increments_of(rows, "win_pool_amount") for runner, rows in told.items()}

    def share(which):
        up = {runner: max(0, found.get(which) or 0) for runner, found in grown.items()}
        total = sum(up.values())
        return None if total == 0 else Decimal(up[key]) * 100 / total

    now, last = share(bucket), share(before)
    moved = Decimal(0) if now is None or last is None else now - last
    was, is_now = told[key][before], told[key][bucket]
    shortened = Decimal(0)
    for kind in ("fixed_win", "pool_win"):
        if was[kind] is not None and is_now[kind] is not None:
            shortened = (was[kind] - is_now[kind]) / was[kind] * 100
            break
    return tuple(round(each, 2) if each >= 5 else Decimal(0) for each in (moved, shortened))


# Single cases that the properties would find late.


def amounts(store, race_id="race-1"):
    rows = store.buckets(entrant_id(1, race_id), race_id)
    return [(row["time_interval"], row["win_pool_amount"], row["incremental_win_amount"]) for row in rows]


def hold(percent, start=START, **changes):
    return answer(money=money({1: percent, 2: 0}), start_time=start, **changes)


def test_the_first_bucket_of_fifty_five_minutes_or_more_takes_the_full_amount_as_its_baseline(store):
    store.write(hold(10), before_start(minutes=56))
    store.write(hold(25), before_start(minutes=50))
    assert amounts(store) == [(55, 10_000, 10_000), (50, 25_000, 15_000)]


def test_a_first_bucket_later_than_that_has_no_increment(store):
    store.write(hold(10), before_start(minutes=54))
    store.write(hold(25), before_start(minutes=49))
    assert amounts(store) == [(50, 10_000, 0), (45, 25_000, 15_000)]


def test_an_increment_reaches_over_the_buckets_that_nothing_filled(store):
    store.write(hold(10), before_start(minutes=60))
    store.write(hold(25), before_start(minutes=2))
    assert amounts(store) == [(60, 10_000, 10_000), (2, 25_000, 15_000)]


def test_the_latest_poll_of_a_bucket_wins_and_its_growth_is_counted_once(store):
    store.write(hold(10), before_start(minutes=40))
    for percent, minutes in ((12, 36), (15, 35.5), (30, 31)):
        store.write(hold(percent), before_start(minutes=minutes))
    assert amounts(store) == [(40, 10_000, 0), (35, 15_000, 5_000), (30, 30_000, 15_000)]


@pytest.mark.parametrize(("minutes", "first"), [(90, 10_000), (30, 0)])
def test_a_flow_counts_the_growth_over_a_poll_that_did_not_tell_the_amount(store, minutes, first):
    store.write(hold(10), before_start(minutes=minutes))
    for number, unknown in enumerate((money({2: 3}), money({2: 4})), 1):
        store.write(answer(money=unknown), before_start(minutes=minutes - number))
    store.write(hold(25), before_start(minutes=minutes - 4))
    rows = store.flows(entrant_id=entrant_id(1))
    assert [(row["win_pool_amount"], row["incremental_win_amount"]) for row in rows] == [
        (10_000, first), (None, None), (25_000, 15_000),
    ]  # fmt: skip
    assert [row["incremental_amount"] for row in rows] == [row["incremental_win_amount"] for row in rows]


def test_a_start_that_moves_back_rewrites_its_bucket_and_leaves_later_increments_right(store):
    for percent, minutes in ((10, 20), (14, 15), (20, 10)):
        store.write(hold(percent), before_start(minutes=minutes))
    later = START + timedelta(minutes=6)
    store.write(hold(22, later), before_start(minutes=9))  # fifteen minutes before the new start
    assert amounts(store) == [(20, 10_000, 0), (15, 22_000, 12_000), (10, 20_000, -2_000)]
    store.write(hold(30, later), before_start(minutes=4))
    assert amounts(store) == [(20, 10_000, 0), (15, 22_000, 12_000), (10, 30_000, 8_000)]


def test_the_same_answer_takes_over_a_bucket_that_an_older_answer_filled_before_the_start_moved(store):
    store.write(hold(10), before_start(minutes=10))
    later = START + timedelta(minutes=10)
    moved = hold(30, later)
    store.write(moved, before_start(minutes=9))
    store.write(moved, before_start(minutes=0))  # ten minutes before the new start: the bucket of the first poll
    assert amounts(store) == [(15, 30_000, 0), (10, 30_000, 0)]


def test_buckets_after_the_start_are_filled_while_the_race_stays_open(store):
    for number, seconds in enumerate((10, -10, -40, -290, -310, -420)):
        store.write(hold(10 + number), before_start(seconds=seconds))
    rows = store.buckets(entrant_id(1))
    assert [row["time_interval"] for row in rows] == [0, Decimal("-0.5"), -1, -5, -6, -7]
    assert [row["interval_type"] for row in rows] == ["30s"] + ["live"] * 5
    assert [row["time_to_start_seconds"] for row in rows] == [10, -10, -40, -290, -310, -420]


def test_a_scratched_runner_raises_no_indicator(store):
    store.write(answer(money=money({1: 10, 2: 90})), before_start(minutes=60))
    gone = entrant(1, is_scratched=True)
    rest = [entrant(2), entrant(3)]
    store.write(answer(entrants=[gone, *rest], money=money({1: 60, 2: 91})), before_start(minutes=55))
    indicated = {row["entrant_id"]: row["money_indicator"] for row in store.buckets() if row["time_interval"] == 55}
    assert indicated[entrant_id(1)] == 0


def test_exact_investments_of_the_trends_take_the_place_of_the_prices(store):
    invested = tuple(
        replace(pool, investments={1: 60_000, 2: 30_000, 3: 10_000}) if pool.product_type == "Win" else pool
        for pool in pools()
    )
    store.write(answer(pools=invested), before_start(minutes=30))
    runner = store.entrants()[1]
    assert (runner["tote_source"], runner["tote_win_amount"], runner["tote_share"]) == (
        "trends",
        60_000,
        Decimal("0.6"),
    )


@pytest.mark.parametrize(
    ("grown", "indicated"),
    [
        ((11, 9), (Decimal("5.00"), 0)),
        ((32, 27), (0, 0)),  # 4.24 points
        ((6, 4), (Decimal("10.00"), 0)),
        ((5, -3), (Decimal("50.00"), 0)),  # money that left counts 0
        ((0, 0), (0, 0)),
        ((-4, -6), (0, 0)),
    ],
)
def test_the_money_indicator_is_the_gain_in_share_of_five_points_or_more(store, grown, indicated):
    store.write(answer(money=money({1: 10, 2: 10})), before_start(minutes=60))
    store.write(answer(money=money({1: 10 + grown[0], 2: 10 + grown[1]})), before_start(minutes=55))
    found = {row["entrant_id"]: row["money_indicator"] for row in store.buckets() if row["time_interval"] == 55}
    assert (found[entrant_id(1)], found[entrant_id(2)]) == indicated


@pytest.mark.parametrize(
    ("before", "now", "indicated"),
    [
        ((2.0, 4.0), (1.9, 4.0), Decimal("5.00")),
        ((2.0, 4.0), (1.91, 2.0), 0),  # fixed win decides where it is there, and 4.5 % is less than five
        ((2.0, 4.0), (3.0, 4.0), 0),
        ((None, 4.0), (None, 3.0), Decimal("25.00")),
        ((2.0, 4.0), (None, 3.0), Decimal("25.00")),
        ((None, None), (2.0, 3.0), 0),
    ],
)
def test_the_odds_indicator_is_the_shortening_of_five_percent_or_more(store, before, now, indicated):
    for (fixed, pool), minutes in ((before, 60), (now, 55)):
        runners = [entrant(1, odds=odds(fixed, None, pool, None)), entrant(2)]
        store.write(answer(entrants=runners), before_start(minutes=minutes))
    (row,) = [row for row in store.buckets(entrant_id(1)) if row["time_interval"] == 55]
    assert row["odds_indicator"] == indicated


def test_a_bucket_after_one_that_nothing_filled_raises_nothing(store):
    store.write(answer(money=money({1: 10, 2: 10})), before_start(minutes=60))
    store.write(answer(money=money({1: 60, 2: 11})), before_start(minutes=50))
    assert {row["money_indicator"] for row in store.buckets()} == {None}
