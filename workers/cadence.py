"""PURE which jobs and which races are due now, by table, profile, status, time to start.

Due instants are fixed on each race's own grid and stand 5 s ahead of the bucket edges, so that a poll that is
2 s late still fills the bucket it is for (DOMAIN §2).
"""

import math
from datetime import UTC, datetime, timedelta
from typing import Literal

from shared.models import is_terminal
from shared.timetable import PERIODIC, PIPELINE, UPKEEP, DailyJob

Profile = Literal["standard", "fast"]

_REST = timedelta(minutes=1)
_CARD_AGAIN = timedelta(minutes=15)  # a day may have no meeting at all
AHEAD_S = 5  # due instants stand this much ahead of the bucket edges
LOOK_BACK = timedelta(hours=2)
_LOOK_AHEAD = {"standard": timedelta(hours=1, seconds=AHEAD_S), "fast": timedelta(hours=24)}
_OPEN_FOR_S, _SETTLING_FOR_S = 600, 900
_RETRY_S = 15
_POLL_DEADLINE = timedelta(seconds=5)

# Seconds to the start down to which an interval of seconds holds, farthest first.
_BEFORE: dict[Profile, tuple[tuple[int, int], ...]] = {
    "standard": ((1200, 300), (600, 120), (300, 60), (0, 15)),
    "fast": ((900, 60), (300, 30), (0, 15)),
}
_FARTHEST_S: dict[Profile, int] = {"standard": 3600, "fast": 86_400}


def window(profile: Profile, now: datetime) -> tuple[datetime, datetime]:
    """Return the earliest and the latest start of the races that are polled at *now*."""
    return now - LOOK_BACK, now + _LOOK_AHEAD[profile]


def interval_s(profile: Profile, status: str, seconds_to_start: float) -> int | None:
    """Return the seconds between polls at this distance from the start; None where the race is not polled."""
    if is_terminal(status):
        return None
    if seconds_to_start > 0:
        if seconds_to_start > _FARTHEST_S[profile] + AHEAD_S:
            return None
        return next(every for down_to, every in _BEFORE[profile] if seconds_to_start > down_to)
    late = -seconds_to_start
    if status == "open" and late <= _OPEN_FOR_S:
        return 15
    settling, settled = (15, 60) if profile == "fast" else (60, 300)
    return settling if late <= _SETTLING_FOR_S else settled


def due_after(profile: Profile, status: str, start: datetime, instant: datetime) -> datetime | None:
    """Return the first due instant of a race strictly after *instant*; None when there is none.

    Every interval's grid is anchored at the start, so instants do not drift with when a race was first seen.
    """
    if is_terminal(status):
        return None
    # Work in "seconds to the edge": an instant that is due for an edge stands AHEAD_S before it.
    to_edge = (start - instant).total_seconds() - AHEAD_S
    if to_edge > _FARTHEST_S[profile]:
        return first_due(profile, start)
    edge = _edge_before_start(profile, to_edge) if to_edge > 0 else _edge_after_start(profile, status, -to_edge)
    return start - timedelta(seconds=edge + AHEAD_S)


def _edge_before_start(profile: Profile, to_edge: float) -> int:
    """Return the next edge strictly later than now, in seconds before the start."""
    down_to, every = next(step for step in _BEFORE[profile] if to_edge > step[0])
    return max(down_to, (math.ceil(to_edge / every) - 1) * every)


def _edge_after_start(profile: Profile, status: str, late: float) -> int:
    every = interval_s(profile, status, -late) or _RETRY_S
    return -int((late // every + 1) * every)


def first_due(profile: Profile, start: datetime) -> datetime:
    """Return a race's first due instant."""
    return start - timedelta(seconds=_FARTHEST_S[profile] + AHEAD_S)


def due_before(profile: Profile, status: str, start: datetime, instant: datetime) -> datetime | None:
    """Return the last due instant at or before *instant*; None when the race was not due yet."""
    if is_terminal(status) or instant < first_due(profile, start):
        return None
    every = interval_s(profile, status, (start - instant).total_seconds()) or 300
    probe = instant - timedelta(seconds=every + 1)
    last = None
    while (following := due_after(profile, status, start, probe)) is not None and following <= instant:
        last = probe = following
    return last


def left_gap(profile: Profile, status: str, start: datetime, last: datetime, this: datetime) -> bool:
    """Whether a due instant passed unpolled between two polls, by more than a poll's deadline."""
    missed = due_after(profile, status, start, last)
    return missed is not None and this > missed + _POLL_DEADLINE


def retry_at(profile: Profile, status: str, start: datetime, due: datetime, now: datetime) -> datetime | None:
    """Return when a race whose poll of *due* failed is due again: min(interval, 15 s) later (DOMAIN §2)."""
    every = interval_s(profile, status, (start - due).total_seconds())
    return None if every is None else max(now, due + timedelta(seconds=min(every, _RETRY_S)))


def is_urgent(start: datetime, now: datetime) -> bool:
    """Whether a race keeps its polls when the request budget is short: inside five minutes, or just started."""
    return -_OPEN_FOR_S <= (start - now).total_seconds() <= 300 + AHEAD_S


def scheduled_before(job: DailyJob, now: datetime) -> datetime:
    """Return the last instant at or before *now* at which the job was to run."""
    today = datetime.combine(now.astimezone(UTC).date(), job.at, tzinfo=UTC)
    return today if today <= now else today - timedelta(days=1)


def due_jobs(
    now: datetime, last_good: dict[str, datetime], last_tried: dict[str, datetime], *, has_card: bool
) -> list[str]:
    """Return the jobs that are due, in their order; a failed one rests a minute first.

    A daily job is due when no good run began since its hour, so a missed hour is caught up, and a job of the
    pipeline only after those before it; the card is due while the racing day has none. (*last_good* and
    *last_tried* are starts of runs.)
    """
    due = [job.name for job in PIPELINE if _missed(last_good.get(job.name), scheduled_before(job, now))][:1]
    if not has_card and _missed(last_good.get(PIPELINE[0].name), now - _CARD_AGAIN):
        due = [PIPELINE[0].name]
    due += [UPKEEP.name] if _missed(last_good.get(UPKEEP.name), scheduled_before(UPKEEP, now)) else []
    due += [job.name for job in PERIODIC if _missed(last_good.get(job.name), now - job.every)]
    return [name for name in due if _missed(last_tried.get(name), now - _REST)]


def _missed(last: datetime | None, since: datetime) -> bool:
    return last is None or last < since
