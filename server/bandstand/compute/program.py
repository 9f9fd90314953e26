"""Compiled expressions: the program that computes band math on a raster."""

import hashlib
import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from bandstand.caching.recent import Recent
from bandstand.compute.bands import physical_field
from bandstand.compute.expression.functions import TABLE
from bandstand.compute.expression.library import NUMEXPR
from bandstand.compute.expression.lower import Lowering, Piece, Source, finish
from bandstand.compute.expression.machine import Machine
from bandstand.compute.expression.tree import Band, Call, DataMask, Node, Output, spell, walk
from bandstand.model.ask import Units
from bandstand.model.field import Field
from bandstand.model.raster import Raster

INVALID_PREDICATE = 255
"""Where yes or no is undefined."""
_MOST_VARIANTS = 24
_REACHES = {"float32": 38.5, "float64": 308.2}
"""Decimal logarithm of what a type holds."""


@dataclass(frozen=True, slots=True)
class _Step:
    """How one output is computed for one kind of raster."""

    machine: Machine | None
    """None for a constant."""
    constant: float
    needs: tuple[str, ...]
    """Masks that must hold."""
    checked: bool
    """Whether the result itself says where it is undefined: not finite, or 255."""


class Expression:
    """A `Program` of one or more outputs, with the tree they are computed from."""

    def __init__(
        self,
        source: str,
        outputs: Sequence[Output],
        inputs: Sequence[str],
        *,
        units: Units,
        storage: Literal["float32", "float64"] = "float32",
    ) -> None:
        """Keep the trees; machines are made for the first raster of each kind.

        Args:
            source: What the user wrote.
            outputs: Names and trees.
            inputs: The bands of the trees.
            units: `physical` or `stored` numbers.
            storage: What outputs are kept in; float64 never gives yes or no, and is meant to be computed with further.
        """
        self._trees = tuple(outputs)
        self._inputs = tuple(inputs)
        self._source = source
        self._units = units
        self._storage = storage
        self._predicates = storage == "float32" and all(_is_predicate(output) for output in outputs)
        self._asks = any(_asks_masks(node) for output in outputs for node in walk(output.node))
        self._variants: Recent[Hashable, tuple[_Step, ...]] = Recent(_MOST_VARIANTS)
        text = ";".join(f"{output.name!r}={spell(output.node)}" for output in outputs)
        kept = "" if storage == "float32" else f"{storage}:"
        digest = hashlib.blake2b(f"expression/1:{kept}{units}:{inputs!r}:{text}".encode(), digest_size=16)
        self._fingerprint = digest.hexdigest()

    @property
    def inputs(self) -> tuple[str, ...]:
        """The bands that are read, in the order of their first use."""
        return self._inputs

    @property
    def outputs(self) -> tuple[str, ...]:
        """Given names, names of bands and indices, or the text of the output."""
        return tuple(output.name for output in self._trees)

    @property
    def passed(self) -> tuple[str, ...]:
        """The band that each output is, empty where it is computed."""
        return tuple(output.node.name if isinstance(output.node, Band) else "" for output in self._trees)

    @property
    def fingerprint(self) -> str:
        """Equal for equal trees, names of outputs and units, however they were written."""
        return self._fingerprint

    @property
    def trees(self) -> tuple[Output, ...]:
        """What the outputs are computed from."""
        return self._trees

    @property
    def formula(self) -> str:
        """The trees spelled out, without the names of outputs: equal for equal computations."""
        return ";".join(spell(output.node) for output in self._trees)

    @property
    def source(self) -> str:
        """The expression as it was written."""
        return self._source

    @property
    def operations(self) -> int:
        """Operators and functions, with named indices and earlier outputs counted where they are used."""
        return sum(output.node.size for output in self._trees)

    def describe(self, fields: Sequence[Field]) -> tuple[Field, ...]:
        """Float32 and NaN, or uint8 and 255 where every output is yes or no; a choice of class bands stays as it is."""
        known = dict(zip(self._inputs, fields, strict=True))
        return tuple(self._field(output, known) for output in self._trees)

    def _field(self, output: Output, known: Mapping[str, Field]) -> Field:
        if isinstance(output.node, Band):
            field = replace(known[output.node.name], name=output.name)
            return field if self._classes_only(known) else replace(physical_field(field), dtype=self._storage)
        if self._predicates:
            return Field(name=output.name, dtype="uint8", nodata=INVALID_PREDICATE)
        return Field(name=output.name, dtype=self._storage, nodata=math.nan)

    def _classes_only(self, known: Mapping[str, Field]) -> bool:
        """Whether nothing is computed: every output is a band of classes."""
        return all(isinstance(o.node, Band) and known[o.node.name].categorical for o in self._trees)

    def __call__(self, raster: Raster) -> Raster:
        """Compute every output in float64 and store it as float32 (uint8 for yes or no).

        Args:
            raster: The bands `inputs` in that order, any real dtype; scale and offset are taken from its fields.

        Returns:
            `values` (output, y, x); `valid` is (1, y, x) where the outputs share it, else (output, y, x).
        """
        known = dict(zip(self._inputs, raster.fields, strict=True))
        if self._classes_only(known):
            return self._select(raster)
        steps = self._steps(raster)
        dtype = np.uint8 if self._predicates else np.dtype(self._storage)
        values = np.empty((len(steps), *raster.values.shape[1:]), dtype)
        arrays = _arrays(raster)
        for step, out in zip(steps, values, strict=True):
            if step.machine is None:
                out.fill(step.constant)
            else:
                step.machine.run(arrays, out)
        return Raster(values, _join(steps, values, arrays), self.describe(raster.fields), raster.grid)

    def _select(self, raster: Raster) -> Raster:
        order = [self._inputs.index(o.node.name) for o in self._trees if isinstance(o.node, Band)]
        valid = raster.valid if len(raster.valid) == 1 else raster.valid[order]
        return Raster(raster.values[order], valid, self.describe(raster.fields), raster.grid)

    def prepare(self, fields: Sequence[Field]) -> None:
        """Compile for rasters of these fields with a mask for each band, so that the first request finds it done.

        Raises:
            InvalidProgram: More than the machine can hold.
        """
        dtype = np.result_type(*(np.dtype(field.dtype) for field in fields))
        self._build(fields, dtype, [f"m{i}" for i in range(len(fields))])

    def _steps(self, raster: Raster) -> tuple[_Step, ...]:
        planes = len(raster.valid)
        masks = ["m"] * len(raster.fields) if planes == 1 else [f"m{i}" for i in range(planes)]
        if self._asks and raster.valid.all():
            masks = [""] * len(raster.fields)
        key = (raster.values.dtype, *masks, *((f.scale, f.offset, f.categorical) for f in raster.fields))
        steps = self._variants.get(key)
        return steps or self._variants.keep(key, self._build(raster.fields, raster.values.dtype, masks))

    def _build(self, fields: Sequence[Field], dtype: np.dtype[Any], masks: Sequence[str]) -> tuple[_Step, ...]:
        described = zip(self._inputs, fields, masks, strict=True)
        sources = {
            name: _source(f"b{place}", field, dtype, mask, stored=self._units == "stored")
            for place, (name, field, mask) in enumerate(described)
        }
        with np.errstate(all="ignore"):  # numexpr folds constants with numpy
            lowering = Lowering(sources)
            return tuple(self._step(lowering.lower(output.node)) for output in self._trees)

    def _step(self, piece: Piece) -> _Step:
        node, checked = finish(piece, predicate=self._predicates, reach=_REACHES[self._storage])
        needs = tuple(sorted(piece.needs))
        machine = Machine(node)
        if machine.inputs:
            return _Step(machine, 0.0, needs, checked)
        constant: NDArray[Any] = np.empty((), np.bool_ if machine.predicate else np.float64)
        machine.run({}, constant)
        return _Step(None, float(constant), needs, checked)


