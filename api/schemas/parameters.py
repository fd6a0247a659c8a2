"""What parameters may look like: ids, days, kinds of race, countries. Each in one place."""

import re
from datetime import date
from typing import Annotated, Any

from fastapi import Path, Query
from pydantic import BeforeValidator, StringConstraints

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
OptionalId = Annotated[_Id | None, Query(examples=["f1f3b5a3-7f3c-4c1e-9d38-1a1bb6ffb4f1"])]
Day = Annotated[
    date | None,
    BeforeValidator(_day),
    Query(description="A racing day; today's where left out", examples=["2025-07-17"]),
]
CategoryFilter = Annotated[str | None, BeforeValidator(_category), Query(examples=["thoroughbred"])]
CountryFilter = Annotated[str | None, BeforeValidator(_country), Query(examples=["NZ"])]
