"""A client that is killed again and again, and goes on from where it was, under transactions that commit late.

`RACEDAY_RESUMES` says how often it is killed: 50 without it, 1000 for the long form.
"""

import asyncio
import contextlib
import json
import os
import random

import httpx
import pytest

from api.cursor import parse_cursor
from shared.clock import real_monotonic
from tests.fixtures.api_process import api_process
from tests.fixtures.late_writers import late_writers

pytestmark = [pytest.mark.postgres, pytest.mark.anyio]

RESUMES = int(os.environ.get("RACEDAY_RESUMES", "50"))
DRAINED_S = 60.0


class Reader:
    """An event source that may die at any byte: what it has is the id of the last event that came whole."""

    def __init__(self):
        self.last_id, self.changes, self.connects = None, [], 0

    async def stream(self, client, *, most, seconds):
        """Connect, take at most *most* events for at most *seconds*, and die."""
        self.connects += 1
        headers = {"Last-Event-ID": self.last_id} if self.last_id else {}
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds), client.stream("GET", "/api/stream", headers=headers) as answer:
                assert answer.status_code == 200
                rest = b""
                async for data in answer.aiter_bytes():
                    *events, rest = (rest + data).split(b"\n\n")
                    for event in events:
                        self.take(event)
                        most -= 1
                        if most <= 0:
                            return

    def take(self, event):
        fields = dict(line.split(": ", 1) for line in event.decode().split("\n") if not line.startswith(":"))
        assert fields.get("event") != "resync", fields
        if fields.get("event") == "change":
            change = json.loads(fields["data"])
            assert change["cursor"] == fields["id"]
            self.changes.append((fields["id"], change["race_id"], change["kind"]))
        self.last_id = fields.get("id", self.last_id)

    async def page(self, client, *, most, dies):
        """Ask for the next changes; where it *dies*, the answer came and was lost."""
        self.connects += 1
        answer = await client.get("/api/changes", params={"cursor": self.last_id, "limit": most})
        assert answer.status_code == 200, answer.text
        if dies:
            return
        body = answer.json()
        self.changes += [(row["cursor"], row["race_id"], row["kind"]) for row in body["changes"]]
        self.last_id = body["next_cursor"]


def check(received, written):
    """Every change once, in the order of the feed: nothing missed, nothing out of order, nothing doubled."""
    missed = [change for change in written if change not in set(received)]
    assert missed == []
    for race in {race for _, race, _ in written}:
        assert [each for each in received if each[1] == race] == [each for each in written if each[1] == race]
    assert received == written


async def drain(reader, feed, first, step):
    """Read on until everything is there that the writers, now at rest, have written."""
    deadline = real_monotonic() + DRAINED_S
    written = feed.after(first)
    while len(reader.changes) < len(written) and real_monotonic() < deadline:
        await step()
    return written


async def test_a_stream_that_is_killed_and_resumed_again_and_again_misses_nothing(database_url, tmp_path):
    reader = Reader()
    with api_process(database_url, tmp_path) as base:
        async with httpx.AsyncClient(base_url=base, timeout=30) as client:
            await reader.stream(client, most=2, seconds=30)  # the retry line, and hello with the place to begin
            first = parse_cursor(reader.last_id)
            with late_writers(database_url) as feed:
                while reader.connects <= RESUMES:
                    await reader.stream(client, most=random.randint(1, 40), seconds=random.uniform(0.02, 0.4))
                held = len(reader.changes)
                feed.end()
                written = await drain(reader, feed, first, lambda: reader.stream(client, most=10_000, seconds=1))
    assert held > RESUMES, "hardly anything was written meanwhile"
    check(reader.changes, written)


async def test_a_reader_of_changes_that_dies_again_and_again_misses_nothing(database_url, tmp_path):
    reader = Reader()
    with api_process(database_url, tmp_path) as base:
        async with httpx.AsyncClient(base_url=base, timeout=30) as client:
            answer = await client.get("/api/changes", params={"cursor": "latest"})
            reader.last_id = answer.json()["next_cursor"]
            first = parse_cursor(reader.last_id)
            with late_writers(database_url) as feed:
                while reader.connects < RESUMES * 4:
                    await reader.page(client, most=random.randint(1, 30), dies=random.random() < 0.3)
                    await asyncio.sleep(random.uniform(0, 0.05))
                held = len(reader.changes)
                feed.end()
                written = await drain(reader, feed, first, lambda: reader.page(client, most=1000, dies=False))
    assert held > RESUMES, "hardly anything was written meanwhile"
    check(reader.changes, written)
