"""What a measurement says of itself, as a table for people and as JSON for the record."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

RESULTS = Path(__file__).parent / "results"
LATEST = RESULTS / "latest.json"


@dataclass(frozen=True, slots=True)
class Measured:
    """One row: *value* in *unit*, or its *ratio* to a *floor*, against the bar and the aim of DESIGN §4."""

    name: str
    value: float
    unit: str
    bar: float
    aim: float
    floor: float | None = None
    more_is_better: bool = False
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """The value in units of the floor; None where there is no floor."""
        return None if self.floor is None else self.value / self.floor

    def reaches(self, mark: float) -> bool:
        """Whether the ratio, or the value where there is none, is as good as *mark*."""
        figure = self.value if self.ratio is None else self.ratio
        return figure >= mark if self.more_is_better else figure <= mark


def print_table(rows: list[Measured], console: Console) -> None:
    """Print *rows* as one table."""
    table = Table(title="bench", title_justify="left", title_style="bold")
    for heading in ("what", "value", "floor", "ratio", "bar", "aim", "", "noise and terms"):
        table.add_column(heading, justify="left" if heading in {"what", "", "noise and terms"} else "right")
    for row in rows:
        unit, sign = row.unit if row.ratio is None else "×", "≥" if row.more_is_better else "≤"
        met = "[red]missed[/]" if not row.reaches(row.bar) else "[green]aim[/]" if row.reaches(row.aim) else "bar"
        table.add_row(
            row.name,
            f"{row.value:.3g} {row.unit}",
            "" if row.floor is None else f"{row.floor:.3g} {row.unit}",
            "" if row.ratio is None else f"{row.ratio:.2g} ×",
            f"{sign} {row.bar:g} {unit}",
            f"{sign} {row.aim:g} {unit}",
            met,
            row.note,
        )
    console.print(table)


def write_json(rows: list[Measured]) -> None:
    """Write *rows* to bench/results/latest.json, under the names of DESIGN §5."""
    LATEST.parent.mkdir(exist_ok=True)
    LATEST.write_text(json.dumps([_as_json(row) for row in rows], indent=2) + "\n", encoding="utf-8")


def _as_json(row: Measured) -> dict[str, object]:
    kept = {name: value for name, value in asdict(row).items() if name in {"name", "value", "unit", "floor"}}
    return {**kept, "ratio": row.ratio, "bar": row.bar, "aim": row.aim, "met": row.reaches(row.bar)}
