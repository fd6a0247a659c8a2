"""What every client asks for is served from bytes, never staler than the change that was announced."""

import asyncio
import gzip
from datetime import timedelta

import pytest

from api.hot.validity import UNHEARD_FOR_S
from shared.clock import Clock, real_monotonic, real_now
from tests.fixtures import builders
from tests.fixtures.api import OPEN, off, open_api, soon, standing_clock, wire
from tests.fixtures.stored import NOW, priced

pytestmark = [pytest.mark.anyio, pytest.mark.postgres]

ENTRANTS = f"/api/entrants?race_id={OPEN}"
BOARD = "/api/live-odds/races-by-stage"
NEXT = "/api/races/next-scheduled"


def field(*prices):
    return [priced(number, OPEN, price) for number, price in enumerate(prices, start=1)]


@pytest.fixture
async def service(day):
    """Yield a day with one open race, the app and a client, the listener connected."""
    day.event(NOW - timedelta(seconds=30), OPEN, field(3.0, 4.0))
    async with open_api(day.store.url) as (app, client):
        await soon(lambda: app.state.parts.listener.connected, "the listener")
        yield day, app, client


async def written(day, *args, **kwargs):
    """Write from a thread, so that notices are heard as they come."""
    return await asyncio.to_thread(day.event, *args, **kwargs)


async def asked_until(client, path, good, seconds=30.0):
    """Ask *path* until its answer is *good*; return answer and real seconds."""
    began = real_monotonic()
    while True:
        answer = (await client.get(path)).json()
        if good(answer):
            return answer, real_monotonic() - began
        assert real_monotonic() - began < seconds, answer
        await asyncio.sleep(0.005)


def board_prices(board):
    return [
        runner["best_odds_decimal"]
        for races in board["stages"].values()
        for race in races
        for runner in race["runners_data"]
    ]


async def test_an_answer_is_the_same_bytes_until_something_happens(service):
    _, _, client = service
    for path in (ENTRANTS, BOARD, NEXT):
        first, second = await client.get(path), await client.get(path)
        assert first.content == second.content
        assert first.headers["etag"] == second.headers["etag"]


async def test_a_committed_poll_shows_in_every_hot_answer(service):
    day, _, client = service
    for path in (ENTRANTS, BOARD, NEXT):
        await client.get(path)
    at = NOW - timedelta(seconds=15)
    await written(day, at, OPEN, field(2.5, 5.0))
    entrants, _ = await asked_until(client, ENTRANTS, lambda found: found[0]["fixed_win"] == 2.5)
    assert entrants[0]["odds_history"][0]["timestamp"] == wire(at)
    board, _ = await asked_until(client, BOARD, lambda found: 2.5 in board_prices(found))
    assert board_prices(board) == [2.5, 5.0]
    await asked_until(client, NEXT, lambda found: found["last_polled_at"] == wire(at))


async def test_an_unchanged_poll_moves_the_age_and_nothing_else(service):
    day, app, client = service
    before = {path: (await client.get(path)) for path in (ENTRANTS, BOARD, NEXT)}
    builds = app.state.parts.hot._board._builds
    at = NOW - timedelta(seconds=5)
    assert (await written(day, at, OPEN, field(3.0, 4.0))).kinds == ()
    await asked_until(client, ENTRANTS, lambda found: found[0]["last_polled_at"] == wire(at))
    await asked_until(client, NEXT, lambda found: found["age_seconds"] == 5)
    board, _ = await asked_until(client, BOARD, lambda found: found["stages"]["at_post"][0]["age_seconds"] == 5)
    assert app.state.parts.hot._board._builds == builds
    after = await client.get(ENTRANTS)
    assert after.headers["etag"] != before[ENTRANTS].headers["etag"]
    volatile = {"last_polled_at", "age_seconds", "stale"}
    stripped = [
        [{k: v for k, v in row.items() if k not in volatile} for row in found.json()]
        for found in (before[ENTRANTS], after)
    ]
    assert stripped[0] == stripped[1]
    assert board_prices(board) == [3.0, 4.0]


