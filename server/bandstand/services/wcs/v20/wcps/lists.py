"""Text to tree: lists of axes, in brackets and in braces."""

from collections.abc import Callable

from bandstand.services.wcs.v20.wcps.reading import Reader
from bandstand.services.wcs.v20.wcps.syntax import Axis, Braces, Expression, Star


class Lists:
    """Reads lists of axes off the tokens."""

    def __init__(self, reader: Reader, expression: Callable[[], Expression]) -> None:
        """Know how to read what stands in them."""
        self._reader = reader
        self._expression = expression

    def axes(self, closing: str) -> tuple[Axis, ...]:
        """The axes of a subset, its bracket passed.

        Raises:
            QuerySyntax: Something else.
        """
        found = [self._axis()]
        while self._reader.accept(","):
            found.append(self._axis())
        self._reader.expect(closing, "to close the subset")
        return tuple(found)

    def braces(self) -> Braces:
        """A list in braces: axes, methods of interpolation, domains; it may be empty.

        Raises:
            QuerySyntax: Something else.
        """
        start = self._reader.expect("{", "before a list").start
        self._reader.deeper()
        members: list[Axis | Expression] = []
        while not self._reader.at("}"):
            members.append(self._member())
            if not (self._reader.accept(",") or self._reader.accept(";")):
                break
        self._reader.higher()
        self._reader.expect("}", "to close the list")
        return Braces(start, self._reader.before.end, tuple(members))

    def bound(self) -> Expression:
        """A coordinate, a time, or `*`.

        Raises:
            QuerySyntax: Something else.
        """
        if self._reader.at("*"):
            token = self._reader.take()
            return Star(token.start, token.end)
        return self._expression()

    def _member(self) -> Axis | Expression:
        follows = self._reader.peek().text
        function = self._reader.token.word in {"domain", "imagecrsdomain"}
        if self._reader.token.kind == "name" and follows in {":", "("} and not function:
            return self._axis(treatment=True)
        return self._expression()

    def _axis(self, *, treatment: bool = False) -> Axis:
        reader = self._reader
        name = reader.name("the name of an axis, such as E")
        reader.count()
        crs = low = high = None
        if reader.accept(":"):
            crs = self._expression()
        if reader.accept("("):
            low = self.bound()
            high = self.bound() if reader.accept(":") else None
            if treatment and high is None and reader.accept(","):
                # {red(bilinear, full)}: what to do with nodata, which is left out here whatever is asked.
                reader.name("how nodata is treated")
            reader.expect(")", f"to close the interval of {name.text}")
        elif crs is None:
            reader.refuse(f"expected an interval after {name.text}, such as {name.text}(0:99)")
        return Axis(name.start, reader.before.end, name.text, crs, low, high)
