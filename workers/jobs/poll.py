"""One poll of one race: fetch, parse, write; a poll that fails leaves its row too."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial

from loguru import logger

from shared.clock import Clock, racing_day
from shared.errors import NotLeader, OlderAnswer, RaceDayError
from workers.upstream.client import TabClient
from workers.upstream.parse_race import parse_race
from workers.write.polls import PollRecord
from workers.write.schedule import DueRace
from workers.write.staging import RaceWriter, Written


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

    def __init__(self, clock: Clock, client: TabClient, writer: RaceWriter) -> None:
        self._clock, self._client, self._writer = clock, client, writer

    def poll(
        self,
        race: DueRace,
        *,
        reason: str,
        deadline_s: float,
        urgent: bool,
        due_at: datetime | None = None,
    ) -> Polled:
        """Fetch *race* once and store it. Whatever RaceDayError comes out has its `polls` row already."""
        began = self._clock.now()
        late = None if due_at is None else self._clock.real_seconds((began - due_at).total_seconds())
        lateness_ms = None if late is None else max(0, min(round(late * 1000), 2**31 - 1))
        record = PollRecord(reason, began, began, due_at=due_at, lateness_ms=lateness_ms)
        try:
            answer = self._client.race(
                race.race_id, partial(parse_race, race_id=race.race_id), deadline_s=deadline_s, urgent=urgent
            )
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
        except RaceDayError as error:
            self._note_failure(race, record, error)
            raise
        if parsed.faults:
            first = parsed.faults[0]
            logger.bind(
                race_id=race.race_id, faults=len(parsed.faults), field=first.field, reason=first.reason
            ).warning("fields of an answer refused")
        return Polled(written, parsed.start_time, parsed.status, len(parsed.entrants), answer.tries, len(parsed.faults))

    def _note_failure(self, race: DueRace, record: PollRecord, error: RaceDayError) -> None:
        if isinstance(error, NotLeader):
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
        day = race.racing_day or racing_day(record.started_at)
        try:
            self._writer.write_failure(race.race_id, day, tried, error)
        except RaceDayError as second:
            logger.bind(race_id=race.race_id, error=str(second)[:300]).warning("failed poll not recorded")
