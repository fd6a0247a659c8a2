"""DOMAIN §7: meetings, races, and the ways between races: keys, types and values against the database."""

from datetime import timedelta

import pytest

from tests.fixtures.api import ABANDONED, FINAL, MEETING, OPEN, RUNNING, SPELLINGS, YESTERDAY, got, wire
from tests.fixtures.stored import DAY, NOW, START

pytestmark = [pytest.mark.anyio, pytest.mark.postgres]


@SPELLINGS
async def test_meetings_of_a_day_by_name(client, stored_day, prefix):
    listed = await got(client, f"{prefix}/meetings?date={DAY}")
    stored = stored_day.rows(
        "SELECT m.*, min(r.start_time) AS first, max(r.start_time) AS last, count(r.*) AS races "
        "FROM meetings m LEFT JOIN races r USING (meeting_id) WHERE date = %s GROUP BY m.meeting_id ORDER BY meeting_name",
        DAY,
    )
    assert [row["meeting_id"] for row in listed] == [row["meeting_id"] for row in stored]
    for shown, row in zip(listed, stored, strict=True):
        for key in (
            "meeting_name",
            "country",
            "state",
            "race_type",
            "category",
            "status",
            "track_condition",
            "weather",
        ):
            assert shown[key] == row[key]
        assert shown["date"] == row["date"].isoformat()
        assert shown["first_race_time"] == wire(row["first"])
        assert shown["last_race_time"] == wire(row["last"])
        assert shown["race_count"] == row["races"]


async def test_the_day_left_out_is_the_racing_day_of_the_clock(client):
    assert await got(client, "/api/meetings") == await got(client, f"/api/meetings?date={DAY}")


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("race_type=harness", ["Albion Park"]),
        ("raceType=H", ["Albion Park"]),
        ("race_type=Harness%20Horse%20Racing", ["Albion Park"]),
        ("race_type=T", ["Park 1", "Park 2", "Park 3"]),
        ("country=AUS", ["Albion Park"]),
        ("country=AU", ["Albion Park"]),
        ("country=NZ&race_type=harness", []),
    ],
)
async def test_meetings_are_filtered_by_kind_and_country_in_all_their_names(client, query, names):
    listed = await got(client, f"/api/meetings?date={DAY}&{query}")
    assert [row["meeting_name"] for row in listed] == names


@SPELLINGS
async def test_one_meeting(client, prefix):
    listed = await got(client, "/api/meetings")
    for row in listed:
        assert await got(client, f"{prefix}/meetings/{row['meeting_id']}") == row
    assert (await client.get("/api/meetings/nobody")).status_code == 404


@pytest.mark.parametrize("path", ["/api/races?meeting_id=", "/api/races?meetingId=", "/races?meetingId="])
async def test_races_of_a_meeting_by_number(client, stored_day, path):
    listed = await got(client, path + MEETING)
    stored = stored_day.rows("SELECT * FROM races WHERE meeting_id = %s ORDER BY race_number, race_id", MEETING)
    assert [row["race_id"] for row in listed] == [row["race_id"] for row in stored]
    for shown, row in zip(listed, stored, strict=True):
        same_as_stored(shown, row)


def same_as_stored(shown, row):
    for key in (
        "race_id", "name", "race_number", "status", "meeting_id", "distance", "track_condition", "weather",
        "track_direction", "track_surface", "rail_position", "race_class", "prize_cents", "positions_paid",
        "result_status",
    ):  # fmt: skip
        assert shown[key] == row[key], key
    for key in ("start_time", "actual_start", "last_polled_at", "last_changed_at", "closed_at"):
        assert shown[key] == wire(row[key]), key
    percentage = row["market_percentage"]
    assert shown["market_percentage"] == (None if percentage is None else float(percentage))
    assert shown["racing_day"] == row["racing_day"].isoformat()
    assert isinstance(shown["race_number"], int)


async def test_races_want_a_meeting_that_is_stored(client):
    answer = await client.get("/api/races")
    assert answer.status_code == 400
    assert answer.json()["details"] == [{"parameter": "meeting_id", "problem": "is missing"}]
    assert (await client.get("/api/races?meeting_id=nobody")).status_code == 404


