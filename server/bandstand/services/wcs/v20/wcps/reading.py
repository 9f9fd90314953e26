"""A walk over the tokens of a query that counts how deep and how large it gets."""

from typing import NoReturn

from bandstand.model.limits import Limits
from bandstand.services.wcs.v20.wcps.errors import Source
from bandstand.services.wcs.v20.wcps.tokens import Token, tokenize

_DEEPEST, _MOST_PARTS = 60, 2000
"""Whatever the limits say, as the parser and all who walk its tree recurse."""


class Reader:
    """The tokens, the next of them, and the ways to take it."""

    def __init__(self, source: Source, limits: Limits) -> None:
        """Split the text.

        Raises:
            QuerySyntax: It has characters that mean nothing.
        """
        self.source = source
        self._tokens = tokenize(source)
        self._next = 0
        self._depth = 0
        self._parts = 0
        self._deepest = min(limits.expression_max_depth, _DEEPEST)
        # A query says more around its arithmetic than an expression does.
        self._most_parts = min(5 * limits.expression_max_operations, _MOST_PARTS)

    @property
    def token(self) -> Token:
        """The next token."""
        return self._tokens[self._next]

    @property
    def before(self) -> Token:
        """The token taken last."""
        return self._tokens[max(0, self._next - 1)]

    def peek(self, ahead: int = 1) -> Token:
        """A token after the next."""
        return self._tokens[min(self._next + ahead, len(self._tokens) - 1)]

    def take(self) -> Token:
        """The next token, which is passed."""
        token = self.token
        if token.kind != "end":
            self._next += 1
        return token

    def at(self, sign: str) -> bool:
        """Whether the next token is this sign."""
        return self.token.kind == "sign" and self.token.text == sign

    def at_word(self, *words: str) -> bool:
        """Whether the next token is one of these keywords."""
        return self.token.word in words

    def accept(self, sign: str) -> bool:
        """Pass a sign if it comes next."""
        if self.at(sign):
            self._next += 1
            return True
        return False

    def accept_word(self, word: str) -> bool:
        """Pass a keyword if it comes next."""
        if self.at_word(word):
            self._next += 1
            return True
        return False

    def expect(self, sign: str, why: str) -> Token:
        """Pass a sign that has to come.

        Raises:
            QuerySyntax: Something else comes.
        """
        if not self.at(sign):
            self.refuse(f'expected "{sign}" {why}')
        return self.take()

    def expect_word(self, word: str, why: str) -> Token:
        """Pass a keyword that has to come.

        Raises:
            QuerySyntax: Something else comes.
        """
        if not self.at_word(word):
            self.refuse(f'expected "{word}" {why}')
        return self.take()

    def name(self, what: str) -> Token:
        """Pass a name that has to come.

        Raises:
            QuerySyntax: Something else comes.
        """
        if self.token.kind != "name":
            self.refuse(f"expected {what}")
        return self.take()

    def skip_to(self, place: int) -> None:
        """Pass every token that starts before a place in the text."""
        while self.token.kind != "end" and self.token.start < place:
            self._next += 1

    def refuse(self, message: str, hint: str = "") -> NoReturn:
        """Refuse the next token.

        Raises:
            QuerySyntax: Always.
        """
        token = self.token
        found = "the end" if token.kind == "end" else f'"{self.source.text[token.start : token.end][:40]}"'
        self.source.refuse_syntax(f"{message}, found {found}", token.start, token.end, hint)

    def deeper(self) -> None:
        """Count a bracket, a call or a keyword that holds expressions; `higher` ends it.

        Raises:
            QuerySyntax: Too deep.
        """
        self._depth += 1
        if self._depth > self._deepest:
            self.refuse(
                f"query too deep: more than {self._deepest} levels (limits.expression_max_depth)",
                "Name parts of it: let $a := …, $b := …",
            )

    def higher(self) -> None:
        """Leave what `deeper` entered."""
        self._depth -= 1

    def count(self) -> None:
        """Count an operation.

        Raises:
            QuerySyntax: Too many.
        """
        self._parts += 1
        if self._parts > self._most_parts:
            self.refuse(f"query too complex: more than {self._most_parts} parts (limits.expression_max_operations)")
