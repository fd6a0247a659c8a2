"""The acceptance run of a race day from an empty database: `python -m tests.acceptance.race_day --help`."""

import argparse
import sys
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import psycopg
from psycopg.rows import dict_row

from shared.clock import NZ, racing_day
from shared.models import is_terminal
from tests.acceptance.check_served import Report, check
from tests.acceptance.house import House, Plan, house, live_through

DAYS_AHEAD = 7
LEAST_LAST_FIVE = 0.5  # a poll each minute where each 15 s is due has 0.29; a machine that was too slow had 0.52
STARTING = timedelta(minutes=30)  # at 240 times real time the workers have 7 s to start and to fetch the card
AFTER_START = timedelta(hours=1)  # by then a race is over, or the reconciliation names it

LAST_FIVE_POLLS = 21  # due each 15 s from 5:05 to 0:05 before the start
# How many of the last five minutes' due instants had a good poll before the next one, of each race that was known then.
LAST_FIVE = """
    SELECT r.start_time, count(DISTINCT floor(extract(epoch FROM p.started_at - r.start_time + interval '305 s') / 15))
      AS came
    FROM races r LEFT JOIN polls p ON p.race_id = r.race_id AND p.outcome IN ('changed', 'unchanged')
      AND p.started_at >= r.start_time - interval '305 s' AND p.started_at < r.start_time + interval '10 s'
    WHERE r.racing_day = %s AND NOT EXISTS (
      SELECT FROM changes c WHERE c.race_id = r.race_id AND (
        c.kind = 'start_time' AND c.at > r.start_time - interval '6 min'
        OR c.kind = 'status' AND c.at < r.start_time AND c.payload->>'to' IN ('abandoned', 'cancelled')))
    GROUP BY r.race_id
"""


@dataclass(slots=True)
class DayReport:
    """What a run found."""

    plan: Plan
    took_s: float
    served: Report
    least_last_five: float = LEAST_LAST_FIVE
    lines: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    @property
    def good(self) -> bool:
        """Whether nothing differs and no invariant is broken."""
        return self.served.good and not self.broken

    def __str__(self) -> str:
        plan = self.plan
        head = (
            f"racing day {plan.day}, seed {plan.seed}, {plan.meetings} meetings, {plan.speed:g} times real time, "
            f"{plan.begins.astimezone(NZ):%a %H:%M %Z} to {plan.ends.astimezone(NZ):%a %H:%M %Z} "
            f"({(plan.ends - plan.begins).total_seconds() / 3600:g} h in {self.took_s:.0f} s)"
            + (f", faults {plan.faults}" if plan.faults else "")
            + (f", an outage of {plan.outage}" if plan.outage else "")
        )
        broken = [f"invariants broken: {len(self.broken)}", *(f"  {each}" for each in self.broken[:20])]
        return "\n".join([head, str(self.served), *self.lines, *broken, "good" if self.good else "NOT GOOD"])


def run(plan: Plan, least_last_five: float = LEAST_LAST_FIVE) -> DayReport:
    """Live through *plan* and compare everything; *least_last_five* is the share of those polls that must come."""
    with house(plan) as built:
        took_s = live_through(plan, built)
        done = built.command("job", "coverage", "--date", plan.day.isoformat())
        served = check(built.tab.url, built.database_url, slack_s=1.0 + plan.noise_s * plan.speed, day=plan.day)
        report = DayReport(plan, took_s, served, least_last_five=least_last_five)
        if done.returncode != 0:
            report.broken.append(f"the coverage job by hand: {done.stdout}{done.stderr}")
        with psycopg.connect(built.database_url, row_factory=dict_row, autocommit=True) as connection:
            _Invariants(connection, built, report).look()
    return report


