"""Who may read: keys, limits, addresses, origins; and the headers that every answer has."""

import base64

import httpx
import pytest

from tests.fixtures.api import OPEN, open_api

pytestmark = [pytest.mark.anyio, pytest.mark.postgres]

KEYS = "first-key-of-ours,second-key-of-ours"
CLOSED = ["/", "/static/style.css", "/api/meetings", "/meetings", f"/api/entrants?race_id={OPEN}", "/api/live-odds/races-by-stage",
          "/metrics", "/openapi.json", "/docs", "/api/stream", "/nowhere"]  # fmt: skip


def basic(password, user="anybody"):
    return {"authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


@pytest.fixture(scope="module")
async def private(stored_day, anyio_backend):
    async with open_api(stored_day.store.url, api_keys=KEYS) as (_, client):
        yield client


@pytest.mark.parametrize("path", CLOSED)
async def test_nothing_is_told_without_a_key(private, path):
    answer = await private.get(path)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Basic realm=")
    assert set(answer.json()) == {"error"}


@pytest.mark.parametrize("path", ["/health", "/health/live", "/api/health"])
async def test_health_is_for_everybody(private, path):
    assert (await private.get(path)).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"x-api-key": "first-key-of-ours"}, {"X-API-Key": "second-key-of-ours"}, basic("first-key-of-ours"),
        basic("second-key-of-ours", user=""),
    ],
)  # fmt: skip
async def test_a_right_key_opens_it_by_header_or_as_a_password(private, headers):
    for path in ("/api/meetings", f"/api/entrants?race_id={OPEN}", "/", "/metrics"):
        assert (await private.get(path, headers=headers)).status_code == 200
    assert (await private.head("/api/meetings", headers=headers)).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"x-api-key": "wrong"}, {"x-api-key": ""}, {"x-api-key": KEYS}, {"x-api-key": "first-key-of-our"},
        {"x-api-key": "FIRST-KEY-OF-OURS"}, basic("wrong"), basic(""), {"authorization": "Basic !!!"},
        {"authorization": "Basic"}, {"authorization": "Bearer first-key-of-ours"}, {"authorization": "Basic /w=="},
        {"authorization": base64.b64encode(b"a:first-key-of-ours").decode()},
    ],
)  # fmt: skip
async def test_a_wrong_key_does_not(private, headers):
    assert (await private.get("/api/meetings", headers=headers)).status_code == 401


async def test_a_key_in_the_query_is_none(private):
    assert (await private.get("/api/meetings?api_key=first-key-of-ours")).status_code == 401


async def test_guessing_keys_is_limited_and_costs_those_with_a_key_nothing(stored_day):
    async with open_api(stored_day.store.url, api_keys=KEYS, rate_limit=50) as (_, client):
        answers = [
            (await client.get("/api/meetings", headers={"x-api-key": f"guess-{n}"})).status_code for n in range(200)
        ]
        assert set(answers) == {401, 429}
        assert answers[:50] == [401] * 50
        assert answers.count(429) > 100
        right = await client.get("/api/meetings", headers={"x-api-key": "first-key-of-ours"})
        assert right.status_code == 200
        assert (await client.get("/health")).status_code == 200


async def test_a_flood_from_one_client_is_refused_and_others_are_served(stored_day):
    async with open_api(stored_day.store.url, rate_limit=60) as (app, client):
        answers = [await client.get("/health/live" if n % 2 else "/api/bookmakers") for n in range(200)]
        statuses = [answer.status_code for answer in answers[::2]]
        assert statuses[:60] == [200] * 60
        assert 429 in statuses
        refused = next(answer for answer in answers if answer.status_code == 429)
        assert int(refused.headers["retry-after"]) >= 1
        assert refused.headers["ratelimit-limit"] == "60"
        assert refused.headers["ratelimit-remaining"] == "0"
        assert refused.json() == {"error": "more than 60 requests a minute"}
        assert {answer.status_code for answer in answers[1::2]} == {200}
        other = httpx.ASGITransport(app=app, client=("10.0.0.9", 1))
        async with httpx.AsyncClient(transport=other, base_url="http://raceday.test") as neighbour:
            assert (await neighbour.get("/api/bookmakers")).status_code == 200


async def test_the_allowance_is_told_with_every_answer(stored_day):
    async with open_api(stored_day.store.url, rate_limit=60) as (_, client):
        for left in (59, 58):
            answer = await client.get(f"/api/entrants?race_id={OPEN}")
            assert answer.headers["ratelimit-remaining"] == str(left)
            assert answer.headers["ratelimit-policy"] == "60;w=60"
        assert "ratelimit-limit" not in (await client.get("/health")).headers


async def test_an_address_in_a_header_is_believed_from_a_trusted_proxy_only(stored_day):
    lies = [{"x-forwarded-for": f"203.0.113.{n}"} for n in range(30)]
    async with open_api(stored_day.store.url, rate_limit=10) as (_, client):
        direct = [(await client.get("/api/bookmakers", headers=lie)).status_code for lie in lies]
        assert direct[:10] == [200] * 10
        assert 429 in direct
    async with open_api(stored_day.store.url, rate_limit=10, trusted_proxies="127.0.0.0/8") as (_, client):
        behind = [(await client.get("/api/bookmakers", headers=lie)).status_code for lie in lies]
        assert behind == [200] * 30
        chained = [
            (
                await client.get("/api/bookmakers", headers={"x-forwarded-for": f"198.51.100.{n}, 203.0.113.77"})
            ).status_code
            for n in range(30)
        ]
        assert 429 in chained  # what a client wrote before its proxy's word counts for nothing


async def test_every_answer_has_the_security_headers(client):
    for path in (
        "/",
        "/static/style.css",
        "/api/meetings",
        f"/api/entrants?race_id={OPEN}",
        "/nowhere",
        "/health",
        "/api/races",
    ):
        headers = (await client.get(path)).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["referrer-policy"] == "no-referrer"
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self';" in policy
        assert "unsafe" not in policy


async def test_the_docs_can_be_closed(stored_day, client):
    assert (await client.get("/docs")).status_code == 200
    async with open_api(stored_day.store.url, api_docs=False) as (_, closed):
        for path in ("/docs", "/openapi.json", "/redoc"):
            assert (await closed.get(path)).status_code == 404
        assert (await closed.get("/meetings")).status_code == 200


async def test_other_origins_may_read_by_setting_only(stored_day, client):
    asked = {"origin": "https://app.example"}
    preflight = {**asked, "access-control-request-method": "GET", "access-control-request-headers": "x-api-key"}
    assert "access-control-allow-origin" not in (await client.get("/api/meetings", headers=asked)).headers
    async with open_api(stored_day.store.url, cors_origins="https://app.example", api_keys=KEYS) as (_, opened):
        allowed = await opened.options("/api/meetings", headers=preflight)
        assert allowed.status_code == 200
        assert allowed.headers["access-control-allow-origin"] == "https://app.example"
        refused = await opened.get("/api/meetings", headers=asked)
        assert (refused.status_code, refused.headers["access-control-allow-origin"]) == (401, "https://app.example")
        other = await opened.options("/api/meetings", headers={**preflight, "origin": "https://evil.example"})
        assert "access-control-allow-origin" not in other.headers
