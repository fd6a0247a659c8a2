"""What a NOTIFY says, and what is no notice."""

import json

import pytest

from shared.events import Notice, decode


def test_a_notice_names_its_race_and_the_kinds():
    payload = json.dumps({"race_id": "r1", "kinds": ["odds", "status"], "at": "2026-07-17T00:50:00+00:00"})
    assert decode(payload) == Notice("r1", ("odds", "status"), "2026-07-17T00:50:00+00:00")


def test_a_notice_of_the_card_has_no_race():
    assert decode('{"race_id": null, "kinds": ["meeting"]}') == Notice(None, ("meeting",), None)


@pytest.mark.parametrize("payload", ["", "x", "[]", "{}", '{"kinds": "odds"}', "null"])
def test_anything_else_is_a_value_error(payload):
    with pytest.raises(ValueError):  # noqa: PT011  json's own error is one
        decode(payload)
