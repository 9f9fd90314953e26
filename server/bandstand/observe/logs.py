"""Log lines on standard error: JSON for machines, short text for people, UTC."""

import json
import logging
import sys
import time
from typing import Literal

_STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}


class JsonLines(logging.Formatter):
    """One JSON object a line: `ts`, `level`, `event`, and whatever the event carries."""

    def format(self, record: logging.LogRecord) -> str:
        """Spell one record."""
        line: dict[str, object] = {
            "ts": _utc(record.created),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            "logger": record.name,
        }
        line.update(_extras(record))
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


class PlainLines(logging.Formatter):
    """For a terminal: time, level where it is not information, event, `key=value`."""

    def format(self, record: logging.LogRecord) -> str:
        """Spell one record."""
        level = "" if record.levelno == logging.INFO else f"{record.levelname.lower()} "
        extras = " ".join(f"{key}={value}" for key, value in _extras(record).items())
        text = f"{_utc(record.created)[11:19]} {level}{record.getMessage()} {extras}".rstrip()
        return f"{text}\n{self.formatException(record.exc_info)}" if record.exc_info else text


def configure_logs(level: str, form: Literal["auto", "text", "json"]) -> None:
    """Send everything under `bandstand` to standard error, once however often it is called.

    Args:
        level: `debug`, `info`, `warning` or `error`.
        form: `auto` is text on a terminal and JSON elsewhere.
    """
    logger = logging.getLogger("bandstand")
    logger.setLevel(level.upper())
    for old in [h for h in logger.handlers if isinstance(h.formatter, JsonLines | PlainLines)]:
        logger.removeHandler(old)
    handler = logging.StreamHandler(sys.stderr)
    plain = form == "text" or (form == "auto" and sys.stderr.isatty())
    handler.setFormatter(PlainLines() if plain else JsonLines())
    logger.addHandler(handler)
    logger.propagate = False


def _extras(record: logging.LogRecord) -> dict[str, object]:
    return {key: value for key, value in record.__dict__.items() if key not in _STANDARD and value not in (None, "")}


def _utc(moment: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(moment)) + f".{int(moment % 1 * 1000):03d}Z"
