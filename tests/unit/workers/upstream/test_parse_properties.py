"""Whatever happens to a sound body, parsing ends in an answer or in an UpstreamError that says why."""

import copy
import json
from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.errors import UpstreamError
from shared.models import PRICE_KINDS, RaceAnswer
from tests.fixtures.builders import RACE_ID, card_body, dividend, event, pool, result, runner
from workers.upstream.parse_card import Card, parse_card
from workers.upstream.parse_race import parse_race
from workers.upstream.parse_trends import parse_trends

SOUND = event(
    [runner(1), runner(2, is_scratched=True)],
    results=[result(1, 1)],
    dividends=[dividend()],
    tote_pools=[pool("Win", 5, tote_trends={"tote_trends_data": "<a/>"}), pool("Place", 6)],
)
CARD = json.loads(card_body(2))
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12)
EDGES = st.sampled_from([10**400, -(10**400), 1e308, float("nan"), float("inf"), "\0", "\ud800", 2**63, "x" * 501, ""])
ANYTHING = st.recursive(
    SCALARS | EDGES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def places(node, path=()):
    yield path
    if isinstance(node, dict | list):
        for key in node if isinstance(node, dict) else range(len(node)):
            yield from places(node[key], (*path, key))


EVENT_PLACES, CARD_PLACES = list(places(SOUND)), list(places(CARD))


def mutated(draw, sound, spots):
    tree = copy.deepcopy(sound)
    for _ in range(draw(st.integers(1, 4))):
        path = draw(st.sampled_from(spots))
        node = tree
        try:
            for key in path[:-1]:
                node = node[key]
            if not path:
                tree = draw(ANYTHING)
            elif draw(st.booleans()):
                node[path[-1]] = draw(ANYTHING)
            else:
                del node[path[-1]]
        except (KeyError, IndexError, TypeError):
            continue  # an earlier change took this place away
    return json.dumps(tree, separators=(",", ":")).encode(errors="surrogatepass")


@st.composite
def events(draw):
    return mutated(draw, SOUND, EVENT_PLACES)


@st.composite
def cards(draw):
    return mutated(draw, CARD, CARD_PLACES)


@settings(max_examples=400, deadline=None)
@given(events())
def test_any_change_of_an_event_is_parsed_or_refused(body):
    try:
        answer = parse_race(body, RACE_ID)
    except UpstreamError:
        return
    assert isinstance(answer, RaceAnswer)
    for entrant in answer.entrants:
        prices = [getattr(entrant.odds, kind) for kind in PRICE_KINDS]
        assert all(price is None or 0 < price <= 99_999_999.99 for price in prices)
        assert "\0" not in entrant.name
    assert all(each.total_cents is None or each.total_cents >= 0 for each in answer.pools or ())
    assert len({entrant.entrant_id for entrant in answer.entrants}) == len(answer.entrants)


@settings(max_examples=200, deadline=None)
@given(cards())
def test_any_change_of_a_card_is_parsed_or_refused(body):
    with suppress(UpstreamError):
        assert isinstance(parse_card(body), Card)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=60) | st.builds(lambda at: json.dumps(SOUND).encode()[:at], st.integers(0, 4000)))
def test_any_bytes_are_parsed_or_refused(body):
    for parse in (lambda: parse_race(body, RACE_ID), lambda: parse_card(body)):
        with suppress(UpstreamError):
            parse()


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200))
def test_any_text_as_trends_is_parsed_or_refused(text):
    with suppress(UpstreamError):
        assert parse_trends(text)
