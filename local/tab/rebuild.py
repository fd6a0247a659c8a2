"""Feeds a recording through the real parsing and writing at its recorded instants: the same rows elsewhere."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from pathlib import Path
from urllib.parse import unquote

from local.errors import StartError
from local.tab.recording import Recorded, read_recording
from shared import errors
from shared.clock import Clock
from shared.models import Meeting, RaceId
from shared.schema import migrate
from shared.settings import DatabaseSettings, UpstreamSettings, WorkerSettings, load
from workers.jobs.meetings import watched_part
from workers.leadership import NO_EPOCH
from workers.service import Parts, parts
from workers.upstream.parse_card import parse_card
from workers.upstream.parse_race import parse_race
from workers.write.polls import PollRecord

_GOOD = frozenset({"changed", "unchanged"})
_NOBODY = {"tab_from": "replay@example.invalid", "tab_partner": "replay", "tab_partner_id": "replay"}


@dataclass
class Rebuilt:
    """What was fed: answers and failures of races, meetings of the card."""

    answers: int = 0
    failures: int = 0
    meetings: int = 0


def rebuild(folder: Path, database_url: str, say: Callable[[str], None]) -> Rebuilt:
    """Store the recording of *folder* in the database at *database_url*, brought to the newest schema first.

    Everything is written in the order in which it was written when it was recorded.
    """
    recording = [line for line in read_recording(folder) if line.settles]
    migrate(database_url)
    stop, done = threading.Event(), threading.Event()
    settings = load(WorkerSettings).model_copy(update={"record_dir": None})
    nobody = load(UpstreamSettings, **_NOBODY)
    with parts(DatabaseSettings(database_url=database_url), nobody, settings, Clock(), stop) as part:
        if part.leadership.borrow() == NO_EPOCH:
            raise StartError("the lease that allows writing cannot be had: try again in some seconds")
        keeper = threading.Thread(target=part.leadership.run, args=(done,), name="lease")
        keeper.start()
        try:
            return _Feed(part, say).run(recording)
        finally:
            done.set()
            keeper.join()
            part.leadership.give_back()


class _Feed:
    def __init__(self, part: Parts, say: Callable[[str], None]) -> None:
        self._part, self._say = part, say
        self._fed = Rebuilt()
        self._page: tuple[Recorded, dict[str, Meeting]] | None = None

    def run(self, recording: list[Recorded]) -> Rebuilt:
        for day in sorted({line.day for line in recording}):
            self._part.writer.ensure_days(day - timedelta(days=1), 3)
        steps: list[tuple[datetime, Callable[[], None]]] = []
        for line in recording:
            if line.entry.kind == "race":
                steps.append((line.entry.done_at, lambda line=line: self._race(line)))  # type: ignore[misc]  # bound now
            else:
                for meeting_id, at in line.entry.written:
                    steps.append((at, lambda line=line, meeting_id=meeting_id: self._card(line, meeting_id)))  # type: ignore[misc]  # bound now
        for number, (at, step) in enumerate(sorted(steps, key=itemgetter(0)), 1):
            step()
            if number % 1000 == 0:
                self._say(f"{number} of {len(steps)}: {at.astimezone(UTC):%Y-%m-%d %H:%M} UTC")
        return self._fed

    def _race(self, line: Recorded) -> None:
        entry, body = line.entry, line.body()
        race_id = RaceId(unquote(entry.path.rsplit("/", 1)[-1]))
        if entry.outcome == errors.NotLeader.__name__:
            return  # nothing was written of it: another held the lease
        good = entry.outcome in _GOOD
        reached_us = good or entry.outcome in {"StoreError", "OlderAnswer"}
        record = PollRecord(
            entry.reason, entry.at, entry.received_at, due_at=entry.due_at, lateness_ms=entry.lateness_ms,
            bytes=len(body) if body is not None and reached_us else None, tries=entry.tries, http_status=entry.status,
        )  # fmt: skip
        if good and body is not None:
            self._part.writer.write(parse_race(body, race_id=race_id), record)
            self._fed.answers += 1
            return
        kind = getattr(errors, entry.outcome, errors.StoreError)
        self._part.writer.write_failure(race_id, line.day, record, kind(entry.error or ""))
        self._fed.failures += 1

    def _card(self, line: Recorded, meeting_id: str) -> None:
        if self._page is None or self._page[0] is not line:
            card = parse_card(line.body() or b"")
            self._page = (line, {meeting.meeting_id: meeting for meeting in card.meetings})
        meeting = watched_part(self._part.context, self._page[1][meeting_id])
        if meeting is not None:
            self._part.context.card.write(meeting, line.entry.at)
            self._fed.meetings += 1
