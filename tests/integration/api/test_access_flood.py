"""Guessed keys, floods from one client, lies about the address: refused, and everybody else is served."""

import asyncio
import base64
import contextlib
import secrets
import socket

import httpx
import pytest

from shared.clock import real_monotonic
from tests.fixtures.api import open_api
from tests.fixtures.api_process import api_process

pytestmark = [pytest.mark.postgres, pytest.mark.anyio]

KEY, OTHER_KEY = "a-right-key-of-ours-0123456789", "another-right-key-0123456789"
PATH = "/api/bookmakers"
GUESSER, READER = "203.0.113.7", "198.51.100.20"
PROXY = "10.0.0.9"


@contextlib.asynccontextmanager
async def clients(url, *addresses, **settings):
    """Yield a client at each of *addresses*, all of one service."""
    async with open_api(url, **settings) as (app, _), contextlib.AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(
                httpx.AsyncClient(
                    transport=httpx.ASGITransport(app=app, client=(address, 5000)), base_url="http://raceday.test"
                )
            )
            for address in addresses
        ]


def wrong_keys(count):
    """Return keys that are not right, many of them nearly so."""
    near = [KEY[:-1], KEY + "0", KEY.upper(), f"{KEY},{OTHER_KEY}", KEY[::-1], "", " ", "*", "null", KEY[:1] * 4000]
    return near + [secrets.token_urlsafe(24) for _ in range(count - len(near))]


def basic(password, user="anybody"):
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


async def statuses(client, requests, path=PATH):
    """Return the answers' statuses in turn; none of the refused ones may carry data."""
    found = []
    for headers in requests:
        answer = await client.get(path, headers=headers)
        found.append(answer.status_code)
        if answer.status_code != 200:
            assert set(answer.json()) <= {"error", "details"}
            assert "tab_nz" not in answer.text
    return found


@pytest.mark.parametrize("path", [PATH, "/bookmakers", "/metrics", "/", "/api/stream", "/openapi.json", "/nowhere"])
async def test_a_thousand_wrong_keys_open_nothing(database_url, path):
    async with clients(database_url, GUESSER, api_keys=f"{KEY},{OTHER_KEY}", rate_limit=0) as (guesser,):
        count = 1000 if path == PATH else 50
        tried = [{"X-API-Key": key} for key in wrong_keys(count)]
        tried[::2] = [basic(headers["X-API-Key"]) for headers in tried[::2]]
        assert set(await statuses(guesser, tried, path)) == {401}


async def test_who_guesses_keys_is_soon_not_answered_and_readers_at_his_address_are(database_url):
    async with clients(database_url, GUESSER, READER, api_keys=KEY, rate_limit=60) as (guesser, reader):
        began = real_monotonic()
        found = await statuses(guesser, ({"X-API-Key": key} for key in wrong_keys(1000)))
        refilled = real_monotonic() - began
        assert found[:60] == [401] * 60
        assert set(found) == {401, 429}
        assert found.count(401) <= 60 + refilled + 1
        refused = await guesser.get(PATH, headers={"X-API-Key": "wrong"})
        assert refused.status_code in {401, 429}
        for client in (guesser, reader):
            assert (await client.get(PATH, headers={"X-API-Key": KEY})).status_code == 200
            assert (await client.get(PATH, headers=basic(KEY))).status_code == 200


@pytest.mark.parametrize("keys", [None, KEY])
async def test_a_flood_from_one_client_is_bounded_and_the_others_are_served(database_url, keys):
    right = {"X-API-Key": KEY}
    async with clients(database_url, GUESSER, READER, api_keys=keys, rate_limit=120) as (flooder, reader):
        began = real_monotonic()
        flooded, others = [], []
        for turn in range(1000):
            flooded.append(await flooder.get(PATH, headers=right))
            if turn % 20 == 0:
                others.append((await reader.get(PATH, headers=right)).status_code)
        served = [answer.status_code for answer in flooded].count(200)
        assert 120 <= served <= 120 + (real_monotonic() - began) * 2 + 1
        assert others == [200] * 50
        refused = next(answer for answer in flooded if answer.status_code != 200)
        assert refused.status_code == 429
        assert int(refused.headers["Retry-After"]) >= 1
        assert (refused.headers["RateLimit-Limit"], refused.headers["RateLimit-Remaining"]) == ("120", "0")
        assert (await flooder.get("/health/live")).status_code == 200


async def test_a_client_that_lies_about_its_address_is_still_one_client(database_url):
    """Without a trusted proxy the header counts for nothing, whatever it says."""
    async with clients(database_url, GUESSER, rate_limit=30) as (liar,):
        began = real_monotonic()
        found = await statuses(liar, ({"X-Forwarded-For": f"198.51.100.{n % 250}"} for n in range(500)))
        assert set(found) == {200, 429}
        assert found.count(200) <= 30 + (real_monotonic() - began) / 2 + 1


