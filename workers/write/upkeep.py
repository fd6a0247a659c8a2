"""Makes the days to come and drops the days that are old."""

from dataclasses import dataclass, field
from datetime import date, timedelta

from shared.clock import racing_day_bounds
from shared.queries import Queries
from workers.write.session import Connect, translated

DAYS_AHEAD = 7
_STEPS = (
    "delete_old_meetings", "delete_old_changes", "delete_old_runs", "delete_old_notifications",
    "delete_old_reconciliations",
)  # fmt: skip


@dataclass
class Upkeep:
    """History's partitions, and the retention. Every method may raise StoreError."""

    connect: Connect
    _queries: Queries = field(default_factory=lambda: Queries("write"))

    def make_days(self, today: date) -> None:
        """Make the partitions of yesterday, *today* and the week ahead; those that are there stay."""
        keys = {"first_day": today - timedelta(days=1), "days": DAYS_AHEAD + 2}
        with translated(), self.connect() as connection:
            connection.execute(self._queries["ensure_days"], keys)

    def drop_days_before(self, first_kept: date) -> int:
        """Drop everything of racing days before *first_kept*; return how many rows and partitions went."""
        keys = {"first_kept": first_kept, "before": racing_day_bounds(first_kept)[0]}
        gone = 0
        with translated():
            with self.connect() as connection:
                row = connection.execute(self._queries["drop_days"], keys).fetchone()
                gone += row[0] if row else 0
            for step in _STEPS:
                with self.connect() as connection:
                    gone += connection.execute(self._queries[step], keys).rowcount
        return gone
