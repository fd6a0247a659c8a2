"""The change feed: at least once, in order, nothing lost to transactions that commit late."""

import threading
from datetime import timedelta

import psycopg
import pytest

from api.cursor import Cursor, parse_cursor
from tests.fixtures import builders
from tests.fixtures.api import OPEN, off, open_api, wire
from tests.fixtures.stored import NOW, START, priced

pytestmark = [pytest.mark.anyio, pytest.mark.postgres]


@pytest.fixture
async def service(day):
    async with open_api(day.store.url) as (_, client):
        yield day, client


def in_order(day):
    return [
        (row["kind"], row["race_id"], row["payload"])
        for row in day.rows("SELECT * FROM changes ORDER BY cluster_id, xid, id")
    ]


async def walk(client, query="", cursor=None, limit=3):
    """Read the feed to its end; return the changes and the last cursor."""
    found = []
    while True:
        where = f"&cursor={cursor}" if cursor else ""
        answer = await client.get(f"/api/changes?limit={limit}{query}{where}")
        assert answer.status_code == 200, answer.text
        page = answer.json()
        found += page["changes"]
        assert page["count"] == len(page["changes"]) <= limit
        cursor = page["next_cursor"]
        if page["count"] < limit:
            assert page["behind"] == 0
            return found, cursor


async def test_the_feed_is_every_change_in_order(service):
    day, client = service
    day.card(builders.card_body(2), START - timedelta(hours=5))
    for minutes in (30, 20, 10):
        day.event(START - timedelta(minutes=minutes), OPEN, [priced(1, OPEN, minutes)])
    found, cursor = await walk(client)
    assert [(change["kind"], change["race_id"], change["payload"]) for change in found] == in_order(day)
    assert len({change["cursor"] for change in found}) == len(found)
    assert found[-1]["at"] == wire(START - timedelta(minutes=10))
    assert await walk(client, cursor=cursor) == ([], cursor)
    day.event(START - timedelta(minutes=5), OPEN, [priced(1, OPEN, 99)])
    later, _ = await walk(client, cursor=cursor)
    assert [change["kind"] for change in later] == [kind for kind, *_ in in_order(day)[len(found) :]]


async def test_any_change_s_own_cursor_goes_on_after_it(service):
    day, client = service
    day.card(builders.card_body(2), START - timedelta(hours=5))
    found, _ = await walk(client)
    for at, change in enumerate(found):
        rest, _ = await walk(client, cursor=change["cursor"])
        assert rest == found[at + 1 :]


async def test_the_reader_hears_how_far_behind_it_is(service):
    day, client = service
    day.card(builders.card_body(2), START - timedelta(hours=5))
    page = (await client.get("/api/changes?limit=2")).json()
    assert (page["count"], page["behind"]) == (2, len(in_order(day)) - 2)


async def test_latest_begins_now(service):
    day, client = service
    day.card(builders.card_body(2), START - timedelta(hours=5))
    page = (await client.get("/api/changes?cursor=latest")).json()
    assert page["changes"] == []
    day.event(START - timedelta(minutes=5), OPEN, [priced(1, OPEN, 9)])
    found, _ = await walk(client, cursor=page["next_cursor"])
    assert found
    assert {change["race_id"] for change in found} == {OPEN}


async def test_filters_narrow_the_feed_and_its_cursor_goes_on(service):
    day, client = service
    other = builders.identity("api", "other")
    meeting = builders.identity("meeting", "other")
    for minutes in (30, 20):
        day.event(START - timedelta(minutes=minutes), OPEN, [priced(1, OPEN, minutes)])
        day.event(START - timedelta(minutes=minutes), other, 2, off(5, meeting_id=meeting, race_number=minutes))
    by_race, cursor = await walk(client, f"&race_id={OPEN}")
    assert {change["race_id"] for change in by_race} == {OPEN}
    assert (await walk(client, cursor=cursor))[0] == []
    assert {change["race_id"] for change in (await walk(client, f"&raceId={OPEN},{other}"))[0]} == {OPEN, other}
    assert {change["meeting_id"] for change in (await walk(client, f"&meeting_id={meeting}"))[0]} == {meeting}
    assert {change["kind"] for change in (await walk(client, "&kinds=odds,pools"))[0]} == {"odds", "pools"}
    assert (await walk(client, "&race_id=nobody"))[0] == []


