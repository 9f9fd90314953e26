"""Log lines, as machines and people read them."""

import json
import logging
import sys

from hypothesis import given
from hypothesis import strategies as st

from bandstand.errors import HIDDEN
from bandstand.observe.logs import JsonLines, PlainLines, configure_logs
from bandstand.observe.note import redacted


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


ANY = st.text(st.characters(), max_size=80) | st.sampled_from(
    ["\x1b[2J\x1b]0;owned\x07", "a\r\nb", "\x85\u2028\u2029", "\u202eabc", "\ud800", "\x00", "x" * 100_000, 'a="b" c=d']
)


@given(ANY, ANY)
def test_any_text_is_one_line_that_moves_no_cursor(event, value):
    for formatter in (JsonLines(), PlainLines()):
        line = formatter.format(record(msg=event, args=(), url=value))
        assert not HIDDEN.search(line)
        assert len(line.splitlines()) <= 1
        assert len(line.encode()) < 100_000


@given(ANY)
def test_a_json_line_holds_the_text_that_it_was_given(value):
    told = json.loads(JsonLines().format(record(url=value))).get("url", "")
    assert told == value or (len(value) > 4000 and told == value[:3999] + "…")


@given(ANY)
def test_a_plain_value_cannot_be_taken_for_another(value):
    line = PlainLines().format(record(url=value, status=200))
    assert line.endswith(" status=200")
    assert line.count(" status=") == 1 or '"' in line


@given(ANY)
def test_a_traceback_of_any_text_keeps_to_its_lines(value):
    try:
        int(f"no number: {value}")
    except ValueError:
        plain = PlainLines().format(record(exc_info=sys.exc_info()))
        text = JsonLines().format(record(exc_info=sys.exc_info()))
    assert not HIDDEN.search(plain.replace("\n", ""))
    assert len(text.splitlines()) == 1
