"""A query to what it answers: a list of coverages to be encoded, and of texts."""

import itertools
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NoReturn

from bandstand.engine.engine import Engine
from bandstand.engine.spent import Spent
from bandstand.errors import BandstandError, UnsupportedFormat, shorten, suggest
from bandstand.model.combine import Apply, Constant, Formula, Result
from bandstand.model.request import Output, Request
from bandstand.model.turn import current_turn
from bandstand.services.ows.kvp import media_type
from bandstand.services.wcs.coverages import read_format
from bandstand.services.wcs.v20.wcps.effort import Effort
from bandstand.services.wcs.v20.wcps.errors import QuerySemantics, Source
from bandstand.services.wcs.v20.wcps.evaluate import Evaluator
from bandstand.services.wcs.v20.wcps.formulas import is_predicate
from bandstand.services.wcs.v20.wcps.parse import parse
from bandstand.services.wcs.v20.wcps.reduce import Guesses, Reductions
from bandstand.services.wcs.v20.wcps.syntax import Encode, Expression, Query
from bandstand.services.wcs.v20.wcps.values import Band, Cover, Domains, Instant, Interval, Value

_MOST_RESULTS = 100
_TEXTS = {
    "csv": "text/csv", "text/csv": "text/csv", "json": "application/json", "text/json": "application/json",
    "application/json": "application/json",
}  # fmt: skip
_OPTIONS = {
    "compress": "compression", "compression": "compression", "predictor": "predictor", "interleave": "interleave",
    "tiled": "tiling", "tiling": "tiling", "blockxsize": "tilewidth", "tilewidth": "tilewidth",
    "blockysize": "tileheight", "tileheight": "tileheight", "quality": "quality", "jpeg_quality": "quality",
}  # fmt: skip
"""Parameters of formats, as they are called elsewhere, and ours."""


@dataclass(frozen=True, slots=True)
class Words:
    """An answer that is text already."""

    media_type: str
    text: str


Answer = Request | Words


@dataclass(frozen=True, slots=True)
class Answers:
    """All that a query answers."""

    items: tuple[Answer, ...]
    spent: Spent
    """What it took to find them, and what was decided for the client."""


def answers(text: str, engine: Engine) -> Answers:
    """Read a query and evaluate it as far as what is to be encoded, which is left to the engine.

    Args:
        text: The query.
        engine: Computes what its conditions and numbers need.

    Raises:
        QuerySyntax: It is not of the language.
        QuerySemantics: It cannot be computed.
        BandstandError: A coverage, field, axis or time that does not exist; a limit.
    """
    query, source = parse(text, engine.limits)
    turns = math.prod(len(loop.coverages) for loop in query.loops)
    if turns > _MOST_RESULTS:
        source.refuse(f"{turns} combinations of coverages, the limit is {_MOST_RESULTS}", query.start, query.start + 3)
    spent, turn = Spent(engine.limits), current_turn(engine.limits.timeout_s)
    evaluator = Evaluator(engine, source, Reductions(engine.process, spent), Effort(source, turn))
    _foresee(query, Evaluator(engine, source, Guesses(engine.process, spent), Effort(source, turn)))
    return Answers(tuple(_each(query, evaluator)), spent)


def _foresee(query: Query, evaluator: Evaluator) -> None:
    """Refuse a query whose answer cannot be given in its format, before anything is computed.

    Raises:
        QuerySemantics: With the format.
    """
    if not isinstance(query.answer, Encode) or "switch" in evaluator.source.text.casefold():
        # Which branch is taken hangs on numbers.
        return
    try:
        evaluator.names = {loop.variable: evaluator.coverage(loop.coverages[0]) for loop in query.loops}
        for let in query.lets:
            evaluator.names[let.variable] = evaluator.value(let.value)
    except BandstandError:
        return
    _Encoder(evaluator, query.answer).foresee()


