"""PURE the jobs and when they run: the workers go by it, the API tells of it (DOMAIN §3)."""

from dataclasses import dataclass
from datetime import time, timedelta


@dataclass(frozen=True, slots=True)
class DailyJob:
    """A job and the UTC time of day it runs at."""

    name: str
    at: time


@dataclass(frozen=True, slots=True)
class PeriodicJob:
    """A job that runs again and again through the day."""

    name: str
    every: timedelta


PIPELINE = (
    DailyJob("daily-meetings", time(17, 0)),
    DailyJob("daily-races", time(17, 10)),
    DailyJob("daily-entrants", time(17, 20)),
)
UPKEEP = DailyJob("upkeep", time(16, 30))  # before the new day's card: its partitions are there then
PERIODIC = (PeriodicJob("backfill", timedelta(minutes=15)), PeriodicJob("coverage", timedelta(minutes=10)))
