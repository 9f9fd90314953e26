"""Where numbers stand beside a scale, and how they are written."""

import math
from collections.abc import Sequence

_CROWDED = 0.1
"""Of a scale: numbers within so much of an end, or of each other, tell nothing of the rest."""


def ticks(low: float, high: float, wanted: Sequence[float] = (), *, most: int = 6) -> list[float]:
    """The numbers to print beside a scale: both ends, and in between those wanted or round ones.

    Args:
        low: One end.
        high: The other, above `low`.
        wanted: Preferred inner numbers; those outside are left out, and when none is inside, or they crowd, round
            ones step in.
        most: Round numbers at most.

    Returns:
        Rising, from `low` to `high`.
    """
    inner = sorted({tick for tick in wanted if low < tick < high})
    room = _CROWDED * (high - low)
    crowded = bool(inner) and (
        inner[-1] - low < room or high - inner[0] < room or inner[-1] - inner[0] < room * (len(inner) - 1)
    )
    if crowded or (not inner and not {low, high} <= set(wanted)):
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


def labels(numbers: Sequence[float], decimals: int | None = None) -> list[str]:
    """Numbers as people read them beside one scale, all in one manner.

    Args:
        numbers: At least one.
        decimals: Wanted behind the point, where so many tell the truth of every number.

    Returns:
        As many digits as tell the numbers apart, thousands apart from 10 000 on; powers of ten for all of them when
        the largest is 1e9 or more, or below 1e-4.
    """
    largest = max(map(abs, numbers))
    span = (max(numbers) / 2 - min(numbers) / 2) * 2 or largest or 1.0
    fine = math.floor(math.log10(span)) if math.isfinite(span) else 308
    if largest >= 1e9 or 0.0 < largest < 1e-4:
        digits = min(max(3 + math.floor(math.log10(largest)) - fine, 3), 16)
        return [_power(number, digits) for number in numbers]
    if decimals is not None and (largest >= 1e4 or not all(_is_told(number, decimals) for number in numbers)):
        decimals = None
    return [_plain(number, min(max(3 - fine, 0), 10), decimals) for number in numbers]


def _is_told(number: float, decimals: int) -> bool:
    return math.isclose(round(number, decimals), number, rel_tol=1e-9, abs_tol=1e-12)


def _power(number: float, digits: int) -> str:
    mantissa, power = f"{number:.{digits}e}".split("e")
    return f"{mantissa.rstrip('0').rstrip('.')}e{int(power)}" if float(mantissa) else "0"


def _plain(number: float, places: int, decimals: int | None) -> str:
    if decimals is not None:
        text = f"{number:.{decimals}f}"
    else:
        text = f"{number:.{places}f}"
        text = text.rstrip("0").rstrip(".") if places else text
    if float(text) == 0:
        text = text.removeprefix("-")
    whole, point, rest = text.partition(".")
    if len(whole.removeprefix("-")) > 4:
        whole = f"{int(whole):,}".replace(",", " ")
    return f"{whole}{point}{rest}"
