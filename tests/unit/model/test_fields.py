"""Header fields hold any text: one line of ASCII, not too long, from which the text can be told."""

import re
from email.message import Message
from urllib.parse import unquote

from hypothesis import given
from hypothesis import strategies as st

from bandstand.model.fields import MOST_CHARACTERS, MOST_WARNINGS, content_id, disposition, file_name, sendable, warning

ANY = st.text(st.characters(), max_size=60) | st.text(max_size=30).map(lambda text: text * 1000)
LINE = re.compile(r"[\x20-\x7e]*")


@given(ANY)
def test_every_value_leaves_as_one_line(text):
    ((_, value),) = sendable([("X-A", text)])
    assert LINE.fullmatch(value)
    assert len(value) <= MOST_CHARACTERS


@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=MOST_CHARACTERS))
def test_what_is_a_line_stays_as_it_is(text):
    assert sendable([("X-A", text)]) == [("X-A", text)]


@given(ANY)
def test_a_warning_is_a_quoted_string(text):
    value = warning(text)
    assert re.fullmatch(r'199 - "(?:[^"\\]|\\.)*"', value)
    assert LINE.fullmatch(value)
    assert len(value) < MOST_CHARACTERS


def test_warnings_beyond_some_are_counted():
    told = [value for _, value in sendable([("Warning", warning(str(number))) for number in range(50)])]
    assert len(told) == MOST_WARNINGS
    assert told[-1] == '199 - "41 more warnings"'


@given(ANY)
def test_a_file_is_saved_under_its_name(text):
    name = file_name(text)
    message = Message()
    message["Content-Disposition"] = disposition("attachment", name)
    assert LINE.fullmatch(message["Content-Disposition"])
    assert not set(name) & set('/\\:"\r\n')
    coded = re.search(r"filename\*=UTF-8''(\S+)", message["Content-Disposition"])
    assert (unquote(coded[1]) if coded else message.get_filename()) == name


@given(ANY)
def test_an_id_of_a_part_is_one_word(text):
    assert re.fullmatch(r"[\x21-\x7e]*", content_id(text))
