"""Ticks `schedule`, runs the poller's heap; one job's error never stops the rest."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import timedelta

import schedule
from loguru import logger

from shared.clock import Clock
from shared.errors import RaceDayError
from workers import cadence
from workers.heartbeat import LastError
from workers.jobs.context import JobReport
from workers.jobs.runner import JobRunner, card_days
from workers.leadership import Leadership
from workers.poller import Poller
from workers.write.schedule import Schedule

_TICK_S = 1.0  # real seconds
_SUMMARY_S = 60
_STEADY_S = 1.0
_LAST_ROUND_S = 5.0


class Loop:
    """Two beats: the poller's own thread, and a tick a second that asks which jobs are due."""

    def __init__(
        self,
        *,
        clock: Clock,
        leadership: Leadership,
        poller: Poller,
        runner: JobRunner,
        stored: Schedule,
        last_error: LastError,
        run_jobs: bool,
    ) -> None:
        self._clock, self._leadership, self._poller, self._runner = clock, leadership, poller, runner
        self._stored, self._last_error, self._run_jobs = stored, last_error, run_jobs
        self._jobs = ThreadPoolExecutor(1, thread_name_prefix="jobs")
        self._in_hand: Future[JobReport] | None = None
        self._ticks = schedule.Scheduler()
        self._ticks.every(1).seconds.do(self._tick)
        self._ticks.every(_SUMMARY_S).seconds.do(self._summary)
        self._led = False
        self._told = 0

    def run(self, stop: threading.Event) -> None:
        """Tick until *stop*."""
        polling = threading.Thread(target=self._poll, args=(stop,), name="poller", daemon=True)
        polling.start()
        while not stop.wait(_TICK_S):
            self._guarded(self._ticks.run_pending)
        self._poller.wake()
        polling.join(_LAST_ROUND_S)  # longer only where the database is out of reach
        self._jobs.shutdown(wait=False, cancel_futures=True)

    def finish_job(self, timeout_s: float) -> bool:
        """Let the job in hand end, at most *timeout_s* real seconds; true when none is left."""
        return self._in_hand is None or bool(wait([self._in_hand], timeout_s).done)

    def _poll(self, stop: threading.Event) -> None:
        while not stop.is_set():
            if not self._leadership.is_leader:
                self._poller.forget_all()
                stop.wait(_STEADY_S)
            elif not self._guarded(lambda: self._poller.run_once(stop)):
                stop.wait(_STEADY_S)

    def _tick(self) -> None:
        leads = self._leadership.is_leader
        if leads and not self._led:
            self._stored.close_lost_runs(self._clock.now())
        self._led = leads
        if not leads or not self._run_jobs or (self._in_hand is not None and not self._in_hand.done()):
            return
        now = self._clock.now()
        good, tried = self._stored.last_runs(now - timedelta(days=2))
        has_card = all(self._stored.has_card(day) for day in card_days(now)[:1])
        due = cadence.due_jobs(now, good, tried, has_card=has_card)
        if due:
            name = due[0]
            started_by = "schedule" if name in good else "start"
            self._in_hand = self._jobs.submit(self._runner.run, name, started_by)

    def _summary(self) -> None:
        """One line a minute: what the poller did."""
        p50, p99 = self._poller.lateness.percentiles_ms()
        counts = self._poller.counts
        logger.bind(
            races=self._poller.watching, polls=counts.good - self._told, failed=counts.failed, faults=counts.faults,
            lateness_p50_ms=p50, lateness_p99_ms=p99, leader=self._leadership.is_leader,
        ).info("polling")  # fmt: skip
        self._told = counts.good

    def _guarded(self, step: Callable[[], None]) -> bool:
        """Run *step*; whatever it raises is logged and kept for the status row: the loop goes on."""
        try:
            step()
        except RaceDayError as error:
            self._last_error.note(str(error))
            logger.bind(error=str(error)[:300]).warning("tick failed")
            return False
        except Exception as error:  # noqa: BLE001  the loop's boundary (STYLE §3)
            self._last_error.note(f"{type(error).__name__}: {error}")
            logger.opt(exception=error).error("tick broke")
            return False
        return True
