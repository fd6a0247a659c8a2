"""The only clock: now, wait, the NZ racing day; may run faster than real time."""

import threading
import time
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from zoneinfo import ZoneInfo

NZ = ZoneInfo("Pacific/Auckland")
DAY_STARTS = time_of_day(5)  # the racing day runs 05:00 to 05:00 in New Zealand (DOMAIN §1)


@dataclass(frozen=True, slots=True)
class Clock:
    """Domain time: at the real instant *origin* it stood at *start*, and it runs *speed* times real time.

    Every wait, delay, job time and age of both services is domain time; socket timeouts, heartbeats,
    keep-alives and the lease are real time and read `real_monotonic`.
    """

    speed: float = 1.0
    origin: datetime = datetime(2020, 1, 1, tzinfo=UTC)
    start: datetime = datetime(2020, 1, 1, tzinfo=UTC)

    def now(self) -> datetime:
        """Return the domain instant, aware, in UTC."""
        real = real_now()
        if self.speed == 1.0 and self.origin == self.start:
            return real
        return self.start + (real - self.origin) * self.speed

    def real_seconds(self, domain_s: float) -> float:
        """Return how many real seconds *domain_s* seconds of domain time take."""
        return domain_s / self.speed

    def wait(self, event: threading.Event, domain_s: float) -> bool:
        """Wait on *event* for at most *domain_s* seconds of domain time; true when it was set."""
        return event.wait(max(0.0, domain_s) / self.speed)

    def wait_until(self, event: threading.Event, instant: datetime) -> bool:
        """Wait on *event* until the domain *instant*; true when it was set."""
        return self.wait(event, (instant - self.now()).total_seconds())


def real_now() -> datetime:
    """Return the real instant, aware, in UTC."""
    return datetime.now(UTC)


def real_monotonic() -> float:
    """Return real seconds that never run backwards, for durations and socket deadlines."""
    return time.monotonic()


def racing_day(instant: datetime) -> date:
    """Return the NZ racing day that *instant* belongs to: 05:00 to 05:00, Pacific/Auckland (DOMAIN §1)."""
    local = instant.astimezone(NZ)
    return local.date() if local.time() >= DAY_STARTS else local.date() - timedelta(days=1)


def racing_day_bounds(day: date) -> tuple[datetime, datetime]:
    """Return the UTC instants at which the racing *day* begins and ends; 23, 24 or 25 hours apart."""
    begins, ends = (datetime.combine(d, DAY_STARTS, tzinfo=NZ).astimezone(UTC) for d in (day, day + timedelta(days=1)))
    return begins, ends
