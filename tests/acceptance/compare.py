"""PURE the oracle's expectation against the stored rows of a race → differences."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from tests.acceptance.reading import number
from tests.acceptance.received import Expected
from tests.acceptance.stored import Stored

Row = Mapping[str, Any]
MISSING = "(no row)"
Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Difference:
    """One figure that is not what the specification says."""

    race_id: str
    table: str
    key: str
    expected: object
    stored: object

    def __str__(self) -> str:
        return f"{self.race_id} {self.table} [{self.key}] expected {show(self.expected)}, stored {show(self.stored)}"


def show(value: object) -> str:
    """Short text of a value."""
    return f"{value:%H:%M:%S.%f}" if isinstance(value, datetime) else f"{value}"


class Comparison:
    """Collects the differences of one race."""

    def __init__(self, race_id: str, expected: Expected, stored: Stored, card_jobs: list[Span]) -> None:
        self.race_id, self.expected, self.stored, self.card_jobs = race_id, expected, stored, card_jobs
        self.differences: list[Difference] = []

    def run(self) -> list[Difference]:
        """Compare all tables."""
        for at in self.expected.unserved_polls:
            self._differ("polls", show(at), "a body served inside the poll", "a good poll")
        for row in self.stored.rows["polls"]:
            outcome = self.expected.outcomes.get(row["started_at"])
            if outcome is not None and outcome != row["outcome"]:
                self._differ("polls", f"{show(row['started_at'])} outcome", outcome, row["outcome"])
        if not self.expected.answers:
            self._nothing_but_the_card()
            return self.differences
        self._race()
        self._keyed("entrants", self.expected.entrants, self._by("entrants", "entrant_id"))
        self._closing_missing()
        self._current_pools()
        self._odds()
        flow = self._by("money_flow_history", "entrant_id", "polling_timestamp")
        self._keyed("money_flow_history", self.expected.money_flow_history, flow)
        buckets = self._by("money_flow_buckets", "time_interval", "entrant_id")
        self._keyed("money_flow_buckets", self.expected.money_flow_buckets, buckets)
        history = self._by("race_pools_history", "polling_timestamp")
        self._keyed("race_pools_history", self.expected.pools_history, history)
        self._results()
        self._changes()
        return self.differences

    def _differ(self, table: str, key: object, expected: object, stored: object) -> None:
        self.differences.append(Difference(self.race_id, table, str(key), expected, stored))

    def _by(self, table: str, *names: str) -> dict[Any, Row]:
        rows = self.stored.rows[table]
        return {tuple(row[name] for name in names) if len(names) > 1 else row[names[0]]: row for row in rows}

    def _keyed(self, table: str, expected: Mapping[Any, Row], stored: Mapping[Any, Row]) -> None:
        for key in sorted(expected.keys() | stored.keys(), key=repr):
            name = " ".join(map(show, key)) if isinstance(key, tuple) else show(key)
            if key not in stored:
                self._differ(table, name, dict(expected[key]), MISSING)
            elif key not in expected:
                self._differ(table, name, MISSING, brief(stored[key]))
            else:
                self._fields(table, name, expected[key], stored[key])

    def _fields(self, table: str, key: str, expected: Row, stored: Row) -> None:
        for name, value in expected.items():
            if not same(value, stored.get(name)):
                self._differ(table, f"{key} {name}".strip(), value, stored.get(name))

    def _nothing_but_the_card(self) -> None:
        for table in ("entrants", "race_results", "odds_history", "money_flow_history", "money_flow_buckets"):
            if self.stored.rows[table]:
                self._differ(table, "", "no rows without an answer", f"{len(self.stored.rows[table])} rows")

    def _race(self) -> None:
        expected, stored = dict(self.expected.race), self.stored.race
        removed = expected.pop("tracker_removed")
        found = {
            i: (row["hold_percentage"], row["bet_percentage"])
            for i, row in (stored.get("tracker_removed") or {}).items()
        }
        if found != removed:
            self._differ("races", "tracker_removed", removed, found)
        started = expected.pop("actual_start")
        found = stored.get("actual_start")
        no_proof = expected["status"] == "open" or started == expected["start_time"]
        if found != started and not (no_proof and found is None):
            self._differ("races", "actual_start", started, found)
        for name, kind in (("status", "status"), ("start_time", "start_time")):
            since = [to for at, to in self._told_by_card(kind).items() if at > expected["last_polled_at"]]
            expected[name] = since[-1] if since else expected[name]  # the card may know better since
        self._fields("races", "", {k: v for k, v in expected.items() if v is not None or k in NULLABLE}, stored)

    def _closing_missing(self) -> None:
        """See that a closing price is missing for a reason once the race is no longer open, and for none before."""
        stored = self._by("entrants", "entrant_id")
        for entrant in sorted(self.expected.entrants.keys() & stored.keys()):
            row, found = self.expected.entrants[entrant], stored[entrant]["closing_missing"]
            if self.expected.race["status"] == "open" or row["closing_price"] is not None:
                fits, expected = found is None, "no reason"
            elif row["is_scratched"]:
                fits, expected = found == "scratched", "scratched"
            else:
                fits, expected = found in {"no price while open", "not seen while open"}, "a reason"
            if not fits:
                self._differ("entrants", f"{entrant} closing_missing", expected, found)

    def _told_by_card(self, kind: str) -> dict[datetime, Any]:
        """Return what runs of the card's jobs changed, oldest first: a change that is no answer's, inside a run."""
        return {
            row["at"]: datetime.fromisoformat(row["payload"]["to"]) if kind == "start_time" else row["payload"]["to"]
            for row in self.stored.rows["changes"]
            if row["kind"] == kind and row["at"] not in self.expected.outcomes
            and any(begun <= row["at"] <= done for begun, done in self.card_jobs)
        }  # fmt: skip

    def _current_pools(self) -> None:
        expected = dict(self.expected.pools or {})
        stored = self.stored.rows["race_pools"]
        if not expected or not stored:
            if expected or stored:
                self._differ("race_pools", "", expected or MISSING, brief(stored[0]) if stored else MISSING)
            return
        others = expected.pop("other_pools")
        found = tuple(sorted(((row["product_type"], row["total"]) for row in stored[0]["other_pools"]), key=repr))
        if found != others:
            self._differ("race_pools", "other_pools", others, found)
        self._fields("race_pools", "", expected, stored[0])

    def _odds(self) -> None:
        ours = [row for row in self.stored.rows["odds_history"] if row["source"] == "poll"]
        stored = {(row["entrant_id"], row["type"], row["event_timestamp"]): {"odds": row["odds"]} for row in ours}
        self._keyed("odds_history", {key: {"odds": odds} for key, odds in self.expected.odds_history.items()}, stored)
        first = min(self.expected.outcomes)
        for row in self.stored.rows["odds_history"]:
            told = self.expected.fluctuations.get(row["entrant_id"], set())
            at = row["event_timestamp"]
            if row["source"] == "upstream" and ((at, row["odds"]) not in told or at < first):
                self._differ("odds_history", f"{row['entrant_id']} {show(at)} upstream", "a fluc after the first poll", row["odds"])  # fmt: skip
        self._repeats()

    def _repeats(self) -> None:
        """Note rows of the fixed win price that repeat the one before: polls and upstream's moves are one series."""
        last: dict[str, Decimal | None] = {}
        wins = [row for row in self.stored.rows["odds_history"] if row["type"] == "fixed_win"]
        for row in sorted(wins, key=lambda row: (row["event_timestamp"], row["source"])):
            entrant, odds = row["entrant_id"], row["odds"]
            if entrant in last and last[entrant] == odds:
                self._differ(
                    "odds_history", f"{entrant} {show(row['event_timestamp'])} {row['source']}", "a change", odds
                )
            last[entrant] = odds

    def _results(self) -> None:
        stored = [dict(row) for row in self.stored.rows["race_results"]]
        for row in stored:
            row["results"] = tuple(sorted((plain(each, RESULT) for each in row["results"]), key=repr))
            row["dividends"] = tuple(sorted((plain(each, DIVIDEND) for each in row["dividends"]), key=repr))
        expected = [dict(row) for row in self.expected.results]
        for row in expected:
            row["results"] = tuple(sorted((tuple(map(tidy, each)) for each in row["results"]), key=repr))
            row["dividends"] = tuple(sorted((tuple(map(tidy, each)) for each in row["dividends"]), key=repr))
        self._keyed("race_results", dict(enumerate(expected, 1)), {row["revision"]: row for row in stored})

    def _changes(self) -> None:
        rows = self.stored.rows["changes"]
        first = min(self.expected.outcomes)
        status = {row["at"]: row["payload"].get("to") for row in rows if row["kind"] == "status"}
        self._timed("status", dict(self.expected.statuses), status, first)
        moves = {row["at"]: "moved" for row in rows if row["kind"] == "start_time"}
        self._timed("start_time", {at: "moved" for at, _ in self.expected.starts}, moves, first)
        gone = {at: "scratched" for at, _ in self.expected.scratchings}
        told = {row["at"]: "scratched" for row in rows if row["kind"] == "scratching"}
        self._timed("scratching", gone, told, first)

    def _timed(
        self, kind: str, expected: Mapping[datetime, Any], stored: Mapping[datetime, Any], first: datetime
    ) -> None:
        """Compare changes after the first answer, leaving out the card's own and what it told before an answer did."""
        told = set() if kind == "scratching" else self._told_by_card(kind).keys()
        for at in sorted(expected.keys() | stored.keys()):
            earlier = max((t for t in self.expected.outcomes if t < at), default=first)
            by_card = any(earlier < t <= at for t in told)
            if at > first and not by_card and expected.get(at) != stored.get(at):
                self._differ("changes", f"{kind} {show(at)}", expected.get(at, MISSING), stored.get(at, MISSING))


