"""The simulated TAB says nothing that the API's description and the recorded answers do not say."""

import json
import os
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from local.tab.bodies import refusal
from local.tab.card_json import meetings, one_meeting, race_list
from local.tab.event_json import Asked, event
from local.tab.race_day import RacePlan, Recipe, plan_day
from local.tab.story import tell
from tests.contract.openapi_subset import Violation, violations
from tests.contract.tab_deviations import FROM_DESCRIPTION, FROM_RECORDINGS, MAPS

MATERIAL = Path(os.environ.get("RACEDAY_TAB_API", "nowhere"))
pytestmark = pytest.mark.skipif(
    not MATERIAL.is_dir(), reason="RACEDAY_TAB_API does not name the API's description and recorded answers"
)
EVERYTHING = Asked(True, True, True, True, True, True)
AFTER_OFF = (-90000, -40000, -20000, -3600, -600, -20, 20, 90, 260, 330, 600, 1200, 5000)


@pytest.fixture(scope="module")
def schemas() -> dict[str, Any]:
    return json.loads((MATERIAL / "openapi.json").read_text())["components"]["schemas"]


@pytest.fixture(scope="module")
def recorded() -> dict[str, Any]:
    return {file.stem: json.loads(file.read_text()) for file in sorted((MATERIAL / "samples").glob("*.json"))}


@pytest.fixture(scope="module")
def recorded_shapes(recorded) -> set[tuple[str, str]]:
    return {pair for body in of_events(recorded) for pair in shape(body)}


def kind(value: Any) -> str:
    if value is None:
        return "null"
    for name, python in (("boolean", bool), ("number", (int, float)), ("string", str), ("array", list)):
        if isinstance(value, python):
            return name
    return "object"


def shape(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield the path and JSON type of every value; an int where a fraction is usual is no other type (DOMAIN)."""
    yield path, kind(value)
    if isinstance(value, dict):
        for name, item in value.items():
            yield from shape(item, f"{path}.{'*' if path.endswith(MAPS) else name}")
    elif isinstance(value, list):
        for item in value:
            yield from shape(item, f"{path}[]")


def broken(data: Any, schema: str, schemas: dict[str, Any]) -> set[Violation]:
    return set(violations(data, {"$ref": f"#/{schema}"}, schemas))


def of_events(recorded: dict[str, Any]) -> list[dict[str, Any]]:
    return [body["data"] for body in recorded.values() if "race" in body["data"]]


def of_cards(recorded: dict[str, Any]) -> list[dict[str, Any]]:
    return [body["data"] for body in recorded.values() if "meetings" in body["data"]]


@st.composite
def served_events(draw: st.DrawFn) -> dict[str, object]:
    """Any event of any day of any seed, at any stage of its life, with any of its parts asked for."""
    recipe = Recipe(draw(st.integers(1, 40)), draw(st.integers(10, 40)), draw(st.booleans()))
    day = draw(st.dates(date(2025, 1, 1), date(2027, 12, 31)))
    race: RacePlan = draw(st.sampled_from(plan_day(recipe, day).races))
    instant = tell(race).off + draw(st.one_of(st.sampled_from(AFTER_OFF), st.integers(-90000, 7200)))
    asked = draw(st.one_of(st.just(EVERYTHING), st.just(Asked()), st.builds(Asked)))
    return event(recipe, race.race_id, datetime.fromtimestamp(instant, UTC), asked)


def test_recorded_answers_break_the_description_in_exactly_the_ways_listed(schemas, recorded):
    found = set()
    for data in of_events(recorded):
        found |= broken(data, "EventRaceDetails", schemas)
    for data in of_cards(recorded):
        found |= broken(data, "MeetingPayload", schemas)
    assert found == {Violation(*deviation) for deviation in FROM_DESCRIPTION}


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=served_events())
def test_served_events_break_the_description_in_no_other_way(schemas, data):
    assert broken(data, "EventRaceDetails", schemas) <= {Violation(*deviation) for deviation in FROM_DESCRIPTION}


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=served_events())
def test_served_events_have_no_path_type_or_null_that_no_recorded_event_has(recorded_shapes, data):
    assert set(shape(data)) - recorded_shapes - set(FROM_RECORDINGS) == set()


def test_the_list_of_unrecorded_paths_names_none_that_is_recorded(recorded_shapes):
    assert set(FROM_RECORDINGS) & recorded_shapes == set()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_served_card_says_what_the_recorded_card_says(schemas, recorded, seed):
    recipe, day = Recipe(seed, 40, seed % 2 == 0), date(2026, 7, 18)
    known = {pair for body in of_cards(recorded) for pair in shape(body)}
    for hour in (0, 9, 23):
        at = datetime(2026, 7, 17, 17, tzinfo=UTC).timestamp() + hour * 3600
        card = {"meetings": meetings(recipe, [day], at)}
        assert broken(card, "MeetingPayload", schemas) == set()
        assert set(shape(card)) - known == set()
        one = {"meetings": [one_meeting(recipe, plan_day(recipe, day).meetings[seed].meeting_id, at)]}
        assert broken(one, "MeetingPayload", schemas) == set()
        assert set(shape(one)) - known == set()
        rows = {"races": race_list(recipe, [day], at, "", ""), "next_page_token": ""}
        assert broken(rows, "RacesListData", schemas) == set()


def test_an_error_has_the_described_body(schemas):
    body = json.loads(refusal("Error", "/affiliates/v1/racing/events/x", "no such event", 404, datetime.now(UTC), 1))
    assert broken(body, "main_ErrorResponse", schemas) == set()
    assert body["header"]["error_code"] == "404"


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ({"a": "x", "at": "yesterday"}, Violation(".at", "no date-time")),
        ({"a": None}, Violation(".a", "null")),
        ({"a": True}, Violation(".a", "bool for string")),
        ({}, Violation(".a", "missing")),
        ({"a": "x", "rows": [{}, 1]}, Violation(".rows[]", "int for object")),
    ],
)
def test_the_validator_sees_what_is_wrong(value, problem):
    schema = {
        "type": "object",
        "required": ["a"],
        "properties": {
            "a": {"type": "string"},
            "at": {"type": "string", "format": "date-time"},
            "rows": {"type": "array", "items": {"$ref": "#/Row"}},
        },
    }
    assert problem in set(violations(value, schema, {"Row": {"type": "object"}}))
