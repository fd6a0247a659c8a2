"""`raceday check`: settings, database, upstream; what is wrong, and how to mend it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import psycopg
import requests

from local.upstream_choice import UpstreamIfAny, choose_upstream
from shared.errors import RaceDayError
from shared.schema import check as check_schema
from shared.schema import revision
from shared.settings import (
    ApiSettings,
    ClockSettings,
    DatabaseSettings,
    LogSettings,
    UpstreamSettings,
    WorkerSettings,
    load,
)

_TIMEOUT_S = (5, 15)


@dataclass(frozen=True, slots=True)
class Finding:
    """What one look found: *good*, or *problem* with its mend."""

    subject: str
    good: str = ""
    problem: str = ""


def check_settings() -> Iterator[Finding]:
    """Yield a finding for each group of settings."""
    for group in (DatabaseSettings, ClockSettings, LogSettings, WorkerSettings, ApiSettings):
        yield _looked(
            f"settings of {group.__name__.removesuffix('Settings').lower()}", partial(_sound, partial(load, group))
        )


def check_database(url: str) -> Finding:
    """Look whether the database at *url* answers and is new enough."""
    return _looked("database", lambda: _schema(url))


def check_upstream() -> Finding:
    """Look whether the TAB that the settings name answers; none named is fine on one machine."""
    return _looked("upstream", _upstream)


def _sound(read: Callable[[], object]) -> str:
    read()
    return "sound"


def _schema(url: str) -> str:
    with psycopg.connect(url, connect_timeout=10) as connection:
        check_schema(connection)
        return f"PostgreSQL {connection.info.server_version // 10000}, schema {revision(connection)}"


def _upstream() -> str:
    chosen = choose_upstream(None, UpstreamIfAny(), "")
    if chosen.kind == "simulated":
        return "none is named: `raceday up` brings a simulated TAB"
    settings = load(UpstreamSettings)
    answer = requests.get(
        f"{settings.tab_api_url}/affiliates/v1/racing/meetings",
        params={"limit": 1},
        headers=settings.identification,
        timeout=_TIMEOUT_S,
    )
    if not answer.ok:
        raise RaceDayError(
            f"{settings.tab_api_url} answers {answer.status_code}: look at TAB_API_URL, and whether "
            "TAB_FROM, TAB_PARTNER and TAB_PARTNER_ID are those the TAB gave you"
        )
    return f"{settings.tab_api_url} answers"


def _looked(subject: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(subject, good=look())
    except (RaceDayError, psycopg.Error, requests.RequestException) as error:
        return Finding(subject, problem=str(error).strip())
