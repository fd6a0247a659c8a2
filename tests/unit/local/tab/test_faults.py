import json
from threading import Event

import pytest

from local.tab.faults import BadSpec, Faults, act, parse, whole_reply

BODY = json.dumps({"data": list(range(2000))}).encode()


def test_a_specification_names_shares():
    assert parse("500=0.1, drip=0.02,") == {"500": 0.1, "drip": 0.02}
    assert parse("") == {}


@pytest.mark.parametrize("spec", ["501=0.1", "500", "500=x", "500=2", "500=-0.1", "500=0.6,429=0.6"])
def test_a_wrong_specification_is_refused(spec):
    with pytest.raises(BadSpec):
        parse(spec)


def test_faults_fall_by_their_shares_and_the_same_seed_draws_the_same():
    faults, twin = (Faults("500=0.25,html=0.25", seed=3) for _ in range(2))
    drawn = [faults.choose() for _ in range(2000)]
    assert drawn == [twin.choose() for _ in range(2000)]
    assert 400 < drawn.count("500") < 600
    assert 900 < drawn.count(None) < 1100


@pytest.mark.parametrize("name", ["html", "garbage"])
def test_nonsense_is_no_json(name):
    with pytest.raises(ValueError):  # noqa: PT011 whatever the decoder says
        json.loads(whole_reply(name, BODY).body)


def test_too_many_requests_says_when_to_come_back():
    assert whole_reply("429", BODY).retry_after == 2


def test_a_cut_off_answer_promises_more_than_it_sends():
    sent = []
    act("truncate", BODY, sent.append, Event())
    head, _, body = b"".join(sent).partition(b"\r\n\r\n")
    assert f"Content-Length: {len(BODY)}".encode() in head
    assert 0 < len(body) < len(BODY)


@pytest.mark.parametrize("name", ["drip", "headers", "hang"])
def test_a_slow_answer_ends_with_the_server(name):
    stopping, sent = Event(), []
    stopping.set()
    act(name, BODY, sent.append, stopping)
    assert len(b"".join(sent)) < len(BODY)