class _Invariants:
    """What must hold whatever was served."""

    def __init__(self, connection: psycopg.Connection[dict[str, Any]], built: House, report: DayReport) -> None:
        self._connection, self._built, self._report = connection, built, report
        self._plan = report.plan

    def look(self) -> None:
        """Look at everything; what is broken goes into the report."""
        self._days()
        if self._rows("SELECT FROM day_reconciliation WHERE racing_day = %s", self._plan.day):
            self._ends()
            self._coverage()
            self._last_five()
            self._reconciliation()
        else:
            self._report.broken.append("the day has no reconciliation")
        self._jobs()
        self._logs()
        for outage in self._built.outages:
            self._outage(*outage)

    def _rows(self, statement: str, *parameters: object) -> list[dict[str, Any]]:
        return self._connection.execute(statement, parameters or None).fetchall()

    def _days(self) -> None:
        """See that the partitions of the week ahead are there, as seen from the end."""
        found = {
            row["name"][-10:].replace("_", "-")
            for row in self._rows(
                "SELECT relname AS name FROM pg_class WHERE relname LIKE 'polls_2%' AND relispartition"
            )
        }
        last = racing_day(self._plan.ends)
        needed = {str(self._plan.day + timedelta(n)) for n in range((last - self._plan.day).days + DAYS_AHEAD)}
        if missing := needed - found:
            self._report.broken.append(f"no partition for {', '.join(sorted(missing))}; there are {sorted(found)}")

    def _ends(self) -> None:
        """See that a race long past its start is over, or that the reconciliation names it."""
        (day,) = self._rows("SELECT * FROM day_reconciliation WHERE racing_day = %s", self._plan.day)
        for race in self._rows("SELECT race_id, status, start_time FROM races WHERE racing_day = %s", self._plan.day):
            over = is_terminal(race["status"])
            if not over and race["start_time"] < self._plan.ends - AFTER_START:
                self._report.lines.append(f"not over: {race['race_id']} {race['status']}")
            if over is (race["race_id"] in day["not_terminal"]):
                self._report.broken.append(f"{race['race_id']} is {race['status']}, the reconciliation disagrees")

    def _coverage(self) -> None:
        """Each race's coverage counts what the tables hold."""
        rows = self._rows(
            "SELECT c.*, r.start_time, p.good, p.failed, b.filled FROM races r"
            " LEFT JOIN race_coverage c USING (race_id)"
            " LEFT JOIN LATERAL (SELECT count(*) FILTER (WHERE outcome IN ('changed', 'unchanged')) AS good,"
            "  count(*) FILTER (WHERE outcome NOT IN ('changed', 'unchanged')) AS failed"
            "  FROM polls WHERE race_id = r.race_id) p ON true"
            " LEFT JOIN LATERAL (SELECT count(DISTINCT time_interval) AS filled FROM money_flow_buckets"
            "  WHERE race_id = r.race_id) b ON true WHERE r.racing_day = %s",
            self._plan.day,
        )
        for row in rows:
            told = (row["failed_polls"], row["filled_buckets"])
            if told != (row["failed"], row["filled"]):
                self._report.broken.append(f"coverage of {row['race_id']} says {told}, the tables otherwise: {row}")
            if not (row["good_polls"] or 0) <= min(row["expected_polls"] or 0, row["good"]):
                self._report.broken.append(
                    f"coverage of {row['race_id']}: more answered than expected or polled: {row}"
                )
        # Races that were met in time: those whose first hour lies inside the run.
        whole = [row for row in rows if row["start_time"] > self._plan.begins + timedelta(minutes=65)]
        whole = [row for row in whole if row["start_time"] < self._plan.ends - timedelta(minutes=10)]
        sums = {
            name: sum(row[name] or 0 for row in whole)
            for name in ("expected_polls", "good_polls", "expected_buckets", "filled_buckets", "last_five_expected",
                         "last_five_good")
        }  # fmt: skip
        gaps = sum(len(row["gaps"] or ()) for row in rows)
        self._report.lines.append(
            f"coverage of {len(whole)} races seen from an hour before their start: polls {sums['good_polls']} in time, "
            f"{sums['expected_polls']} expected; buckets {sums['filled_buckets']} of {sums['expected_buckets']}; the last "
            f"five minutes {sums['last_five_good']} of {sums['last_five_expected']}; gaps {gaps}"
        )

    def _last_five(self) -> None:
        """See that polling keeps up where it matters most; by the table of DOMAIN §2, not by the workers' own figures.

        Left out are races whose last five minutes were not all known beforehand, or whose workers were not at work.
        """
        begins, ends = self._plan.begins + STARTING, self._plan.ends - timedelta(minutes=10)
        outages = [(down - timedelta(minutes=1), back + timedelta(minutes=6)) for down, back in self._built.outages]
        due = [
            row["came"]
            for row in self._rows(LAST_FIVE, self._plan.day)
            if begins < row["start_time"] < ends and not any(out <= row["start_time"] <= up for out, up in outages)
        ]
        expected, came = LAST_FIVE_POLLS * len(due), sum(due)
        told = f"the last five minutes of {len(due)} races: {came} of {expected} polls came in time"
        self._report.lines.append(told)
        if came < self._report.least_last_five * expected:
            self._report.broken.append(f"{told}; {self._report.least_last_five:.0%} must")

    def _reconciliation(self) -> None:
        (day,) = self._rows("SELECT * FROM day_reconciliation WHERE racing_day = %s", self._plan.day)
        (found,) = self._rows(
            "SELECT count(*) AS races, count(last_polled_at) AS polled,"
            " count(*) FILTER (WHERE status IN ('final', 'abandoned')) AS terminal,"
            " count(*) FILTER (WHERE status = 'final') AS final FROM races WHERE racing_day = %s",
            self._plan.day,
        )
        told = {name: day[name] for name in found}
        if told != found or day["orphans"]:
            self._report.broken.append(f"the reconciliation says {told}, orphans {day['orphans']}; counted: {found}")
        self._report.lines.append(
            f"reconciliation: {day['races']} races, {day['polled']} polled, {day['terminal']} over, {day['final']} final, "
            f"{day['with_results']} with results, {len(day['without_result'])} final without, {day['orphans']} orphans"
        )

    def _jobs(self) -> None:
        rows = self._rows(
            "SELECT job, outcome, count(*) AS n FROM job_runs GROUP BY job, outcome ORDER BY job, outcome"
        )
        self._report.lines.append("jobs: " + ", ".join(f"{row['job']} {row['outcome']} {row['n']}" for row in rows))
        self._report.broken += [
            f"job {row['job']} failed {row['n']} times" for row in rows if row["outcome"] == "failed"
        ]

    def _logs(self) -> None:
        self._report.broken += [f"logged as an error: {line}" for line in self._built.logged("ERROR")]
        if overtaken := self._rows("SELECT count(*) AS n FROM polls WHERE outcome = 'internal'")[0]["n"]:
            self._report.broken.append(f"{overtaken} polls broke inside")

    def _outage(self, down: datetime, back: datetime) -> None:
        """Every race that was due through the outage has a gap that says so."""
        rows = self._rows(
            "SELECT c.race_id, c.gaps, r.start_time FROM races r JOIN race_coverage c USING (race_id)"
            " WHERE r.start_time BETWEEN %s AND %s AND r.racing_day = %s",
            down + timedelta(minutes=1), back + timedelta(minutes=4), self._plan.day,
        )  # fmt: skip
        for row in rows:
            named = [
                gap for gap in row["gaps"]
                if gap["cause"] == "down" and datetime.fromisoformat(gap["begins"]) <= back
                and datetime.fromisoformat(gap["ends"]) >= down
            ]  # fmt: skip
            if not named:
                self._report.broken.append(f"{row['race_id']}: the outage is in no gap of {row['gaps']}")
        begins, ends = (f"{instant.astimezone(NZ):%H:%M:%S}" for instant in (down, back))
        self._report.lines.append(f"outage from {begins} to {ends}: the gaps of {len(rows)} races due in it name it")
        if not rows:
            self._report.broken.append("no race was due in the outage: nothing was tried")


