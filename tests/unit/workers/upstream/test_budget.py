"""The token bucket and the circuit breaker, driven by instants of the test's own."""

from datetime import UTC, datetime, timedelta

import pytest

from workers.upstream.budget import (
    CLOSED,
    FAILURES_TO_OPEN,
    LONGEST_PAUSE,
    enter,
    failed,
    full_bucket,
    gave_up,
    refilled,
    succeeded,
    take,
)

NOW = datetime(2025, 7, 17, tzinfo=UTC)


def after(seconds):
    return NOW + timedelta(seconds=seconds)


def drawn(bucket, now, *, urgent):
    count = 0
    while True:
        bucket, wait_s = take(bucket, now, urgent=urgent)
        if wait_s:
            return bucket, count, wait_s
        count += 1


def test_the_last_third_of_the_bucket_is_for_urgent_calls():
    bucket, far, _ = drawn(full_bucket(180, NOW), NOW, urgent=False)
    _, urgent, _ = drawn(bucket, NOW, urgent=True)
    assert (far, urgent) == (40, 20)


@pytest.mark.parametrize("per_minute", [1, 2, 10, 180, 1_000_000])
@pytest.mark.parametrize("urgent", [True, False])
def test_after_the_wait_it_names_there_is_a_token(per_minute, urgent):
    bucket, _, wait_s = drawn(full_bucket(per_minute, NOW), NOW, urgent=urgent)
    _, wait_s = take(bucket, NOW + timedelta(seconds=wait_s + 1e-5), urgent=urgent)
    assert wait_s == 0


def test_no_minute_sees_more_than_the_budget_and_one_burst():
    bucket, sent = full_bucket(180, NOW), 0
    for tenth in range(600):
        bucket, count, _ = drawn(bucket, after(tenth / 10), urgent=True)
        sent += count
    assert 180 <= sent <= 240


def test_it_never_holds_more_than_its_capacity_nor_loses_by_a_clock_that_steps_back():
    bucket = full_bucket(180, NOW)
    assert refilled(bucket, after(10_000)).tokens == bucket.capacity
    spent, _ = take(bucket, NOW, urgent=True)
    back = refilled(spent, after(-100))
    assert (back.tokens, back.at) == (spent.tokens, NOW)


def opened(now=NOW):
    circuit = CLOSED
    for _ in range(FAILURES_TO_OPEN):
        assert enter(circuit, now)[1] == 0
        circuit = failed(circuit, now)
    return circuit


def test_failures_in_a_row_open_the_circuit_and_a_success_between_them_does_not():
    assert opened().state == "open"
    circuit = CLOSED
    for _ in range(5):
        for _ in range(FAILURES_TO_OPEN - 1):
            circuit = failed(circuit, NOW)
        circuit = succeeded(circuit)
    assert circuit == CLOSED


def test_one_call_alone_is_the_probe():
    circuit = opened()
    assert enter(circuit, after(0.5))[1] == pytest.approx(0.5)
    probing, wait_s = enter(circuit, after(1))
    assert (probing.state, wait_s) == ("half-open", 0)
    assert enter(probing, after(1))[1] > 0
    assert succeeded(probing) == CLOSED


def test_the_pause_grows_to_its_bound():
    circuit, now, pauses = opened(), NOW, []
    for _ in range(8):
        now = circuit.opens_again
        circuit, wait_s = enter(circuit, now)
        assert wait_s == 0
        circuit = failed(circuit, now)
        pauses.append((circuit.opens_again - now).total_seconds())
    assert pauses == [2, 4, 8, 16, 30, 30, 30, 30]
    assert circuit.pause == LONGEST_PAUSE


def test_stragglers_that_fail_do_not_lengthen_the_pause():
    circuit = opened()
    assert failed(circuit, after(0.9)).opens_again == circuit.opens_again


def test_a_probe_that_was_broken_off_leaves_its_place_to_another():
    probing, _ = enter(opened(), after(1))
    assert enter(gave_up(probing), after(1))[1] == 0
