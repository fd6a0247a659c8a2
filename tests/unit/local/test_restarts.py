from hypothesis import given
from hypothesis import strategies as st

from local.restarts import LIMIT, WINDOW_S, restart_delay_s


def test_the_wait_grows_with_each_death_in_a_row() -> None:
    deaths = [0.0, 1.0, 2.0, 3.0]
    assert [restart_delay_s(deaths[: count + 1]) for count in range(4)] == [0.5, 1.0, 2.0, 4.0]


def test_the_fifth_death_within_a_minute_is_the_last() -> None:
    assert restart_delay_s([0.0, 10.0, 20.0, 30.0, 59.0]) is None


def test_deaths_of_an_earlier_minute_are_forgiven() -> None:
    assert restart_delay_s([0.0, 1.0, 2.0, 3.0, 3.0 + WINDOW_S]) == 0.5


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=40))
def test_giving_up_means_that_as_many_died_within_a_minute(times: list[float]) -> None:
    deaths = sorted(times)
    within = [death for death in deaths if deaths[-1] - death < WINDOW_S]
    assert (restart_delay_s(deaths) is None) == (len(within) >= LIMIT)
