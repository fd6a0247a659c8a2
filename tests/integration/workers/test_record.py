"""Recordings on disk: what is appended comes back, the oldest day goes first, and no poll ever hears of trouble."""

from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest

from local.tab.recording import NoRecordingError, read_recording
from workers.upstream.exchange import Try
from workers.upstream.record import CARD, Entry, Recorder, file_name

AT = datetime(2026, 11, 18, 3, 4, 5, 678901, tzinfo=UTC)
DAY = date(2026, 11, 18)


def entry(body=b'{"data":1}', at=AT, **changes):
    return Entry(
        **{
            "kind": "race", "path": "/affiliates/v1/racing/events/r1", "at": at, "received_at": at, "done_at": at,
            "outcome": "changed", "body": body,
        } | changes
    )  # fmt: skip


def test_what_is_appended_comes_back_in_the_order_of_the_sending(tmp_path):
    recorder = Recorder(tmp_path)
    recorder.keep(DAY, "r1", entry(at=AT + timedelta(seconds=15), body=b"later", due_at=AT, lateness_ms=7, tries=2))
    recorder.keep(DAY, CARD, entry(kind="meetings", written=(("m1", AT), ("m2", AT))))
    first, second = read_recording(tmp_path)
    assert (first.entry.kind, first.entry.written) == ("meetings", (("m1", AT), ("m2", AT)))
    assert (second.body(), second.day, second.slot) == (b"later", DAY, AT)
    assert (second.entry.at, second.entry.lateness_ms, second.entry.tries) == (AT + timedelta(seconds=15), 7, 2)


def test_a_call_of_several_tries_leaves_a_line_of_each(tmp_path):
    tries = [
        Try(AT, AT + timedelta(seconds=1), "status_500", 500, b"boom"),
        Try(AT + timedelta(seconds=2), AT + timedelta(seconds=3), "connection", None, None),
        Try(AT + timedelta(seconds=4), AT + timedelta(seconds=5), "good", 200, b"whole"),
    ]
    call = entry(None, at=AT + timedelta(seconds=4), status=200, tries=3, due_at=AT)
    Recorder(tmp_path).keep(DAY, "r1", call, tries)
    lines = read_recording(tmp_path)
    assert [line.body() for line in lines] == [b"boom", None, b"whole"]
    assert [line.settles for line in lines] == [False, False, True]
    assert [(line.entry.outcome, line.entry.status, line.entry.error, line.entry.tries) for line in lines] == [
        ("retried", 500, "status_500", 1), ("retried", None, "connection", 2), ("changed", 200, None, 3),
    ]  # fmt: skip
    assert [line.entry.at for line in lines] == [each.sent_at for each in tries]


@pytest.mark.parametrize("body", [b"", b'{"name":"\xc3\xa9"}', b"\x00\xff cut o", None], ids=repr)
def test_a_body_comes_back_byte_by_byte_whatever_is_in_it(tmp_path, body):
    Recorder(tmp_path).keep(DAY, "r1", entry(body))
    assert read_recording(tmp_path)[0].body() == body


def test_the_oldest_days_go_first_when_the_room_is_used_up(tmp_path):
    noise = bytes(range(256)) * 1200  # 300 kB that stay some 30 kB when packed
    recorder = Recorder(tmp_path, most_mb=1)
    size = None
    for number in range(60):
        recorder.keep(DAY + timedelta(number // 6), f"r{number}", entry(_scrambled(noise, number)))
        size = sum(file.stat().st_size for file in tmp_path.rglob("*.gz"))
        assert size <= 1_000_000
    days = sorted(folder.name for folder in tmp_path.iterdir())
    assert days[-1] == str(DAY + timedelta(9))
    assert str(DAY) not in days
    assert size > 500_000, "more was dropped than had to go"


def _scrambled(noise, number):
    return Random(number).randbytes(60_000) + noise


def test_what_earlier_runs_left_counts(tmp_path):
    Recorder(tmp_path, most_mb=1).keep(DAY, "r1", entry(_scrambled(b"", 1) * 15))
    Recorder(tmp_path, most_mb=1).keep(DAY + timedelta(1), "r2", entry(_scrambled(b"", 2) * 15))
    assert sum(file.stat().st_size for file in tmp_path.rglob("*.gz")) <= 1_000_000


def test_a_day_larger_than_the_room_keeps_its_beginning_and_counts_the_rest(tmp_path):
    recorder = Recorder(tmp_path, most_mb=1)
    for number in range(20):
        recorder.keep(DAY, f"r{number}", entry(_scrambled(b"", number) * 2))
    assert recorder.lost > 0
    assert read_recording(tmp_path)[0].entry.path.endswith("r1")


def test_a_disk_that_refuses_is_counted_and_raises_nothing(tmp_path):
    (tmp_path / "taken").write_text("a file where the folder should be")
    recorder = Recorder(tmp_path / "taken")
    recorder.keep(DAY, "r1", entry())
    recorder.keep(DAY, "r1", entry())
    assert recorder.lost >= 2


@pytest.mark.parametrize("name", ["../../etc/passwd", "..", ".", "a/b", "a\x00b", "ü" * 300])
def test_an_id_of_upstream_never_leads_out_of_the_folder(tmp_path, name):
    recorder = Recorder(tmp_path)
    recorder.keep(DAY, name, entry())
    assert recorder.lost == 0
    assert [file.parent for file in tmp_path.rglob("*.gz")] == [tmp_path / str(DAY)]
    assert "/" not in file_name(name)


def test_a_last_line_that_was_cut_off_is_left_out(tmp_path):
    recorder = Recorder(tmp_path)
    recorder.keep(DAY, "r1", entry(b"whole"))
    recorder.keep(DAY, "r1", entry(b"cut"))
    (file,) = tmp_path.rglob("*.gz")
    file.write_bytes(file.read_bytes()[:-9])
    assert [line.body() for line in read_recording(tmp_path)] == [b"whole"]


def test_without_a_folder_nothing_is_kept():
    recorder = Recorder(None)
    recorder.keep(DAY, "r1", entry())
    assert not recorder
    assert recorder.lost == 0


def test_an_empty_folder_is_no_recording(tmp_path):
    with pytest.raises(NoRecordingError, match="RECORD_DIR"):
        read_recording(tmp_path)
