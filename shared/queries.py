"""Loads sql/**/*.sql into named statements; a missing or double name stops start-up."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

SQL_ROOT = Path(__file__).parent.parent / "sql"
_NAME = re.compile(r"^-- name: (\w+)\s*$", re.MULTILINE)
_PLACEHOLDER = re.compile(r"%\((\w+)\)s")


@dataclass(frozen=True, slots=True)
class Positional:
    """A statement with `$1` placeholders, for `psycopg.RawCursor`: nothing of it is parsed when it runs."""

    text: bytes
    names: tuple[str, ...]

    def values(self, keys: Mapping[str, object]) -> list[object]:
        """Return the values of *keys* in the placeholders' order."""
        return [keys[name] for name in self.names]


class Queries:
    """The named statements of one folder of `sql/`; KeyError names a statement that is not there."""

    def __init__(self, folder: str, root: Path = SQL_ROOT) -> None:
        self._statements: dict[str, bytes] = {}
        for file in sorted((root / folder).glob("*.sql")):
            for name, statement in _blocks(file):
                if name in self._statements:
                    raise ValueError(f"{file}: the name {name} is taken already")
                self._statements[name] = statement.encode()
        if not self._statements:
            raise ValueError(f"no statements in {root / folder}")

    def __getitem__(self, name: str) -> bytes:
        """Return the statement called *name*, for `execute`."""
        return self._statements[name]

    def __contains__(self, name: str) -> bool:
        """Whether a statement is called *name*."""
        return name in self._statements

    def positional(self, name: str) -> Positional:
        """Return the statement called *name* with its named placeholders numbered."""
        names: list[str] = []

        def number(found: re.Match[str]) -> str:
            if found.group(1) not in names:
                names.append(found.group(1))
            return f"${names.index(found.group(1)) + 1}"

        text = _PLACEHOLDER.sub(number, self._statements[name].decode()).replace("%%", "%")
        return Positional(text.encode(), tuple(names))

    def names(self) -> frozenset[str]:
        """Every statement's name."""
        return frozenset(self._statements)


def _blocks(file: Path) -> list[tuple[str, str]]:
    parts = _NAME.split(file.read_text(encoding="utf-8"))
    if len(parts) == 1:
        raise ValueError(f"{file}: no `-- name:` line")
    return [(name, _without_comments(body)) for name, body in zip(parts[1::2], parts[2::2], strict=True)]


def _without_comments(body: str) -> str:
    lines = [line for line in body.splitlines() if line.strip() and not line.lstrip().startswith("--")]
    return "\n".join(lines).strip().rstrip(";")
