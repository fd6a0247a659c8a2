"""Logs: JSON lines with bound fields, stdlib's logs too, and nothing secret in them."""

import json
import logging

import pytest
from loguru import logger

from shared import logs
from shared.settings import LogSettings

URL = "postgresql://writer:s3cret@host:5432/db"


@pytest.fixture
def json_lines(capfd):
    """Set the logs up; return a function that reads what was logged."""
    handlers, level = logging.root.handlers[:], logging.root.level
    logs.set_up(LogSettings(log_format="json", log_level="INFO"), "workers")
    yield lambda: [json.loads(line) for line in capfd.readouterr().err.splitlines()]
    logger.remove()
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)


def test_a_line_is_json_with_its_fields(json_lines):
    logger.bind(race_id="r1", rows=3, nothing=None).info("race polled")
    (line,) = json_lines()
    assert (line["message"], line["race_id"], line["rows"]) == ("race polled", "r1", 3)
    assert (line["level"], line["service"]) == ("INFO", "workers")
    assert "nothing" not in line
    assert line["time"]


@pytest.mark.parametrize("text", [URL, "api_key=s3cret&x=1", "password=s3cret"])
def test_a_message_with_a_secret_in_it_is_blotted(json_lines, text):
    logger.info("cannot reach {}", text)
    (line,) = json_lines()
    assert "s3cret" not in json.dumps(line)


@pytest.mark.parametrize("text", [URL, "api_key=s3cret&x=1"])
def test_a_field_with_a_secret_in_it_is_blotted(json_lines, text):
    logger.bind(error=f"cannot reach {text}").warning("poll failed")
    (line,) = json_lines()
    assert "s3cret" not in json.dumps(line)


def test_an_exception_is_one_line_without_its_secret(json_lines):
    try:
        raise ValueError(URL)
    except ValueError as error:
        logger.opt(exception=error).error("it broke")
    (line,) = json_lines()
    assert line["exception"].startswith("ValueError")
    assert "s3cret" not in json.dumps(line)
    assert "where" in line


def test_text_from_outside_is_no_format_string(json_lines):
    logger.bind(error="{0} {race_id} %s").warning("poll failed")
    logging.getLogger("psycopg.pool").warning("odd {braces} %s", "here")
    first, second = json_lines()
    assert first["error"] == "{0} {race_id} %s"
    assert (second["message"], second["logger"]) == ("odd {braces} here", "psycopg.pool")


def test_what_is_below_the_level_is_not_shown(json_lines):
    logger.debug("detail")
    assert json_lines() == []


def test_a_password_in_a_connection_string_is_blotted_and_the_rest_kept():
    assert logs.redacted(URL) == "postgresql://writer:***@host:5432/db"
    assert logs.redacted("nothing to hide") == "nothing to hide"


def test_text_for_a_terminal_has_its_fields(capfd):
    logs.set_up(LogSettings(log_format="text"), "workers")
    logger.bind(race_id="r1", error=URL).info("race polled")
    shown = capfd.readouterr().err
    logger.remove()
    assert "race polled" in shown
    assert "race_id=r1" in shown
    assert "s3cret" not in shown
