"""Log lines, as machines and people read them."""

import json
import logging
import sys

from bandstand.observe.logs import JsonLines, PlainLines, configure_logs
from bandstand.web.mount import redacted


def record(**extra):
    made = logging.makeLogRecord({"name": "bandstand.web", "levelname": "INFO", "levelno": 20, "msg": "request"})
    made.created = 1_700_000_000.25
    made.__dict__.update(extra)
    return made


def test_a_json_line_carries_the_event_and_its_fields():
    line = json.loads(JsonLines().format(record(status=200, ms=1.5)))
    assert line == {
        "ts": "2023-11-14T22:13:20.250Z",
        "level": "info",
        "event": "request",
        "logger": "bandstand.web",
        "status": 200,
        "ms": 1.5,
    }


def test_a_json_line_stays_one_line_with_a_traceback():
    try:
        1 / 0  # noqa: B018 - it raises
    except ZeroDivisionError:
        text = JsonLines().format(record(exc_info=sys.exc_info()))
    assert "\n" not in text
    assert "ZeroDivisionError" in json.loads(text)["traceback"]


def test_a_plain_line_is_short():
    assert PlainLines().format(record(status=200)) == "22:13:20 request status=200"


def test_setting_up_twice_writes_once():
    logger = logging.getLogger("bandstand")
    before, propagate, level = list(logger.handlers), logger.propagate, logger.level
    try:
        configure_logs("info", "json")
        configure_logs("info", "json")
        assert len([h for h in logger.handlers if isinstance(h.formatter, JsonLines)]) == 1
    finally:
        logger.handlers[:], logger.propagate = before, propagate
        logger.setLevel(level)


def test_credentials_do_not_reach_the_log():
    assert redacted("/wms?token=abc&LAYERS=a&access_token=d") == "/wms?token=…&LAYERS=a&access_token=…"


def test_other_spellings_of_credentials_do_not_reach_the_log_either():
    assert redacted("/wms?api_key=abc&X-Amz-Signature=b&apikey=c&LAYERS=a") == (
        "/wms?api_key=…&X-Amz-Signature=…&apikey=…&LAYERS=a"
    )
