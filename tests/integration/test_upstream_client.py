"""The upstream client over real HTTP, against an upstream that misbehaves in every way we know."""

import gzip
import json
import shutil
import socket
import subprocess
import threading
import time
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from importlib.metadata import version

import pytest

from shared.clock import Clock
from shared.errors import PayloadError, Refused, Unavailable
from shared.settings import UpstreamSettings
from tests.fixtures.builders import RACE_ID, card_body, card_meeting, event_body
from tests.fixtures.upstream import answer, drip_body, drip_headers, hang, scripted_tab, truncated, zipped
from workers.upstream.body import MAX_BYTES
from workers.upstream.client import TabClient
from workers.upstream.parse_card import parse_card
from workers.upstream.parse_race import parse_race

IDENTIFICATION = {"tab_from": "me@example.org", "tab_partner": "Partner X", "tab_partner_id": "partner-id-7"}
GENEROUS_S = 8.0  # a deadline of 1 s kept on a busy machine


def client_of(url, *, clock=None, **changes):
    options = {key: changes.pop(key) for key in ("stop", "resolve", "connections") if key in changes}
    settings = UpstreamSettings(_env_file=None, tab_api_url=url, **{**IDENTIFICATION, **changes})
    return closing(TabClient(settings, clock or Clock(), chance=lambda: 0.1, **options))


def parse(body):
    return parse_race(body, RACE_ID)


def ask(client, deadline_s=1.0, **more):
    return client.race(RACE_ID, parse, deadline_s=deadline_s, **more)


def fails_within(client, error=Unavailable, deadline_s=1.0):
    begun = time.monotonic()
    with pytest.raises(error) as caught:
        ask(client, deadline_s)
    assert time.monotonic() - begun < GENEROUS_S
    return caught.value


def test_every_call_is_identified_and_asks_for_gzip():
    with scripted_tab(zipped(event_body())) as tab, client_of(tab.url) as client:
        got = ask(client, 10)
    path, headers = tab.requests[0]
    assert path == f"/affiliates/v1/racing/events/{RACE_ID}?with_money_tracker=true&with_tote_trends_data=true"
    assert (headers["From"], headers["X-Partner"]) == ("me@example.org", "Partner X")
    assert headers["X-Partner-ID"] == "partner-id-7"
    assert headers["Accept-Encoding"] == "gzip"
    assert headers["User-Agent"] == f"raceday/{version('raceday')}"
    assert got.parsed.race_id == RACE_ID
    assert got.body == event_body()
    assert got.wire_bytes < len(got.body)
    assert (got.tries, got.status) == (1, 200)


def test_an_id_cannot_leave_its_path():
    with scripted_tab(answer(event_body())) as tab, client_of(tab.url) as client:
        client.race("../a?b=c&d", parse, deadline_s=10)
    assert tab.requests[0][0].startswith("/affiliates/v1/racing/events/..%2Fa%3Fb%3Dc%26d?")


def test_connections_are_kept_for_the_next_call():
    with scripted_tab(zipped(event_body())) as tab, client_of(tab.url) as client:
        for _ in range(5):
            ask(client, 10)
    assert len(tab.requests) == 5
    assert len(tab.connections) == 1


def test_a_reused_connection_that_drips_is_shut_at_the_deadline_too():
    with scripted_tab(answer(event_body()), drip_body) as tab, client_of(tab.url) as client:
        ask(client, 10)
        error = fails_within(client)
        assert len(tab.connections) == error.tries  # the first try took the kept one


@pytest.mark.parametrize("step", [drip_headers, drip_body, hang], ids=["headers", "body", "hang"])
def test_no_drip_and_no_silence_outlives_the_deadline(step):
    with scripted_tab(step) as tab, client_of(tab.url) as client:
        error = fails_within(client)
    assert 1 < error.tries <= 4
    assert error.path.endswith(RACE_ID)
    assert "within 1 s" in str(error)


