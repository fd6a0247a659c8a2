"""The races' due-time heap: polls each at its fixed instants, on a few threads, never one race twice at once."""

import heapq
import itertools
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

from loguru import logger

from shared.clock import Clock, real_monotonic
from shared.errors import NotLeader, PollInHand, RaceDayError
from shared.models import RaceId
from workers import cadence
from workers.jobs.poll import RacePolls
from workers.lateness import Lateness
from workers.write.schedule import DueRace, Schedule

POLL_DEADLINE_S = 5.0  # seed 003; less where the interval is shorter
_REFRESH_S = 5.0  # domain seconds between looks at the stored races,
_REFRESH_LEAST_S = 0.5  # but never fewer real seconds than these
_IDLE_S = 1.0  # real seconds
_KEPT_FOR_URGENT = 2  # threads that far races never take
_A_MOMENT = timedelta(seconds=1)


@dataclass
class _Watched:
    race: DueRace
    start: datetime
    status: str
    due_at: datetime | None = None
    in_flight: bool = False
    forgotten: bool = False


@dataclass
class PollCounts:
    """Polls since the start of the worker, by how they ended."""

    good: int = 0
    failed: int = 0
    faults: int = 0


class Poller:
    """Polls the races in the window while *leads* says so. One thread runs it, a pool of threads polls."""

    def __init__(
        self,
        *,
        clock: Clock,
        polls: RacePolls,
        schedule: Schedule,
        profile: cadence.Profile,
        concurrency: int,
        on_error: Callable[[str], None],
    ) -> None:
        self._clock, self._polls, self._schedule = clock, polls, schedule
        self._profile, self._on_error = profile, on_error
        self._concurrency = concurrency
        self._kept_for_urgent = min(_KEPT_FOR_URGENT, concurrency // 4)
        self._threads = ThreadPoolExecutor(concurrency, thread_name_prefix="poll")
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._watched: dict[RaceId, _Watched] = {}
        self._heap: list[tuple[datetime, int, RaceId]] = []
        self._order = itertools.count()
        self._polling = 0
        self._refreshed_at = float("-inf")
        self._refresh_every_s = max(_REFRESH_LEAST_S, clock.real_seconds(_REFRESH_S))
        self.lateness = Lateness()
        self.counts = PollCounts()

    def run_once(self, stop: threading.Event) -> None:
        """Look at the stored races if it is time, hand out what is due, wait for the next instant."""
        if real_monotonic() - self._refreshed_at >= self._refresh_every_s:
            self._refreshed_at = real_monotonic()
            self._refresh()
        self._wake.clear()
        next_due = self._hand_out()
        if stop.is_set():
            return
        idle = self._clock.now() + timedelta(seconds=min(_IDLE_S, self._refresh_every_s) * self._clock.speed)
        self._clock.wait_until(self._wake, idle if next_due is None else min(next_due, idle))

    def wake(self) -> None:
        """End the present wait, to look again or to stop."""
        self._wake.set()

    def drain(self, timeout_s: float) -> bool:
        """Let the polls in hand finish, at most *timeout_s* real seconds; true when all did."""
        self._threads.shutdown(wait=False)
        deadline = real_monotonic() + timeout_s
        while self._polling > 0:
            if real_monotonic() >= deadline:
                return False
            self._wake.wait(0.05)
            self._wake.clear()
        return True

    def forget_all(self) -> None:
        """Drop the schedule: the lease is another worker's."""
        with self._lock:
            for watched in self._watched.values():
                watched.forgotten = True
            self._watched.clear()
            self._heap.clear()
        self._refreshed_at = float("-inf")

    def next_polls(self, most: int = 10) -> list[tuple[RaceId, datetime]]:
        """Return the next due instants, soonest first."""
        with self._lock:
            due = [(w.due_at, race_id) for race_id, w in self._watched.items() if w.due_at is not None]
        return [(race_id, at) for at, race_id in heapq.nsmallest(most, due)]

    @property
    def watching(self) -> int:
        """How many races have a due instant."""
        with self._lock:
            return sum(watched.due_at is not None or watched.in_flight for watched in self._watched.values())

    def _refresh(self) -> None:
        """Rebuild the schedule from the database: new races come in, moved starts move, finished ones go."""
        now = self._clock.now()
        earliest, latest = cadence.window(self._profile, now)
        # A race is met before its first instant is due: found only then, it would be late by up to a look.
        latest += timedelta(seconds=2 * self._refresh_every_s * self._clock.speed)
        races = self._schedule.races_to_poll(earliest, latest)
        with self._lock:
            for race in races:
                watched = self._watched.get(race.race_id)
                if watched is None:
                    watched = self._watched[race.race_id] = _Watched(race, race.start_time, race.status)
                    self._plan_first(watched, now)
                elif not watched.in_flight and (watched.start, watched.status) != (race.start_time, race.status):
                    watched.start, watched.status = race.start_time, race.status
                    self._plan(watched, cadence.due_after(self._profile, race.status, race.start_time, now))
            stored = {race.race_id for race in races}
            for race_id in [key for key, w in self._watched.items() if key not in stored and not w.in_flight]:
                self._watched.pop(race_id).forgotten = True

    def _plan_first(self, watched: _Watched, now: datetime) -> None:
        """Plan a race just met: at once if an instant of its grid was missed since its last good poll."""
        race = watched.race
        missed = cadence.due_before(self._profile, race.status, race.start_time, now)
        if missed is not None and (race.last_polled_at is None or race.last_polled_at < missed):
            self._plan(watched, now)
        else:
            self._plan(watched, cadence.due_after(self._profile, race.status, race.start_time, now))

    def _plan(self, watched: _Watched, due_at: datetime | None) -> None:
        watched.due_at = due_at
        if due_at is not None:
            heapq.heappush(self._heap, (due_at, next(self._order), watched.race.race_id))

    def _hand_out(self) -> datetime | None:
        """Give due races to free threads, urgent ones first; return the next due instant.

        None where a due race waits for a thread: the one that ends wakes the loop.
        """
        with self._lock:
            now = self._clock.now()
            waiting = 0
            for watched, due_at in sorted(self._take_due(now), key=lambda due: self._rank(due, now)):
                kept = 0 if cadence.is_urgent(watched.start, now) else self._kept_for_urgent
                if self._concurrency - self._polling > kept:
                    watched.in_flight, watched.due_at = True, None
                    self._polling += 1
                    self._threads.submit(self._poll, watched, due_at)
                else:
                    waiting += 1
                    self._plan(watched, due_at)
            return self._heap[0][0] if self._heap and not waiting else None

    def _take_due(self, now: datetime) -> list[tuple[_Watched, datetime]]:
        due = []
        while self._heap and self._heap[0][0] <= now:
            due_at, _, race_id = heapq.heappop(self._heap)
            watched = self._watched.get(race_id)
            if watched is not None and not watched.in_flight and watched.due_at == due_at:
                watched.due_at = None  # an instant that was planned anew stands there no more
                due.append((watched, due_at))
        return due

    @staticmethod
    def _rank(due: tuple[_Watched, datetime], now: datetime) -> tuple[bool, datetime]:
        return not cadence.is_urgent(due[0].start, now), due[1]

    def _poll(self, watched: _Watched, due_at: datetime) -> None:
        """Poll one race and plan its next poll; the boundary where one race's error stops."""
        try:
            self.lateness.note(max(0.0, self._clock.real_seconds((self._clock.now() - due_at).total_seconds())))
            next_due = self._polled(watched, due_at)
        except Exception as error:  # noqa: BLE001  the job boundary (STYLE §3): the next race goes on
            logger.bind(race_id=watched.race.race_id).opt(exception=error).error("poll broke")
            self._on_error(f"race {watched.race.race_id}: {type(error).__name__}")
            next_due = self._retry(watched, due_at)
        with self._lock:
            watched.in_flight = False
            self._polling -= 1
            if not watched.forgotten:
                self._plan(watched, next_due)
        self._wake.set()

    def _polled(self, watched: _Watched, due_at: datetime) -> datetime | None:
        every = cadence.interval_s(self._profile, watched.status, (watched.start - self._clock.now()).total_seconds())
        try:
            polled = self._polls.poll(
                watched.race,
                reason="poll",
                deadline_s=min(POLL_DEADLINE_S, every or POLL_DEADLINE_S),
                urgent=cadence.is_urgent(watched.start, self._clock.now()),
                due_at=due_at,
            )
        except PollInHand:
            return self._clock.now() + _A_MOMENT
        except NotLeader:
            return self._retry(watched, due_at)
        except RaceDayError as error:
            self.counts.failed += 1
            self._on_error(str(error))
            return self._retry(watched, due_at)
        self.counts.good += 1
        self.counts.faults += polled.faults
        watched.start, watched.status = polled.start_time, polled.status
        return cadence.due_after(self._profile, polled.status, polled.start_time, self._clock.now())

    def _retry(self, watched: _Watched, due_at: datetime) -> datetime | None:
        return cadence.retry_at(self._profile, watched.status, watched.start, due_at, self._clock.now())
