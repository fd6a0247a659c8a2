"""The event that is measured: the recorded one where RACEDAY_TAB_API leads to it, else one of the simulated TAB."""

import json
import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from local.tab.faults import Faults
from local.tab.ledger import Ledger
from local.tab.race_day import Recipe, plan_day
from local.tab.site import ROOT, Site
from shared.clock import Clock, racing_day, real_now

_SAMPLE = Path("samples") / "race-event-full-response.json"
_ASKED = "with_money_tracker=true&with_tote_trends_data=true"


@dataclass(frozen=True, slots=True)
class Event:
    """A whole answer of the TAB, parsed from JSON, and where it comes from."""

    payload: dict[str, Any]
    source: str

    @property
    def race_id(self) -> str:
        """The id of its race."""
        return str(self.payload["data"]["race"]["event_id"])

    @property
    def body(self) -> bytes:
        """The answer as served: minified."""
        return json.dumps(self.payload, separators=(",", ":"), ensure_ascii=False).encode()


def event() -> Event:
    """Return the event to measure with."""
    place = os.environ.get("RACEDAY_TAB_API")
    if place and (Path(place) / _SAMPLE).exists():
        return Event(json.loads((Path(place) / _SAMPLE).read_bytes()), "the recorded event")
    now = real_now()
    site = Site(Recipe(), Clock(), Faults(), Ledger(keep_served=False))
    races = [race for race in plan_day(site.recipe, racing_day(now)).races if race.meeting.wanted and race.number]
    bodies = [site.answer(f"{ROOT}events/{race.race_id}?{_ASKED}", now, identified=True).body for race in races[:20]]
    largest = max(bodies, key=lambda body: len(body.data))
    site.ledger.close()
    return Event(json.loads(largest.plain), "an event of the simulated TAB")


def open_versions(like: Event, number: int, start: datetime, versions: int) -> tuple[str, list[bytes]]:
    """Return the id of race *number* and its bodies: open, starting at *start*, every figure moved each time."""
    race_id = str(uuid5(NAMESPACE_URL, f"bench/{number}"))
    bodies = []
    for version in range(versions):
        payload = json.loads(like.body)
        data = payload["data"]
        data["race"] |= {
            "event_id": race_id,
            "status": "Open",
            "advertised_start": int(start.timestamp()),
            "actual_start": int(start.timestamp()),
            "race_date_nz": racing_day(start).isoformat(),
        }
        data["results"] = data["dividends"] = None
        for runner in data.get("runners") or data["entrants"]:
            runner["odds"] = {kind: round(price * (1 + version / 50), 2) for kind, price in runner["odds"].items()}
        for pool in data["tote_pools"]:
            pool["total"] = round(pool["total"] * (1 + version / 20), 2)
        bodies.append(Event(payload, like.source).body)
    return race_id, bodies


def whole_minute(after_s: float) -> datetime:
    """Return the first whole minute that is *after_s* seconds away or more: races start on whole minutes."""
    earliest = real_now() + timedelta(seconds=after_s)
    return earliest.replace(second=0, microsecond=0) + timedelta(minutes=1)
