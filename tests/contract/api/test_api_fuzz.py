"""Schemathesis over the whole OpenAPI, against the service as it is run: no 5xx, every answer matches its schema.

`RACEDAY_FUZZ` says how many requests are made up for each route, beside those at the edges of its description: 25.
"""

import os
from pathlib import Path
from zlib import crc32

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.fixtures.api import FINAL, MEETING, OPEN, USER
from tests.fixtures.api_process import api_process

pytestmark = pytest.mark.postgres

EXAMPLES = int(os.environ.get("RACEDAY_FUZZ", "25"))
CHECKS = (not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance)
STORED = {"race_id": (OPEN, FINAL), "meeting_id": (MEETING,), "user_id": (USER,), "date": ("2025-07-17",)}


# The stream does not end by itself; it has tests of its own.
schema = schemathesis.openapi.from_path(Path(__file__).parents[1] / "openapi.json").exclude(path="/api/stream")


@pytest.fixture(scope="module")
def service(stored_day, tmp_path_factory):
    """Yield the base URL of a service over the stored day."""
    with api_process(stored_day.store.url, tmp_path_factory.mktemp("fuzz")) as url:
        yield url


def of_the_day(values, draw):
    """Let two of three names be of rows that are stored, as a made-up one only ever finds nothing, and one instant do."""
    if draw % 3 and {"at", "minus"} <= set(values or ()):
        del values[("at", "minus")[draw % 2]]
    for name in STORED.keys() & (values or {}).keys():
        if draw % 3:
            values[name] = STORED[name][draw % len(STORED[name])]
    return values


@schema.parametrize()
@settings(max_examples=EXAMPLES, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_no_request_breaks_the_service_or_its_schema(case, service):
    draw = crc32(repr((case.query, case.path_parameters)).encode(errors="replace"))
    case.query = of_the_day(case.query, draw)
    case.path_parameters = of_the_day(case.path_parameters, draw)
    case.call_and_validate(base_url=service, checks=CHECKS, timeout=30)
