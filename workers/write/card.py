"""One transaction per meeting: the card's meeting and races into the database."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import psycopg

from shared.errors import NotLeader
from shared.models import Meeting
from shared.queries import Queries
from workers.write.session import Connect, copy_rows, copy_statement, translated
from workers.write.tables import CARD_COLUMNS, card_rows

_COPY_CARD = copy_statement("staging_card", CARD_COLUMNS)


@dataclass
class CardWriter:
    """Writes meetings with their races, each in a transaction of its own, under the lease's *epoch*."""

    connect: Connect
    epoch: Callable[[], int]
    _queries: Queries = field(default_factory=lambda: Queries("write"))

    def write(self, meeting: Meeting, fetched_at: datetime) -> int:
        """Store *meeting* and its races; return how many races it has. StoreError: nothing was written."""
        keys: dict[str, object] = {
            "meeting_id": meeting.meeting_id,
            "meeting_name": meeting.meeting_name,
            "country": meeting.country,
            "state": meeting.state,
            "category": meeting.category,
            "race_type": meeting.race_type,
            "date": meeting.date,
            "track_condition": meeting.track_condition,
            "weather": meeting.weather,
            "tote_status": meeting.tote_status,
            "polled_at": fetched_at,
            "race_ids": [race.race_id for race in meeting.races],
        }
        with translated(), self.connect() as connection:
            connection.execute(self._queries["create_staging_card"])
            connection.commit()  # a transaction id before the races' locks would turn the feed's order
            self._write(connection, meeting, keys)
        return len(meeting.races)

    def _write(self, connection: psycopg.Connection[Any], meeting: Meeting, keys: dict[str, object]) -> None:
        with connection.transaction():
            self._prepare(connection, keys)
            copy_rows(connection, _COPY_CARD, card_rows(meeting.races))
            with connection.pipeline():
                for step in (
                    "merge_meeting",
                    "insert_card_changes",
                    "merge_card_races",
                    "complete_card_meeting",
                    "notify_card",
                ):
                    connection.execute(self._queries[step], keys)

    def _prepare(self, connection: psycopg.Connection[Any], keys: dict[str, object]) -> None:
        # Races first, then their meeting: the order in which the pollers lock, so that none waits in a circle.
        connection.execute(self._queries["lock_card_races"], keys)
        connection.execute(self._queries["lock_meeting"], keys)
        row = connection.execute(self._queries["select_epoch_and_cluster"]).fetchone()
        if row is None or row[0] != self.epoch():
            raise NotLeader(f"epoch {self.epoch()} has passed")
        keys["cluster_id"] = row[1]