async def test_the_age_grows_while_nothing_is_polled_and_the_tag_stays(day):
    day.event(NOW, OPEN, field(3.0, 4.0))
    clock = Clock(speed=200.0, origin=real_now(), start=NOW)
    async with open_api(day.store.url, clock=clock) as (app, client):
        await soon(lambda: app.state.parts.listener.connected, "the listener")
        first = await client.get(ENTRANTS)
        grown, _ = await asked_until(
            client, ENTRANTS, lambda found: found[0]["age_seconds"] > first.json()[0]["age_seconds"]
        )
        assert grown[0]["last_polled_at"] == first.json()[0]["last_polled_at"] == wire(NOW)
        board, _ = await asked_until(client, BOARD, lambda found: found["stages"]["running"])
        assert board["stages"]["running"][0]["minutes_until"] < 0
        assert (await client.get(NEXT)).json() is None


async def test_a_new_race_and_a_moved_one_change_the_board_and_the_next_race(service):
    day, _, client = service
    assert (await client.get(NEXT)).json()["race_id"] == OPEN
    sooner = builders.identity("api", "sooner")
    await written(day, NOW - timedelta(seconds=10), sooner, 3, off(-2, race_number=2))
    board, _ = await asked_until(client, BOARD, lambda found: len(found["stages"]["at_post"]) == 2)
    assert [race["race_id"] for race in board["stages"]["at_post"]] == [sooner, OPEN]
    await asked_until(client, NEXT, lambda found: found["race_id"] == sooner)
    await written(day, NOW - timedelta(seconds=5), sooner, 3, off(40, race_number=2))
    await asked_until(
        client, BOARD, lambda found: [race["race_id"] for race in found["stages"]["pre_race"]] == [sooner]
    )
    await asked_until(client, NEXT, lambda found: found["race_id"] == OPEN)


async def test_a_race_of_another_day_does_not_come_onto_the_board(service):
    day, _, client = service
    await client.get(BOARD)
    old = {"race_date_nz": "2025-07-16", "meeting_id": builders.identity("meeting", "old"), "status": "Final"}
    await written(day, NOW - timedelta(seconds=5), builders.identity("api", "old"), 3, off(-24 * 60, **old))
    await written(day, NOW - timedelta(seconds=4), OPEN, field(2.0, 9.0))
    board, _ = await asked_until(client, BOARD, lambda found: 2.0 in board_prices(found))
    assert board["total_races"] == 1


async def test_with_the_listener_down_an_answer_is_at_most_two_seconds_old(service):
    day, app, client = service
    for path in (ENTRANTS, BOARD, NEXT):
        await client.get(path)
    app.state.parts.listener._on_notice = lambda _: None  # deaf, and it knows
    app.state.parts.listener.connected = False
    await written(day, NOW - timedelta(seconds=15), OPEN, field(2.5, 5.0))
    for path, good in (
        (ENTRANTS, lambda found: found[0]["fixed_win"] == 2.5),
        (BOARD, lambda found: 2.5 in board_prices(found)),
        (NEXT, lambda found: found["last_polled_at"] == wire(NOW - timedelta(seconds=15))),
    ):
        _, waited = await asked_until(client, path, good)
        assert waited < UNHEARD_FOR_S + 5  # a busy machine's allowance


async def test_the_listener_comes_back_after_its_connection_is_cut_and_what_it_missed_is_read(service):
    day, app, client = service
    await client.get(ENTRANTS)
    listener = app.state.parts.listener
    day.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'raceday-api-listen' AND datname = current_database()"
    )
    day.event(NOW - timedelta(seconds=15), OPEN, field(2.5, 5.0))  # before the loop runs again: nobody hears it
    await soon(lambda: listener.losses == 1 and listener.connected, "the listener to come back")
    await asked_until(client, ENTRANTS, lambda found: found[0]["fixed_win"] == 2.5)
    await written(day, NOW - timedelta(seconds=14), OPEN, field(2.6, 5.0))
    await asked_until(client, ENTRANTS, lambda found: found[0]["fixed_win"] == 2.6)