def test_a_closed_connection_while_headers_drip_leaves_the_body_watched():
    def dripping_without_length(handler):
        handler.close_connection = True
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        while not handler.server.over.wait(0.05):
            handler.wfile.write(b" ")

    with scripted_tab(dripping_without_length) as tab, client_of(tab.url) as client:
        fails_within(client)


def test_a_hang_leaves_time_for_another_try():
    with scripted_tab(hang, answer(event_body())) as tab, client_of(tab.url) as client:
        assert ask(client, 6).tries == 2


def test_an_upstream_that_became_slow_is_given_the_whole_deadline():
    def slow(handler):
        handler.server.over.wait(1.2)
        answer(event_body())(handler)

    with scripted_tab(slow) as tab, client_of(tab.url) as client:
        with pytest.raises(Unavailable):
            client.race(RACE_ID, parse, deadline_s=3)  # three tries, each cut at a second
        assert client.race(RACE_ID, parse, deadline_s=3).tries == 1
        assert client.race(RACE_ID, parse, deadline_s=3).tries == 1  # its pace is known now


@pytest.fixture
def certificate(tmp_path, monkeypatch):
    if shutil.which("openssl") is None:
        pytest.skip("needs the openssl command to make a certificate")
    pair = tmp_path / "cert.pem", tmp_path / "key.pem"
    names = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *names]
    subprocess.run([*made, "-out", pair[0], "-keyout", pair[1]], check=True, capture_output=True)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(pair[0]))
    return pair


@pytest.mark.parametrize("step", [drip_headers, drip_body, hang], ids=["headers", "body", "hang"])
def test_under_tls_the_deadline_holds_for_new_and_for_kept_connections(certificate, step):
    with scripted_tab(answer(event_body()), step, tls=certificate) as tab, client_of(tab.url) as client:
        assert ask(client, 20).tries == 1
        tries = fails_within(client).tries + fails_within(client).tries
        assert len(tab.connections) == tries  # the first try took the kept one


def test_a_tls_handshake_that_never_ends_is_cut():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        client = client_of(f"https://127.0.0.1:{silent.getsockname()[1]}")
        with client as open_client:
            fails_within(open_client)


def test_a_certificate_nobody_vouches_for_is_refused(certificate, monkeypatch):
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    with scripted_tab(answer(event_body()), tls=certificate) as tab, client_of(tab.url) as client:
        assert "tls" in str(fails_within(client, deadline_s=10))
    assert tab.requests == []


def test_slow_dns_is_abandoned_at_the_deadline_and_asked_once():
    over, asked = threading.Event(), []

    def resolve(host, port):
        asked.append(host)
        over.wait(60)
        return []

    with client_of("http://tab.example", resolve=resolve) as client:
        fails_within(client)
        fails_within(client)
        assert asked == ["tab.example"]
        over.set()


def test_an_unknown_name_is_unavailable():
    def resolve(host, port):
        raise socket.gaierror(-2, "unknown")

    with client_of("http://tab.example", resolve=resolve) as client:
        assert "connection" in str(fails_within(client))


def test_a_dead_address_leaves_time_for_the_next():
    with scripted_tab(answer(event_body())) as tab, socket.create_server(("127.0.0.1", 0)) as gone:
        dead = gone.getsockname()
        gone.close()
        kind = (socket.AF_INET, socket.SOCK_STREAM, 6, "")
        with client_of(tab.url, resolve=lambda *_: [(*kind, dead), (*kind, tab.server_address)]) as client:
            assert ask(client, 10).tries == 1


