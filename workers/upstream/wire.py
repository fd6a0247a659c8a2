"""PURE bytes → validated wire model: a bad field is refused by its path, the rest goes on.

The fast way is pydantic alone. Where it objects, each culprit is set to null and noted as a `Fault`, and the
model looks again; a culprit that may not be null takes what holds it along: its runner, its pool, its block.
"""

import json
from contextlib import suppress
from typing import Annotated, Any, TypeVar

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationError

from shared.errors import PayloadError, Unavailable
from shared.models import Fault

MAX_FAULTS = 200
YEAR_2000, YEAR_2100 = 946_684_800, 4_102_444_800

_PLAIN_WORDS = {
    "missing": "is missing",
    "model_type": "is not an object",
    "string_pattern_mismatch": "holds a NUL byte",
}

Location = tuple[int | str, ...]
Model = TypeVar("Model", bound=BaseModel)


def _zero_is_null(value: object) -> object:
    return None if value == 0 else value


# A NUL byte cannot be stored, and nothing we keep is longer than 500 characters but a protest's reason.
_PRINTABLE = r"^[^\x00]*$"
Text = Annotated[str, StringConstraints(max_length=500, pattern=_PRINTABLE, strip_whitespace=True)]
Label = Annotated[Text, Field(coerce_numbers_to_str=True)]
LongText = Annotated[str, StringConstraints(max_length=5000, pattern=_PRINTABLE, strip_whitespace=True)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=500, pattern=_PRINTABLE, strip_whitespace=True)]
Count = Annotated[int, Field(ge=0, le=1_000_000)]
Number = Annotated[int, Field(ge=1, le=1000)]
Amount = Annotated[float, Field(strict=True, ge=0, le=1e12)]  # dollars
Price = Annotated[float, Field(strict=True, ge=0, le=99_999_999.99)]
Measure = Annotated[float, Field(ge=0, le=99_999)]
EpochSeconds = Annotated[int, Field(ge=YEAR_2000, lt=YEAR_2100)]
MaybeEpoch = Annotated[EpochSeconds | None, BeforeValidator(_zero_is_null)]
Moment = AwareDatetime


class Faults:
    """What was refused in one answer: the reason by path, the first one of a path."""

    def __init__(self) -> None:
        self._by_path: dict[str, Fault] = {}
        self._refused_rows: set[str] = set()

    def __bool__(self) -> bool:
        return bool(self._by_path)

    def __contains__(self, path: str) -> bool:
        return path in self._by_path

    def note(self, path: str, reason: str) -> None:
        """Add a fault, unless this path has one."""
        self._by_path.setdefault(path, Fault(path, reason))

    def refuse(self, path: str) -> None:
        """Remember that what stood at *path* was set to null; its faults are noted by their own paths."""
        self._refused_rows.add(path)

    def note_hole(self, path: str) -> None:
        """Note a null among rows, unless it is the place of a row that was refused and named already."""
        if path not in self._refused_rows:
            self.note(path, "is null")

    def at(self, path: str) -> Fault | None:
        """Return the fault of exactly this path."""
        return self._by_path.get(path)

    def bounded(self) -> tuple[Fault, ...]:
        """Return the faults, at most MAX_FAULTS of them and then one that counts the rest."""
        kept = tuple(self._by_path.values())
        if len(kept) <= MAX_FAULTS:
            return kept
        return (*kept[:MAX_FAULTS], Fault("data", f"{len(kept) - MAX_FAULTS} more faults"))


class Wire(BaseModel):
    """The base of wire models: unknown properties are ignored, NaN and infinities refused."""

    model_config = ConfigDict(extra="ignore", allow_inf_nan=False, hide_input_in_errors=True)


def read(body: bytes, model: type[Model], vital: frozenset[Location]) -> tuple[Model, Faults]:
    """Validate *body*; faults come by path. PayloadError where a *vital* block fails, Unavailable if no JSON."""
    with suppress(ValidationError):
        return model.model_validate_json(body), Faults()
    return _read_around_faults(_tree(body), model, vital)


def path_of(location: Location) -> str:
    """Write a location as people do: `data.runners[3].odds.fixed_win`."""
    parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)
    return "".join(parts).removeprefix(".")


def _tree(body: bytes) -> Any:
    with suppress(ValueError, RecursionError):
        return json.loads(body)
    raise Unavailable("the body is cut off or not JSON")  # alone: decoders' errors carry the body along


def _read_around_faults(tree: Any, model: type[Model], vital: frozenset[Location]) -> tuple[Model, Faults]:
    faults = Faults()
    nulled: set[Location] = set()
    while True:
        try:
            return model.model_validate(tree), faults
        except ValidationError as error:
            issues = error.errors(include_url=False, include_context=False, include_input=False)
        gone: set[Location] = set()  # in this round: what stood inside went with it
        for issue in issues:
            location = issue["loc"]
            faults.note(path_of(location), _PLAIN_WORDS.get(issue["type"], issue["msg"]))
            if not gone.isdisjoint(_upwards(location)):
                continue
            target = _culprit(location, nulled)
            if target in vital:
                named = next(fault for at in _upwards(location) if (fault := faults.at(path_of(at))))
                raise PayloadError(named.reason, field=named.field)
            _set_null(tree, target)
            faults.refuse(path_of(target))
            gone.add(target)
        nulled |= gone


def _culprit(location: Location, nulled: set[Location]) -> Location:
    """Return the smallest part around *location* not nulled yet: what is required takes its holder along."""
    return next(at for at in _upwards(location) if at not in nulled)


def _upwards(location: Location) -> list[Location]:
    return [location[:end] for end in range(len(location), -1, -1)]


def _set_null(tree: Any, target: Location) -> None:
    for part in target[:-1]:
        tree = tree[part]
    tree[target[-1]] = None
