"""What is wrong is refused in one shape with the parameter named; no input makes an error of ours."""

import random
import string

import pytest

from tests.fixtures.api import OPEN

pytestmark = [pytest.mark.anyio, pytest.mark.postgres]


@pytest.mark.parametrize(
    ("path", "status", "parameter"),
    [
        ("/api/meetings?date=17.7.2025", 400, "date"),
        ("/api/meetings?date=2025-02-30", 400, "date"),
        ("/api/meetings?date=", 400, "date"),
        ("/api/meetings?date=1752710400", 400, "date"),
        ("/api/meetings?race_type=greyhound", 400, "race_type"),
        ("/api/meetings?country=FR", 400, "country"),
        ("/api/meetings/a%20b", 400, "meeting_id"),
        (f"/api/races/{'x' * 65}", 400, "race_id"),
        ("/api/races/%00", 400, "race_id"),
        ("/api/entrants?race_id=%27;drop", 400, "race_id"),
        ("/api/entrants?race_id=", 400, "race_id"),
        ("/api/live-odds?limit=ten", 400, "limit"),
        ("/api/live-odds?limit=1001", 422, "limit"),
        ("/api/live-odds?offset=-1", 422, "offset"),
        ("/api/live-odds?offset=99999999999999999999", 422, "offset"),
        ("/api/live-odds?course=%00", 400, "course"),
        ("/api/movers?direction=up", 400, "direction"),
        ("/api/movers?minimum_percent=nan", 400, "minimum_percent"),
        ("/api/movers?window_minutes=0", 422, "window_minutes"),
        ("/api/notifications?since=now", 400, "since"),
        ("/api/notifications?since=1999-01-01T00:00:00Z", 400, "since"),
        ("/api/notifications?since=2025-07-17T25:00:00Z", 400, "since"),
        ("/api/user-alert-configs?user_id=%00", 400, "user_id"),
        (f"/api/races/{OPEN}/as-of?minus=soon", 400, "minus"),
        (f"/api/races/{OPEN}/as-of?minus=999999999", 422, "minus"),
        ("/api/export/odds.csv?date=x", 400, "date"),
    ],
)
async def test_a_parameter_that_is_wrong_is_named(client, path, status, parameter):
    answer = await client.get(path)
    body = answer.json()
    assert (answer.status_code, body["details"][0]["parameter"]) == (status, parameter), body
    assert set(body) == {"error", "details"}
    assert body["details"][0]["problem"]


async def test_several_wrong_parameters_are_all_named(client):
    body = (await client.get("/api/movers?limit=x&direction=up")).json()
    assert {detail["parameter"] for detail in body["details"]} == {"limit", "direction"}


@pytest.mark.parametrize(
    "path", ["/nowhere", "/api/nowhere", "/api", "/api/races/a/b/c", "/static/none.css", "/static/../app.py"]
)
async def test_a_path_that_is_none_is_404_in_the_one_shape(client, path):
    answer = await client.get(path)
    assert answer.status_code == 404
    assert set(answer.json()) == {"error"}


PATHS = [
    "/api/meetings", "/api/races", "/api/races/{}", "/api/meetings/{}", "/api/races/navigation", "/api/races/upcoming",
    "/api/entrants", "/api/race-pools", "/api/race-results", "/api/money-flow-timeline", "/api/user-alert-configs",
    "/api/notifications", "/api/live-odds", "/api/historical-odds", "/api/statistics", "/api/movers", "/api/coverage",
    "/api/races/{}/as-of", "/api/changes", "/api/courses", "/api/bookmakers",
]  # fmt: skip
PARAMETERS = [
    "date", "race_id", "raceId", "meeting_id", "limit", "offset", "cursor", "cursor_after", "created_after", "since",
    "entrants", "pool_type", "user_id", "at", "minus", "country", "race_type", "window_minutes", "kinds", "course",
]  # fmt: skip
VALUES = [
    "", "0", "-1", "1e309", "NaN", "null", "true", "%00", "%ff", "%F0%9F%90%8E", "a" * 5000, "2025-07-17", "9999-12-31",
    "0001-01-01", "2025-07-17T00:00:00Z", "9999-12-31T23:59:59+14:00", OPEN, "'; DROP TABLE races; --", "%", "{}", "[]",
    "99999999999999999999999", "MS4xLjEuMQ", "..%2F..%2Fetc", "\u202e", "1_000", "٣",
]  # fmt: skip


@pytest.mark.parametrize("seed", range(8))
async def test_no_input_makes_an_error_of_ours(client, seed):
    chance = random.Random(seed)
    for _ in range(60):
        path = chance.choice(PATHS).format(chance.choice([OPEN, *VALUES[:12]]) or "x")
        query = "&".join(
            f"{chance.choice(PARAMETERS)}={chance.choice([*VALUES, ''.join(chance.choices(string.printable[:94], k=9))])}"
            for _ in range(chance.randint(0, 4))
        )
        answer = await client.get(f"{path}?{query}")
        assert answer.status_code in {200, 400, 404, 410, 422}, (path, query, answer.text)
        if answer.status_code != 200:
            assert set(answer.json()) <= {"error", "details"}
