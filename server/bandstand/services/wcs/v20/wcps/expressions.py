"""Text to tree: expressions, by precedence (OGC 08-068r3, 7.3)."""

import math

from bandstand.errors import suggest
from bandstand.services.wcs.v20.wcps.functions import FUNCTIONS, NOT_OFFERED, TYPES
from bandstand.services.wcs.v20.wcps.lists import Lists
from bandstand.services.wcs.v20.wcps.reading import Reader
from bandstand.services.wcs.v20.wcps.syntax import (
    Binary,
    Braces,
    Call,
    Cast,
    Choose,
    Condense,
    Expression,
    Iterator,
    Number,
    Record,
    Subset,
    Switch,
    Text,
    Truth,
    Unary,
    Variable,
)
from bandstand.services.wcs.v20.wcps.tokens import Token

_BINARY = {
    "overlay": 1, "or": 2, "xor": 2, "and": 3, "=": 5, "!=": 5, "<": 5, "<=": 5, ">": 5, ">=": 5,
    "+": 6, "-": 6, "*": 7, "/": 7, "mod": 7,
}  # fmt: skip
"""How strongly each binds; `not` binds at 4, a sign at 8, `.` and `[` at 9."""
_MOST_POSTFIXES = 20
"""Whoever walks the tree recurses."""
_NOT, _COMPARE, _SIGN = 4, 5, 8
_OTHERS = {
    "==": "Write = to compare.", "<>": "Write != to compare.", "&&": "Write and.", "||": "Write or.",
    "&": "Write and.", "|": "Write or.", "!": "Write not.", "**": "Write pow(a, b).", "^": "Write pow(a, b).",
    "%": "Write mod(a, b).", "?": "Write switch case … return … default return ….",
}  # fmt: skip
"""Operators of other languages."""
_SUFFIXES = {
    "c": "int8", "uc": "uint8", "s": "int16", "us": "uint16", "l": "int32", "ul": "uint32", "f": "float32",
    "d": "float64",
}  # fmt: skip
_COMPLEX = frozenset({"complex", "complex2", "cint16", "cint32"})
_KEYWORDS = frozenset({
    "for", "in", "let", "where", "return", "switch", "case", "default", "condense", "over", "using", "and", "or", "xor",
    "not", "overlay", "is", "coverage", "value", "values", "list", "encode",
})  # fmt: skip
_OPERATORS = frozenset({"+", "*", "max", "min", "and", "or", "avg"})


