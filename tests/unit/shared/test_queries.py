"""Named statements from files: what is missing or double stops the start."""

import pytest

from shared.queries import Queries


@pytest.fixture
def folder(tmp_path):
    def write(**files):
        (tmp_path / "some").mkdir(exist_ok=True)
        for name, text in files.items():
            (tmp_path / "some" / f"{name}.sql").write_text(text)
        return tmp_path

    return write


def test_statements_are_found_by_name_without_comments_and_semicolon(folder):
    root = folder(
        a="-- A file.\n\n-- name: one\n-- Why.\nSELECT 1;\n\n-- name: two\nSELECT 2\nFROM t;\n",
        b="-- name: three\nSELECT 3",
    )
    queries = Queries("some", root)
    assert queries.names() == {"one", "two", "three"}
    assert (queries["one"], queries["two"]) == (b"SELECT 1", b"SELECT 2\nFROM t")
    assert "one" in queries
    assert "four" not in queries


def test_a_name_that_is_missing_is_a_key_error_with_the_name(folder):
    with pytest.raises(KeyError, match="nothing"):
        Queries("some", folder(a="-- name: one\nSELECT 1"))["nothing"]


def test_a_name_that_stands_twice_stops_the_start(folder):
    root = folder(a="-- name: one\nSELECT 1", b="-- name: one\nSELECT 2")
    with pytest.raises(ValueError, match=r"b\.sql.*one"):
        Queries("some", root)


def test_a_file_without_a_name_stops_the_start(folder):
    with pytest.raises(ValueError, match=r"a\.sql"):
        Queries("some", folder(a="SELECT 1"))


def test_an_empty_folder_stops_the_start(tmp_path):
    with pytest.raises(ValueError, match="no statements"):
        Queries("some", tmp_path)


def test_placeholders_are_numbered_by_name_and_values_follow(folder):
    root = folder(a="-- name: one\nSELECT %(b)s, %(a)s, %(b)s, 5 %% 2")
    positional = Queries("some", root).positional("one")
    assert positional.text == b"SELECT $1, $2, $1, 5 % 2"
    assert positional.values({"a": 1, "b": 2, "c": 3}) == [2, 1]
    with pytest.raises(KeyError):
        positional.values({"a": 1})
