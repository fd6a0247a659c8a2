"""Compares what a simulated TAB served with everything our database stored: `python -m tests.acceptance.check_served`."""

import json
import sys
import urllib.request
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from tests.acceptance import polling
from tests.acceptance.compare import Comparison, Difference
from tests.acceptance.oracle import Expected, Poll, derive
from tests.acceptance.stored import Database, Stored
from tests.acceptance.told import Told

SHOWN = 20
Tries = dict[str, list[tuple[float, bool]]]


@dataclass(slots=True)
class Report:
    """What the check found."""

    lines: list[str] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def good(self) -> bool:
        """Whether nothing differs."""
        return not self.differences and not self.problems

    def __str__(self) -> str:
        kinds = Counter(
            (each.table, each.key.rsplit(" ", 1)[-1] if each.expected != "(no row)" else "extra row")
            for each in self.differences
        )
        parts = [*self.lines, f"problems: {len(self.problems)}", *(f"  {each}" for each in self.problems[:SHOWN])]
        parts.append(f"differences: {len(self.differences)}")
        if kinds:
            parts.append("  " + ", ".join(f"{table}.{name} {count}" for (table, name), count in kinds.most_common(30)))
        return "\n".join(parts + [f"  {each}" for each in self.differences[:SHOWN]])


class Upstream:
    """The control routes of the simulated TAB."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")

    def control(self, path: str) -> Any:
        """Return a control route's answer."""
        with urllib.request.urlopen(f"{self.url}/__ctl/{path}", timeout=120) as answer:
            return json.load(answer)

    def card(self, day: date | None) -> dict[str, dict[str, Any]]:
        """Return the races of the current card and of *day*'s, by id; who knows one card alone gives it twice."""
        asked = ("card",) if day is None else ("card", f"card?day={day}")
        return {race["id"]: race for path in asked for race in self.control(path)["races"]}

    def served(self, race_id: str) -> Iterator[tuple[datetime, dict[str, Any]]]:
        """Yield the bodies served of a race, oldest first, one at a time: a day of them is large."""
        with urllib.request.urlopen(f"{self.url}/__ctl/served/{race_id}", timeout=300) as answer:
            text = answer.read().decode()
        decoder, at = json.JSONDecoder(parse_float=Decimal), 1
        while text[at : at + 1] not in {"]", ""}:
            row, at = decoder.raw_decode(text, at)
            at += text[at : at + 1] == ","
            yield datetime.fromtimestamp(float(row["served_at"]), UTC), row["event"]


def check(tab_url: str, database_url: str, slack_s: float = polling.SLACK_S, day: date | None = None) -> Report:
    """Compare everything, and say how the polling went; *slack_s* is the lateness on the clock that is no gap.

    *day* is the racing day that was run; the current one's card, where it is another by now, must be stored too.
    """
    upstream, database, report = Upstream(tab_url), Database(database_url), Report()
    try:
        log = upstream.control("log")
        tries = _calls(log, report)
        _card(upstream.card(day), database, report)
        _races(upstream, database, report, tries, log[0]["at"] if log else 0.0, slack_s)
        for table, lost in database.orphans().items():
            if lost:
                report.problems.append(f"{lost} orphans in {table}")
        rows = ", ".join(f"{table} {count}" for table, count in database.counts().items())
        report.lines.append(f"rows: {rows}")
    finally:
        database.close()
    return report