def _each(query: Query, evaluator: Evaluator) -> Iterator[Answer]:
    for names in itertools.product(*(loop.coverages for loop in query.loops)):
        evaluator.names = {
            loop.variable: evaluator.coverage(name) for loop, name in zip(query.loops, names, strict=True)
        }
        for let in query.lets:
            evaluator.names[let.variable] = evaluator.value(let.value)
        if query.where is not None and not evaluator.truth(query.where):
            continue
        if isinstance(query.answer, Encode):
            yield _Encoder(evaluator, query.answer).answer()
        else:
            yield Words("text/plain", _told(evaluator.value(query.answer), query.answer, evaluator))


def _told(value: Value, node: Expression, evaluator: Evaluator) -> str:
    if isinstance(value, Cover):
        if value.ground is None:
            return _record([_constant(band, evaluator) for band in value.bands])
        if value.ground.is_point:
            rows = evaluator.reductions.point_values(value)
            return ",".join(_record(row) for row in rows)
        evaluator.source.refuse(
            "a coverage leaves by encode", node.start, node.end, 'Such as: return encode($c, "image/tiff").'
        )
    return _word(value)


def _constant(band: Band, evaluator: Evaluator) -> float:
    return evaluator.engine.process.number(band.steps[0])


def _record(numbers: list[float]) -> str:
    words = [_word(number) for number in numbers]
    return words[0] if len(words) == 1 else f"{{{', '.join(words)}}}"


def _word(value: Value) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case float():
            return _number(value)
        case Instant(label=label):
            return label
        case Interval(low=low, high=high):
            return f"({_end(low)}:{_end(high)})"
        case Domains(axes=axes):
            return ",".join(f"{label}{_word(interval)}" for label, interval in axes)
        case _:
            return str(value)


def _number(value: float) -> str:
    if math.isnan(value):
        return "null"
    return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(float(value))


def _end(value: float | str) -> str:
    return f'"{value}"' if isinstance(value, str) else _word(value)


