"""Header fields whose values hold foreign text: names of scenes and files, reasons (RFC 9110, 5.5; RFC 6266)."""

import re
from collections.abc import Iterable
from urllib.parse import quote, unquote

MOST_CHARACTERS = 1000
"""Of one value: a proxy refuses the answer whose head is larger than some kilobytes."""
MOST_WARNINGS = 10
"""Of one answer, one that counts the rest included."""
_MOST_TEXT = 400
_MOST_NAME = 150
_UNSAFE_IN_NAMES = re.compile(r'[\x00-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029/\\:*?"<>|]+')
_OUTSIDE = re.compile(r"[^\t\x20-\x7e]")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]+")
_NAME = re.compile(r"""filename(?P<star>\*)?=(?:UTF-8''(?P<coded>[^;\s]+)|"(?P<plain>[^"]*)")""")


def warning(text: str) -> str:
    """The value of a `Warning` (RFC 7234, 5.5) without a code of its own: 199, and the text as a quoted string."""
    return f'199 - "{_quoted(text)}"'


def _quoted(text: str) -> str:
    """The inside of a quoted string (RFC 9110, 5.6.4): one line of ASCII, what is special in it escaped."""
    line = _cut(_visible(" ".join(text[:MOST_CHARACTERS].split())), _MOST_TEXT)
    return line.replace("\\", "\\\\").replace('"', '\\"')


def file_name(text: str) -> str:
    """A name that a file can have in every system: no separators, no controls, not too long."""
    return _cut(_UNSAFE_IN_NAMES.sub("_", text).strip(" ."), _MOST_NAME) or "coverage"


def disposition(kind: str, name: str) -> str:
    """The value of `Content-Disposition` (RFC 6266) for a name that `file_name` gave: ASCII, and as it is beside it."""
    plain = "".join(c if " " <= c <= "~" and c not in '%"\\' else "_" for c in name)
    coded = "" if plain == name else f"; filename*=UTF-8''{quote(name, safe='', errors='replace')}"
    return f'{kind}; filename="{plain}"{coded}'


def name_in(value: str) -> str:
    """The name of a file in a `Content-Disposition` that `disposition` wrote; empty where there is none."""
    found = {match["star"]: match for match in _NAME.finditer(value)}
    if "*" in found:
        return unquote(found["*"]["coded"] or "")
    return found[None]["plain"] or "" if None in found else ""


def content_id(name: str) -> str:
    """A name as `Content-ID` and `cid:` spell it alike (RFC 2392)."""
    return quote(name, safe="-._~!$&'()*+,;=:@", errors="replace")


def sendable(headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Header fields as they may leave: one line of visible ASCII each, none too long, not too many warnings.

    Other characters are percent-encoded, so that nothing is lost that a value was made of.
    """
    pairs = list(headers)
    warnings = [value for key, value in pairs if key == "Warning"]
    if len(warnings) > MOST_WARNINGS:
        kept = [*warnings[: MOST_WARNINGS - 1], warning(f"{len(warnings) - MOST_WARNINGS + 1} more warnings")]
        pairs = [*(pair for pair in pairs if pair[0] != "Warning"), *(("Warning", value) for value in kept)]
    return [(key, _sendable(value)) for key, value in pairs]


def _sendable(value: str) -> str:
    # Nearly all are: looking costs less than making.
    if len(value) <= MOST_CHARACTERS and value.isascii() and value.isprintable():
        return value
    return _visible(value[: 2 * MOST_CHARACTERS])[:MOST_CHARACTERS].strip()


def _visible(text: str) -> str:
    """One line of visible ASCII: controls as blanks, what lies outside percent-encoded."""
    return _OUTSIDE.sub(lambda match: quote(match[0], safe="", errors="replace"), _CONTROLS.sub(" ", text))


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 3]}..."