def _asks_masks(node: Node) -> bool:
    """Whether masks are looked at pixel by pixel, so that it pays to know that all are true."""
    return isinstance(node, DataMask) or (isinstance(node, Call) and node.name in {"where", "isvalid", "isnan"})


def _is_predicate(output: Output) -> bool:
    node = output.node
    return isinstance(node, DataMask) or (isinstance(node, Call) and TABLE[node.name].predicate)


def _source(name: str, field: Field, dtype: np.dtype[Any], mask: str, *, stored: bool) -> Source:
    largest = float(np.finfo(dtype).max if dtype.kind == "f" else 1 if dtype.kind == "b" else np.iinfo(dtype).max)
    value = NUMEXPR.band(name)
    scale, offset = (1.0, 0.0) if stored or field.categorical else (field.scale, field.offset)
    if scale != 1.0:
        value = value * NUMEXPR.number(scale)
    if offset != 0.0:
        value = value + NUMEXPR.number(offset)
    reach = max(math.log10(largest + 1) + math.log10(abs(scale) or 1.0), math.log10(abs(offset) or 1.0)) + 0.31
    return Source(value, mask, reach, soft=dtype.kind == "f")


def _arrays(raster: Raster) -> dict[str, NDArray[Any]]:
    arrays: dict[str, NDArray[Any]] = {f"b{i}": band for i, band in enumerate(raster.values)}
    if len(raster.valid) == 1:
        arrays["m"] = raster.valid[0]
    else:
        arrays.update({f"m{i}": mask for i, mask in enumerate(raster.valid)})
    return arrays


def _join(steps: Sequence[_Step], values: NDArray[Any], arrays: Mapping[str, NDArray[Any]]) -> NDArray[np.bool_]:
    """The masks of the outputs: those of the bands they need, less what turned out to be undefined."""
    if not any(step.checked for step in steps) and len({step.needs for step in steps}) == 1:
        return _common(steps[0].needs, arrays, values.shape[1:])[np.newaxis]
    valid = np.empty(values.shape, np.bool_)
    for step, out, mask in zip(steps, values, valid, strict=True):
        if not step.checked:
            mask[...] = _common(step.needs, arrays, mask.shape)
            continue
        if out.dtype == np.uint8:
            np.not_equal(out, INVALID_PREDICATE, out=mask)
        else:
            np.isfinite(out, out=mask)
        for name in step.needs:
            np.logical_and(mask, arrays[name], out=mask)
    return valid


def _common(needs: Sequence[str], arrays: Mapping[str, NDArray[Any]], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    if not needs:
        return np.ones(shape, np.bool_)
    joined: NDArray[np.bool_] = arrays[needs[0]]
    for name in needs[1:]:
        joined = joined & arrays[name]
    return joined
