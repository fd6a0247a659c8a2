"""`python -m workers`: settings, logs, signals, run; nothing else."""

import signal
import sys
import threading

from loguru import logger

from shared import logs
from shared.errors import RaceDayError, SettingsError
from shared.settings import ClockSettings, DatabaseSettings, LogSettings, UpstreamSettings, WorkerSettings, load_all
from workers import service


def main() -> int:
    """Run the workers until SIGTERM or SIGINT; 0 when they ended well, 2 for settings, 1 for the rest."""
    try:
        log, clock, database, upstream, workers = load_all(
            LogSettings, ClockSettings, DatabaseSettings, UpstreamSettings, WorkerSettings
        )
    except SettingsError as error:
        sys.stderr.write("".join(f"setting: {problem}\n" for problem in error.problems))
        return 2
    logs.set_up(log, "workers")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        service.run(database, upstream, workers, clock.clock(), stop)
    except SettingsError as error:
        sys.stderr.write("".join(f"setting: {problem}\n" for problem in error.problems))
        return 2
    except RaceDayError as error:
        logger.error("the workers cannot run: {}", error)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
