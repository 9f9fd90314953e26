"""Text to outputs: a precedence parser that knows only what the language has."""

import math
from dataclasses import dataclass
from typing import NoReturn, Protocol

from bandstand.compute.expression.fold import apply, complain
from bandstand.compute.expression.functions import FUNCTIONS, Function
from bandstand.compute.expression.tokens import Token, fail, missing_operator_hint, tokenize
from bandstand.compute.expression.tree import Node, Number, Numbers, Output
from bandstand.errors import InvalidProgram, suggest
from bandstand.model.limits import Limits

LIST = "bands, numbers, operators and functions (list: /docs/expressions)"

CONSTANTS = {"pi": math.pi, "e": math.e, "nan": math.nan, "nodata": math.nan}
"""Names of numbers."""

_BINARY = {
    "|": (2, "or"), "or": (2, "or"), "&": (3, "and"), "and": (3, "and"),
    "<": (5, "<"), "<=": (5, "<="), ">": (5, ">"), ">=": (5, ">="), "==": (5, "=="), "!=": (5, "!="),
    "+": (6, "+"), "-": (6, "-"), "*": (7, "*"), "/": (7, "/"), "//": (7, "//"), "%": (7, "%"), "**": (9, "**"),
}  # fmt: skip
"""Sign -> (how strongly it binds, function); the ternary binds at 1, `not` at 4, signs at 8."""
_TERNARY, _NOT, _COMPARE, _SIGN, _POWER = 1, 4, 5, 8, 9
_SIGNS = frozenset({("sign", "-"), ("sign", "+"), ("sign", "!"), ("name", "not")})
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

    def _at_end(self) -> bool:
        return self._token.kind == "end"

    def _fail(self, message: str, token: Token, hint: str = "") -> NoReturn:
        fail(self._source, message, token.start, token.end, hint=hint)

    # Statements

    def outputs(self) -> tuple[Output, ...]:
        found: list[Output] = []
        while True:
            found.append(self._output({output.name for output in found}))
            if not (self._at_end() or self._accept(";")):
                self._refuse_rest()
            if self._at_end():  # also after a last ;
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
        if (token.kind, token.text) in _SIGNS:
            return self._signed(token)
        if token.kind == "quoted" or (token.kind == "name" and token.text not in _WORDS):
            return self._function(token) if token.kind == "name" and self._accept("(") else self._name(token)
        return self._refuse_start(token)

    def _signed(self, sign: Token) -> Node:
        if sign.text in {"!", "not"}:
            return self._call("not", self._expression(_NOT))
        operand = self._expression(_SIGN)
        return self._call("neg", operand) if sign.text == "-" else operand

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
        if token.text == "[":
            self._fail("a list only stands in interp() and classify()", token, FUNCTIONS["interp"].usage)
        wanted = "expected a band, number or function"
        if self._next > 1 and (token.kind == "end" or token.text in {")", "]", ";", ","}):
            self._fail(f"{wanted} after {self._tokens[self._next - 2].shown}", token)
        self._fail(f"{wanted} instead of {token.shown}", token, f"Expressions hold {LIST}.")

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
        complaint = complain(function, arguments)
        if complaint is not None:
            self._fail(complaint, name, f"{function.usage} = {function.meaning}")
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

    def _call(self, name: str, *arguments: Node) -> Node:
        try:
            return apply(name, *arguments)
        except OverflowError:
            before = self._tokens[self._next - 1]
            self._fail("a number grows too large before this", before, "Numbers reach to about 1.8e308.")


def _free(name: str, taken: set[str]) -> str:
    """The name, cut to 60 characters, or with a number behind it when it is taken."""
    short = name if len(name) <= 60 else name[:59] + "…"
    if short not in taken:
        return short
    return next(f"{short}_{n}" for n in range(2, len(taken) + 3) if f"{short}_{n}" not in taken)
