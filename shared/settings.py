"""DatabaseSettings, UpstreamSettings, WorkerSettings, ApiSettings: read once in `__main__`, passed down."""

import re
from datetime import datetime
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Literal, Self, TypeVar

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.clock import Clock
from shared.errors import SettingsError

_COUNTRY_ALIASES = {"AU": "AUS", "AUS": "AUS", "NZ": "NZ"}


class _Group(BaseSettings):
    model_config = SettingsConfigDict(env_file=".env", extra="ignore", frozen=True, populate_by_name=True)


class ClockSettings(_Group):
    """The shared clock: CLOCK_SPEED, and the real instant CLOCK_ORIGIN at which the speed begins."""

    clock_speed: float = Field(1.0, gt=0, le=10_000)
    clock_origin: datetime | None = None
    clock_start: datetime | None = None

    @model_validator(mode="after")
    def _speed_has_an_origin(self) -> Self:
        if self.clock_origin is None and (self.clock_speed != 1.0 or self.clock_start is not None):
            raise ValueError(
                "CLOCK_SPEED or CLOCK_START without CLOCK_ORIGIN: start with `raceday up --speed`, which sets it"
            )
        for instant in (self.clock_origin, self.clock_start):
            if instant is not None and instant.tzinfo is None:
                raise ValueError("CLOCK_ORIGIN and CLOCK_START need a time zone, as in 2026-01-02T03:04:05Z")
        return self

    def clock(self) -> Clock:
        """Build the clock that every part of the process shares."""
        if self.clock_origin is None:
            return Clock()
        start = self.clock_start or self.clock_origin
        return Clock(self.clock_speed, self.clock_origin, start)


