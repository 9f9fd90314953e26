"""Log lines on standard error: JSON for machines, short text for people, UTC."""

import json
import logging
import re
import sys
import time
from typing import Literal

from bandstand.errors import HIDDEN, printable

_MOST_CHARACTERS = 4000
"""Of an event or a value: one line must not fill a disk, and readers of logs cut lines of tens of kilobytes."""
_MOST_TRACEBACK = 20_000
_STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}


class JsonLines(logging.Formatter):
    """One JSON object a line: `ts`, `level`, `event`, and whatever the event carries."""

    def format(self, record: logging.LogRecord) -> str:
        """Spell one record."""
        line: dict[str, object] = {
            "ts": _utc(record.created),
            "level": record.levelname.lower(),
            "event": _cut(record.getMessage()),
            "logger": record.name,
        }
        line.update({key: _cut(value) if isinstance(value, str) else value for key, value in _extras(record).items()})
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)[-_MOST_TRACEBACK:]
        text = json.dumps(line, ensure_ascii=False, default=lambda value: _cut(str(value)))
        # What JSON leaves as it is and a terminal does not: C1 controls, U+2028, bidi, half surrogates.
        return text if text.isprintable() else HIDDEN.sub(_as_json, text)


class PlainLines(logging.Formatter):
    """For a terminal: time, level where it is not information, event, `key=value`."""

    def format(self, record: logging.LogRecord) -> str:
        """Spell one record."""
        level = "" if record.levelno == logging.INFO else f"{record.levelname.lower()} "
        extras = " ".join(f"{key}={_value(value)}" for key, value in _extras(record).items())
        text = f"{_utc(record.created)[11:19]} {level}{printable(_cut(record.getMessage()))} {extras}".rstrip()
        if not record.exc_info:
            return text
        trace = self.formatException(record.exc_info)[-_MOST_TRACEBACK:]
        return "\n".join([text, *(printable(line) for line in trace.split("\n"))])


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


def _cut(text: str) -> str:
    return text if len(text) <= _MOST_CHARACTERS else f"{text[: _MOST_CHARACTERS - 1]}…"


def _as_json(match: re.Match[str]) -> str:
    return f"\\u{ord(match[0]):04x}"


def _value(value: object) -> str:
    """A value in a plain line: quoted where it could be taken for something else."""
    text = _cut(str(value))
    if text and text.isprintable() and not any(c in text for c in ' "='):
        return text
    return printable(json.dumps(text, ensure_ascii=False)) if not isinstance(value, int | float) else text


def _utc(moment: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(moment)) + f".{int(moment % 1 * 1000):03d}Z"