@dataclass(frozen=True, slots=True)
class _Encoder:
    evaluator: Evaluator
    node: Encode

    @property
    def _source(self) -> Source:
        return self.evaluator.source

    @property
    def _name(self) -> str:
        return "".join(self.node.format.casefold().split())

    def foresee(self) -> None:
        """Refuse what cannot be encoded so, with guesses in place of all numbers that would have to be computed.

        Raises:
            QuerySemantics: There is no such format, or it holds no such answer.
        """
        if self._name not in _TEXTS:
            self._output(self._name)
        try:
            cover = self.evaluator.value(self.node.of)
        except BandstandError:
            # A guess may lie where nothing is.
            return
        whole, output = self._form(cover)
        if output is not None and output.options:
            self.evaluator.engine.check(self._request(whole, output))

    def answer(self) -> Answer:
        cover, output = self._form(self.evaluator.value(self.node.of))
        if output is None:
            return self._text(cover, _TEXTS[self._name])
        return self._request(cover, output)

    def _form(self, value: Value) -> tuple[Cover, Output | None]:
        """The coverage and how it is encoded; None as text."""
        if not isinstance(value, Cover) or value.ground is None:
            self._refuse("only a coverage can be encoded; numbers are returned without encode")
        if self._name in _TEXTS and value.ground.is_point:
            return value, None
        return value, self._output(self._name)

    def _request(self, cover: Cover, output: Output) -> Request:
        if cover.ground is None:
            raise TypeError("a coverage that is encoded lies somewhere")
        series = cover.times is not None and output.media_type in self.evaluator.engine.formats("cube")
        if cover.times is not None and len(cover.times) > 1 and not series:
            listed = ", ".join(cover.times[:8]) + (", …" if len(cover.times) > 8 else "")
            self._refuse(
                f"the coverage has {len(cover.times)} times ({listed}), a file of this format holds one",
                'Slice one, such as [ansi("' + cover.times[-1] + '")], or condense them.',
            )
        if output.kind == "map" and len(cover.bands) not in {1, 3, 4}:
            self._refuse(
                f"a picture has 1, 3 or 4 fields, here are {len(cover.bands)}",
                "Choose: {red: $c.B04; green: $c.B03; blue: $c.B02}.",
            )
        process, grid = self.evaluator.engine.process, cover.ground.grid
        source = self._source.text[self.node.of.start : self.node.of.end]
        steps = [tuple(_results(cover, step, picture=output.kind == "map")) for step in range(cover.count)]
        if series:
            return process.series(steps, grid, output, source=source)
        return process.request(steps[0], grid, output, source=source)

    def _refuse(self, message: str, hint: str = "") -> NoReturn:
        self._source.refuse(message, self.node.start, self.node.end, hint)

    def _text(self, cover: Cover, kind: str) -> Words:
        rows = self.evaluator.reductions.point_values(cover)
        if kind == "text/csv":
            names = [band.name or "value" for band in cover.bands]
            head = ["time", *names] if cover.times is not None else names
            lines = [",".join(head)]
            for i, row in enumerate(rows):
                words = ["" if math.isnan(v) else _word(v) for v in row]
                lines.append(",".join([cover.times[i], *words] if cover.times is not None else words))
            return Words(kind, "\n".join(lines) + "\n")
        plain = [[None if math.isnan(v) else v for v in row] for row in rows]
        single = [row[0] if len(row) == 1 else row for row in plain]
        return Words(kind, json.dumps(single if cover.times is not None else single[0]))

    def _output(self, name: str) -> Output:
        engine = self.evaluator.engine
        options = self._options()
        try:
            return Output(kind="coverage", media_type=read_format(self.node.format, engine, "format"), options=options)
        except UnsupportedFormat as refusal:
            pictures = [known for known in engine.formats("map") if known not in engine.formats("coverage")]
            try:
                return Output(kind="map", media_type=media_type(name, tuple(pictures), "format"), options=options)
            except BandstandError:
                offered = (*engine.formats("coverage"), *pictures)
                raise QuerySemantics(
                    f'Format "{shorten(self.node.format)}" is not offered; expected one of {", ".join(offered)}.'
                    f"{suggest(self.node.format, offered)}",
                    locator=shorten(self.node.format),
                ) from refusal

    def _options(self) -> tuple[tuple[str, str], ...]:
        text = self.node.options.strip()
        if not text:
            return ()
        found = self._from_json(text) if text.startswith("{") else _from_pairs(text)
        unknown = [key for key in found if key.casefold() not in _OPTIONS]
        if unknown:
            self._refuse(
                f'the parameter "{shorten(unknown[0], 40)}" is not offered',
                f"There are: {', '.join(dict.fromkeys(_OPTIONS.values()))}.",
            )
        return tuple(sorted((_OPTIONS[key.casefold()], str(value).casefold()) for key, value in found.items()))

    def _from_json(self, text: str) -> dict[str, object]:
        try:
            document = json.loads(text)
        except (ValueError, RecursionError):
            document = None
        if not isinstance(document, dict):
            self._refuse("the parameters are no JSON object")
        inner = document.pop("formatParameters", {})
        if not isinstance(inner, dict):
            self._refuse("formatParameters is no JSON object")
        return {**document, **inner}


def _from_pairs(text: str) -> dict[str, object]:
    found: dict[str, object] = {}
    for part in text.replace(";", ",").split(","):
        key, _, value = part.partition("=")
        if key.strip():
            found[key.strip()] = value.strip()
    return found


def _results(cover: Cover, step: int, *, picture: bool) -> Iterator[Result]:
    """The bands at one time as results; yes and no are white and black in pictures."""
    bands = cover.bands
    formulas = [band.steps[step if len(band.steps) > 1 else 0] for band in bands]
    plain = all(band.type == "bool" and is_predicate(f) for band, f in zip(bands, formulas, strict=True))
    taken: set[str] = set()
    for band, formula in zip(bands, formulas, strict=True):
        type_ = band.type
        if type_ == "bool":
            type_ = "" if plain and not picture else "uint8"
        name = band.name or "value"
        if name in taken:
            name = next(f"{name}_{n}" for n in itertools.count(2) if f"{name}_{n}" not in taken)
        taken.add(name)
        made = _white(formula) if picture and band.type == "bool" else formula
        yield Result(name, made, type_ if type_ != "float32" else "")


def _white(formula: Formula) -> Formula:
    return Apply("where", (formula, Constant(255.0), Constant(0.0)))