@pytest.mark.parametrize("race_id", [OPEN, FINAL, ABANDONED, RUNNING, YESTERDAY])
async def test_one_race(client, stored_day, race_id):
    shown = await got(client, f"/api/races/{race_id}")
    (row,) = stored_day.rows("SELECT * FROM races WHERE race_id = %s", race_id)
    same_as_stored(shown, row)
    assert shown["type"] == shown["race_type"] == "thoroughbred"
    assert shown["meeting_name"]


async def test_a_race_that_is_not_stored_is_404(client):
    answer = await client.get("/api/races/4711")
    assert answer.status_code == 404
    assert answer.json() == {"error": "no race 4711 is stored"}


async def test_a_polled_race_tells_how_old_its_prices_are(client):
    shown = await got(client, f"/api/races/{OPEN}")
    assert shown["last_polled_at"] == wire(START - timedelta(minutes=4.2))
    assert (shown["age_seconds"], shown["stale"]) == (12, False)
    stale = await got(client, f"/api/races/{RUNNING}")
    assert (stale["age_seconds"], stale["stale"]) == (20, False)
    over = await got(client, f"/api/races/{FINAL}")
    assert over["age_seconds"] > 2000
    assert over["stale"] is False


@SPELLINGS
async def test_navigation_goes_by_start_time(client, stored_day, prefix):
    by_start = stored_day.rows(
        "SELECT race_id, r.name, start_time, meeting_name FROM races r JOIN meetings USING (meeting_id) "
        "ORDER BY start_time, race_id"
    )
    links = [{**row, "start_time": wire(row["start_time"])} for row in by_start]
    at = [row["race_id"] for row in by_start].index(RUNNING)
    found = await got(client, f"{prefix}/races/navigation?raceId={RUNNING}")
    assert found == {"previousRace": links[at - 1], "nextRace": links[at + 1], "nextScheduledRace": links[at + 1]}
    assert links[at + 1]["race_id"] == OPEN
    first = await got(client, f"/api/races/navigation?race_id={by_start[0]['race_id']}")
    last = await got(client, f"/api/races/navigation?race_id={by_start[-1]['race_id']}")
    assert first["previousRace"] is None
    assert last["nextRace"] is None


async def test_upcoming_races_are_those_in_the_window_that_are_not_over(client, stored_day):
    found = await got(client, "/api/races/upcoming?windowMinutes=60&lookbackMinutes=10")
    stored = stored_day.rows(
        "SELECT race_id FROM races WHERE start_time BETWEEN %s AND %s AND status NOT IN ('final', 'abandoned') "
        "ORDER BY start_time, race_id",
        NOW - timedelta(minutes=10),
        NOW + timedelta(minutes=60),
    )
    assert [race["race_id"] for race in found["races"]] == [row["race_id"] for row in stored]
    assert found["total"] == len(stored) >= 2
    assert found["timestamp"] == wire(NOW)
    assert found["window"] == {
        "lower_bound": wire(NOW - timedelta(minutes=10)),
        "upper_bound": wire(NOW + timedelta(minutes=60)),
        "window_minutes": 60,
        "lookback_minutes": 10,
    }


async def test_upcoming_has_the_contract_s_defaults_and_bounds(client):
    found = await got(client, "/races/upcoming")
    assert (found["window"]["window_minutes"], found["window"]["lookback_minutes"]) == (120, 5)
    assert len((await got(client, "/api/races/upcoming?limit=1"))["races"]) == 1
    for query in ("window_minutes=481", "lookback_minutes=121", "limit=0", "limit=101", "window_minutes=-1"):
        assert (await client.get(f"/api/races/upcoming?{query}")).status_code == 422


@SPELLINGS
async def test_the_next_scheduled_race(client, prefix):
    found = await got(client, f"{prefix}/races/next-scheduled")
    assert found == await got(client, f"/api/races/{OPEN}")
    assert found["meeting_name"] == "Park 1"