async def test_garbage_on_the_channel_harms_nobody(service):
    day, _, client = service
    for payload in ("", "no json", "[]", '{"kinds": 3}', '{"race_id": "x", "kinds": [], "at": "never"}'):
        day.execute("SELECT pg_notify('raceday', %s)", payload)
    await written(day, NOW - timedelta(seconds=14), OPEN, field(2.6, 5.0))
    await asked_until(client, ENTRANTS, lambda found: found[0]["fixed_win"] == 2.6)


async def test_gzip_is_the_same_answer_packed(client):
    for path in (ENTRANTS, BOARD):
        plain = await client.get(path, headers={"accept-encoding": "identity"})
        assert "content-encoding" not in plain.headers
        async with client.stream("GET", path, headers={"accept-encoding": "gzip"}) as packed:
            raw = b"".join([part async for part in packed.aiter_raw()])
        assert packed.headers["content-encoding"] == "gzip"
        assert gzip.decompress(raw) == plain.content
        assert len(raw) < len(plain.content) / 4
        assert packed.headers["vary"] == "Accept-Encoding"


async def test_a_client_that_has_the_answer_gets_304(client):
    for path in (ENTRANTS, BOARD, NEXT, "/api/meetings", f"/api/races/{OPEN}", "/api/movers", "/api/statistics"):
        first = await client.get(path)
        again = await client.get(path, headers={"if-none-match": f'"other", {first.headers["etag"]}'})
        assert (again.status_code, again.content) == (304, b""), path
        assert again.headers["etag"] == first.headers["etag"]
        other = await client.get(path, headers={"if-none-match": '"other"'})
        assert other.status_code == 200


async def test_answers_are_kept_by_their_kind(client):
    for path, kept in (
        (ENTRANTS, "private, no-cache"),
        (BOARD, "private, no-cache"),
        ("/api/meetings", "private, max-age=15, must-revalidate"),
        ("/api/historical-odds?date=2025-07-16", "private, max-age=3600"),
        ("/health", "no-store"),
        ("/api/races/4711", "no-store"),
    ):
        assert (await client.get(path)).headers["cache-control"] == kept


async def test_the_hot_way_and_the_route_give_the_same_bytes(client):
    hot = await client.get(ENTRANTS)
    slow = await client.get(f"{ENTRANTS}&unheard=of")
    assert slow.content == hot.content
    assert slow.headers["etag"] == hot.headers["etag"]
    assert (await client.get(f"{BOARD}?x=1")).content == (await client.get(BOARD)).content


async def test_many_races_are_served_and_the_shelf_stays_bounded(day):
    races = [builders.identity("shelf", number) for number in range(60)]
    day.card(
        builders.card_body(
            [builders.card_meeting(1, [builders.card_race(n + 1, id=race) for n, race in enumerate(races)])]
        ),
        NOW,
    )
    async with open_api(day.store.url, clock=standing_clock()) as (app, client):
        for race in races:
            assert (await client.get(f"/api/entrants?race_id={race}")).json() == []
        assert len(app.state.parts.hot._entrants._entries) <= 48
        for number in range(60):
            assert (await client.get(f"/api/entrants?race_id=unknown{number}")).status_code == 404
        assert not any(key.startswith("unknown") for key in app.state.parts.hot._entrants._entries)


async def test_many_at_once_cause_one_build(service):
    _, app, client = service
    answers = await asyncio.gather(*(client.get(ENTRANTS) for _ in range(20)))
    assert {answer.status_code for answer in answers} == {200}
    assert app.state.parts.hot._entrants._entries[OPEN].builds == 1


@pytest.mark.parametrize("path", ["/", "/race.html", "/status.html", "/static/style.css"])
async def test_a_page_that_the_browser_has_costs_a_304(client, path):
    first = await client.get(path)
    assert (first.status_code, first.headers["cache-control"]) == (200, "no-cache")
    again = await client.get(path, headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
