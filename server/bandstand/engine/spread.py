"""How the numbers of a band are spread, found once at ingest, and the range of a picture that follows from it."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from bandstand.errors import SourceUnavailable
from bandstand.model.field import Field
from bandstand.model.item import Asset
from bandstand.read.base import FileReport
from bandstand.read.glance import Glance
from bandstand.render.stretch import Range, default_range

_SHARES = (0.02, 0.1, 0.25, 0.5, 0.75, 0.9, 0.98)
"""The quantiles that are kept of a band; the range of a picture reaches from the first to the last."""
_NORMAL = (-2.0537, -1.2816, -0.6745, 0.0, 0.6745, 1.2816, 2.0537)
"""The same of a normal distribution, in standard deviations."""
_APART = 5.0
"""So many times the spread of all others away, a lone end value is a fill that nobody declared."""
MOST_CODES = 1024
"""Codes of classes wider apart than this are told by a colour table or not at all."""
_NEAR = 1e-3
"""Of a step: a float32 is so far from the decimal number it stands for."""
_HALVINGS = 100
_FARTHEST = 8e307
"""No range may be wider than a float64 can tell."""
_PRIMARIES = frozenset({"red", "green", "blue"})

Spread = tuple[float, ...]
"""Share of valid pixels, minimum, maximum and the quantiles at `_SHARES`, in physical units."""


class Sampler(Protocol):
    """Whoever looks into files; the reader's `Library` does."""

    def glance(self, report: FileReport, plane: int, *, nodata: float | None) -> Glance | None:
        """A thin sample of one plane; None where the file's own statistics tell more than it would."""
        ...


def measure(library: Sampler, reports: Mapping[str, FileReport], assets: Mapping[str, Asset]) -> dict[str, Spread]:
    """How the numbers of each band of a scene are spread, but for classes of a byte and what cannot be told.

    Args:
        library: Looks into the files.
        reports: What the files say of themselves, by href.
        assets: By band.
    """
    found = {band: _measured(library, reports[asset.href], asset.plane, asset.field) for band, asset in assets.items()}
    return {band: spread for band, spread in found.items() if spread is not None}


def _measured(library: Sampler, report: FileReport, plane: int, field: Field) -> Spread | None:
    if field.categorical and field.dtype == "uint8":
        # Every one has a colour, whichever of them there are.
        return None
    try:
        sample = library.glance(report, plane, nodata=field.nodata)
    except SourceUnavailable:
        # Its headers are in order: maps leave out what cannot be read, and so does this.
        return None
    if sample is None:
        return declared_spread(report, plane, scale=field.scale, offset=field.offset)
    return spread_of(sample.values, sample.share, scale=field.scale, offset=field.offset, codes=field.categorical)


def spread_of(values: NDArray[Any], share: float, *, scale: float, offset: float, codes: bool = False) -> Spread | None:
    """Describe a sample; None where it is empty.

    Args:
        values: (n,) valid, finite stored numbers.
        share: How much of what was looked at they are.
        scale: With `offset` makes them physical.
        offset: Likewise.
        codes: They are classes: one far from the others is no fill, unless it is too far for any list of classes.
    """
    if values.size == 0:
        return None
    with np.errstate(over="ignore"):
        physical = values.astype(np.float64) * scale + offset
    physical = np.clip(physical, -_FARTHEST, _FARTHEST)
    if not codes or physical.max() - physical.min() >= MOST_CODES:
        physical = _without_fill(physical)
    quantiles = np.quantile(physical, _SHARES, method="closest_observation")
    return tuple(_short(v) for v in (share, physical.min(), physical.max(), *quantiles))


def declared_spread(report: FileReport, plane: int, *, scale: float, offset: float) -> Spread | None:
    """The spread that the file's own STATISTICS_ metadata tell, as if its numbers were normally distributed."""
    found = report.statistics[plane - 1] if report.statistics else None
    if found is None:
        return None
    low, high = sorted(end * scale + offset for end in found[:2])
    mean, deviation = found[2] * scale + offset, found[3] * abs(scale)
    quantiles = (min(max(mean + z * deviation, low), high) for z in _NORMAL)
    return tuple(_short(v) for v in (1.0, low, high, *quantiles))