@pytest.mark.parametrize(
    "step",
    [
        answer(b"boom", 500),
        answer(b"{}", 503),
        answer(b"{}", 429),
        answer(b"<html><body>Access denied</body></html>", Content_Type="text/html"),
        truncated(event_body()),
        answer(event_body()[:-20]),
        answer(b""),
        answer(b"not gzip", Content_Encoding="gzip"),
        answer(gzip.compress(event_body())[:-30], Content_Encoding="gzip"),
        answer(event_body(), Content_Encoding="br"),
    ],
    ids=["500", "503", "429", "html", "cut off", "half JSON", "empty", "no gzip", "half a gzip", "brotli"],
)
def test_what_may_pass_is_tried_again(step):
    with scripted_tab(step, step, zipped(event_body())) as tab, client_of(tab.url) as client:
        got = ask(client, 20)
        seen = client.snapshot()
    assert got.tries == 3
    assert got.parsed.race_id == RACE_ID
    assert (seen.calls, seen.tries, seen.retries, sum(seen.failures.values())) == (1, 3, 2, 2)
    assert seen.circuit == "closed"


def test_fetched_at_is_when_the_good_try_was_sent():
    start = datetime(2025, 7, 17, tzinfo=UTC)
    clock = Clock(speed=2.0, origin=datetime.now(UTC), start=start)
    with (
        scripted_tab(answer(b"", 500, Retry_After="1"), answer(event_body())) as tab,
        client_of(tab.url, clock=clock) as client,
    ):
        before = clock.now()
        got = ask(client, 20)
    assert before + timedelta(seconds=1) <= got.fetched_at <= got.received_at <= clock.now()


def test_a_sound_body_that_lacks_what_we_need_is_not_tried_again():
    with scripted_tab(answer(b'{"header":{},"data":null}')) as tab, client_of(tab.url) as client:
        error = fails_within(client, PayloadError, 10)
        seen = client.snapshot()
    assert len(tab.requests) == 1
    assert error.field == "data"
    assert str(error).startswith(f"/affiliates/v1/racing/events/{RACE_ID}: data: ")
    assert seen.failures == {"payload": 1}
    assert seen.failures_in_a_row == 0


@pytest.mark.parametrize("status", [400, 403, 404, 302])
def test_a_refusal_is_not_tried_again(status):
    with scripted_tab(answer(b"{}", status, Location="http://elsewhere.example/")) as tab, client_of(tab.url) as client:
        error = fails_within(client, Refused, 10)
    assert len(tab.requests) == 1
    assert error.status == status


def test_a_redirect_takes_our_identification_nowhere():
    with scripted_tab(answer(event_body())) as other:
        with scripted_tab(answer(b"", 307, Location=f"{other.url}/x")) as tab, client_of(tab.url) as client:
            fails_within(client, Refused, 10)
        assert other.requests == []


def test_retry_after_is_honoured():
    with scripted_tab(answer(b"", 429, Retry_After="1"), answer(event_body())) as tab, client_of(tab.url) as client:
        begun = time.monotonic()
        assert ask(client, 20).tries == 2
        assert time.monotonic() - begun >= 1


def test_retry_after_as_a_date_is_honoured():
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=5), usegmt=True)
    with scripted_tab(answer(b"", 503, Retry_After=later), answer(event_body())) as tab, client_of(tab.url) as client:
        begun = time.monotonic()
        assert ask(client, 30).tries == 2
        assert time.monotonic() - begun >= 1


def test_a_retry_after_beyond_the_deadline_gives_up_at_once():
    with scripted_tab(answer(b"", 429, Retry_After="600")) as tab, client_of(tab.url) as client:
        error = fails_within(client, Unavailable, 30)
    assert (error.tries, error.status, len(tab.requests)) == (1, 429, 1)


@pytest.mark.parametrize("packed", [True, False], ids=["gzip bomb", "plain"])
def test_a_body_above_the_limit_is_cut_and_not_tried_again(packed):
    if packed:
        bomb = gzip.compress(bytes(8 * MAX_BYTES), compresslevel=9)
        step = answer(bomb, Content_Encoding="gzip")
    else:
        step = answer(bytes(MAX_BYTES + 1))
    with scripted_tab(step) as tab, client_of(tab.url) as client:
        error = fails_within(client, PayloadError, 60)
    assert "larger" in str(error)
    assert len(tab.requests) == 1