async def test_a_transaction_that_commits_late_is_not_lost(service):
    """It has a lower xid than changes that were committed, and perhaps read, before it."""
    day, client = service
    insert = (
        "INSERT INTO changes (cluster_id, at, kind, racing_day, meeting_id, race_id) "
        "VALUES (raceday_cluster_id(), %s, 'status', '2025-07-17', 'm', 'late')"
    )
    with psycopg.connect(day.store.url) as late:
        late.execute(insert, (NOW,))
        day.event(START - timedelta(minutes=30), OPEN, [priced(1, OPEN, 3)])
        held, cursor = await walk(client)
        assert held == []  # committed, but not below every open transaction
        late.commit()
    found, _ = await walk(client, cursor=cursor)
    assert found[0]["race_id"] == "late"
    assert [(change["kind"], change["race_id"], change["payload"]) for change in found] == in_order(day)


async def test_nothing_is_lost_or_disordered_while_many_write(service):
    day, client = service
    ended = threading.Event()

    def write(writer):
        with psycopg.connect(day.store.url) as connection:
            for number in range(40):
                connection.execute(
                    "INSERT INTO changes (cluster_id, at, kind, racing_day, meeting_id, race_id) "
                    "VALUES (raceday_cluster_id(), %s, 'odds', '2025-07-17', 'm', %s)",
                    (NOW, f"{writer}-{number}"),
                )
                ended.wait(0.001 * (writer + 1))
                connection.rollback() if number % 7 == 6 else connection.commit()

    threads = [threading.Thread(target=write, args=(writer,)) for writer in range(4)]
    for thread in threads:
        thread.start()
    found, cursor = [], None
    while any(thread.is_alive() for thread in threads):
        part, cursor = await walk(client, cursor=cursor, limit=17)
        found += part
    for thread in threads:
        thread.join()
    part, _ = await walk(client, cursor=cursor, limit=17)
    stored = [row["race_id"] for row in day.rows("SELECT race_id FROM changes ORDER BY cluster_id, xid, id")]
    assert [change["race_id"] for change in found + part] == stored


async def test_another_cluster_s_cursor_is_gone(service):
    day, client = service
    day.card(builders.card_body(1), START - timedelta(hours=5))
    _, cursor = await walk(client)
    mine = parse_cursor(cursor)
    for other in (Cursor(mine.cluster_id + 1, mine.xid, 0), Cursor(mine.cluster_id, str(2**63), 0)):
        answer = await client.get(f"/api/changes?cursor={other}")
        assert answer.status_code == 410
        assert "latest" in answer.json()["error"]


async def test_a_cursor_whose_changes_may_be_deleted_is_gone(service):
    day, client = service
    day.card(builders.card_body(1), START - timedelta(hours=5))
    first = (await client.get("/api/changes?limit=1")).json()["next_cursor"]
    for minutes in (30, 20, 10):
        day.event(START - timedelta(minutes=minutes), OPEN, [priced(1, OPEN, minutes)])
    assert (await client.get(f"/api/changes?cursor={first}")).status_code == 200
    day.execute("DELETE FROM changes WHERE at < %s", START - timedelta(minutes=25))
    assert (await client.get(f"/api/changes?cursor={first}")).status_code == 410
    found, cursor = await walk(client)
    assert found
    assert (await client.get(f"/api/changes?cursor={cursor}")).status_code == 200


async def test_rows_of_another_cluster_are_not_read(service):
    day, client = service
    day.execute(
        "INSERT INTO changes (cluster_id, at, kind, racing_day, meeting_id) VALUES (1, %s, 'odds', '2025-07-17', 'm')",
        NOW,
    )
    assert (await walk(client))[0] == []


@pytest.mark.parametrize(
    ("query", "status", "parameter"),
    [
        ("cursor=nonsense", 400, "cursor"), ("cursor=MS4x", 400, "cursor"), ("kinds=gossip", 400, "kinds"),
        ("race_id=a%20b", 400, "race_id"), ("race_id=", 400, "race_id"), ("limit=0", 422, "limit"),
        ("limit=1001", 422, "limit"), ("limit=x", 400, "limit"), (f"cursor={'A' * 300}", 400, "cursor"),
    ],
)  # fmt: skip
async def test_what_is_malformed_is_named(client, query, status, parameter):
    answer = await client.get(f"/api/changes?{query}")
    assert answer.status_code == status
    assert answer.json()["details"][0]["parameter"] == parameter