def _calls(log: list[dict[str, Any]], report: Report) -> Tries:
    """Check that every call was identified and asked for gzip; return the tries by race."""
    tries: Tries = {}
    nameless = packed = 0
    for row in log:
        identified = row.get("identified", all(row.get(name) for name in ("From", "X-Partner", "X-Partner-ID")))
        nameless += not identified
        packed += "Accept-Encoding" in row and "gzip" not in (row["Accept-Encoding"] or "")
        race_id = row["path"].partition("/events/")[2].partition("?")[0]
        if race_id:
            tries.setdefault(race_id, []).append((row["at"], row["outcome"] == "200"))
    if nameless or packed:
        report.problems.append(f"calls without identification {nameless}, without gzip {packed}")
    minutes = Counter(int(row["at"] // 60) for row in log)
    outcomes = ", ".join(f"{name} {count}" for name, count in Counter(row["outcome"] for row in log).most_common())
    report.lines.append(f"calls: {len(log)} ({outcomes}), most in a minute {max(minutes.values(), default=0)}")
    return tries


def _card(card: dict[str, dict[str, Any]], database: Database, report: Report) -> None:
    """Check that exactly the wanted races of the card are stored."""

    def wanted(race: dict[str, Any]) -> bool:
        return race["country"] in {"NZ", "AUS"} and race["category"] in {"T", "H"} and race["number"] > 0

    stored = database.all(
        "SELECT r.race_id, r.race_number AS number, m.country, m.category, m.race_type, r.status, r.racing_day, m.date"
        " FROM races r LEFT JOIN meetings m USING (meeting_id)"
    )
    for race in stored:
        if not wanted(race) or not wanted(card.get(race["race_id"], race)):
            report.problems.append(f"a race that is not wanted is stored: {race}")
        told = card.get(race["race_id"], race)
        if any(race[name] != told[name] for name in ("country", "category", "number")):
            report.problems.append(f"{race['race_id']} is stored as {race}, the card says {told}")
        if race["racing_day"] != race["date"]:
            report.problems.append(f"{race['race_id']} is of {race['racing_day']}, its meeting of {race['date']}")
    missing = {identifier for identifier, race in card.items() if wanted(race)} - {race["race_id"] for race in stored}
    report.problems += [f"not stored: {card[each]}" for each in sorted(missing)]
    ends = Counter(race["status"] for race in stored)
    report.lines.append(f"races: {len(stored)}; " + ", ".join(f"{name} {n}" for name, n in ends.most_common()))


def _races(upstream: Upstream, database: Database, report: Report, tries: Tries, memory: float, slack_s: float) -> None:
    """Compare each race, and look at its polls."""
    workers, jobs = database.workers(), database.card_jobs()
    outcomes: Counter[str] = Counter()
    late: list[float] = []
    answers = lost = cut = moved = 0
    meetings = {row["meeting_id"]: row["state"] for row in database.all("SELECT meeting_id, state FROM meetings")}
    for row in database.all("SELECT race_id FROM races ORDER BY start_time, race_id"):
        race_id, stored = row["race_id"], database.race(row["race_id"])
        polls = stored.rows["polls"]
        outcomes.update(f"{each['reason']} {each['outcome']}" for each in polls)
        late += [each["lateness_ms"] for each in polls if each["reason"] == "poll" and each["lateness_ms"] is not None]
        for first, second in polling.overlaps(polls):
            report.problems.append(f"{race_id} polled at once: {first} and {second}")
        if polls and polls[0]["started_at"].timestamp() < memory:
            cut += 1
            continue
        told = Told()
        expected = derive(told.listen(upstream.served(race_id)), map(_poll, polls))
        answers, lost = answers + expected.answers, lost + expected.lost_bodies
        moved += len(expected.starts) > 1
        report.differences += Comparison(race_id, expected, stored, jobs.get(stored.race["racing_day"], [])).run()
        if expected.answers:
            race = stored.race
            report.differences += told.differences(race_id, race["prize_cents"], meetings[race["meeting_id"]])
        spells = polling.gaps(race_id, polls, _knowns(expected, stored), workers, tries.get(race_id, []), slack_s)
        report.problems += map(str, spells)
    report.lines += [
        "polls: " + ", ".join(f"{name} {count}" for name, count in outcomes.most_common()),
        f"answers compared: {answers}; bodies served that no good poll received: {lost}",
        f"races whose start moved: {moved}; races cut by the upstream's memory, not compared: {cut}",
        "lateness ms: "
        + ", ".join(f"{name} {polling.percentile(late, p)}" for name, p in (("p50", 0.5), ("p99", 0.99), ("max", 1))),
    ]


def _poll(row: dict[str, Any]) -> Poll:
    return Poll(row["started_at"], row["finished_at"], row["outcome"], row["reason"])


def _knowns(expected: Expected, stored: Stored) -> list[polling.Known]:
    """Return what was known of a race and since when; before the first answer it is what the card said.

    Between answers the card may move a start. It is believed where the race's next answer says the same: a card that
    lags, and puts back what an answer said, excuses nothing.
    """
    statuses, starts, race = dict(expected.statuses), dict(expected.starts), stored.race
    for at, start in stored.moves():
        following = next((told for later, told in expected.starts if later > at), None)
        if start == following:
            starts.setdefault(at, start)
    first_start = min(starts.items())[1] if starts else race["start_time"]
    first = min(statuses, default=None)
    told = [row["payload"]["from"] for row in stored.rows["changes"] if row["kind"] == "status" and row["at"] == first]
    status, start = (told[0] if told else statuses[first] if first else race["status"]), first_start
    known = [polling.Known(race["created_at"], status, start)]
    for at in sorted(statuses.keys() | starts.keys()):
        status, start = statuses.get(at, status), starts.get(at, start)
        known.append(polling.Known(at, status, start))
    return known


def main() -> int:
    """Run from the command line: TAB_URL DATABASE_URL [SLACK_S [DAY]]."""
    if not 3 <= len(sys.argv) <= 5:
        sys.stderr.write("usage: python -m tests.acceptance.check_served TAB_URL DATABASE_URL [SLACK_S [DAY]]\n")
        return 2
    slack_s = float(sys.argv[3]) if len(sys.argv) > 3 else polling.SLACK_S
    report = check(sys.argv[1], sys.argv[2], slack_s, date.fromisoformat(sys.argv[4]) if len(sys.argv) > 4 else None)
    print(report)
    return 0 if report.good else 1


if __name__ == "__main__":
    sys.exit(main())
