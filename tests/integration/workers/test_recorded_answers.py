"""Every recorded answer stored whole: the file on one side, the database on the other, column by column.

Here the races, their meetings and the day's card; the runners with their money, and the pools with the results, have
modules of their own. A row is compared whole, so that a column that is not told here is a failure too.
"""

import json
import threading
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import pytest
from psycopg.rows import dict_row

from shared.clock import Clock, real_now
from shared.settings import DatabaseSettings, UpstreamSettings, WorkerSettings
from tests.fixtures.recorded import (
    FULL,
    MARKS,
    SAMPLES,
    TERMINAL,
    Stored,
    cents,
    instant,
    priced,
    stored,  # noqa: F401  the fixture
    text,
    two_places,
)
from tests.fixtures.tiny_tab import tiny_tab
from workers import service

pytestmark = MARKS
LIST, DETAIL = "meetings-list-response.json", "meeting-detail-response.json"
TYPES = {"T": "thoroughbred", "H": "harness"}
DAY = date(2025, 7, 17)
MORNING = datetime(2025, 7, 16, 17, tzinfo=UTC)


def market(live):
    """Return Σ 100 / fixed win over the live runners, or None where one has no price."""
    prices = [priced(runner)["fixed_win"] for runner in live]
    return None if None in prices or not prices else two_places(float(sum(100 / Fraction(price) for price in prices)))


def removed(data):
    """Return what the tracker holds of those who are no runners, summed."""
    runners = {runner["entrant_id"] for runner in data["runners"]}
    hold, bet = Counter(), Counter()
    for row in (data["money_tracker"] or {}).get("entrants") or ():
        if row["entrant_id"] not in runners:
            hold[row["entrant_id"]] += row["hold_percentage"]
            bet[row["entrant_id"]] += row["bet_percentage"]
    return {key: {"hold_percentage": hold[key], "bet_percentage": bet[key]} for key in hold}


def test_the_race_is_stored_as_recorded(stored):  # noqa: F811  the fixture
    race, data, at = stored.race, stored.data, stored.polled_at
    outcome = ("final" if race["status"] in TERMINAL else "interim") if has_result(data) else None
    (row,) = stored.table("races")
    assert row.pop("data_hash")
    assert row == {
        "race_id": race["event_id"],
        "meeting_id": race["meeting_id"],
        "racing_day": date.fromisoformat(stored.day),
        "name": race["description"].strip(),
        "race_number": race["race_number"],
        "start_time": instant(race["advertised_start"]),
        "actual_start": instant(race["actual_start"]),
        "status": race["status"].lower(),
        "distance": race["distance"],
        "track_condition": text(race["track_condition"]),
        "weather": text(race["weather"]),
        "track_direction": text(race["track_direction"]),
        "track_surface": text(race.get("track_surface")),
        "rail_position": text(race["rail_position"]),
        "race_class": text(race.get("class")),
        "prize_cents": cents((race["prize_monies"] or {}).get("total_value")),
        "positions_paid": race["positions_paid"],
        "market_percentage": market(stored.live),
        "tracker_removed": removed(data),
        "result_status": outcome,
        "last_polled_at": at,
        "last_changed_at": at,
        "closed_at": None if race["status"] == "Open" else at,
        "created_at": at,
        "updated_at": at,
    }


def has_result(data):
    return bool(data.get("results") or data.get("dividends"))


def test_the_meeting_of_a_race_is_stored_as_the_race_tells_it(stored):  # noqa: F811  the fixture
    race, at = stored.race, stored.polled_at
    (row,) = stored.rows("SELECT * FROM meetings")
    assert row == {
        "meeting_id": race["meeting_id"],
        "meeting_name": race["meeting_name"],
        "country": race["country"],
        "state": text(race["state"]),
        "race_type": TYPES[race["type"]],
        "category": race["type"],
        "date": date.fromisoformat(stored.day),
        "status": "completed" if race["status"] in TERMINAL else "active",
        "track_condition": text(race["track_condition"]),
        "weather": text(race["weather"]),
        "tote_status": None,
        "created_at": at,
        "updated_at": at,
    }


def test_the_poll_is_stored_without_a_fault(stored):  # noqa: F811  the fixture
    (row,) = stored.table("polls")
    (race,) = stored.table("races")
    assert (row["started_at"], row["outcome"], row["data_hash"]) == (stored.polled_at, "changed", race["data_hash"])
    assert (row["error"], row["faults"]) == (text(stored.data["error"]), [])