def _without_fill(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The numbers without a value that stands alone at an end, far from all others: an undeclared nodata."""
    for end, sign in ((values.min(), 1.0), (values.max(), -1.0)):
        rest = values[values != end]
        if 0 < rest.size < values.size - 1:
            near, far = np.quantile(rest, (_SHARES[0], _SHARES[-1]))
            nearest = rest.min() if sign > 0 else rest.max()
            if 0.0 < _APART * (far - near) < sign * (nearest - end):
                values = rest
    return values


def _short(number: float) -> float:
    # A second of a clock that counts nanoseconds since 1970 is still told.
    return float(f"{number:.15g}")


def range_of_all(spreads: Sequence[Spread]) -> Range | None:
    """From where 2 % to where 98 % of the numbers of all scenes lie below, each scene by its share of valid pixels.

    Where these are one number it is the least and the greatest; None where those are one too, or nothing is known.
    """
    known = np.array([s for s in spreads if len(s) == len(_SHARES) + 3 and s[0] > 0.0], np.float64)
    if known.size == 0:
        return None
    weights, knots = known[:, 0] / known[:, 0].sum(), known[:, 3:]
    low, high = (_quantile(share, weights, knots) for share in (_SHARES[0], _SHARES[-1]))
    if not low < high:
        low, high = float(known[:, 1].min()), float(known[:, 2].max())
    return (low, high) if low < high else None


def _quantile(share: float, weights: NDArray[np.float64], knots: NDArray[np.float64]) -> float:
    """The least number that at least this share of all lies at or below."""
    low, high = float(knots[:, 0].min()), float(knots[:, -1].max())
    for _ in range(_HALVINGS):
        if _below(low, weights, knots) >= share:
            return low
        middle = low / 2 + high / 2
        if not low < middle < high:
            break
        if _below(middle, weights, knots) >= share:
            high = middle
        else:
            low = middle
    return high


def _below(number: float, weights: NDArray[np.float64], knots: NDArray[np.float64]) -> float:
    """Which share of all numbers lies at or below one: linear between the knots, nothing lies outside of them."""
    place = (knots <= number).sum(axis=1)
    inner = np.clip(place, 1, knots.shape[1] - 1)
    rows = np.arange(len(knots))
    left, right = knots[rows, inner - 1], knots[rows, inner]
    shares = np.array(_SHARES)
    # Beyond all knots the step is none, whatever comes out.
    with np.errstate(over="ignore", invalid="ignore"):
        step = np.where(right > left, (number - left) / np.where(right > left, right - left, 1.0), 0.0)
    share = shares[inner - 1] + (shares[inner] - shares[inner - 1]) * step
    share = np.where(place == 0, 0.0, np.where(place == knots.shape[1], 1.0, share))
    return float((share * weights).sum()) + 1e-12


def picture_range(field: Field, spreads: Sequence[Spread]) -> Range:
    """The range that shows a band where no style knows one.

    An eight-bit red, green or blue is shown as it is. Else it is the range of the data, or of the type where the
    data fill half of it or nothing is known of them; a constant is a middle grey.
    """
    whole = default_range(field, np.dtype(field.dtype))
    if field.categorical or (field.dtype == "uint8" and field.common_name in _PRIMARIES):
        return whole
    found = range_of_all(spreads)
    if found is None:
        return _around(spreads) or whole
    if np.dtype(field.dtype).kind in "iu" and 2.0 * (found[1] - found[0]) >= whole[1] - whole[0]:
        return whole
    return _rounded(*found)


def _around(spreads: Sequence[Spread]) -> Range | None:
    """A range with the only number there is in its middle."""
    values = [s[1] for s in spreads if len(s) > 1 and s[0] > 0.0]
    if not values:
        return None
    reach = abs(values[0]) / 2 or 1.0
    return values[0] - reach, values[0] + reach


def _rounded(low: float, high: float) -> Range:
    """Outwards to a thousandth of the range, so that legends are readable."""
    step = 10.0 ** (math.floor(math.log10(high - low)) - 2)
    if not (step > 0.0 and math.isfinite(1.0 / step)):
        return low, high
    return _multiple(math.floor(low / step + _NEAR), step), _multiple(math.ceil(high / step - _NEAR), step)


def _multiple(count: int, step: float) -> float:
    # Divided by a whole power of ten, a decimal fraction is the nearest float there is.
    return count * step if step >= 1.0 else count / round(1.0 / step) if step > 1e-15 else count * step


def spreads_in(kept: Sequence[object]) -> Mapping[str, tuple[Spread, ...]]:
    """The spreads of each band, as the scenes keep them; what cannot be read is left out."""
    found: dict[str, list[Spread]] = {}
    for scene in kept:
        for band, numbers in scene.items() if isinstance(scene, dict) else ():
            if isinstance(numbers, list) and all(isinstance(n, int | float) for n in numbers):
                found.setdefault(band, []).append(tuple(float(n) for n in numbers))
    return {band: tuple(known) for band, known in found.items()}
