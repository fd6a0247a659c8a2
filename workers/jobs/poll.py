"""One poll of one race: fetch, parse, write; a poll that fails leaves its row too."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import quote

from loguru import logger

from shared.clock import Clock, racing_day
from shared.errors import NotLeader, OlderAnswer, PollInHand, RaceDayError
from shared.models import RaceAnswer, RaceId
from workers.upstream.client import RACING, TabClient
from workers.upstream.exchange import Try
from workers.upstream.parse_race import parse_race
from workers.upstream.record import Entry, Recorder
from workers.write.polls import PollRecord, Written
from workers.write.schedule import DueRace
from workers.write.staging import RaceWriter


@dataclass(frozen=True, slots=True)
class Polled:
    """What a poll brought: what the poller needs to know of the race's next one."""

    written: Written
    start_time: datetime
    status: str
    entrants: int
    tries: int
    faults: int


class RacePolls:
    """Polls races through one client and one writer; safe from many threads."""

    def __init__(self, clock: Clock, client: TabClient, writer: RaceWriter, recorder: Recorder | None = None) -> None:
        self._clock, self._client, self._writer = clock, client, writer
        self._recorder = recorder or Recorder(None)
        self._lock = threading.Lock()
        self._in_hand: set[RaceId] = set()

    def poll(
        self,
        race: DueRace,
        *,
        reason: str,
        deadline_s: float,
        urgent: bool,
        due_at: datetime | None = None,
    ) -> Polled:
        """Fetch *race* once and store it.

        PollInHand: somebody else is at it. Whatever else of RaceDayError comes out has its `polls` row already.
        """
        with self._alone_with(race.race_id):
            return self._poll(race, reason, deadline_s, due_at, urgent=urgent)

    @contextmanager
    def _alone_with(self, race_id: RaceId) -> Iterator[None]:
        with self._lock:
            if race_id in self._in_hand:
                raise PollInHand(f"race {race_id} is being polled")
            self._in_hand.add(race_id)
        try:
            yield
        finally:
            with self._lock:
                self._in_hand.discard(race_id)

    def _poll(self, race: DueRace, reason: str, deadline_s: float, due_at: datetime | None, *, urgent: bool) -> Polled:
        began = self._clock.now()
        late = None if due_at is None else self._clock.real_seconds((began - due_at).total_seconds())
        lateness_ms = None if late is None else max(0, min(round(late * 1000), 2**31 - 1))
        record = PollRecord(reason, began, began, due_at=due_at, lateness_ms=lateness_ms)
        tries: list[Try] = []

        def parse(body: bytes) -> RaceAnswer:
            return parse_race(body, race_id=race.race_id)

        hear = tries.append if self._recorder else None
        try:
            answer = self._client.race(race.race_id, parse, deadline_s=deadline_s, urgent=urgent, hear=hear)
            record = PollRecord(
                reason=reason,
                started_at=answer.fetched_at,
                finished_at=answer.received_at,
                due_at=due_at,
                lateness_ms=lateness_ms,
                bytes=len(answer.body),
                tries=answer.tries,
                http_status=answer.status,
            )
            parsed = answer.parsed
            written = self._writer.write(parsed, record)
        except Exception as error:  # whatever broke, the poll leaves its row
            self._note_failure(race, record, error, tries)
            raise
        self._keep(race.race_id, parsed.racing_day, record, written.outcome, tries)
        if parsed.faults:
            first = parsed.faults[0]
            logger.bind(
                race_id=race.race_id, faults=len(parsed.faults), field=first.field, reason=first.reason
            ).warning("fields of an answer refused")
        return Polled(written, parsed.start_time, parsed.status, len(parsed.entrants), answer.tries, len(parsed.faults))

    def _note_failure(self, race: DueRace, record: PollRecord, error: Exception, sent: list[Try]) -> None:
        day = race.racing_day or racing_day(record.started_at)
        if isinstance(error, NotLeader):  # the row is the leader's to write; what was received is recorded all the same
            self._keep(race.race_id, day, record, type(error).__name__, sent, str(error))
            return
        log = logger.bind(race_id=race.race_id, error=str(error)[:300], tries=getattr(error, "tries", 1))
        log.log("DEBUG" if isinstance(error, OlderAnswer) else "WARNING", "poll failed")
        tried = PollRecord(
            reason=record.reason,
            started_at=record.started_at,
            finished_at=self._clock.now(),
            due_at=record.due_at,
            lateness_ms=record.lateness_ms,
            bytes=record.bytes,
            tries=getattr(error, "tries", record.tries),
            http_status=getattr(error, "status", record.http_status),
        )
        try:
            self._writer.write_failure(race.race_id, day, tried, error)
        except RaceDayError as second:
            logger.bind(race_id=race.race_id, error=str(second)[:300]).warning("failed poll not recorded")
        self._keep(race.race_id, day, tried, type(error).__name__, sent, str(error))

    def _keep(
        self, race_id: str, day: date, poll: PollRecord, outcome: str, tries: list[Try], error: str | None = None
    ) -> None:
        """Record what came of the poll, where answers are recorded."""
        if not self._recorder:
            return
        path = f"{RACING}/events/{quote(race_id, safe='')}"
        entry = Entry(
            kind="race", path=path, at=poll.started_at, received_at=poll.finished_at,
            done_at=self._clock.now(), outcome=outcome, body=None, status=poll.http_status,
            tries=poll.tries, reason=poll.reason, due_at=poll.due_at, lateness_ms=poll.lateness_ms, error=error,
        )  # fmt: skip
        self._recorder.keep(day, race_id, entry, tries)
