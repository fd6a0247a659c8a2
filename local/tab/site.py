"""The API's paths and the control paths: a request's path and query in, an answer out; no sockets here."""

from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from itertools import count
from typing import Protocol
from urllib.parse import parse_qs, urlsplit

from local.tab.bodies import Bodies, Body, answer, envelope, minified, refusal
from local.tab.card_json import days, meetings, one_meeting, race_list
from local.tab.event_json import Asked
from local.tab.faults import BadSpec, Faults
from local.tab.ledger import Ledger
from local.tab.market import insider_runners
from local.tab.race_day import Recipe, find_race, plan_day
from local.tab.runners import field as runners_of
from local.tab.story import advertised_at, status_at, tell
from shared.clock import Clock, racing_day

ROOT = "/affiliates/v1/racing/"
CONTROL = "/__ctl"
FLAGS = {
    "money_tracker": "with_money_tracker",
    "tote_trends": "with_tote_trends_data",
    "big_bets": "with_big_bets",
    "live_bets": "with_live_bets",
    "biggest_bet": "with_biggest_bet",
    "will_pays": "with_will_pays",
}


class Wrong(Exception):
    """A request that gets an error body; *code* is its HTTP status."""

    def __init__(self, code: int, why: str) -> None:
        super().__init__(why)
        self.code = code


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer; *race_id* is set for an event, whose body is kept for checks."""

    body: Body
    race_id: str | None = None


class Served(Protocol):
    """What is served: a simulated TAB, or a recording of one."""

    clock: Clock
    faults: Faults
    ledger: Ledger

    def answer(self, target: str, now: datetime, /, *, identified: bool) -> Answered:
        """Answer a GET of the API; Wrong for what is refused."""

    def refuse(self, wrong: Wrong, path: str, now: datetime, /) -> bytes:
        """Return the error body for a refused request."""

    def control(self, target: str, now: datetime, /) -> bytes:
        """Answer a control request; Wrong for an unknown one."""


@dataclass
class Site:
    """A simulated TAB without its sockets."""

    recipe: Recipe
    clock: Clock
    faults: Faults
    ledger: Ledger
    bodies: Bodies = field(default_factory=Bodies)
    _numbers: "count[int]" = field(default_factory=count)

    def answer(self, target: str, now: datetime, *, identified: bool) -> Answered:
        """Answer a GET of the API; Wrong for what the API refuses."""
        if not identified:
            raise Wrong(403, "identify yourself: From, X-Partner and X-Partner-ID")
        url = urlsplit(target)
        query = {name: values[-1] for name, values in parse_qs(url.query).items()}
        path = url.path.rstrip("/")
        if not path.startswith(ROOT):
            raise Wrong(404, "not found")
        match path.removeprefix(ROOT).split("/"):
            case ["meetings"]:
                return self._meetings(path, query, now)
            case ["meetings", meeting_id]:
                return self._meeting(path, meeting_id, now)
            case ["list"]:
                return self._list(path, query, now)
            case ["events", race_id]:
                return self._event(path, race_id, query, now)
        raise Wrong(404, "not found")

    def refuse(self, wrong: Wrong, path: str, now: datetime) -> bytes:
        """Return the error body for a refused request."""
        return refusal("Error", path, str(wrong), wrong.code, now, next(self._numbers))

    def _prefix(self, title: str, path: str, params: dict[str, object], now: datetime) -> bytes:
        return envelope(title, path, params, now, next(self._numbers))

    def _meetings(self, path: str, query: dict[str, str], now: datetime) -> Answered:
        first, last = _day(query, "date_from", now), _day(query, "date_to", now)
        limit, offset = _number(query, "limit", 100, 200), _number(query, "offset", 0, 100_000)
        category, country = query.get("category", ""), query.get("country", "")
        rows = meetings(self.recipe, days(first, last), now.timestamp(), category, country)
        params: dict[str, object] = {
            "enc": "json",
            "ids": None,
            "date_from": f"{first}T00:00:00Z",
            "date_to": f"{last}T00:00:00Z",
            "type": category or " ",
            "country": country or " ",
            "limit": limit,
            "offset": offset,
            "futures": False,
            "meeting_numbers": None,
        }
        prefix = self._prefix("Race Meetings", path, params, now)
        return Answered(answer({"meetings": rows[offset : offset + limit]}, prefix))

    def _meeting(self, path: str, meeting_id: str, now: datetime) -> Answered:
        row = one_meeting(self.recipe, meeting_id, now.timestamp())
        if row is None:
            raise Wrong(404, "no such meeting")
        prefix = self._prefix("Get meeting by id", path, {"enc": "json", "id": meeting_id}, now)
        return Answered(answer({"meetings": [row]}, prefix))

    def _list(self, path: str, query: dict[str, str], now: datetime) -> Answered:
        first, last = _day(query, "date_from", now), _day(query, "date_to", now)
        limit, start = _number(query, "limit", 100, 200), _number(query, "page_token", 0, 100_000)
        types, countries = query.get("meet_types", ""), query.get("countries", "")
        rows = race_list(self.recipe, days(first, last), now.timestamp(), types, countries)
        more = str(start + limit) if start + limit < len(rows) else ""
        prefix = self._prefix("Race List", path, {"enc": "json", "limit": limit}, now)
        return Answered(answer({"races": rows[start : start + limit], "next_page_token": more}, prefix))

    def _event(self, path: str, race_id: str, query: dict[str, str], now: datetime) -> Answered:
        race = find_race(self.recipe, race_id)
        if race is None:
            raise Wrong(404, "no such event")
        asked = Asked(**{name: _flag(query, flag) for name, flag in FLAGS.items()})
        params: dict[str, object] = {
            "enc": "json",
            "id": race_id,
            "present_overlay": False,
            "with_big_bets": asked.big_bets,
            "with_live_bets": asked.live_bets,
            "with_money_tracker": asked.money_tracker,
            "with_biggest_bet": asked.biggest_bet,
            "will_pays": asked.will_pays,
            "with_tote_trends_data": asked.tote_trends,
            "bet_type_filter": query.get("bet_type_filter", ""),
            "bets_limit": 10,
        }
        prefix = self._prefix(f"Event Details: {race_id}", path, params, now)
        return Answered(self.bodies.event(race, now, asked, prefix), race_id)

    def control(self, target: str, now: datetime) -> bytes:
        """Answer a control request; Wrong for an unknown one."""
        url = urlsplit(target)
        query = {name: values[-1] for name, values in parse_qs(url.query, keep_blank_values=True).items()}
        match url.path.removeprefix(CONTROL).strip("/").split("/"):
            case ["card"]:
                return minified(self._card(_day(query, "day", now), now))
            case ["served", race_id]:
                return b"[" + b",".join(self.ledger.bodies(race_id)) + b"]"
            case ["truth", race_id]:
                return self._truth(race_id)
            case ["log"]:
                return minified(self.ledger.requests())
            case ["faults"]:
                try:
                    self.faults.set(query.get("set", ""))
                except BadSpec as error:
                    raise Wrong(400, str(error)) from error
                return minified({"faults": self.faults.shares})
        raise Wrong(404, "no such control")

    def _card(self, day: date, now: datetime) -> dict[str, object]:
        plan, at = plan_day(self.recipe, day), now.timestamp()
        races = [
            {
                "id": race.race_id,
                "meeting": race.meeting.meeting_id,
                "place": race.meeting.track.name,
                "number": race.number,
                "start": advertised_at(tell(race), at),
                "country": race.meeting.track.country,
                "category": race.meeting.category,
                "wanted": race.meeting.wanted and race.number > 0,
                "status": status_at(tell(race), at),
            }
            for race in plan.races
        ]
        return {
            "now": at,
            "day": f"{plan.day}",
            "recipe": asdict(self.recipe),
            "faults": self.faults.shares,
            "races": races,
        }

    def _truth(self, race_id: str) -> bytes:
        race = find_race(self.recipe, race_id)
        if race is None:
            raise Wrong(404, "no such event")
        plan = {
            "story": asdict(tell(race)),
            "insiders": {runner.number: runner.insiders for runner in insider_runners(race)},
            "scratched": {r.number: r.scratched_at for r in runners_of(race) if r.scratched_at is not None},
        }
        last = self.ledger.last(race_id) or b'{"served_at":null,"event":null}'
        return last[:-1] + b',"plan":' + minified(plan) + b"}"


def _day(query: dict[str, str], name: str, now: datetime) -> date:
    text, today = query.get(name, "today") or "today", racing_day(now)
    if text in {"today", "week", "month", "all"}:
        return today if text == "today" or name == "date_from" else today + timedelta(days=6)
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        raise Wrong(400, f"{name} is no date: {text[:40]!r}") from None


def _number(query: dict[str, str], name: str, default: int, most: int) -> int:
    text = query.get(name, "")
    if not text:
        return default
    if not text.isdecimal():
        raise Wrong(400, f"{name} is no number: {text[:40]!r}")
    return min(int(text), most)


def _flag(query: dict[str, str], name: str) -> bool:
    text = query.get(name, "false").lower()
    if text not in {"true", "false", "1", "0", "t", "f", ""}:
        raise Wrong(400, f"{name} is neither true nor false: {text[:40]!r}")
    return text in {"true", "1", "t"}
