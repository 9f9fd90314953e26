"""Text of a query to tokens, each with its place."""

import re
from dataclasses import dataclass
from typing import Literal, NoReturn

from bandstand.services.wcs.v20.wcps.errors import Source

Kind = Literal["number", "name", "text", "sign", "end"]

_TOKEN = re.compile(
    r"""(?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?P<suffix>uc|us|ul|[cslfd])?(?!\w))
      | (?P<name>\$?[^\W\d]\w*|\$\d+)
      | (?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
      | (?P<sign>:=|<=|>=|!=|==|<>|\*\*|&&|\|\||[-+*/%^<>=!&|:;,.()\[\]{}?])""",
    re.VERBOSE | re.DOTALL,
)
_SPACE = re.compile(r"(?:\s+|//[^\n]*)*")
_LIKELY = {
    "\u2212": "-", "\u2013": "-", "\u2014": "-", "\u00d7": "*", "\u00b7": "*", "\u00f7": "/", "\u2264": "<=",
    "\u2265": ">=", "\u2260": "!=", "\u201c": '"', "\u201d": '"', "\u201e": '"', "\u2018": "'", "\u2019": "'",
}  # fmt: skip
"""What word processors make of operators and quotes."""
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Token:
    """A word of the query."""

    kind: Kind
    text: str
    """As written; quotes are taken off texts, suffixes off numbers."""
    start: int
    """Zero-based place of its first character."""
    end: int
    """One past its last character."""
    suffix: str = ""
    """Of a number: the type it names."""

    @property
    def word(self) -> str:
        """A name in lower case, as keywords are compared; empty for everything else."""
        return self.text.lower() if self.kind == "name" else ""


def tokenize(source: Source) -> list[Token]:
    """Split a query into tokens; the last one is the end.

    Raises:
        QuerySyntax: A character or a quote that means nothing here.
    """
    text, tokens, place = source.text, [], 0
    while True:
        space = _SPACE.match(text, place)
        place = space.end() if space else place
        if place >= len(text):
            tokens.append(Token("end", "", len(text), len(text)))
            return tokens
        match = _TOKEN.match(text, place)
        if match is None:
            _refuse(source, place)
        tokens.append(_token(match))
        place = match.end()


def _token(match: re.Match[str]) -> Token:
    text, start, end = match.group(), match.start(), match.end()
    if match["number"] is not None:
        suffix = match["suffix"] or ""
        return Token("number", text[: len(text) - len(suffix)], start, end, suffix)
    if match["text"] is not None:
        return Token("text", _ESCAPE.sub(r"\1", text[1:-1]), start, end)
    return Token("name" if match["name"] is not None else "sign", text, start, end)


def _refuse(source: Source, place: int) -> NoReturn:
    character = source.text[place]
    if character in "\"'":
        source.refuse_syntax("a text is not closed", place, len(source.text), f"Add {character} at its end.")
    if character.isdigit():
        end = place + len(re.match(r"[\w.]*", source.text[place : place + 40]).group())  # type: ignore[union-attr]
        source.refuse_syntax(
            "a number is followed by letters", place, end, "Suffixes name types: c uc s us l ul f d, as in 255uc."
        )
    shown = character if character.isprintable() else f"U+{ord(character):04X}"
    hint = f"Write {_LIKELY[character]} instead." if character in _LIKELY else ""
    source.refuse_syntax(f'unexpected character "{shown}"', place, place + 1, hint)