class LogSettings(_Group):
    """LOG_LEVEL and LOG_FORMAT."""

    log_level: Literal["TRACE", "DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["json", "text"] = "json"

    @field_validator("log_level", mode="before")
    @classmethod
    def _upper(cls, value: object) -> object:
        return value.upper() if isinstance(value, str) else value


class DatabaseSettings(_Group):
    """Where PostgreSQL is; without DATABASE_URL the embedded one in DATA_DIR is meant."""

    database_url: SecretStr | None = None
    database_read_url: SecretStr | None = None
    data_dir: Path = Path(".raceday")

    @field_validator("database_url", "database_read_url")
    @classmethod
    def _is_postgres(cls, value: SecretStr | None) -> SecretStr | None:
        if value is None or not value.get_secret_value():
            return None
        if not re.match(r"postgres(ql)?://", value.get_secret_value()):
            raise ValueError("must begin with postgresql://")
        return value

    @property
    def write_url(self) -> str:
        """The owner's or writer's connection string; SettingsError without one."""
        if self.database_url is None:
            raise SettingsError(
                ["DATABASE_URL is not set: set it, or start with `raceday up`, which brings a database"]
            )
        return self.database_url.get_secret_value()

    @property
    def read_url(self) -> str:
        """The connection string of the read-only service: DATABASE_READ_URL, else DATABASE_URL."""
        return self.database_read_url.get_secret_value() if self.database_read_url else self.write_url


class UpstreamSettings(_Group):
    """The TAB affiliates API and how gently it is asked. Timeouts are real seconds."""

    tab_api_url: str = "https://api.tab.co.nz"
    tab_from: SecretStr | None = None
    tab_partner: SecretStr | None = None
    tab_partner_id: SecretStr | None = None
    tab_timeout_seconds: float = Field(15.0, ge=1, le=120)
    tab_requests_per_minute: int = Field(180, ge=1, le=1_000_000)
    politeness_seconds: float = Field(1.0, ge=0, le=60)

    @field_validator("tab_api_url")
    @classmethod
    def _is_http(cls, value: str) -> str:
        if not re.match(r"https?://[^/\s]+", value):
            raise ValueError("must begin with http:// or https://")
        return value.rstrip("/")

    @model_validator(mode="after")
    def _identified(self) -> Self:
        named = {"TAB_FROM": self.tab_from, "TAB_PARTNER": self.tab_partner, "TAB_PARTNER_ID": self.tab_partner_id}
        problems = []
        for name, value in named.items():
            text = value.get_secret_value() if value else ""
            if not text.strip():
                problems.append(f"{name} is not set: the TAB throttles or blocks callers that do not say who they are")
            elif not (text.isprintable() and text.isascii()):
                problems.append(f"{name} must be printable ASCII: it is sent as an HTTP header")
        if problems:
            raise ValueError("\n".join(problems))
        return self

    @property
    def identification(self) -> dict[str, str]:
        """The three headers every call carries. Credentials: never logged."""
        values = {"From": self.tab_from, "X-Partner": self.tab_partner, "X-Partner-ID": self.tab_partner_id}
        return {name: value.get_secret_value() for name, value in values.items() if value is not None}


class WorkerSettings(_Group):
    """What is polled, and how."""

    poll_profile: Literal["standard", "fast"] = "standard"
    poll_concurrency: int = Field(8, ge=1, le=64)
    entrants_race_limit: int = Field(20, ge=1, le=1000)
    retention_days: int = Field(30, ge=1, le=3650)
    countries: str = "NZ,AUS"
    categories: str = "T,H"
    jobs_enabled: bool = True
    record_dir: Path | None = None
    record_max_mb: int = Field(2000, ge=1, le=10_000_000)

    @field_validator("countries")
    @classmethod
    def _known_countries(cls, value: str) -> str:
        names = [name.strip().upper() for name in value.split(",") if name.strip()]
        if not names or any(name not in _COUNTRY_ALIASES for name in names):
            raise ValueError("a comma list of NZ and AUS (AU is taken for AUS)")
        return ",".join(dict.fromkeys(_COUNTRY_ALIASES[name] for name in names))

    @field_validator("categories")
    @classmethod
    def _known_categories(cls, value: str) -> str:
        names = [name.strip().upper() for name in value.split(",") if name.strip()]
        if not names or any(name not in {"T", "H"} for name in names):
            raise ValueError("a comma list of T (thoroughbred) and H (harness)")
        return ",".join(dict.fromkeys(names))

    def wants(self, country: str, category: str, race_number: int = 1) -> bool:
        """Whether a race of this kind is watched; race_number 0 is a special, not a race (DOMAIN §1)."""
        return country in self.countries.split(",") and category in self.categories.split(",") and race_number > 0


class ApiSettings(_Group):
    """The read-only service. Without API_KEYS it listens on loopback only, unless API_OPEN says otherwise."""

    host: str = "127.0.0.1"
    port: int = Field(8000, ge=1, le=65535)
    api_keys: SecretStr | None = None
    api_open: bool = False
    api_docs: bool = True
    rate_limit: int = Field(600, ge=0, le=1_000_000)
    streams_per_client: int = Field(20, ge=1, le=100_000)
    streams_limit: int = Field(2_000, ge=1, le=100_000)
    trusted_proxies: str = ""
    cors_origins: str = ""
    database_pool_size: int = Field(8, ge=2, le=100)

    @field_validator("api_keys")
    @classmethod
    def _usable_keys(cls, value: SecretStr | None) -> SecretStr | None:
        for key in listed(value.get_secret_value()) if value else ():
            if not (key.isascii() and key.isprintable()) or " " in key:
                raise ValueError("each key must be printable ASCII without spaces: it is sent as an HTTP header")
        return value

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, value: str) -> str:
        for network in listed(value):
            ip_network(network, strict=False)
        return value

    @field_validator("cors_origins")
    @classmethod
    def _origins(cls, value: str) -> str:
        for origin in listed(value):
            if origin != "*" and not re.match(r"https?://[^/\s]+$", origin):
                raise ValueError("a comma list of origins, as in https://app.example, or *")
        return value

    @model_validator(mode="after")
    def _private_unless_opened(self) -> Self:
        if not self.keys and not self.api_open and self.host not in {"127.0.0.1", "::1", "localhost"}:
            raise ValueError(
                f"API_KEYS is not set and HOST is {self.host}: anybody could read it. Set API_KEYS, or API_OPEN=true"
            )
        return self

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of API_KEYS, a comma list; none: no key is asked for."""
        return listed(self.api_keys.get_secret_value()) if self.api_keys else ()


def listed(text: str) -> tuple[str, ...]:
    """Return the parts of a comma list."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


_Settings = TypeVar("_Settings", bound=_Group)


def load(group: type[_Settings], **overrides: Any) -> _Settings:
    """Read a settings group; SettingsError with one line per problem, never a secret in it."""
    try:
        return group(**overrides)
    except ValidationError as error:
        problems = [_problem(issue["loc"], issue["msg"]).splitlines() for issue in error.errors()]
        raise SettingsError([line for lines in problems for line in lines]) from None


def load_all(*groups: type[_Group]) -> tuple[Any, ...]:
    """Read several groups; SettingsError with the problems of all of them together."""
    loaded, problems = [], []
    for group in groups:
        try:
            loaded.append(load(group))
        except SettingsError as error:
            problems += error.problems
    if problems:
        raise SettingsError(problems)
    return tuple(loaded)


def _problem(location: tuple[int | str, ...], message: str) -> str:
    text = message.removeprefix("Value error, ")
    return f"{'.'.join(map(str, location)).upper()}: {text}" if location else text