def test_ten_failures_in_a_row_open_the_circuit_and_a_probe_closes_it():
    stop = threading.Event()
    steps = [answer(b"", 500)] * 10 + [answer(event_body())]
    with scripted_tab(*steps) as tab, client_of(tab.url, stop=stop) as client:
        while client.snapshot().circuit == "closed":
            with pytest.raises(Unavailable):
                ask(client, 20)
        assert len(tab.requests) == 10
        with pytest.raises(Unavailable, match="circuit open"):
            ask(client, 20)
        assert len(tab.requests) == 10
        stop.wait(1.1)
        assert ask(client, 20).tries == 1
        assert client.snapshot().circuit == "closed"


def test_far_races_give_way_when_the_budget_runs_short():
    with scripted_tab(answer(event_body())) as tab, client_of(tab.url, tab_requests_per_minute=18) as client:
        for _ in range(4):  # of a bucket of six the last third is kept back
            ask(client, 10)
        with pytest.raises(Unavailable, match="budget"):
            ask(client, 1)
        for _ in range(2):
            ask(client, 10, urgent=True)
        with pytest.raises(Unavailable, match="budget"):
            ask(client, 1, urgent=True)
    assert len(tab.requests) == 6


def test_stopping_ends_a_wait_at_once():
    stop = threading.Event()
    with scripted_tab(answer(b"", 503, Retry_After="60")) as tab, client_of(tab.url, stop=stop) as client:
        threading.Timer(0.3, stop.set).start()
        begun = time.monotonic()
        with pytest.raises(Unavailable, match="stopping"):
            ask(client, 100)
    assert time.monotonic() - begun < 30


def test_closing_cuts_what_is_under_way():
    with scripted_tab(hang) as tab, client_of(tab.url) as client:
        threading.Timer(0.3, client.close).start()
        begun = time.monotonic()
        with pytest.raises(Unavailable):
            ask(client, 100)
    assert time.monotonic() - begun < 60


def test_the_card_is_paged_until_a_short_page():
    full = card_body([card_meeting(n, races=1, category="G" if n % 3 else "T") for n in range(100)])
    with scripted_tab(zipped(full), zipped(card_body(2))) as tab, client_of(tab.url) as client:
        pages = list(client.meetings(date(2025, 7, 17), parse_card))
    assert [page.parsed.listed for page in pages] == [100, 2]
    assert [path.split("?")[1] for path, _ in tab.requests] == [
        "date_from=2025-07-17&date_to=2025-07-17&limit=100&offset=0",
        "date_from=2025-07-17&date_to=2025-07-17&limit=100&offset=100",
    ]


def test_one_meeting_comes_by_its_id():
    with scripted_tab(answer(card_body(1))) as tab, client_of(tab.url) as client:
        got = client.meeting("abc", parse_card)
    assert tab.requests[0][0] == "/affiliates/v1/racing/meetings/abc?enc=json"
    assert len(got.parsed.meetings[0].races) == 3


def test_many_threads_share_one_client():
    with scripted_tab(zipped(event_body())) as tab, client_of(tab.url, tab_requests_per_minute=10_000) as client:
        got = []
        threads = [threading.Thread(target=lambda: got.append(ask(client, 30))) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        seen = client.snapshot()
    assert len(got) == 20
    assert (seen.calls, seen.tries, seen.failures) == (20, 20, {})
    assert seen.body_bytes == 20 * len(event_body())
    assert 0 < seen.wire_bytes < seen.body_bytes


def test_no_credential_and_no_body_stands_in_an_error():
    steps = [answer(json.dumps({"secret": "body text"}).encode()), answer(b"body text", 500)]
    for step in (*steps, answer(b"body text"), answer(b"body text", 403), truncated(b"body text" * 50)):
        with (
            scripted_tab(step) as tab,
            client_of(tab.url) as client,
            pytest.raises((Unavailable, Refused, PayloadError)) as caught,
        ):
            ask(client, 1)
        error = caught.value
        while error is not None:
            text = f"{error} {error!r}"
            assert not any(secret in text for secret in ("body text", *IDENTIFICATION.values()))
            error = error.__cause__ or error.__context__