async def test_a_client_cannot_spend_what_another_has_left(database_url):
    async with clients(database_url, GUESSER, READER, rate_limit=30) as (liar, reader):
        await statuses(liar, ({"X-Forwarded-For": READER} for _ in range(100)))
        assert (await reader.get(PATH)).status_code == 200


async def test_behind_a_trusted_proxy_only_what_the_proxy_saw_counts(database_url):
    """The proxy appends who called it: what stands before that is the caller's own invention."""
    async with clients(database_url, PROXY, rate_limit=30, trusted_proxies="10.0.0.0/8") as (proxy,):
        began = real_monotonic()
        lies = ({"X-Forwarded-For": f"198.51.100.{n % 250}, 10.1.1.1, {GUESSER}, 10.2.2.2"} for n in range(500))
        found = await statuses(proxy, lies)
        assert set(found) == {200, 429}
        assert found.count(200) <= 30 + (real_monotonic() - began) / 2 + 1
        assert (await proxy.get(PATH, headers={"X-Forwarded-For": READER})).status_code == 200


@pytest.mark.parametrize("lie", ["", ",", "unknown", "10.0.0.9, 10.0.0.9", "::1", "x" * 4000, "1.2.3.4:80, \xff"])
async def test_an_address_that_is_none_harms_nobody(database_url, lie):
    async with clients(database_url, PROXY, rate_limit=30, trusted_proxies="10.0.0.0/8") as (proxy,):
        answer = await proxy.get(PATH, headers={"X-Forwarded-For": lie.encode("latin-1")})
        assert answer.status_code == 200


async def test_the_service_as_it_is_run_believes_no_header_either(database_url, tmp_path):
    """Left to itself uvicorn would take the address from X-Forwarded-For where loopback calls."""
    with api_process(database_url, tmp_path, rate_limit=30, api_keys=f"{KEY},{OTHER_KEY}") as base:
        async with httpx.AsyncClient(base_url=base, timeout=30) as client:
            lies = ({"X-API-Key": KEY, "X-Forwarded-For": f"198.51.100.{n}"} for n in range(100))
            assert set(await statuses(client, lies)) == {200, 429}
            assert (await client.get(PATH, headers={"X-API-Key": OTHER_KEY})).status_code == 200


async def test_a_client_has_so_many_streams_and_no_more(database_url, tmp_path):
    settings = {"streams_per_client": 3, "api_keys": f"{KEY},{OTHER_KEY}"}
    with api_process(database_url, tmp_path, **settings) as base:
        async with httpx.AsyncClient(base_url=base, timeout=30) as client, contextlib.AsyncExitStack() as stack:

            async def opened(key):
                return await stack.enter_async_context(client.stream("GET", "/api/stream", headers={"X-API-Key": key}))

            assert [(await opened(KEY)).status_code for _ in range(5)] == [200, 200, 200, 429, 429]
            assert (await opened(OTHER_KEY)).status_code == 200
            assert (await client.get(PATH, headers={"X-API-Key": KEY})).status_code == 200


def test_endless_headers_are_refused_before_anybody_asks_for_a_key(database_url, tmp_path):
    with api_process(database_url, tmp_path, api_keys=KEY) as url, socket.create_connection(_address(url)) as client:
        client.settimeout(20)
        client.sendall(b"GET /api/bookmakers HTTP/1.1\r\nHost: raceday.test\r\nX-Long: ")
        sent, answer = 0, b""
        with contextlib.suppress(OSError):  # it hangs up on us
            while sent < 50_000_000:
                sent += client.send(b"x" * 65536)
        with contextlib.suppress(OSError):
            answer = client.recv(4096)
        assert sent < 20_000_000
        assert not answer or answer.startswith(b"HTTP/1.1 400 ")
        assert httpx.get(f"{url}/health/live").status_code == 200


def test_many_short_requests_in_one_go_are_no_endless_header(database_url, tmp_path):
    request = b"GET /health/live HTTP/1.1\r\nHost: raceday.test\r\n\r\n"
    with api_process(database_url, tmp_path) as url, socket.create_connection(_address(url)) as client:
        client.settimeout(20)
        client.sendall(request * 3000)
        answers = b""
        while answers.count(b"HTTP/1.1 200 ") < 3000:
            got = client.recv(65536)
            assert got, answers[-300:]
            answers += got


async def test_a_flood_on_the_open_health_path_leaves_the_database_to_others(stored_day):
    async with clients(stored_day.store.url, GUESSER, READER, rate_limit=0) as (flooder, reader):
        app = flooder._transport.app
        await reader.get(PATH)
        before = app.state.parts.pool.get_stats()["requests_num"]
        answers = await asyncio.gather(*(flooder.get("/health") for _ in range(300)))
        assert {answer.status_code for answer in answers} == {200}
        assert (await reader.get(PATH)).status_code == 200
        assert app.state.parts.pool.get_stats()["requests_num"] - before < 100


def _address(url):
    host, port = url.removeprefix("http://").split(":")
    return host, int(port)