def _plan(arguments: list[str]) -> tuple[Plan, float]:
    parser = argparse.ArgumentParser(prog="python -m tests.acceptance.race_day", description=__doc__)
    parser.add_argument("--day", type=date.fromisoformat, required=True, help="the NZ racing day")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--meetings", type=int, default=12)
    parser.add_argument("--speed", type=float, default=60.0)
    parser.add_argument("--from", dest="begins", type=float, default=0.0, help="hours after 05:00 NZ to begin at")
    parser.add_argument("--hours", type=float, help="how long; else the whole day and its end")
    parser.add_argument("--around-the-clock", action="store_true", help="races by night too")
    parser.add_argument("--faults", default="", help="500=0.05,truncate=0.02")
    parser.add_argument("--noise", type=float, default=2.0, help="real seconds that the machine may stand still")
    parser.add_argument("--outage", type=float, default=0.0, help="minutes without workers, in the middle")
    parser.add_argument("--least-last-five", type=float, default=LEAST_LAST_FIVE,
                        help="share of the polls due in the last five minutes that must come in time")  # fmt: skip
    told = parser.parse_args(arguments)
    plan = Plan(
        told.day, told.seed, told.meetings, told.speed, timedelta(hours=told.begins), told.hours,
        told.around_the_clock, told.faults, timedelta(minutes=told.outage), told.noise,
    )  # fmt: skip
    return plan, told.least_last_five


def main() -> int:
    """Run from the command line; 1 where anything differs."""
    report = run(*_plan(sys.argv[1:]))
    print(report)
    return 0 if report.good else 1


if __name__ == "__main__":
    sys.exit(main())
