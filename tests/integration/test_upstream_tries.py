"""Whoever records is told of every try: its instants, its status and as much of its body as came."""

from contextlib import closing, nullcontext

import pytest

from shared.clock import Clock
from shared.errors import PayloadError, Refused, Unavailable
from shared.settings import UpstreamSettings
from tests.fixtures.builders import RACE_ID, card_body, card_meeting, event_body
from tests.fixtures.upstream import answer, hang, scripted_tab, truncated, zipped
from workers.upstream.body import MAX_BYTES
from workers.upstream.client import TabClient
from workers.upstream.exchange import MOST_OF_AN_ERROR
from workers.upstream.parse_card import parse_card
from workers.upstream.parse_race import parse_race

WHO = {"tab_from": "me@example.org", "tab_partner": "Partner X", "tab_partner_id": "partner-id-7"}


def tries_of(*steps, deadline_s=20.0, error=None):
    """Return what is heard of one call of a race."""
    heard = []
    with scripted_tab(*steps) as tab:
        settings = UpstreamSettings(_env_file=None, tab_api_url=tab.url, **WHO)
        outcome = pytest.raises(error) if error else nullcontext()
        with closing(TabClient(settings, Clock(), chance=lambda: 0.1)) as client, outcome:
            client.race(RACE_ID, lambda body: parse_race(body, RACE_ID), deadline_s=deadline_s, hear=heard.append)
    return heard


def test_every_try_of_a_call_is_heard_with_what_it_brought():
    body = event_body()
    heard = tries_of(answer(b"boom", 500), answer(b"wait", 429), truncated(body), answer(b"<html>"), zipped(body))
    assert [(each.outcome, each.status) for each in heard] == [
        ("status_500", 500), ("status_429", 429), ("cut_off", 200), ("not_json", 200), ("good", 200),
    ]  # fmt: skip
    assert [each.body for each in heard] == [b"boom", b"wait", body[: len(body) // 2], b"<html>", body]
    instants = [instant for each in heard for instant in (each.sent_at, each.ended_at)]
    assert instants == sorted(instants)


@pytest.mark.parametrize(
    ("step", "error", "status", "body"),
    [
        (answer(b'{"why":"no"}', 403), Refused, 403, b'{"why":"no"}'),
        (answer(b'{"data":null}'), PayloadError, 200, b'{"data":null}'),
        (answer(b"[]", 503), Unavailable, 503, b"[]"),
        (hang, Unavailable, None, None),
    ],
    ids=["refused", "not what we need", "unavailable", "no answer at all"],
)
def test_the_last_try_of_a_call_that_failed_is_heard_too(step, error, status, body):
    heard = tries_of(step, deadline_s=1.0, error=error)
    assert heard
    assert {(each.status, each.body) for each in heard} == {(status, body)}


def test_the_body_of_an_error_is_read_to_a_limit_only():
    heard = tries_of(answer(b"x" * MAX_BYTES, 500), answer(event_body()))
    assert heard[0].outcome == "status_500"
    assert 0 < len(heard[0].body) <= MOST_OF_AN_ERROR


def test_a_connection_that_brought_an_error_is_used_again():
    with scripted_tab(answer(b"boom", 500), answer(event_body())) as tab:
        settings = UpstreamSettings(_env_file=None, tab_api_url=tab.url, **WHO)
        with closing(TabClient(settings, Clock(), chance=lambda: 0.1)) as client:
            client.race(RACE_ID, lambda body: parse_race(body, RACE_ID), deadline_s=20)
        assert len(tab.connections) == 1


def test_tries_for_the_card_are_heard():
    heard = []
    steps = (answer(b"boom", 500), answer(card_body([card_meeting()])))
    with scripted_tab(*steps) as tab:
        settings = UpstreamSettings(_env_file=None, tab_api_url=tab.url, **WHO)
        with closing(TabClient(settings, Clock(), chance=lambda: 0.1)) as client:
            client.meeting("abc", parse_card, heard.append)
    assert [each.status for each in heard] == [500, 200]