NULLABLE = frozenset({"market_percentage", "result_status"})
RESULT = (
    "position", "runner_number", "entrant_id", "name", "barrier", "margin", "positional_margin",
    "winning_time", "time_ran",
)  # fmt: skip
DIVIDEND = (
    "dividend_id", "tote", "product_name", "status", "dividend", "pool_size_cents", "description", "positions",
)  # fmt: skip


def plain(row: Mapping[str, Any], names: Iterable[str]) -> tuple[object, ...]:
    """Put a stored JSON object's values in the oracle's order."""
    return tuple(tidy(row.get(name).lower() if name == "status" and row.get(name) else row.get(name)) for name in names)


def tidy(value: object) -> object:
    """Make numbers and lists comparable, whatever JSON made of them."""
    if isinstance(value, (list, tuple)):
        return tuple(map(tidy, value))
    if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
        read = number(value)
        return None if read is None else read.normalize() + 0
    return value


def same(expected: object, stored: object) -> bool:
    """Whether two values mean the same."""
    return tidy(expected) == tidy(stored)


def brief(row: Row) -> dict[str, object]:
    """Leave out what a key says already."""
    dull = {"racing_day", "race_id", "created_at", "updated_at", "event_timestamp", "bookmaker"}
    return {name: value for name, value in row.items() if name not in dull and value is not None}
