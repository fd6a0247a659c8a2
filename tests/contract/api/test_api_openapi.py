"""The served OpenAPI is the one that is checked in; every route reads only, has an example, refuses in one shape."""

import json
import os
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from api.schemas.base import Listed, Wire
from api.schemas.board import Board
from api.schemas.changes import Changes
from api.schemas.entrants import Entrant
from api.schemas.odds import HistoricalOdds, LiveOdds
from api.schemas.races import Race
from api.schemas.timeline import Timeline
from tests.fixtures.api import FINAL, MEETING, OPEN, client  # noqa: F401  the fixture

SNAPSHOT = Path(__file__).parents[1] / "openapi.json"
pytestmark = [pytest.mark.anyio, pytest.mark.postgres]


@pytest.fixture
async def served(client):  # noqa: F811  the fixture
    return (await client.get("/openapi.json")).json()


async def test_the_served_openapi_is_the_checked_in_one(served):
    """RACEDAY_WRITE_SNAPSHOT=1 writes it anew, after a change that was meant."""
    if os.environ.get("RACEDAY_WRITE_SNAPSHOT"):
        SNAPSHOT.write_text(json.dumps(served, indent=1, sort_keys=True) + "\n")
    assert served == json.loads(SNAPSHOT.read_text())


async def test_every_route_only_reads(served):
    assert {method for path in served["paths"].values() for method in path} == {"get"}


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"])
async def test_any_other_method_is_refused_on_every_path(client, served, method):  # noqa: F811
    for path in served["paths"]:
        answer = await client.request(method, path.format(race_id=OPEN, meeting_id=MEETING))
        assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")
        assert set(answer.json()) == {"error"}


def filled(path):
    path = path.format(race_id=OPEN, meeting_id=MEETING)
    if path.endswith("/as-of"):
        return f"{path}?minus=600"
    if path == "/api/races":
        return f"{path}?meeting_id={MEETING}"
    if path in {
        "/api/entrants",
        "/api/race-pools",
        "/api/race-results",
        "/api/money-flow-timeline",
        "/api/races/navigation",
    }:
        return f"{path}?race_id={FINAL}"
    return path


async def test_head_answers_as_get_without_the_body(client, served):  # noqa: F811
    for path in served["paths"]:
        head = await client.head(filled(path))
        assert (head.status_code, head.content) == (200, b""), path
        if path == "/api/stream":
            assert head.headers["content-type"].startswith("text/event-stream")
            continue
        got = await client.get(filled(path))
        assert got.status_code == 200
        assert head.headers["content-type"] == got.headers["content-type"], path
        if path != "/api/scheduler-status":  # the heartbeats' age is real time, and runs
            assert head.headers.get("etag") == got.headers.get("etag"), path


async def test_every_path_is_served_with_and_without_api(client, served):  # noqa: F811
    for path in served["paths"]:
        bare = filled(path).removeprefix("/api")
        for spelling in (bare, f"/api{bare}", bare.replace("?", "/?") if "?" in bare else f"{bare}/"):
            answer = await client.head(spelling)
            assert answer.status_code == 200, spelling


async def test_every_refusal_is_described_in_the_one_shape(served):
    for path, methods in served["paths"].items():
        responses = methods["get"]["responses"]
        for status in ("400", "401", "404", "422", "429", "503"):
            schema = responses[status]["content"]["application/json"]["schema"]
            assert schema["$ref"].endswith(("/ErrorBody", "/Health")), (path, status)


async def test_every_json_answer_has_a_model_with_an_example_that_is_one(served):
    components = served["components"]["schemas"]
    by_name = {model.__name__: model for model in _models()}

    def resolved(schema):
        parts = [part for part in (schema, schema.get("items"), *schema.get("anyOf", ())) if part and "$ref" in part]
        return parts[0]["$ref"].rsplit("/", 1)[1]

    for path, methods in served["paths"].items():
        content = methods["get"]["responses"]["200"].get("content", {})
        if "application/json" in content:
            name = resolved(content["application/json"]["schema"])
            assert len(components[name]["examples"]) == 1, path
            model = by_name.get(name) or by_name[name.removesuffix("_").replace("_", "[", 1) + "]"]
            (whole,) = model.model_json_schema()["examples"]  # the description leaves its nulls out
            model.model_validate_json(json.dumps(whole))


def _models():
    found = [Wire]
    for model in found:
        found += [each for each in model.__subclasses__() if each not in found]
    return found


async def test_parameters_are_documented_in_snake_case(served):
    for methods in served["paths"].values():
        for parameter in methods["get"].get("parameters", ()):
            assert parameter["name"] == parameter["name"].lower()


MODELS = {
    f"/api/entrants?race_id={OPEN}": list[Entrant],
    f"/api/money-flow-timeline?race_id={OPEN}": Timeline,
    f"/api/money-flow-timeline?race_id={OPEN}&limit=2": Timeline,
    "/api/live-odds": Listed[LiveOdds],
    "/api/historical-odds": Listed[HistoricalOdds],
    "/api/changes": Changes,
    "/api/live-odds/races-by-stage": Board,
    "/api/races/next-scheduled": Race | None,
}


@pytest.mark.parametrize("path", MODELS)
async def test_what_is_put_together_from_pieces_is_what_its_model_says(client, path):  # noqa: F811
    """Models forbid keys they do not know, so no key is missing and none is too many."""
    answer = await client.get(path)
    found = TypeAdapter(MODELS[path]).validate_json(answer.content)
    again = TypeAdapter(MODELS[path]).dump_python(found, mode="json")
    assert again == answer.json()
