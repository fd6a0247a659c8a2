"""What a measurement says of itself."""

import json

import pytest

from bench import report
from bench.report import Measured


def a_row(value, **changes):
    return Measured("some_name", value, "ms", **{"bar": 14, "aim": 8, **changes})


@pytest.mark.parametrize(("value", "met"), [(14.0, True), (14.1, False)])
def test_a_value_meets_its_bar_up_to_the_bar(value, met):
    assert a_row(value).reaches(14) is met


def test_a_ratio_is_measured_where_there_is_a_floor():
    row = a_row(70.0, floor=7.0)
    assert row.ratio == 10
    assert row.reaches(row.bar)
    assert not row.reaches(row.aim)


def test_a_rate_meets_its_bar_from_the_bar_on():
    assert a_row(40.0, bar=40, aim=100, more_is_better=True).reaches(40)
    assert not a_row(39.9, bar=40, aim=100, more_is_better=True).reaches(40)


def test_the_file_has_the_keys_that_others_rely_on(tmp_path, monkeypatch):
    monkeypatch.setattr(report, "LATEST", tmp_path / "results" / "latest.json")
    report.write_json([a_row(70.0, floor=7.0), a_row(3.0)])
    first, second = json.loads(report.LATEST.read_text())
    keys = ["name", "value", "unit", "floor", "ratio", "bar", "aim", "met"]
    assert list(first) == keys
    assert (first["ratio"], first["met"]) == (10, True)
    assert (second["floor"], second["ratio"], second["met"]) == (None, None, True)
