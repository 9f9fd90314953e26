"""Text to outputs: a precedence parser that knows only what the language has."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn, Protocol

import numpy as np

from bandstand.compute.expression.functions import FUNCTIONS, TABLE, Function
from bandstand.compute.expression.library import NUMPY
from bandstand.compute.expression.tokens import Token, fail, missing_operator_hint, tokenize
from bandstand.compute.expression.tree import Call, Node, Number, Numbers, Output
from bandstand.errors import InvalidProgram, suggest
from bandstand.model.limits import Limits

LIST = "bands, numbers, operators and functions (list: /docs/expressions)"

_BINARY = {
    "|": (2, "or"), "or": (2, "or"), "&": (3, "and"), "and": (3, "and"),
    "<": (5, "<"), "<=": (5, "<="), ">": (5, ">"), ">=": (5, ">="), "==": (5, "=="), "!=": (5, "!="),
    "+": (6, "+"), "-": (6, "-"), "*": (7, "*"), "/": (7, "/"), "//": (7, "//"), "%": (7, "%"), "**": (9, "**"),
}  # fmt: skip
"""Sign -> (how strongly it binds, function); the ternary binds at 1, `not` at 4, signs at 8."""
_TERNARY, _NOT, _COMPARE, _SIGN, _POWER = 1, 4, 5, 8, 9
_WORDS = frozenset({"and", "or", "not"})
_DEEPEST, _MOST_BRACKETS = 150, 60
"""Whatever the limits say, as the parser recurses: operands within operands, and brackets among them."""
_MOST_OPERATIONS = 1000


@dataclass(frozen=True, slots=True)
class Unknown:
    """What to say about a name that means nothing here."""

    message: str
    hint: str


class Names(Protocol):
    """Knows what a name means."""

    def find(self, name: str, *, quoted: bool) -> Node | Unknown:
        """The node of a name; a quoted one can only be a band."""
        ...

    def title(self, text: str, node: Node) -> str:
        """What an output is called that has the text `text` and no name of its own."""
        ...


def parse(source: str, names: Names, limits: Limits) -> tuple[Output, ...]:
    """Read an expression.

    Args:
        source: As the user wrote it.
        names: Bands and named indices.
        limits: Length, operations and depth.

    Returns:
        The outputs in order; an unnamed one is called by its text.

    Raises:
        InvalidProgram: Anything that is not of the language or above a limit, with its column.
    """
    if not source.strip():
        raise InvalidProgram(f"the expression is empty; expressions hold {LIST}")
    if len(source) > limits.expression_max_length:
        raise InvalidProgram(
            f"expression too long: {len(source)} characters, limit {limits.expression_max_length} "
            "(limits.expression_max_length)"
        )
    outputs = _Parser(source, names, limits).outputs()
    operations = sum(output.node.size for output in outputs)
    limit = min(limits.expression_max_operations, _MOST_OPERATIONS)
    if operations > limit:
        counted = operations if operations < 10**6 else "more than a million"
        raise InvalidProgram(
            f"expression too complex: {counted} operations, limit {limit} (limits.expression_max_operations)"
        )
    return outputs


class _Parser:
    def __init__(self, source: str, names: Names, limits: Limits) -> None:
        self._source = source
        self._names = names
        self._tokens = tokenize(source)
        self._next = 0
        self._depth = 0
        self._brackets = 0
        self._most_brackets = min(limits.expression_max_depth, _MOST_BRACKETS)
        self._earlier: dict[str, Node] = {}

    @property
    def _token(self) -> Token:
        return self._tokens[self._next]

    def _take(self) -> Token:
        token = self._token
        self._next += 1
        return token

    def _accept(self, sign: str) -> bool:
        if self._token.kind == "sign" and self._token.text == sign:
            self._next += 1
            return True
        return False

    def _fail(self, message: str, token: Token, hint: str = "") -> NoReturn:
        fail(self._source, message, token.start, token.end, hint=hint)

    # Statements

    def outputs(self) -> tuple[Output, ...]:
        found: list[Output] = []
        while True:
            found.append(self._output({output.name for output in found}))
            if self._token.kind == "end":
                return tuple(found)
            if not self._accept(";"):
                self._refuse_rest()
            if self._token.kind == "end":  # a last ; ends the last output
                return tuple(found)

    def _output(self, taken: set[str]) -> Output:
        name, given = self._token, ""
        following = self._tokens[min(self._next + 1, len(self._tokens) - 1)]
        if name.kind in {"name", "quoted"} and (following.kind, following.text) == ("sign", "="):
            given = name.text
            if not given.isidentifier() or given in _WORDS:
                self._fail(f"{name.shown} cannot be the name of an output", name, "Use letters, digits and _ only.")
            if given in taken:
                self._fail(f"output {name.shown} is named twice", name, "Give each output a name of its own.")
            self._next += 2
        first = self._token
        node = self._expression(_TERNARY)
        text = self._source[first.start : self._tokens[self._next - 1].end]
        if given:
            self._earlier[given] = node
        return Output(given or _free(self._names.title(" ".join(text.split()), node), taken), node)

    def _refuse_rest(self) -> None:
        token, before = self._token, self._tokens[self._next - 1]
        if token.text in {")", "]"} and token.kind == "sign":
            self._fail(f"unbalanced {token.shown}", token)
        if token.text == "=" and token.kind == "sign":
            hint = 'name=expression names an output; to compare, write "==".'
            self._fail('"=" is not expected here', token, hint)
        if token.text == "," and token.kind == "sign":
            self._fail('"," only stands between the arguments of a function', token, 'Outputs are separated by ";".')
        if token.text == ":" and token.kind == "sign":
            self._fail('":" without a "?" before it', token, "A choice is written condition ? a : b.")
        hint = missing_operator_hint(self._source, before, token)
        self._fail(f"expected an operator after {before.shown}", token, hint)

    # Expressions

    def _expression(self, floor: int) -> Node:
        self._depth += 1
        if self._depth > _DEEPEST:
            self._refuse_depth(_DEEPEST)
        node = self._prefix()
        node = self._binaries(node, floor)
        if floor <= _TERNARY and self._accept("?"):
            node = self._ternary(node)
        self._depth -= 1
        return node

    def _ternary(self, condition: Node) -> Node:
        then = self._expression(_TERNARY)
        if not self._accept(":"):
            before = self._tokens[self._next - 1]
            self._fail(f'expected ":" after {before.shown}', self._token, "A choice is written condition ? a : b.")
        return self._call("where", condition, then, self._expression(_TERNARY))

    def _binaries(self, node: Node, floor: int) -> Node:
        while True:
            power, name = self._operator()
            if power < max(floor, _TERNARY + 1):
                return node
            self._next += 1
            if power == _COMPARE:
                node = self._comparisons(node, name)
            else:
                right = self._expression(_SIGN if power == _POWER else power + 1)
                node = self._call(name, node, right)

    def _comparisons(self, left: Node, name: str) -> Node:
        """`a < b < c` means a < b and b < c."""
        whole: Node | None = None
        while True:
            right = self._expression(_COMPARE + 1)
            one = self._call(name, left, right)
            whole = one if whole is None else self._call("and", whole, one)
            power, name = self._operator()
            if power != _COMPARE:
                return whole
            self._next += 1
            left = right

    def _operator(self) -> tuple[int, str]:
        token = self._token
        if token.kind == "sign" or (token.kind == "name" and token.text in _WORDS):
            return _BINARY.get(token.text, (0, ""))
        return 0, ""

    def _prefix(self) -> Node:
        token = self._take()
        if token.kind == "number":
            return self._number(token)
        if token.kind == "sign" and token.text == "(":
            return self._parenthesis(token)
        if token.kind == "sign" and token.text in {"-", "+"}:
            operand = self._expression(_SIGN)
            return operand if token.text == "+" else self._call("neg", operand)
        if (token.kind, token.text) in {("sign", "!"), ("name", "not")}:
            return self._call("not", self._expression(_NOT))
        if token.kind == "name" and token.text not in _WORDS and self._accept("("):
            return self._function(token)
        if token.kind == "quoted" or (token.kind == "name" and token.text not in _WORDS):
            return self._name(token)
        return self._refuse_start(token)

    def _open(self) -> None:
        self._brackets += 1
        if self._brackets > self._most_brackets:
            self._refuse_depth(self._most_brackets)

    def _close(self, opening: Token, closing: str) -> None:
        self._brackets -= 1
        if self._accept(closing):
            return
        if self._token.kind == "end" or self._token.text == ";":
            self._fail(f"{opening.shown} is not closed", opening, f'Add the missing "{closing}".')
        self._refuse_rest()

    def _refuse_depth(self, limit: int) -> NoReturn:
        message = f"expression too deep: more than {limit} levels (limits.expression_max_depth)"
        self._fail(message, self._token, "Name parts of it: ndvi=nd(B08,B04); ndvi*2")

    def _parenthesis(self, opening: Token) -> Node:
        self._open()
        node = self._expression(_TERNARY)
        self._close(opening, ")")
        return node

    def _number(self, token: Token) -> Node:
        value = float(token.text)
        if math.isinf(value):
            self._fail(f"the number {token.shown} is too large", token, "Numbers reach to about 1.8e308.")
        return Number(value)

    def _name(self, token: Token) -> Node:
        if token.kind == "name" and token.text in self._earlier:
            return self._earlier[token.text]
        found = self._names.find(token.text, quoted=token.kind == "quoted")
        if isinstance(found, Unknown):
            self._fail(found.message, token, found.hint)
        return found

    def _refuse_start(self, token: Token) -> NoReturn:
        before = self._tokens[self._next - 2] if self._next > 1 else None
        if token.kind == "end" or token.text in {")", "]", ";", ","}:
            if before is None or token.text in {")", "]"} and before.text not in {"(", "["}:
                where = "" if before is None else f" after {before.shown}"
                self._fail(f"expected a band, number or function{where}", token)
            self._fail(f"expected a band, number or function after {before.shown}", token)
        if token.text == "[":
            self._fail("a list only stands in interp() and classify()", token, FUNCTIONS["interp"].usage)
        hint = f"Expressions hold {LIST}."
        self._fail(f"expected a band, number or function instead of {token.shown}", token, hint)

    # Functions

    def _function(self, name: Token) -> Node:
        function = FUNCTIONS.get(name.text)
        if function is None:
            self._refuse_function(name)
        opening = self._tokens[self._next - 1]
        self._open()
        arguments: list[Node] = []
        if not (self._token.kind == "sign" and self._token.text == ")"):
            arguments.append(self._argument(function, len(arguments)))
            while self._accept(","):
                arguments.append(self._argument(function, len(arguments)))
        self._close(opening, ")")
        self._check(function, name, arguments)
        return self._call(function.name, *arguments)

    def _refuse_function(self, name: Token) -> NoReturn:
        if name.text in self._earlier or not isinstance(self._names.find(name.text, quoted=False), Unknown):
            opening = self._tokens[self._next - 1]
            self._fail(f"expected an operator after {name.shown}", opening, "Write * to multiply.")
        if name.text == "w":
            self._fail("w() needs bands with wavelengths, which are not known here", name, "Name the band instead.")
        near = suggest(name.text, FUNCTIONS).strip()
        self._fail(f"unknown function {name.shown}", name, f"{near} Functions: {' '.join(FUNCTIONS)}".strip())

    def _argument(self, function: Function, place: int) -> Node:
        wanted = function.lists and place >= function.least - function.lists
        if not wanted:
            return self._expression(_TERNARY)
        opening = self._token
        if not self._accept("["):
            self._fail(f"{function.name}() takes a list of numbers here", opening, function.usage)
        self._open()
        values = [self._constant()]
        while self._accept(","):
            values.append(self._constant())
        self._close(opening, "]")
        return Numbers(tuple(values))

    def _constant(self) -> float:
        first = self._token
        node = self._expression(_TERNARY)
        if not isinstance(node, Number):
            last = self._tokens[self._next - 1]
            fail(self._source, "a list holds numbers only", first.start, last.end)
        return node.value

    def _check(self, function: Function, name: Token, arguments: Sequence[Node]) -> None:
        if not function.least <= len(arguments) <= function.most:
            most = function.most
            takes = f"{function.least}" if function.least == most else f"{function.least} to {most}"
            noun = "argument" if takes == "1" else "arguments"
            message = f"{function.name}() takes {takes} {noun}, got {len(arguments)}"
            self._fail(message, name, f"{function.usage} = {function.meaning}")
        if function.lists:
            first, second = (a.values for a in arguments if isinstance(a, Numbers))
            extra = 1 if function.name == "classify" else 0
            if len(second) != len(first) + extra or len(first) < 2 - extra:
                message = f"{function.name}() got lists of {len(first)} and {len(second)} numbers"
                self._fail(message, name, f"{function.usage}: {function.meaning}")
            if not all(a < b for a, b in zip(first, first[1:], strict=False)) or any(map(math.isnan, first)):
                self._fail(f"the first list of {function.name}() must rise", name, function.usage)
        if function.name == "bit":
            place = arguments[1]
            if not (isinstance(place, Number) and place.value in range(53)):
                self._fail("bit() takes the number of the bit, an integer from 0 to 52", name, function.usage)

    def _call(self, name: str, *arguments: Node) -> Node:
        function = TABLE[name]
        if function.rewrite is not None:
            return function.rewrite(self._call, *arguments)
        if name == "where" and isinstance(arguments[0], Number):
            choice = arguments[0].value
            return Number(math.nan) if math.isnan(choice) else arguments[1] if choice else arguments[2]
        if not all(isinstance(a, Number | Numbers) for a in arguments):
            return Call(name, arguments)
        value = _fold(function, [a.value if isinstance(a, Number) else a.values for a in arguments if not isinstance(a, Call)])
        if math.isinf(value) and name in _GROWING:
            before = self._tokens[self._next - 1]
            fail(self._source, "a number grows too large before this", before.start, before.end,
                 hint="Numbers reach to about 1.8e308.")
        return Number(value if math.isfinite(value) else math.nan)


_GROWING = frozenset({"+", "-", "*", "**", "exp", "undb", "sum", "mean", "std", "hypot"})
"""Calls whose infinity is an overflow, and not a division by zero or the logarithm of zero."""


def _fold(function: Function, values: Sequence[float | tuple[float, ...]]) -> float:
    """A call on constants, in float64; infinity where it overflows, NaN where it is undefined."""
    undefined = any(isinstance(v, float) and math.isnan(v) for v in values)
    if function.name in {"isvalid", "isnan"}:
        return float(undefined == (function.name == "isnan"))
    if undefined:
        return math.nan
    if function.name == "**" and values[0] == 0.0 and isinstance(values[1], float) and values[1] < 0.0:
        return math.nan
    take = [v if isinstance(v, tuple) else bool(v) if function.logical else np.float64(v) for v in values]
    if function.logical:
        take = [np.bool_(v) for v in take]
    with np.errstate(all="ignore"):
        return float(function.compute(NUMPY, *take))


def _free(name: str, taken: set[str]) -> str:
    """The name, cut to 60 characters, or with a number behind it when it is taken."""
    short = name if len(name) <= 60 else name[:59] + "…"
    if short not in taken:
        return short
    return next(f"{short}_{n}" for n in range(2, len(taken) + 3) if f"{short}_{n}" not in taken)
