"""Where numbers stand beside a scale, and how they are written."""

import math
from collections.abc import Sequence

from bandstand.render.key import spell


def ticks(low: float, high: float, wanted: Sequence[float] = (), *, most: int = 6) -> list[float]:
    """The numbers to print beside a scale: both ends, and in between those wanted or round ones.

    Args:
        low: One end.
        high: The other, above `low`.
        wanted: Preferred inner numbers; those outside are left out, and when none is inside round ones step in.
        most: Round numbers at most.

    Returns:
        Rising, from `low` to `high`.
    """
    inner = sorted({tick for tick in wanted if low < tick < high})
    if not inner and not {low, high} <= set(wanted):
        inner = [tick for tick in round_numbers(low, high, most) if low < tick < high]
    return [low, *inner, high]


def round_numbers(low: float, high: float, most: int) -> list[float]:
    """Multiples of 1, 2 or 5 times a power of ten from `low` to `high`, as many as `most` allows."""
    power = math.floor(math.log10((high - low) / most))
    for step in (1, 2, 5, 10, 20):
        # Whole multiples of a whole step, divided or multiplied once: 0.3 stays 0.3.
        size = step * 10.0**power
        first, last = math.ceil(low / size - 1e-9), math.floor(high / size + 1e-9)
        if last - first < most:
            unit = 10.0**-power if power < 0 else 1.0 / 10.0**power
            return [n * step / unit for n in range(first, last + 1)]
    return []


def label(number: float, decimals: int | None) -> str:
    """A number beside the scale, with this many decimals where the style says so and they tell the truth."""
    if decimals is not None:
        text = f"{number:.{decimals}f}"
        if math.isclose(float(text), number, rel_tol=1e-9, abs_tol=1e-12):
            return text.removeprefix("-") if float(text) == 0 else text
    return spell(number, 4)