def test_writing_the_recorded_event_again_adds_a_poll_and_nothing_else(database_url):
    again = Stored(FULL, database_url)
    tables = ("odds_history", "money_flow_history", "race_pools_history", "race_results", "changes", "entrants")
    before = {table: sorted(map(str, again.table(table))) for table in tables}
    again.polled_at += timedelta(seconds=15)
    written = again.write()
    assert (written.outcome, written.kinds) == ("unchanged", ())
    assert {table: sorted(map(str, again.table(table))) for table in tables} == before
    assert len(again.table("polls")) == 2


# The card, by real HTTP through the job that stores it.


def recorded(name):
    return json.loads((SAMPLES / name).read_bytes())["data"]["meetings"]


@pytest.fixture
def run(database_url):
    """Yield a function that runs a job on a card of *meetings* and returns meetings and races by their ids."""
    clock = Clock(1.0, real_now(), MORNING)
    with tiny_tab() as tab:
        upstream = UpstreamSettings(
            tab_api_url=tab.url, tab_from="a@b.example", tab_partner="p", tab_partner_id="i",
            tab_requests_per_minute=100_000, politeness_seconds=0,
        )  # fmt: skip
        settings = DatabaseSettings(database_url=database_url), upstream, WorkerSettings()
        with service.parts(*settings, clock, threading.Event()) as parts:
            parts.leadership.tick()

            def made(job, meetings):
                tab.meetings = meetings
                report = parts.runner.run(job, "hand", DAY)
                assert report.errors == 0
                with parts.pool.connection() as connection:
                    cursor = connection.cursor(row_factory=dict_row)
                    return (
                        {row["meeting_id"]: row for row in cursor.execute("SELECT * FROM meetings").fetchall()},
                        {row["race_id"]: row for row in cursor.execute("SELECT * FROM races").fetchall()},
                    )

            yield made


def expected_meeting(given):
    statuses = {race["status"] for race in given["races"]}
    return {
        "meeting_id": given["meeting"],
        "meeting_name": given["name"].strip(),
        "country": given["country"],
        "state": text(given["state"]),
        "race_type": TYPES[given["category"]],
        "category": given["category"],
        "date": date.fromisoformat(given["date"][:10]),
        "status": "completed" if statuses <= set(TERMINAL) else "active",
        "track_condition": text(given["track_condition"]),
        "weather": text(given.get("weather")),
        "tote_status": text(given.get("tote_status")),
    }


def expected_race(given, meeting):
    told = {
        "race_id": given["id"],
        "meeting_id": meeting["meeting"],
        "racing_day": date.fromisoformat(meeting["date"][:10]),
        "name": given["name"].strip(),
        "race_number": given["race_number"],
        "start_time": datetime.fromisoformat(given["start_time"]),
        "status": given["status"].lower(),
        "distance": given["distance"],
        "track_condition": text(given["track_condition"]),
        "weather": text(given["weather"]),
        "tracker_removed": {},
    }
    unknown_to_a_card = (
        "actual_start", "track_direction", "track_surface", "rail_position", "race_class", "prize_cents",
        "positions_paid", "market_percentage", "result_status", "data_hash", "last_polled_at", "last_changed_at",
        "closed_at",
    )  # fmt: skip
    return told | dict.fromkeys(unknown_to_a_card)


def without_stamps(rows):
    """Return *rows* without their two stamps, which the job's clock made."""
    for row in rows.values():
        assert MORNING <= row.pop("created_at") <= row.pop("updated_at") < MORNING + timedelta(minutes=5)
    return rows


def test_the_recorded_list_is_stored_as_its_nz_and_aus_thoroughbred_and_harness_meetings(run):
    given = recorded(LIST)
    wanted = [m for m in given if m["country"] in {"NZ", "AUS"} and m["category"] in {"T", "H"}]
    assert 0 < len(wanted) < len(given)
    meetings, races = run("daily-meetings", given)
    assert without_stamps(meetings) == {m["meeting"]: expected_meeting(m) for m in wanted}
    assert without_stamps(races) == {r["id"]: expected_race(r, m) for m in wanted for r in m["races"]}
    assert {m["status"] for m in meetings.values()} == {"active", "completed"}


def test_the_recorded_meeting_is_stored_by_the_races_job_over_what_a_poorer_card_said(run):
    """The job asks for active meetings only: this one had finished when it was recorded."""
    (given,) = recorded(DETAIL)
    early = [{**race, "status": "Open", "weather": "", "distance": 1} for race in given["races"][:-1]]
    meetings, races = run("daily-meetings", [{**given, "track_condition": "Heavy9", "races": early}])
    assert {row["status"] for row in (*meetings.values(), *races.values())} == {"active", "open"}
    meetings, races = run("daily-races", [given])
    assert without_stamps(meetings) == {given["meeting"]: expected_meeting(given)}
    assert without_stamps(races) == {race["id"]: expected_race(race, given) for race in given["races"]}
