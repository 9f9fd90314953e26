"""Text to tree: the clauses of a query (OGC 08-068r3, annex A)."""

import re

from bandstand.errors import shorten
from bandstand.model.limits import Limits
from bandstand.services.wcs.v20.wcps.errors import QuerySyntax, Source
from bandstand.services.wcs.v20.wcps.expressions import Expressions
from bandstand.services.wcs.v20.wcps.reading import Reader
from bandstand.services.wcs.v20.wcps.syntax import Encode, Expression, For, Let, Query

_COVERAGE = re.compile(r"[^\W\d][\w.-]*")
_MOST_LOOPS, _MOST_COVERAGES, _MOST_LETS = 8, 50, 100
FORM = 'for $c in (coverage) return encode($c, "image/tiff")'
"""The shortest query, for messages."""


def parse(text: str, limits: Limits) -> tuple[Query, Source]:
    """Read a query.

    Args:
        text: As it was sent.
        limits: Length, depth and operations, those of expressions.

    Returns:
        The tree, and the text that can point at its parts.

    Raises:
        QuerySyntax: The text is not of the language, or above a limit.
    """
    check_length(text, len(text), limits.expression_max_length)
    source = Source(text)
    return _Clauses(Reader(source, limits)).query(), source


def check_length(text: str, length: int, most: int) -> None:
    """Refuse a query that is too long.

    Args:
        text: The query.
        length: Characters that it comes to.
        most: Characters that it may have.

    Raises:
        QuerySyntax: It is; the locator is its beginning.
    """
    if length > most:
        raise QuerySyntax(
            f"query too long: at least {length} characters, limit {most} (limits.expression_max_length)",
            locator=f"{shorten(text, 40)} at line 1, column 1",
        )


class _Clauses:
    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._expressions = Expressions(reader)

    def query(self) -> Query:
        reader = self._reader
        if not reader.at_word("for"):
            reader.refuse('a query starts with "for"', f"Such as: {FORM}")
        start = reader.take().start
        loops = self._loops()
        lets = self._lets() if reader.accept_word("let") else ()
        where = self._expressions.expression() if reader.accept_word("where") else None
        if not reader.at_word("return"):
            expected = (
                '"return"' if where is not None else '"where" or "return"' if lets else '"let", "where" or "return"'
            )
            reader.refuse(f"expected {expected}", "" if lets else f"Such as: {FORM}")
        reader.take()
        answer = self._answer()
        if reader.token.kind != "end":
            reader.refuse(
                "the query is over here", "Operators stand between operands; brackets close what they opened."
            )
        return Query(start, reader.before.end, loops, lets, where, answer)

    def _loops(self) -> tuple[For, ...]:
        found: list[For] = []
        while True:
            name = self._reader.name('the name of an iterator, such as $c, after "for"')
            if any(name.text == loop.variable for loop in found):
                self._reader.source.refuse_syntax(f"{name.text} iterates twice", name.start, name.end)
            self._reader.expect_word("in", f"after {name.text}")
            coverages = self._coverages()
            found.append(For(name.start, self._reader.before.end, name.text, coverages))
            if not self._reader.accept(","):
                return tuple(found)
            if len(found) == _MOST_LOOPS:
                self._reader.refuse(f"more than {_MOST_LOOPS} iterators")

    def _coverages(self) -> tuple[str, ...]:
        opened = self._reader.expect("(", "before the names of coverages")
        names: list[str] = []
        while True:
            names.append(self._coverage())
            if len(names) > _MOST_COVERAGES:
                self._reader.refuse(f"more than {_MOST_COVERAGES} coverages")
            if not self._reader.accept(","):
                break
        self._reader.expect(")", f"to close the list opened in column {self._reader.source.place(opened.start)[1]}")
        return tuple(names)

    def _coverage(self) -> str:
        token = self._reader.token
        if token.kind == "text":
            return self._reader.take().text
        # Names of coverages may have a minus or a point, which mean something else everywhere else.
        match = _COVERAGE.match(self._reader.source.text, token.start) if token.kind == "name" else None
        if match is None:
            self._reader.refuse("expected the name of a coverage")
        self._reader.skip_to(match.end())
        return match.group()

    def _lets(self) -> tuple[Let, ...]:
        found: list[Let] = []
        while True:
            name = self._reader.name('the name of an alias after "let"')
            self._reader.expect(":=", f"after {name.text}")
            value = self._expressions.expression()
            found.append(Let(name.start, self._reader.before.end, name.text, value))
            self._reader.count()
            more = self._reader.accept(",")
            if self._reader.accept_word("let"):
                more = True
            if not more:
                return tuple(found)
            if len(found) == _MOST_LETS:
                self._reader.refuse(f"more than {_MOST_LETS} aliases")

    def _answer(self) -> Encode | Expression:
        reader = self._reader
        if reader.at_word("store") and reader.peek().text == "(":
            token = reader.token
            reader.source.refuse(
                "store() is not offered: answers are sent at once", token.start, token.end, "Write encode(…) alone."
            )
        if not (reader.at_word("encode") and reader.peek().text == "("):
            return self._expressions.expression()
        start = reader.take().start
        reader.expect("(", "after encode")
        of = self._expressions.expression()
        reader.expect(",", 'before the format of encode, such as encode($c, "image/tiff")')
        texts = [self._text("a format in quotes")]
        if reader.accept(","):
            texts.append(self._text("parameters in quotes"))
        reader.expect(")", "to close encode")
        return Encode(start, reader.before.end, of, texts[0], texts[1] if len(texts) > 1 else "")

    def _text(self, what: str) -> str:
        if self._reader.token.kind != "text":
            self._reader.refuse(f"expected {what}")
        return self._reader.take().text
