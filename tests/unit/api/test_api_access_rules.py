"""Limits, addresses, keys, tags and spellings, without a server."""

import gzip

import pytest

from api import limits
from api.access import Access, key_of
from api.caching import accepts_gzip, compressed, etag_of, is_known
from api.front import _snake_case
from api.limits import RateLimiter, StreamSlots
from shared.errors import SettingsError
from shared.settings import ApiSettings, load


@pytest.fixture
def at(monkeypatch):
    """Return a function that sets real time."""
    now = [1000.0]
    monkeypatch.setattr(limits, "real_monotonic", lambda: now[0])

    def set_to(seconds):
        now[0] = 1000.0 + seconds

    return set_to


def test_a_client_has_a_minute_s_worth_at_once_and_then_an_even_flow(at):
    limiter = RateLimiter(60)
    assert [limiter.take("a").retry_after_s for _ in range(61)] == [None] * 60 + [2]
    at(1.0)
    assert limiter.take("a").retry_after_s is None
    assert limiter.take("a").retry_after_s is not None
    at(61)
    assert sum(limiter.take("a").retry_after_s is None for _ in range(100)) == 60


def test_the_wait_that_is_told_is_long_enough(at):
    limiter = RateLimiter(6)
    for _ in range(6):
        limiter.take("a")
    wait = limiter.take("a").retry_after_s
    at(wait)
    assert limiter.take("a").retry_after_s is None


def test_clients_are_counted_apart_and_forgotten_in_the_end(at, monkeypatch):
    monkeypatch.setattr(limits, "_MOST_CLIENTS", 3)
    limiter = RateLimiter(1)
    assert all(limiter.take(str(n)).retry_after_s is None for n in range(10))
    assert len(limiter._buckets) == 3


def test_no_limit_is_no_allowance():
    assert RateLimiter(0).take("a") is None


def test_streams_are_counted_per_client_and_in_all():
    slots = StreamSlots(2, 3)
    assert [slots.take("a"), slots.take("a")] == [None, None]
    assert "2 streams" in slots.take("a")
    assert slots.take("b") is None
    assert "too many" in slots.take("c")
    slots.give_back("a")
    assert slots.take("c") is None
    assert slots.open == 3


def access(**settings):
    return Access(ApiSettings(_env_file=None, **settings))


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("10.0.0.1", None, "10.0.0.1"), ("10.0.0.1", b"1.2.3.4", "1.2.3.4"), ("10.0.0.1", b"9.9.9.9, 1.2.3.4", "1.2.3.4"),
        ("10.0.0.1", b"1.2.3.4, 10.0.0.7", "1.2.3.4"), ("11.0.0.1", b"1.2.3.4", "11.0.0.1"), (None, b"1.2.3.4", "local"),
        ("10.0.0.1", b"10.0.0.2, 10.0.0.3", "10.0.0.2"), ("10.0.0.1", b"", ""), ("10.0.0.1", b"garbage", "garbage"),
        ("::ffff:10.0.0.1", b"1.2.3.4, ::ffff:10.0.0.9", "1.2.3.4"),
        ("2001:db8:1:2:3:4:5:6", None, "2001:db8:1:2::/64"), ("::ffff:10.9.9.9", None, "10.9.9.9"),
    ],
)  # fmt: skip
def test_the_address_that_is_counted(peer, forwarded, address):
    assert access(trusted_proxies="10.0.0.0/8").address_of(peer, forwarded) == address


def test_keys_are_kept_hashed_only():
    kept = access(api_keys="a-secret-key")
    assert "a-secret-key" not in repr(vars(kept))
    assert kept._matching("a-secret-key")
    assert kept._matching("a-secret-ke") is None


def test_a_key_that_is_no_text_harms_nobody():
    assert key_of({b"authorization": b"Basic /////w=="}) is None
    assert key_of({b"x-api-key": b"\xff\xfe"}) == "\xff\xfe"
    assert key_of({}) is None


@pytest.mark.parametrize(
    ("settings", "wrong"),
    [
        ({"host": "10.0.0.1"}, "API_KEYS"), ({"trusted_proxies": "10.0.0.0/99"}, "TRUSTED_PROXIES"),
        ({"cors_origins": "app.example"}, "CORS_ORIGINS"), ({"api_keys": "with space"}, "API_KEYS"),
        ({"port": 0}, "PORT"), ({"rate_limit": -1}, "RATE_LIMIT"),
    ],
)  # fmt: skip
def test_a_wrong_setting_is_named(settings, wrong):
    with pytest.raises(SettingsError, match=wrong):
        load(ApiSettings, _env_file=None, **settings)


@pytest.mark.parametrize(
    "settings", [{"host": "10.0.0.1", "api_keys": "a-key"}, {"host": "10.0.0.1", "api_open": True}, {"host": "::1"}]
)
def test_it_opens_to_others_with_a_key_or_when_told_to(settings):
    assert load(ApiSettings, _env_file=None, **settings).host == settings["host"]


@pytest.mark.parametrize(
    ("header", "takes"),
    [("gzip", True), ("br, gzip;q=0.5", True), ("*", True), ("GZIP", True), ("", False), ("identity", False), ("gzip;q=0", False), ("br", False)],
)  # fmt: skip
def test_gzip_is_for_those_who_take_it(header, takes):
    assert accepts_gzip(header) is takes


def test_compressed_is_gzip():
    assert gzip.decompress(compressed(b"abc" * 1000)) == b"abc" * 1000


def test_a_tag_stays_while_only_the_age_moves():
    one, two = b'[{"a":1,"age_seconds":4}]', b'[{"a":1,"age_seconds":55}]'
    assert etag_of(one) == etag_of(two) != etag_of(b'[{"a":2,"age_seconds":4}]')


@pytest.mark.parametrize(
    ("header", "known"),
    [('W/"a"', True), ('"a"', True), ('"b", W/"a"', True), ("*", True), ('"b"', False), ("", False)],
)
def test_a_known_tag_is_found_in_any_form(header, known):
    assert is_known(header, 'W/"a"') is known


@pytest.mark.parametrize(
    ("query", "read"),
    [
        (b"", b""), (b"raceId=A", b"race_id=A"), (b"race_id=Abc", b"race_id=Abc"), (b"windowMinutes=5&raceType=T", b"window_minutes=5&race_type=T"),
        (b"cursorAfter=aB%3D&createdAfter=X", b"cursor_after=aB%3D&created_after=X"), (b"a=raceId&b=xY", b"a=raceId&b=xY"), (b"userId", b"user_id"),
    ],
)  # fmt: skip
def test_parameters_are_read_in_both_spellings_and_values_left_alone(query, read):
    assert _snake_case(query) == read
