"""Units of stored values in the words of UCUM, whatever their providers call them."""

import math
import re
from dataclasses import replace

from bandstand.model.field import Field

_WORDS = {
    "kelvin": "K", "kelvins": "K", "degk": "K", "deg_k": "K", "celsius": "Cel", "degc": "Cel", "deg_c": "Cel",
    "degree_celsius": "Cel", "degrees_celsius": "Cel", "\u00b0c": "Cel", "fahrenheit": "[degF]", "degf": "[degF]",
    "metre": "m", "meter": "m", "metres": "m", "meters": "m", "kilometre": "km", "kilometer": "km", "kilometers": "km",
    "centimetre": "cm", "centimeter": "cm", "centimeters": "cm", "millimetre": "mm", "millimeter": "mm",
    "millimeters": "mm", "micrometre": "um", "micrometer": "um", "micron": "um", "\u00b5m": "um", "\u03bcm": "um",
    "nanometre": "nm", "nanometer": "nm", "square_metre": "m2", "square_meter": "m2", "hectare": "har", "ha": "har",
    "foot": "[ft_i]", "feet": "[ft_i]", "ft": "[ft_i]", "us_survey_foot": "[ft_us]",
    "second": "s", "seconds": "s", "sec": "s", "minute": "min", "minutes": "min", "hour": "h", "hours": "h", "day": "d",
    "days": "d", "year": "a", "years": "a", "yr": "a", "watt": "W", "watts": "W", "steradian": "sr", "joule": "J",
    "kilogram": "kg", "kilograms": "kg", "gram": "g", "grams": "g", "ton": "t", "tonne": "t", "tons": "t",
    "pascal": "Pa", "hectopascal": "hPa", "mbar": "mbar", "decibel": "dB", "db": "dB", "radian": "rad",
    "radians": "rad", "degree": "deg", "degrees": "deg", "\u00b0": "deg", "percent": "%", "percentage": "%", "pct": "%",
}  # fmt: skip
"""Names of units, in lower case, and their codes."""
_NUMBERS = {"", "-", "1", "none", "no unit", "unitless", "dimensionless", "ratio", "n/a", "na", "null", "unknown"}
"""What people write where a value is a pure number, or where nothing is known."""
_POWER = re.compile(r"(?:\*\*|\^)\s*(?=[-+]?\d)")
_PRODUCT = re.compile(r"\s*(?:(?<!10)\*|[\u00b7\u22c5])\s*|\s+")
"""UCUM's own 10* is a number."""
_CODE = re.compile(r"[!-~]+")
_TERM = re.compile(r"([^\d./^*()+-]+(?:_[^\d./^*()+-]+)*)")


def ucum(text: str) -> str:
    """A unit as a code of UCUM; empty for a pure number, the text as an annotation where it is no unit.

    Names in English, the exponents of UDUNITS and of GRIB, and products with spaces are understood: `Kelvin`,
    `W m-2 sr-1 um-1`, `kg m**-2`, `watt/steradian/square_meter/micrometer`.
    """
    plain = " ".join(text.split())
    if plain.casefold() in _NUMBERS:
        return ""
    whole = _WORDS.get(plain.casefold().replace(" ", "_"))
    if whole:
        return whole
    product = _PRODUCT.sub(".", _POWER.sub("", plain).replace("\u00b2", "2").replace("\u00b3", "3"))
    code = _TERM.sub(lambda term: _WORDS.get(term[0].casefold(), term[0]), product)
    if _CODE.fullmatch(code) and ":" not in code and len(code) <= _LONGEST:
        return code
    remark = re.sub(r"[^!-z|~]+|[{}:]", "_", plain)[:_LONGEST].strip("_")
    return f"{{{remark}}}" if remark else ""


_LONGEST = 60
"""Characters of a code."""
_FOOT, _US_FOOT, _FAHRENHEIT = 0.3048, 1200 / 3937, 5 / 9
_MEASURES: dict[str, dict[str, tuple[float, float]]] = {
    "K": {"K": (1.0, 0.0), "Cel": (1.0, 273.15), "[degF]": (_FAHRENHEIT, 459.67 * _FAHRENHEIT)},
    "m": {
        "m": (1.0, 0.0), "km": (1e3, 0.0), "dm": (1e-1, 0.0), "cm": (1e-2, 0.0), "mm": (1e-3, 0.0), "um": (1e-6, 0.0),
        "nm": (1e-9, 0.0), "[ft_i]": (_FOOT, 0.0), "[ft_us]": (_US_FOOT, 0.0),
    },
    "m2": {"m2": (1.0, 0.0), "har": (1e4, 0.0), "km2": (1e6, 0.0)},
    "s": {"s": (1.0, 0.0), "min": (60.0, 0.0), "h": (3600.0, 0.0), "d": (86400.0, 0.0)},
    "kg": {"kg": (1.0, 0.0), "g": (1e-3, 0.0), "t": (1e3, 0.0)},
    "Pa": {"Pa": (1.0, 0.0), "hPa": (1e2, 0.0), "mbar": (1e2, 0.0), "kPa": (1e3, 0.0), "bar": (1e5, 0.0)},
    "rad": {"rad": (1.0, 0.0), "deg": (math.pi / 180, 0.0)},
    "m/s": {"m/s": (1.0, 0.0), "m.s-1": (1.0, 0.0), "km/h": (1 / 3.6, 0.0)},
}  # fmt: skip
"""Units that measure one thing: value x factor + offset is the value in the unit that the others are told in (UCUM)."""


def in_unit(field: Field, unit: str) -> Field:
    """The field with scale and offset that lead to another unit; itself where that is no matter of arithmetic."""
    for known in _MEASURES.values():
        if field.unit in known and unit in known and not field.categorical:
            factor, offset = known[field.unit]
            theirs, beyond = known[unit]
            scale = field.scale * factor / theirs
            moved = (field.offset * factor + offset - beyond) / theirs
            # 273.15 is no binary fraction: what is added and taken away again leaves a rest.
            return replace(field, unit=unit, scale=float(f"{scale:.14g}"), offset=float(f"{moved:.14g}"))
    return field
