"""The export: a racing day's history as CSV, page by page, every row once."""

import csv
import io

import pytest

from api.read import export
from tests.fixtures.stored import DAY

pytestmark = [pytest.mark.anyio, pytest.mark.postgres]


@pytest.fixture(params=[1, 7, 2000])
def page(request, monkeypatch):
    """Pages of this many rows."""
    monkeypatch.setattr(export, "_PAGE", request.param)


async def exported(client, name, day=DAY):
    answer = await client.get(f"/api/export/{name}.csv?date={day}")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.headers["content-disposition"] == f'attachment; filename="raceday-{name}-{day}.csv"'
    return list(csv.DictReader(io.StringIO(answer.text)))


async def test_odds_are_every_row_of_the_day_once(client, stored_day, page):
    rows = await exported(client, "odds")
    stored = stored_day.rows(
        "SELECT h.*, runner_number FROM odds_history h JOIN entrants USING (race_id, entrant_id) WHERE racing_day = %s "
        'ORDER BY race_id COLLATE "default", entrant_id, type, event_timestamp',
        DAY,
    )
    assert len(rows) == len(stored) > 100
    for row, wanted in zip(rows, stored, strict=True):
        for key in ("race_id", "entrant_id", "type", "source", "bookmaker"):
            assert row[key] == wanted[key]
        assert row["odds"] == ("" if wanted["odds"] is None else str(wanted["odds"]))
        assert row["runner_number"] == str(wanted["runner_number"])
        assert row["event_timestamp"].endswith("Z")
        assert row["racing_day"] == DAY.isoformat()


async def test_money_flow_is_every_row_of_the_day_once(client, stored_day, page):
    rows = await exported(client, "money-flow")
    stored = stored_day.rows(
        "SELECT * FROM money_flow_history WHERE racing_day = %s ORDER BY race_id, entrant_id, polling_timestamp", DAY
    )
    assert [(row["race_id"], row["entrant_id"], row["win_pool_amount"]) for row in rows] == [
        (row["race_id"], row["entrant_id"], "" if row["win_pool_amount"] is None else str(row["win_pool_amount"]))
        for row in stored
    ]


async def test_a_day_without_rows_is_a_header(client):
    assert await exported(client, "odds", "2025-01-01") == []
