"""What can be wrong with a query, told with its place (OGC 08-059r4, table 6)."""

from typing import NoReturn

from bandstand.errors import InvalidParameter, InvalidProgram, shorten

_MARGIN = 60
"""Characters of a long line that are shown to each side of the fault."""


class QuerySyntax(InvalidProgram):
    """The text is not of the language."""


class QuerySemantics(InvalidParameter):
    """The text is of the language, but cannot be computed, or is not offered."""


class Source:
    """The text of a query, which knows how to point at itself."""

    def __init__(self, text: str) -> None:
        """Keep the text."""
        self.text = text

    def place(self, start: int) -> tuple[int, int]:
        """Line and column of a character, both counted from one."""
        line = self.text.count("\n", 0, start)
        return line + 1, start - (self.text.rfind("\n", 0, start) + 1) + 1

    def describe(self, message: str, start: int, end: int, hint: str) -> str:
        """The message with its place, the line, carets below the fault, and the hint."""
        line, column = self.place(start)
        first = start - column + 1
        last = self.text.find("\n", start)
        last = len(self.text) if last < 0 else last
        left, right = max(first, start - _MARGIN), min(last, max(end, start + 1) + _MARGIN)
        # One character for one character, so that the carets stay below what they mean.
        shown = "".join(" " if c.isspace() else c if c.isprintable() else "\ufffd" for c in self.text[left:right])
        lead, tail = ("…" if left > first else ""), ("…" if right < last else "")
        carets = " " * (len(lead) + start - left) + "^" * max(1, min(end, right) - start)
        lines = [f"{message} (line {line}, column {column})", f"  {lead}{shown}{tail}", f"  {carets}"]
        return "\n".join([*lines, hint] if hint else lines)

    def refuse_syntax(self, message: str, start: int, end: int, hint: str = "") -> NoReturn:
        """Refuse what is not of the language; the locator is the offending token with its position.

        Raises:
            QuerySyntax: Always.
        """
        line, column = self.place(start)
        token = shorten(self.text[start:end], 40) or "the end"
        raise QuerySyntax(
            self.describe(message, start, end, hint), column=column, locator=f"{token} at line {line}, column {column}"
        )

    def refuse(self, message: str, start: int, end: int, hint: str = "") -> NoReturn:
        """Refuse what cannot be computed; the locator is the part of the query with its position.

        Raises:
            QuerySemantics: Always.
        """
        line, column = self.place(start)
        part = shorten(" ".join(self.text[start:end].split()), 40)
        raise QuerySemantics(
            self.describe(message, start, end, hint), locator=f"{part} at line {line}, column {column}"
        )
