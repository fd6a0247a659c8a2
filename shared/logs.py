"""loguru set-up, JSON or text, redaction; stdlib logs routed into it.

A message is a fixed phrase; what varies is bound (`logger.bind(race_id=…).info("race polled")`).
"""

import json
import logging
import re
import sys
from typing import TYPE_CHECKING

from loguru import logger

from shared.settings import LogSettings

if TYPE_CHECKING:
    from loguru import Record

_SECRET = re.compile(r"(postgres(?:ql)?://[^:@/\s]*:)[^@\s]+@|((?:password|api[_-]?key)=)[^&\s]+", re.IGNORECASE)


class _Stdlib(logging.Handler):
    """Hands records of the standard library's loggers to loguru."""

    def emit(self, record: logging.LogRecord) -> None:
        level = record.levelname if record.levelname in {"DEBUG", "INFO", "WARNING", "ERROR"} else "ERROR"
        logger.bind(logger=record.name).opt(exception=record.exc_info).log(level, "{}", record.getMessage())


def set_up(settings: LogSettings, service: str) -> None:
    """Send every log of this process to standard error; called once, in `__main__`."""
    logger.remove()
    logger.configure(extra={"service": service}, patcher=_redact)
    if settings.log_format == "json":
        logger.add(_print_json, level=settings.log_level, backtrace=False, diagnose=False)
    else:
        logger.add(
            sys.stderr, level=settings.log_level, format=_text_format, backtrace=False, diagnose=False, colorize=None
        )
    logging.basicConfig(handlers=[_Stdlib()], level=logging.WARNING, force=True)


def redacted(text: str) -> str:
    """Blot out passwords and keys in *text*."""
    return _SECRET.sub(lambda match: f"{match.group(1) or match.group(2)}***{'@' if match.group(1) else ''}", text)


def _redact(record: "Record") -> None:
    record["message"] = redacted(record["message"])


def _fields(record: "Record") -> dict[str, object]:
    given = {name: value for name, value in record["extra"].items() if name != "service" and value is not None}
    return {name: redacted(value) if isinstance(value, str) else value for name, value in given.items()}


def _text_format(record: "Record") -> str:
    fields = " ".join(f"{name}={value}" for name, value in _fields(record).items())
    record["extra"]["_fields"] = fields
    tail = "\n{exception}" if record["exception"] else "\n"
    return "{time:HH:mm:ss.SSS} <level>{level: <7}</level> {message} <dim>{extra[_fields]}</dim>" + tail


def _print_json(message: object) -> None:
    record: Record = message.record  # type: ignore[attr-defined]  # loguru's message is a str with a record
    line: dict[str, object] = {
        "time": record["time"].isoformat(),
        "level": record["level"].name,
        "service": record["extra"].get("service"),
        "message": record["message"],
        **_fields(record),
    }
    if record["exception"] is not None:
        line["exception"] = redacted(repr(record["exception"].value))
        line["where"] = f"{record['name']}:{record['function']}:{record['line']}"
    sys.stderr.write(json.dumps(line, default=str) + "\n")
