"""Serves a recorded day instead: each body from the instant it was due at, on the API's own paths."""

import json
import sys
import zlib
from bisect import bisect_right
from collections import defaultdict
from datetime import UTC, date, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from local.tab.bodies import LEVEL, Body, minified, refusal
from local.tab.faults import Faults
from local.tab.ledger import Ledger
from local.tab.recording import NoRecordingError, Recorded, read_recording
from local.tab.server import RunningTab, serve_site, until_stopped
from local.tab.site import CONTROL, Answered, Wrong
from shared.clock import Clock, racing_day, real_now
from shared.settings import ClockSettings, load
from workers.upstream.client import RACING

Key = tuple[str, str, str]  # path, date_from, offset


class Replay:
    """A recording, asked as the TAB is asked."""

    def __init__(
        self, place: Path, clock: Clock | None = None, *, speed: float = 1.0, faults: Faults | None = None
    ) -> None:
        """Index *place*, a folder or one recorded body; without a *clock* time begins now at its first instant."""
        self._bodies: dict[Key, bytes] = {}
        self._lines: dict[Key, list[Recorded]] = defaultdict(list)
        if place.is_dir():
            self.begins = self._index(place)
        else:
            self.begins = self._single(place)
        self.clock = clock or Clock(speed, real_now(), self.begins)
        self.faults = faults or Faults()
        self.ledger = Ledger(keep_served=False)

    def _index(self, folder: Path) -> datetime:
        recording = [line for line in read_recording(folder) if line.settles]
        for line in recording:
            self._lines[_key(line.entry.path)].append(line)
        for lines in self._lines.values():
            lines.sort(key=lambda line: line.slot)
        return min(line.slot for line in recording)

    def _single(self, file: Path) -> datetime:
        """Take one recorded body, which is then the answer at every instant."""
        try:
            body = file.read_bytes()
            told = json.loads(body)
            header, data = told.get("header") or {}, told["data"]
            self._bodies[_key(_path_of(data))] = body
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise NoRecordingError(f"{file} is no recorded answer: {type(error).__name__}") from error
        made = header.get("generated_time")
        return datetime.fromisoformat(made[:19]).replace(tzinfo=UTC) if made else real_now()

    def answer(self, target: str, now: datetime, *, identified: bool) -> Answered:
        """Answer a GET of the API; Wrong where nothing is recorded for *now*."""
        if not identified:
            raise Wrong(403, "identify yourself: From, X-Partner and X-Partner-ID")
        key = _key(target)
        if key in self._bodies:
            return Answered(_body(self._bodies[key]))
        lines = self._lines.get(key)
        if lines is None:
            raise Wrong(404, "not in the recording")
        number = bisect_right(lines, now, key=lambda line: line.slot)
        if number == 0:
            # 404, which is no word about the upstream's health: 503 would open the circuit for all races
            raise Wrong(404, f"recorded from {lines[0].slot:%Y-%m-%dT%H:%M:%SZ} on")
        line = lines[number - 1]
        body, status = line.body(), line.entry.status or HTTPStatus.OK
        if status != HTTPStatus.OK:
            raise Wrong(status, "refused when this was recorded")
        if body is None:
            raise Wrong(HTTPStatus.SERVICE_UNAVAILABLE, "no answer came when this was recorded")
        return Answered(_body(body))

    def refuse(self, wrong: Wrong, path: str, now: datetime) -> bytes:
        """Return the error body for a refused request."""
        return refusal("Error", path, str(wrong), wrong.code, now, 0)

    def control(self, target: str, _now: datetime) -> bytes:
        """Answer a control request; Wrong for an unknown one."""
        if urlsplit(target).path.removeprefix(CONTROL).strip("/") == "log":
            return minified(self.ledger.requests())
        raise Wrong(404, "a replay knows only the log")


def replay(place: Path, port: int = 0, *, clock: Clock | None = None, speed: float = 1.0) -> RunningTab:
    """Serve the recording at *place* on loopback; port 0 lets the system choose."""
    return serve_site(port, Replay(place, clock, speed=speed))


def main(place: Path, port: int, speed: float | None) -> None:
    """Serve until SIGINT or SIGTERM (`raceday replay`), on the clock of the environment where it has one."""
    shared = load(ClockSettings)
    clock = shared.clock() if shared.clock_origin is not None else None
    tab = replay(place, port, clock=clock, speed=speed or 1.0)
    clock = tab.site.clock
    sys.stdout.write(
        f"recording of {place} on {tab.url}, {clock.speed:g} times real time; services beside it need "
        f"CLOCK_SPEED={clock.speed:g} CLOCK_ORIGIN={clock.origin.isoformat()} CLOCK_START={clock.start.isoformat()}\n"
    )
    until_stopped(tab)


def _key(target: str) -> Key:
    url = urlsplit(target)
    path = url.path.rstrip("/")
    if path != f"{RACING}/meetings":
        return path, "", ""
    query = parse_qs(url.query)
    return path, query.get("date_from", [""])[-1][:10], query.get("offset", ["0"])[-1]


def _path_of(data: dict[str, Any]) -> str:
    if "race" in data:
        return f"{RACING}/events/{data['race']['event_id']}"
    meetings = data["meetings"]
    if len(meetings) == 1:
        return f"{RACING}/meetings/{meetings[0]['meeting']}"
    day: date = racing_day(datetime.fromisoformat(meetings[0]["date"]))
    return f"{RACING}/meetings?date_from={day}"


def _body(plain: bytes) -> Body:
    packer = zlib.compressobj(LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    return Body(b"", plain, packer.compress(plain) + packer.flush())
