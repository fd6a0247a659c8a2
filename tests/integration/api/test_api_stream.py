"""The stream: the feed's changes as server-sent events, without a gap across reconnects."""

import asyncio
import contextlib
import json
import socket
import time
from datetime import datetime, timedelta

import httpx
import psycopg
import pytest

from api import __main__ as service_main
from api import broadcast, stream
from api.cursor import Cursor
from tests.fixtures import builders
from tests.fixtures.api import OPEN, off, served_api, soon, standing_clock, wire
from tests.fixtures.stored import NOW, START, priced

pytestmark = [pytest.mark.anyio, pytest.mark.postgres]


@pytest.fixture
async def service(day):
    async with served_api(day.store.url) as (app, client):
        await soon(lambda: app.state.parts.listener.connected and app.state.parts.broadcaster.position, "the service")
        yield day, app, client


class Events:
    """The events of an open stream, as they come."""

    def __init__(self, response):
        self.response, self._lines = response, response.aiter_lines()
        self.last_id = None

    async def next(self, *names, seconds=30):
        """Return the next event of one of *names* (any without): its name, its data."""
        async with asyncio.timeout(seconds):
            while True:
                event = await self._event()
                if not names or event[0] in names:
                    return event

    async def _event(self):
        name, data = None, None
        async for line in self._lines:
            field, _, value = line.partition(": ")
            if field == "event":
                name = value
            elif field == "data":
                data = json.loads(value)
            elif field == "id":
                self.last_id = value
            elif not line and name is not None:
                return name, data
        raise EOFError


@contextlib.asynccontextmanager
async def streaming(client, query="", last_event_id=None):
    headers = {"Last-Event-ID": last_event_id} if last_event_id else {}
    async with client.stream("GET", f"/api/stream{query}", headers=headers) as response:
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/event-stream")
        assert response.headers["cache-control"] == "no-store"
        yield Events(response)


async def written(day, minutes, race_id=OPEN, **kwargs):
    await asyncio.to_thread(
        day.event, START - timedelta(minutes=minutes), race_id, **{"runners": [priced(1, race_id, minutes)], **kwargs}
    )


async def test_a_stream_says_hello_and_tells_each_change(service):
    day, _, client = service
    async with streaming(client) as events:
        assert (await events.next())[0] == "hello"
        assert events.last_id
        await written(day, 30)
        name, change = await events.next()
        assert (name, change["kind"], change["race_id"]) == ("change", "race", OPEN)
        assert change["cursor"] == events.last_id
        kinds = {change["kind"]}
        stored = {row["kind"] for row in day.rows("SELECT kind FROM changes")}
        while kinds != stored:
            kinds.add((await events.next("change"))[1]["kind"])


async def test_a_stream_filters_by_race_meeting_and_kind(service):
    day, _, client = service
    other, meeting = builders.identity("api", "other"), builders.identity("meeting", "other")
    async with (
        streaming(client, f"?race_id={OPEN}") as by_race,
        streaming(client, f"?meetingId={meeting}") as by_meeting,
        streaming(client, "?kinds=pools") as by_kind,
    ):
        for events in (by_race, by_meeting, by_kind):
            await events.next("hello")
        await written(day, 30, other, race_changes=off(5, meeting_id=meeting))
        await written(day, 29)
        assert (await by_race.next("change"))[1]["race_id"] == OPEN
        assert (await by_meeting.next("change"))[1]["meeting_id"] == meeting
        assert [(await by_kind.next("change"))[1]["race_id"] for _ in range(2)] == [other, OPEN]


async def test_polls_that_changed_nothing_are_told_to_those_who_ask(service):
    day, _, client = service
    async with streaming(client, "?polled=true") as told, streaming(client) as silent:
        await told.next("hello")
        await silent.next("hello")
        for minutes, price in ((30, 4), (29, 4), (28, 5)):  # the second is the same answer again
            await written(day, minutes, runners=[priced(1, OPEN, price)])
        _, data = await told.next("polled")
        assert data["race_id"] == OPEN
        assert datetime.fromisoformat(data["last_polled_at"]) == START - timedelta(minutes=29)
        names = set()
        while "change" not in names or data.get("at") != wire(START - timedelta(minutes=28)):
            name, data = await silent.next()
            names.add(name)
        assert names == {"change"}


