"""Waits between tries."""

from datetime import UTC, datetime

import pytest

from workers.upstream.backoff import LONGEST_WAIT_S, MAX_TRIES, next_wait_s, retry_after_s

NOW = datetime(2025, 7, 17, 0, 50, tzinfo=UTC)


def test_jitter_is_full_and_its_bound_doubles_to_a_limit():
    bounds = [next_wait_s(tries, 1.0, None, 100) for tries in range(1, MAX_TRIES)]
    assert bounds == [0.25, 0.5, 1.0, 2.0, LONGEST_WAIT_S]
    assert next_wait_s(3, 0.0, None, 100) == 0


def test_enough_tries_are_enough():
    assert next_wait_s(MAX_TRIES, 0.5, None, 100) is None


def test_a_wait_that_outlasts_the_deadline_is_not_begun():
    assert next_wait_s(1, 1.0, None, 0.2) is None
    assert next_wait_s(1, 0.0, 5.0, 5.0) is None


def test_upstreams_wish_is_never_shortened():
    assert next_wait_s(1, 0.0, 3.0, 10) == 3.0
    assert 3.0 <= next_wait_s(1, 1.0, 3.0, 10) < 3.5


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("2", 2),
        (" 120 ", 120),
        ("0", 0),
        ("Thu, 17 Jul 2025 00:50:30 GMT", 30),
        ("Thu, 17 Jul 2025 00:40:30 GMT", 0),
        ("Thu, 17 Jul 2025 12:50:30 +1200", 30),
        (None, None),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("٣", None),
        ("Thu, 99 Jul 2025 00:50:30 GMT", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(header, seconds):
    assert retry_after_s(header, NOW) == seconds
