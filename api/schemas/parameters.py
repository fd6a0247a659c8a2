"""What parameters may look like: ids, days, kinds of race, countries. Each in one place."""

import re
from datetime import UTC, date, datetime
from typing import Annotated, Any

from fastapi import Path, Query
from pydantic import AfterValidator, AwareDatetime, BeforeValidator, StringConstraints, WithJsonSchema

from api.failures import BadRequest

_CATEGORIES = {
    "t": "T", "thoroughbred": "T", "thoroughbred horse racing": "T", "r": "T", "gallops": "T",
    "h": "H", "harness": "H", "harness horse racing": "H",
}  # fmt: skip
_COUNTRIES = {"nz": "NZ", "nzl": "NZ", "aus": "AUS", "au": "AUS"}

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def _day(value: Any) -> Any:
    if isinstance(value, str) and not _DAY.fullmatch(value):
        raise ValueError("must be a day as in 2025-07-17")
    return value


def _category(value: Any) -> Any:
    if isinstance(value, str):
        if value.strip().lower() not in _CATEGORIES:
            raise ValueError("must be thoroughbred or harness (T and H will do)")
        return _CATEGORIES[value.strip().lower()]
    return value


def _country(value: Any) -> Any:
    if isinstance(value, str):
        if value.strip().lower() not in _COUNTRIES:
            raise ValueError("must be NZ or AUS (AU will do)")
        return _COUNTRIES[value.strip().lower()]
    return value


_Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._:-]{1,64}$")]

IdInPath = Annotated[_Id, Path(examples=["f1f3b5a3-7f3c-4c1e-9d38-1a1bb6ffb4f1"])]
IdQuery = Annotated[_Id, Query(examples=["f1f3b5a3-7f3c-4c1e-9d38-1a1bb6ffb4f1"])]
Day = Annotated[
    date | None,
    BeforeValidator(_day),
    Query(description="A racing day; today's where left out", examples=["2025-07-17"]),
]
CategoryFilter = Annotated[
    str | None,
    BeforeValidator(_category),
    WithJsonSchema({"type": "string", "enum": ["thoroughbred", "harness", "T", "H"]}),
    Query(examples=["thoroughbred"]),
]
CountryFilter = Annotated[
    str | None,
    BeforeValidator(_country),
    WithJsonSchema({"type": "string", "enum": ["NZ", "AUS", "AU"]}),
    Query(examples=["NZ"]),
]

_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+ -]\d{2}:?\d{2})", re.ASCII)
_USER = r"^[^\x00-\x1f\x7f]{1,128}$"


def _instant(value: Any) -> Any:
    if isinstance(value, str):
        if not _INSTANT.fullmatch(value):
            raise ValueError("must be an instant with its zone, as in 2025-07-17T00:45:00Z")
        # A plus that was not percent-encoded arrives as a space.
        return value.replace(" ", "+")
    return value


def _in_reach(value: datetime | None) -> datetime | None:
    if value is not None and not _EARLIEST <= value <= _LATEST:
        raise ValueError("is outside of the years 2000 to 2199")
    return value


_EARLIEST, _LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)

Instant = Annotated[
    AwareDatetime | None,
    BeforeValidator(_instant),
    AfterValidator(_in_reach),
    WithJsonSchema({"type": "string", "format": "date-time", "pattern": "^2[01]\\d\\d-"}),
    Query(description="With its zone; the years 2000 to 2199", examples=["2025-07-17T00:45:00Z"]),
]
UserId = Annotated[str, StringConstraints(pattern=_USER), Query(examples=["Default User"])]
Name = Annotated[Annotated[str, StringConstraints(pattern=_USER)] | None, Query()]
Limit = Annotated[int, Query(ge=1, le=1000)]
Offset = Annotated[int, Query(ge=0, le=100_000)]

_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}")
_MOST_IDS = 100

Ids = Annotated[
    list[str] | None,
    WithJsonSchema({"type": "array", "minItems": 1, "items": {"type": "string", "pattern": "^[A-Za-z0-9._:-]{1,64}$"}}),
    Query(description=f"A comma list, or the parameter repeated; {_MOST_IDS} at most"),
]


def listed(values: list[str] | None, parameter: str) -> tuple[str, ...] | None:
    """Return the ids of a comma list or a repeated parameter; BadRequest where one is malformed."""
    if values is None:
        return None
    ids = tuple(dict.fromkeys(part.strip() for value in values for part in value.split(",") if part.strip()))
    if not ids or len(ids) > _MOST_IDS or not all(_ID.fullmatch(each) for each in ids):
        raise BadRequest(f"{parameter} must be 1 to {_MOST_IDS} well-formed ids", parameter)
    return ids