async def test_last_event_id_resumes_without_gap_or_repeat(service):
    day, _, client = service
    async with streaming(client) as events:
        await events.next("hello")
        await written(day, 40)
        await events.next("change")
        seen = events.last_id
    for minutes in (30, 20, 10):
        await written(day, minutes)
    await written(day, 9)
    rows = day.rows("SELECT kind, at FROM changes ORDER BY cluster_id, xid, id")
    async with streaming(client, last_event_id=seen) as events:
        resumed = [(await events.next("change"))[1] for _ in rows[1:]]
        assert [(change["kind"], change["at"]) for change in resumed] == [
            (row["kind"], wire(row["at"])) for row in rows[1:]
        ]
        await written(day, 8)
        assert (await events.next("change"))[1]["at"] == wire(START - timedelta(minutes=8))


async def test_resuming_over_and_over_while_others_write_misses_nothing(service):
    """A client that is killed after a few events and comes back, under writers that commit late."""
    day, _, client = service
    total = 150

    async def write(writer):
        async with await psycopg.AsyncConnection.connect(day.store.url) as connection:
            for number in range(total // 3):
                await connection.execute(
                    "INSERT INTO changes (cluster_id, at, kind, racing_day, meeting_id, race_id) "
                    "VALUES (raceday_cluster_id(), %s, 'odds', '2025-07-17', 'm', %s)",
                    (NOW, f"{writer}-{number}"),
                )
                await connection.execute('SELECT pg_notify(\'raceday\', \'{"race_id": "x", "kinds": ["odds"]}\')')
                await asyncio.sleep(0.002 * (1 + writer))
                await connection.commit()

    cursor = (await client.get("/api/changes?cursor=latest")).json()["next_cursor"]
    writers = [asyncio.create_task(write(writer)) for writer in range(3)]
    found = []
    while len(found) < total:
        async with streaming(client, last_event_id=cursor) as events:
            for _ in range(min(7, total - len(found))):
                found.append((await events.next("change"))[1]["race_id"])
            cursor = events.last_id
    await asyncio.gather(*writers)
    assert found == [row["race_id"] for row in day.rows("SELECT race_id FROM changes ORDER BY cluster_id, xid, id")]


async def test_a_cursor_that_leads_nowhere_is_told_to_resync_and_goes_on(service):
    day, _, client = service
    async with streaming(client, last_event_id=str(Cursor(1, "5", 0))) as events:
        name, data = await events.next()
        assert name == "resync"
        assert "another database" in data["reason"]
        await written(day, 30)
        assert (await events.next("change"))[1]["race_id"] == OPEN


async def test_a_heartbeat_never_goes_ahead_of_what_is_queued(monkeypatch):
    """Its id says that all before it was sent: a client that resumes from it would miss what came after it."""
    monkeypatch.setattr(stream, "HEARTBEAT_S", 0.05)
    sent = []

    async def send(message):
        sent.append(message["body"])

    class Feed:
        position = Cursor(1, "9", 0)

    asked = stream.StreamRequest(broadcast.EVERYTHING, polled=False, after=None, client="c")
    talk = stream._Conversation(asked, None, Feed(), standing_clock(), send)
    subscriber = broadcast.Subscriber(broadcast.EVERYTHING, polled=False)
    loop = asyncio.get_running_loop()
    loop.call_later(0.05, subscriber.put, b"event: change\n\n")
    loop.call_later(0.01, time.sleep, 0.2)  # so that the change and the heartbeat fall into one turn of the loop
    living = asyncio.create_task(talk._live(subscriber))
    await soon(lambda: sent, "the first of the two")
    subscriber.end()
    await living
    assert sent[0] == b"event: change\n\n"


async def test_an_empty_cursor_is_refused_before_the_stream_begins(service):
    _, _, client = service
    answer = await client.get("/api/stream?cursor=")
    assert (answer.status_code, answer.json()["details"][0]["parameter"]) == (400, "cursor")


async def test_a_malformed_last_event_id_is_refused(service):
    _, _, client = service
    answer = await client.get("/api/stream", headers={"Last-Event-ID": "nonsense"})
    assert (answer.status_code, answer.json()["details"][0]["parameter"]) == (400, "cursor")


async def test_a_quiet_stream_has_a_heartbeat_with_a_place_to_resume_from(service, monkeypatch):
    monkeypatch.setattr(stream, "HEARTBEAT_S", 0.1)
    day, _, client = service
    async with streaming(client, "?race_id=nobody") as events:
        await events.next("hello")
        await written(day, 30)
        beats = [await events.next("heartbeat") for _ in range(5)]
        assert all(beat[1]["timestamp"] == wire(NOW) for beat in beats)
        rows = day.rows("SELECT 1 FROM changes")
        page = (await client.get(f"/api/changes?cursor={events.last_id}")).json()
        assert rows
        assert page["count"] == 0


async def test_a_stream_ends_when_it_is_old(service, monkeypatch):
    monkeypatch.setattr(stream, "LIFE_S", 0.3)
    _, app, client = service
    async with streaming(client) as events:
        await events.next("hello")
        with pytest.raises(EOFError):
            await events.next("never")
    await soon(lambda: app.state.parts.stream_slots.open == 0, "the slot")


async def test_a_client_that_goes_leaves_nothing_behind(service):
    _, app, client = service
    async with streaming(client) as events:
        await events.next("hello")
        assert app.state.parts.stream_slots.open == 1
    await soon(lambda: app.state.parts.stream_slots.open == 0, "the slot")
    await soon(lambda: not app.state.parts.broadcaster._subscribers, "the subscriber")


def test_a_reader_that_lags_is_given_up_on_and_slows_nobody():
    slow, fast = (
        broadcast.Subscriber(broadcast.EVERYTHING, polled=False),
        broadcast.Subscriber(broadcast.EVERYTHING, polled=False),
    )
    for _ in range(1000):
        for subscriber in (slow, fast):
            subscriber.put(b"x" * 2000)
        fast.take()
    assert slow.lagging
    assert not fast.lagging
    assert slow.take() == b""


async def test_a_stream_that_lagged_is_told_to_resync(service):
    day, app, client = service
    async with streaming(client) as events:
        await events.next("hello")
        (subscriber,) = app.state.parts.broadcaster._subscribers
        for _ in range(broadcast._MOST_QUEUED // 20):
            subscriber.put(b"event: change\ndata: {}\n\n")
        _, data = await events.next("resync")
        assert data["reason"] == "this stream was read too slowly"
        await written(day, 30)
        assert (await events.next("change"))[1]["race_id"] == OPEN


async def test_a_client_that_reads_nothing_is_cut_and_its_slot_comes_free(day, monkeypatch):
    monkeypatch.setattr(service_main, "_UNREAD_MS", 1000)
    async with served_api(day.store.url) as (app, client):
        with socket.socket() as deaf:
            deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            deaf.connect((client.base_url.host, client.base_url.port))
            deaf.sendall(b"GET /api/stream HTTP/1.1\r\nHost: raceday.test\r\n\r\n")
            await soon(lambda: app.state.parts.broadcaster._subscribers, "the stream")
            await asyncio.to_thread(
                day.execute,
                "INSERT INTO changes (cluster_id, at, kind, racing_day, meeting_id, race_id, payload)"
                " SELECT raceday_cluster_id(), now(), 'odds', '2025-07-17', 'm', 'r',"
                " jsonb_build_object('n', repeat('x', 1000)) FROM generate_series(1, 8000)",
            )
            await soon(lambda: app.state.parts.stream_slots.open == 0, "the slot")
            await soon(lambda: not app.state.parts.broadcaster._subscribers, "the subscriber")


async def test_streams_of_a_client_are_limited_and_come_free_again(day):
    async with served_api(day.store.url, streams_per_client=2) as (app, client):
        async with streaming(client) as first, streaming(client) as second:
            await first.next("hello")
            await second.next("hello")
            third = await client.get("/api/stream")
            assert third.status_code == 429
            assert third.headers["retry-after"] == "5"
            assert "2 streams" in third.json()["error"]
        await soon(lambda: app.state.parts.stream_slots.open == 0, "the slots")
        async with streaming(client) as again:
            await again.next("hello")


async def test_a_stream_survives_a_cut_connection_of_the_listener_without_a_gap(service):
    day, _, client = service
    async with streaming(client) as events:
        await events.next("hello")
        day.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'raceday-api%' AND datname = current_database()"
        )
        day.event(START - timedelta(minutes=30), OPEN, [priced(1, OPEN, 3)])
        assert (await events.next("change", seconds=60))[1]["race_id"] == OPEN


async def test_streams_end_at_once_when_the_service_stops(day):
    ended = asyncio.Event()
    async with served_api(day.store.url) as (_, client):

        async def read():
            with contextlib.suppress(EOFError, httpx.HTTPError):
                async with streaming(client) as events:
                    await events.next("hello")
                    ended.set()
                    while True:
                        await events.next()

        reading = asyncio.create_task(read())
        await ended.wait()
    async with asyncio.timeout(10):
        await reading
