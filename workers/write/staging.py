"""One transaction: COPY, merge, change feed, notify; returns what changed."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, TypeVar

import psycopg
from psycopg.rows import tuple_row

from shared.errors import NotLeader, OlderAnswer, StoreError, UpstreamError
from shared.models import EntrantId, Money, Odds, RaceAnswer, RaceId, is_terminal
from shared.queries import Positional, Queries
from workers.transform.figures import OPEN, Known, leaves_out, race_figures
from workers.transform.money_flow import moment_of
from workers.transform.odds import moves_between
from workers.transform.results import may_take_back
from workers.write.polls import PollRecord, Written, record_values
from workers.write.session import Connect, copy_rows, copy_statement, translated
from workers.write.tables import ENTRANT_COLUMNS, RACE_COLUMNS, entrant_rows, race_row

_Result = TypeVar("_Result")
# What the same answer again is written by, where its bucket has no rows of it yet.
_OF_UNCHANGED = {"stage_race", "merge_money_flow_buckets", "mend_later_buckets", "insert_poll_and_notify"}

_COPY_ENTRANTS = copy_statement("staging_entrants", ENTRANT_COLUMNS)


@dataclass(frozen=True, slots=True)
class _State:
    epoch: int
    racing_day: date | None
    last_polled_at: datetime | None
    data_hash: str | None
    has_bucket: bool
    has_later_bucket: bool
    has_meeting: bool


@dataclass
class RaceWriter:
    """Writes race answers, each in a transaction of its own, under the lease's *epoch*; safe from many threads.

    *left_gap*(status, start, last poll, this poll) says whether instants were missed between two polls.
    """

    connect: Connect
    worker_id: str
    epoch: Callable[[], int]
    left_gap: Callable[[str, datetime, datetime, datetime], bool]
    _queries: Queries = field(default_factory=lambda: Queries("write"))
    _cluster_id: int | None = None
    _steps: dict[str, Positional] = field(init=False)

    def __post_init__(self) -> None:
        self._steps = {name: self._queries.positional(name) for name in self._queries.names()}

    def write(self, answer: RaceAnswer, poll: PollRecord) -> Written:
        """Store *answer* with everything derived from it.

        NotLeader or OlderAnswer: refused, nothing was written; StoreError: the database failed, nothing was
        written. The racing day's partitions are made on a miss.
        """
        keys: dict[str, Any] = {}
        return self._with_days(keys, lambda: self._write(answer, poll, keys))

    def write_failure(self, race_id: RaceId, day: date, poll: PollRecord, error: Exception) -> None:
        """Store the `polls` row of a poll that brought no usable answer."""
        outcome = getattr(error, "outcome", "internal")
        if isinstance(error, StoreError):
            outcome = "older" if isinstance(error, OlderAnswer) else "store"
        text = str(error) if isinstance(error, UpstreamError | StoreError) else f"{type(error).__name__}"
        keys = {"racing_day": day}
        self._with_days(keys, lambda: self._write_failure(race_id, day, poll, outcome, text[:500]))

    def ensure_days(self, first_day: date, days: int) -> None:
        """Make the history partitions of *days* racing days from *first_day* on; idempotent."""
        with translated(), self.connect() as connection:
            connection.execute(self._queries["ensure_days"], {"first_day": first_day, "days": days})

    def _with_days(self, keys: dict[str, Any], write: Callable[[], _Result]) -> _Result:
        with translated():
            try:
                return write()
            except psycopg.errors.CheckViolation as miss:
                if miss.diag.constraint_name:
                    raise
                self.ensure_days(keys["racing_day"], 1)
                return write()

    def _write(self, answer: RaceAnswer, poll: PollRecord, keys: dict[str, Any]) -> Written:
        moment = moment_of(poll.started_at, answer.start_time)
        keys |= {
            "race_id": answer.race_id,
            "meeting_id": answer.meeting_id,
            "time_interval": moment.time_interval,
            "polled_at": poll.started_at,
            "racing_day": answer.racing_day,
        }
        with self.connect() as connection:  # one transaction: it begins in the first pipeline, ends in the last
            keys["cluster_id"] = self._prepare(connection)
            state = self._lock(connection, keys)
            epoch = self.epoch()
            if state.epoch != epoch:
                raise NotLeader(f"epoch {epoch} has passed, the lease is at {state.epoch}")
            if state.last_polled_at is not None and state.last_polled_at > poll.started_at:
                raise OlderAnswer(f"race {answer.race_id} is stored as of {state.last_polled_at:%H:%M:%S.%f}")
            unchanged = state.data_hash == answer.data_hash
            keys |= self._poll_values(poll, answer, "unchanged" if unchanged else "changed", epoch)
            if unchanged and (answer.status != OPEN or state.has_bucket):
                steps = ["touch_race", "insert_poll_and_notify"]
            else:
                steps = self._stage(connection, answer, state, poll.started_at, keys)
                if unchanged:
                    steps = ["touch_race", *(step for step in steps if step in _OF_UNCHANGED)]
            kinds = self._run(connection, steps, keys)
        return Written(answer.race_id, kinds, "unchanged" if unchanged else "changed")

    def _prepare(self, connection: psycopg.Connection[Any]) -> int:
        """Make the session's staging tables, committed before the race's transaction may fail."""
        if not getattr(connection, "raceday_staged", False):
            connection.execute(self._queries["create_staging_race"])
            connection.execute(self._queries["create_staging_entrants"])
            connection.commit()
            connection.raceday_staged = True  # type: ignore[attr-defined]  # temp tables live as long as the session
        if self._cluster_id is None:
            row = connection.execute(self._queries["cluster_id"]).fetchone()
            connection.commit()
            self._cluster_id = int(row[0]) if row else 0
        return self._cluster_id

    def _lock(self, connection: psycopg.Connection[Any], keys: dict[str, object]) -> _State:
        """Take the race's lock and read what is stored; *keys* gets the race's racing day."""
        state = self._read_state(connection, ("lock_race", "select_race_state"), keys)
        if state.racing_day not in {None, keys["racing_day"]}:  # a race whose start moved to another day
            keys["racing_day"] = state.racing_day
            state = self._read_state(connection, ("select_race_state",), keys)
        return state

    def _read_state(self, connection: psycopg.Connection[Any], steps: Sequence[str], keys: dict[str, object]) -> _State:
        with connection.pipeline():
            for step in steps:
                cursor = psycopg.RawCursor(connection, row_factory=tuple_row)
                cursor.execute(self._steps[step].text, self._steps[step].values(keys))
            row = cursor.fetchone()
        if row is None:
            raise StoreError("the leadership row is missing: run `raceday migrate`")
        return _State(*row)

    def _stage(
        self,
        connection: psycopg.Connection[Any],
        answer: RaceAnswer,
        state: _State,
        polled_at: datetime,
        keys: dict[str, object],
    ) -> list[str]:
        """COPY the answer into staging; return the statements that carry it on, in their order."""
        known = self._known(connection, keys) if leaves_out(answer) else Known()
        figures = race_figures(answer, polled_at, known)
        copy_rows(connection, _COPY_ENTRANTS, entrant_rows(answer, figures))
        racing_day = state.racing_day or answer.racing_day
        keys |= zip(RACE_COLUMNS, race_row(answer, figures, racing_day, polled_at), strict=True)
        wanted = {
            "stage_race": True,
            "insert_race_changes": True,
            "lock_meeting": not state.has_meeting,
            "merge_meeting_of_race": not state.has_meeting,
            "merge_race": True,
            "insert_upstream_odds": self._add_flucs(answer, state, polled_at, keys),
            "insert_history": True,
            "merge_entrants": True,
            "settle_closing_prices": not figures.is_open,
            "merge_money_flow_buckets": figures.is_open,
            "mend_later_buckets": figures.is_open and state.has_later_bucket,
            "merge_race_pools": figures.pools is not None,
            "insert_result_revision": figures.sheet is not None or may_take_back(answer),
            "lock_meeting_row": is_terminal(answer.status),
            "complete_meeting": is_terminal(answer.status),
            "insert_poll_and_notify": True,
        }
        return [step for step, is_wanted in wanted.items() if is_wanted]

    def _add_flucs(self, answer: RaceAnswer, state: _State, polled_at: datetime, keys: dict[str, object]) -> bool:
        """Hand upstream's own price moves to *keys* where our polls left a gap; whether they did.

        The instants are those of an open race, however the race stands now: of others nothing is filled.
        """
        last = state.last_polled_at
        if last is None or not self.left_gap(OPEN, answer.start_time, last, polled_at):
            return False
        moves = moves_between(answer, last, polled_at)
        columns = [list(column) for column in zip(*moves, strict=True)] or [[], [], []]
        keys["fluc_entrants"], keys["fluc_times"], keys["fluc_prices"] = columns
        return bool(moves)

    def _known(self, connection: psycopg.Connection[Any], keys: dict[str, object]) -> Known:
        odds: dict[EntrantId, Odds] = {}
        money: dict[EntrantId, Money] = {}
        for entrant_id, *prices, hold, bet in connection.execute(self._queries["select_known_entrants"], keys):
            odds[entrant_id] = Odds(*prices)
            if hold is not None:
                money[entrant_id] = Money(hold, bet)
        pools = connection.execute(self._queries["select_known_pools"], keys).fetchone()
        return Known(odds, money, *(pools or (None, None)))

    def _run(
        self, connection: psycopg.Connection[Any], steps: Sequence[str], keys: dict[str, object]
    ) -> tuple[str, ...]:
        """Run *steps* and the commit in one pipeline; the last step returns the kinds of change."""
        cursor = psycopg.RawCursor(connection)
        last = psycopg.RawCursor(connection, row_factory=tuple_row)
        with connection.pipeline():
            for step in steps[:-1]:
                cursor.execute(self._steps[step].text, self._steps[step].values(keys))
            last.execute(self._steps[steps[-1]].text, self._steps[steps[-1]].values(keys))
            connection.commit()
        row = last.fetchone()
        return tuple(row[0]) if row else ()

    def _poll_values(self, poll: PollRecord, answer: RaceAnswer, outcome: str, epoch: int) -> dict[str, object]:
        faults = [{"field": fault.field, "reason": fault.reason} for fault in answer.faults[:20]]
        return {
            **record_values(poll),
            "data_hash": answer.data_hash,
            "outcome": outcome,
            "error": answer.upstream_error,
            "faults": json.dumps(faults),
            "epoch": epoch,
            "worker_id": self.worker_id,
        }

    def _write_failure(self, race_id: RaceId, day: date, poll: PollRecord, outcome: str, text: str) -> None:
        values: dict[str, object] = {
            **record_values(poll),
            "race_id": race_id,
            "racing_day": day,
            "outcome": outcome,
            "error": text,
            "epoch": self.epoch(),
            "worker_id": self.worker_id,
        }
        with self.connect() as connection:
            connection.execute(self._queries["insert_failed_poll"], values)
