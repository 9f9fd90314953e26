"""Text to tokens, each with its place, and faults that point at it."""

import re
from dataclasses import dataclass
from typing import Literal, NoReturn

from bandstand.errors import InvalidProgram, shorten

Kind = Literal["number", "name", "quoted", "sign", "end"]

_TOKEN = re.compile(
    r"""(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)
      | (?P<name>[^\W\d]\w*(?:\.[^\W\d]\w*)*)
      | (?P<quoted>"[^"]*"|'[^']*')
      | (?P<sign>\*\*|//|<=|>=|==|!=|&&|\|\||[-+*/%^<>=!&|?:;,()\[\]])""",
    re.VERBOSE,
)
_SPACE = re.compile(r"\s*")
_MARGIN = 60
"""Characters of a long expression that are shown to each side of the fault."""
_LONGEST = 80
"""Characters of a fault that are shown."""
_LIKELY = {
    "\u2212": "-", "\u2013": "-", "\u2014": "-", "\u00d7": "*", "\u00b7": "*", "\u00f7": "/", "\u2264": "<=",
    "\u2265": ">=", "\u2260": "!=", "\u201c": '"', "\u201d": '"', "\u201e": '"', "\u2018": "'", "\u2019": "'",
}  # fmt: skip
"""What word processors make of operators and quotes."""
_SPACES = "A space stands where an operator is missing; a + in a URL must be written %2B."


@dataclass(frozen=True, slots=True)
class Token:
    """A word of the expression."""

    kind: Kind
    text: str
    """As written; quotes are taken off, `^` is `**`, `&&` is `&`, `||` is `|`."""
    start: int
    """Zero-based place of its first character."""
    end: int
    """One past its last character."""

    @property
    def shown(self) -> str:
        """How a message names it."""
        return "the end" if self.kind == "end" else f'"{shorten(self.text, 40)}"'


def fail(source: str, message: str, start: int, end: int | None = None, *, hint: str = "") -> NoReturn:
    """Refuse an expression, pointing at the characters from `start` up to `end`.

    Raises:
        InvalidProgram: Always. Its message has the fault with its column, the text, carets below it, and the hint.
    """
    end = start + 1 if end is None or end <= start else min(end, start + _LONGEST)
    first = max(0, start - _MARGIN)
    last = min(len(source), end + _MARGIN)
    # One character for one character, so that the carets stay below what they mean.
    shown = "".join(" " if c.isspace() else c if c.isprintable() else "\ufffd" for c in source[first:last])
    lead, tail = ("…" if first else ""), ("…" if last < len(source) else "")
    carets = " " * (len(lead) + start - first) + "^" * max(1, min(end, last) - start)
    lines = [f"{message} at column {start + 1}", f"  {lead}{shown}{tail}", f"  {carets}"]
    raise InvalidProgram("\n".join([*lines, hint] if hint else lines), column=start + 1)


def tokenize(source: str) -> list[Token]:
    """Split an expression into tokens; the last one is the end.

    Raises:
        InvalidProgram: A character or a quote that means nothing here.
    """
    tokens: list[Token] = []
    place = 0
    while True:
        space = _SPACE.match(source, place)
        place = space.end() if space else place
        if place >= len(source):
            tokens.append(Token("end", "", len(source), len(source)))
            return tokens
        match = _TOKEN.match(source, place)
        if match is None:
            _refuse_character(source, place)
        tokens.append(_token(match))
        place = match.end()


def _token(match: re.Match[str]) -> Token:
    text, start, end = match.group(), match.start(), match.end()
    same = {"^": "**", "&&": "&", "||": "|"}
    if match.lastgroup == "number":
        return Token("number", text, start, end)
    if match.lastgroup == "name":
        return Token("name", text, start, end)
    if match.lastgroup == "quoted":
        return Token("quoted", text[1:-1], start, end)
    return Token("sign", same.get(text, text), start, end)


def _refuse_character(source: str, place: int) -> NoReturn:
    character = source[place]
    if character in "\"'":
        fail(source, "a quoted band name is not closed", place, len(source), hint=f"Add {character} at its end.")
    shown = character if character.isprintable() else f"U+{ord(character):04X}"
    hint = f"Write {_LIKELY[character]} instead." if character in _LIKELY else "Names with such characters need quotes."
    fail(source, f'unexpected character "{shown}"', place, hint=hint)


def missing_operator_hint(source: str, left: Token, right: Token) -> str:
    """What to say between two operands: `+` arrives as a space from a URL that did not escape it."""
    return _SPACES if source[left.end : right.start].isspace() else "Write an operator between them."
