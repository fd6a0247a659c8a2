"""Settings: bounds, aliases, one line per problem, and no secret in any of them."""

from datetime import UTC, datetime

import pytest

from shared.errors import SettingsError
from shared.settings import (
    ApiSettings,
    ClockSettings,
    DatabaseSettings,
    LogSettings,
    UpstreamSettings,
    WorkerSettings,
    load,
    load_all,
)

IDENTIFIED = {"TAB_FROM": "a@b.example", "TAB_PARTNER": "partner", "TAB_PARTNER_ID": "hush-hush"}


@pytest.fixture(autouse=True)
def bare(monkeypatch, tmp_path):
    """No settings of the machine, no .env of the tree."""
    monkeypatch.chdir(tmp_path)
    for group in (ApiSettings, ClockSettings, DatabaseSettings, LogSettings, UpstreamSettings, WorkerSettings):
        for name in group.model_fields:
            monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def env(monkeypatch):
    def put(**values):
        for name, value in values.items():
            monkeypatch.setenv(name, value)

    return put


def test_the_defaults_are_those_of_the_design():
    workers = load(WorkerSettings)
    assert (workers.poll_profile, workers.poll_concurrency, workers.entrants_race_limit) == ("standard", 8, 20)
    assert workers.retention_days == 30
    assert load(LogSettings).log_format == "json"
    assert load(ClockSettings).clock_speed == 1


def test_the_upstream_s_defaults_are_those_of_the_design(env):
    env(**IDENTIFIED)
    upstream = load(UpstreamSettings)
    assert (upstream.tab_requests_per_minute, upstream.tab_timeout_seconds, upstream.politeness_seconds) == (180, 15, 1)
    assert upstream.tab_api_url == "https://api.tab.co.nz"
    assert upstream.identification == {"From": "a@b.example", "X-Partner": "partner", "X-Partner-ID": "hush-hush"}


@pytest.mark.parametrize("missing", list(IDENTIFIED))
def test_an_identification_that_is_missing_is_named(env, missing):
    env(**{name: value for name, value in IDENTIFIED.items() if name != missing})
    with pytest.raises(SettingsError, match=missing):
        load(UpstreamSettings)


@pytest.mark.parametrize("bad", ["", "   ", "two\nlines", "ümlaut"])
def test_an_identification_that_is_no_header_is_refused_without_being_shown(env, bad):
    env(**{**IDENTIFIED, "TAB_PARTNER": bad})
    with pytest.raises(SettingsError) as raised:
        load(UpstreamSettings)
    assert "TAB_PARTNER" in str(raised.value)
    assert "hush-hush" not in str(raised.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("POLL_PROFILE", "quick"), ("POLL_CONCURRENCY", "0"), ("POLL_CONCURRENCY", "many"), ("COUNTRIES", "GB"),
        ("COUNTRIES", ""), ("CATEGORIES", "G"), ("ENTRANTS_RACE_LIMIT", "0"), ("RETENTION_DAYS", "0"),
    ],
)  # fmt: skip
def test_a_value_out_of_its_bounds_is_refused_by_its_name(env, name, value):
    env(**{name: value})
    with pytest.raises(SettingsError, match=name):
        load(WorkerSettings)


def test_every_problem_of_every_group_has_a_line_of_its_own(env):
    env(POLL_PROFILE="x", POLL_CONCURRENCY="0", LOG_LEVEL="loud", DATABASE_URL="mysql://u:secret@h/d")
    with pytest.raises(SettingsError) as raised:
        load_all(WorkerSettings, LogSettings, DatabaseSettings, UpstreamSettings)
    named = (
        "POLL_PROFILE",
        "POLL_CONCURRENCY",
        "LOG_LEVEL",
        "DATABASE_URL",
        "TAB_FROM",
        "TAB_PARTNER",
        "TAB_PARTNER_ID",
    )
    assert [problem.split(" ")[0].rstrip(":") for problem in raised.value.problems] == list(named)
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize(("given", "wanted"), [("AU", "AUS"), ("nz, au", "NZ,AUS"), ("AU,AUS", "AUS")])
def test_au_is_taken_for_aus(env, given, wanted):
    env(COUNTRIES=given)
    assert load(WorkerSettings).countries == wanted


@pytest.mark.parametrize(
    ("race", "watched"),
    [
        (("NZ", "T", 1), True), (("AUS", "H", 12), True), (("GB", "T", 1), False), (("NZ", "G", 1), False),
        (("NZ", "T", 0), False),
    ],
)  # fmt: skip
def test_what_is_watched_is_new_zealand_and_australia_gallops_and_harness_and_no_specials(race, watched):
    assert load(WorkerSettings).wants(*race) is watched


def test_a_database_is_asked_for_when_it_is_needed_and_an_empty_one_is_none(env):
    env(DATABASE_URL="")
    with pytest.raises(SettingsError, match="DATABASE_URL"):
        _ = load(DatabaseSettings).write_url


def test_the_reader_s_url_is_its_own_else_the_writer_s(env):
    env(DATABASE_URL="postgresql://w@h/d")
    assert load(DatabaseSettings).read_url == "postgresql://w@h/d"
    env(DATABASE_READ_URL="postgresql://r@h/d")
    assert load(DatabaseSettings).read_url == "postgresql://r@h/d"


def test_a_speed_needs_the_shared_origin(env):
    env(CLOCK_SPEED="60")
    with pytest.raises(SettingsError, match="CLOCK_ORIGIN"):
        load(ClockSettings)
    env(CLOCK_ORIGIN="2026-07-17T00:00:00")
    with pytest.raises(SettingsError, match="time zone"):
        load(ClockSettings)
    env(CLOCK_ORIGIN="2026-07-17T00:00:00Z")
    clock = load(ClockSettings).clock()
    assert (clock.speed, clock.origin, clock.start) == (60, *[datetime(2026, 7, 17, tzinfo=UTC)] * 2)


def test_settings_show_no_secret_when_printed(env):
    env(**IDENTIFIED, DATABASE_URL="postgresql://w:pass-word@h/d")
    shown = repr(load(UpstreamSettings)) + repr(load(DatabaseSettings))
    assert "hush-hush" not in shown
    assert "pass-word" not in shown