class Expressions:
    """Reads expressions off the tokens."""

    def __init__(self, reader: Reader) -> None:
        """Share the reader of the clauses."""
        self._reader = reader
        self._lists = Lists(reader, self.expression)

    def expression(self, floor: int = 1) -> Expression:
        """Everything up to an operator that binds less strongly than `floor`.

        Raises:
            QuerySyntax: Something that is not of the language.
        """
        self._reader.deeper()
        # Brackets belong to an operation, though they are no part of the tree.
        start = self._reader.token.start
        left = self._prefix(floor)
        while True:
            operator = self._operator()
            power = _BINARY.get(operator, 0)
            if operator == "is" and floor <= _COMPARE:
                left = self._is_null(start, left)
                continue
            if power < floor or not power:
                break
            self._reader.take()
            self._reader.count()
            right = self.expression(power + 1)
            left = Binary(start, self._reader.before.end, operator, left, right)
            if power == _COMPARE and _BINARY.get(self._operator()) == _COMPARE:
                self._reader.refuse("comparisons cannot follow one another", "Write a < b and b < c.")
        self._reader.higher()
        return left

    def _operator(self) -> str:
        token = self._reader.token
        if token.kind == "sign" and token.text in _OTHERS:
            self._reader.source.refuse_syntax(
                f'"{token.text}" is no operator of this language', token.start, token.end, _OTHERS[token.text]
            )
        return token.text if token.kind == "sign" else token.word

    def _is_null(self, start: int, left: Expression) -> Expression:
        self._reader.take()
        negated = self._reader.accept_word("not")
        end = self._reader.expect_word("null", "after is").end
        self._reader.count()
        return Unary(start, end, "is not null" if negated else "is null", left)

    def _prefix(self, floor: int) -> Expression:
        token = self._reader.token
        if token.word == "not":
            self._reader.take()
            self._reader.count()
            operand = self.expression(_NOT)
            return Unary(token.start, self._reader.before.end, "not", operand)
        if token.kind == "sign" and token.text in {"-", "+"}:
            self._reader.take()
            self._reader.count()
            operand = self.expression(max(floor, _SIGN))
            return Unary(token.start, self._reader.before.end, token.text, operand)
        return self._postfix(token.start, self._primary())

    def _postfix(self, start: int, of: Expression) -> Expression:
        reader = self._reader
        for _ in range(_MOST_POSTFIXES):
            if reader.accept("."):
                token = reader.take()
                if token.kind not in {"name", "number"} or not token.text.replace("_", "a").isalnum():
                    reader.source.refuse_syntax("expected a field after the point", token.start, token.end)
                of = Choose(start, token.end, of, token.text)
            elif reader.at("["):
                reader.take()
                axes = self._lists.axes("]")
                of = Subset(start, reader.before.end, of, axes)
            else:
                return of
            reader.count()
        return reader.refuse(f"more than {_MOST_POSTFIXES} fields and subsets behind one another")

    def _primary(self) -> Expression:
        token = self._reader.token
        if token.kind == "number":
            self._reader.take()
            return Number(token.start, token.end, float(token.text), self._literal_type(token))
        if token.kind == "text":
            self._reader.take()
            return Text(token.start, token.end, token.text)
        if token.kind == "sign" and token.text == "(":
            return self._cast() or self._parenthesis()
        if token.kind == "sign" and token.text == "{":
            return self._record(token)
        if token.kind == "name":
            return self._word(token)
        self._operator()  # an operator of another language has its own message
        return self._reader.refuse("expected a coverage, a number or a function")

    def _literal_type(self, token: Token) -> str:
        value = float(token.text)
        if token.suffix:
            return _SUFFIXES[token.suffix]
        if math.isinf(value):
            self._reader.source.refuse_syntax("the number is too large", token.start, token.end)
        if not value.is_integer() or value >= 2**31:
            return ""
        return "uint8" if value < 2**8 else "uint16" if value < 2**16 else "int32"

    def _parenthesis(self) -> Expression:
        opened = self._reader.take()
        inside = self.expression()
        if not self._reader.accept(")"):
            self._reader.refuse(f"expected an operator or the bracket that closes the one in {self._column(opened)}")
        return inside

    def _column(self, token: Token) -> str:
        line, column = self._reader.source.place(token.start)
        return f"line {line}, column {column}"

    def _cast(self) -> Expression | None:
        words = [self._reader.peek(1), self._reader.peek(2)]
        count = 2 if words[0].word == "unsigned" else 1
        name = " ".join(word.word for word in words[:count])
        if self._reader.peek(count + 1).text != ")" or not (name in TYPES or name in _COMPLEX):
            return None
        start = self._reader.take().start
        for _ in range(count + 1):
            self._reader.take()
        if name in _COMPLEX:
            self._reader.source.refuse(f"the type {name} is not offered", start, self._reader.before.end)
        self._reader.count()
        operand = self.expression(_SIGN)
        return Cast(start, self._reader.before.end, name, operand)

    def _record(self, opened: Token) -> Expression:
        reader = self._reader
        reader.take()
        fields: list[tuple[str, Expression]] = []
        while True:
            name = reader.name("the name of a field, as in {red: $c.B04; green: $c.B03}")
            reader.expect(":", f"after {name.text}")
            fields.append((name.text, self.expression()))
            reader.count()
            if not (reader.accept(";") or reader.accept(",")) or reader.at("}"):
                break
        reader.expect("}", f"to close the one in {self._column(opened)}")
        return Record(opened.start, reader.before.end, tuple(fields))

    def _word(self, token: Token) -> Expression:
        reader, word = self._reader, token.word
        if word in {"true", "false"}:
            reader.take()
            return Truth(token.start, token.end, word == "true")
        if word == "switch":
            return self._switch()
        if word == "condense":
            return self._condense()
        if word == "struct" and reader.peek().text == "{":
            return self._record(reader.take())
        if word == "coverage" and reader.peek().kind == "name":
            reader.source.refuse(
                "the coverage constructor is not offered", token.start, token.end,
                "Coverages are made of those that exist: trim, compute, condense them.",
            )  # fmt: skip
        if reader.peek().text == "(" and not token.text.startswith("$"):
            return self._call(token)
        if word in _KEYWORDS:
            reader.refuse("expected a coverage, a number or a function")
        reader.take()
        return Variable(token.start, token.end, token.text)

    def _call(self, name: Token) -> Expression:
        reader = self._reader
        if name.word not in FUNCTIONS:
            known = NOT_OFFERED.get(name.word)
            if known is not None:
                reader.source.refuse(f"{name.word}() is not offered", name.start, name.end, known)
            if name.word in _KEYWORDS:
                reader.refuse("expected a coverage, a number or a function")
            near = suggest(name.word, FUNCTIONS).strip()
            reader.source.refuse_syntax(
                f'there is no function "{name.text[:40]}"',
                name.start,
                name.end,
                near or f"Functions: {' '.join(FUNCTIONS)}",
            )
        reader.take()
        reader.take()
        arguments: list[Expression | Braces] = []
        while not reader.at(")"):
            # The first is a coverage, which may be a record.
            takes_list = FUNCTIONS[name.word].braces and bool(arguments) and reader.at("{")
            arguments.append(self._lists.braces() if takes_list else self.expression())
            if not reader.accept(","):
                break
        reader.expect(")", f"to close the arguments of {name.word}")
        reader.count()
        function = FUNCTIONS[name.word]
        if not function.least <= len(arguments) <= function.most:
            reader.source.refuse_syntax(
                f"{name.word}() got {len(arguments)} arguments", name.start, reader.before.end, function.usage
            )
        return Call(name.start, reader.before.end, name.word, tuple(arguments))

    def _switch(self) -> Expression:
        reader = self._reader
        start = reader.take().start
        cases: list[tuple[Expression, Expression]] = []
        while reader.accept_word("case"):
            condition = self.expression()
            reader.expect_word("return", "after the condition of a case")
            cases.append((condition, self.expression()))
            reader.count()
        if not cases:
            reader.refuse('expected "case" after switch')
        reader.expect_word("default", "after the cases of a switch")
        reader.expect_word("return", "after default")
        default = self.expression()
        return Switch(start, reader.before.end, tuple(cases), default)

    def _condense(self) -> Expression:
        reader = self._reader
        start = reader.take().start
        operator = reader.take()
        name = operator.text if operator.kind == "sign" else operator.word
        if name not in _OPERATORS:
            reader.source.refuse_syntax(
                f'"{operator.text[:40]}" condenses nothing', operator.start, operator.end,
                f"Expected one of {' '.join(sorted(_OPERATORS))}.",
            )  # fmt: skip
        reader.expect_word("over", "after the operation of condense")
        iterators = [self._iterator()]
        while reader.accept(","):
            iterators.append(self._iterator())
        where = self.expression() if reader.accept_word("where") else None
        if not (reader.accept_word("using") or reader.accept_word("values")):
            reader.refuse('expected "using" and what to condense')
        reader.count()
        using = self.expression()
        return Condense(start, reader.before.end, name, tuple(iterators), where, using)

    def _iterator(self) -> Iterator:
        reader = self._reader
        name = reader.name('the name of an iterator, such as $t, after "over"')
        axis = reader.name("the name of an axis")
        reader.expect("(", "before what is iterated over")
        low = self._lists.bound()
        high = self._lists.bound() if reader.accept(":") else None
        if reader.at(":"):
            token = reader.token
            reader.source.refuse(
                "steps of a length are not offered: published times are iterated over", token.start, token.end
            )
        reader.expect(")", "to close what is iterated over")
        return Iterator(name.start, reader.before.end, name.text, axis.text, low, high)
