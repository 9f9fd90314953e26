"""The words of the CF conventions (1.9): names, units and meanings of variables, grids and times."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandstand.encode.hdf5 import Attribute
from bandstand.errors import InvalidParameter
from bandstand.model.crs import WEB_MERCATOR, Crs
from bandstand.model.field import Field
from bandstand.model.grid import Grid
from bandstand.model.time import TimeSpan

CONVENTIONS = "CF-1.9"
"""The first edition with unsigned numbers."""
GRID_MAPPING = "spatial_ref"
TIME, BOUNDS, ENDS = "time", "time_bnds", "nv"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TAKEN = frozenset({"x", "y", "lon", "lat", TIME, BOUNDS, ENDS, GRID_MAPPING})
_STANDARD_NAMES = {
    # Name in lower case and unit, as CF's table has it canonically.
    ("ndvi", ""): "normalized_difference_vegetation_index",
    ("elevation", "m"): "surface_altitude",
    ("st_b10", "K"): "surface_temperature",
}
_UNITS = {"": "1", "10^0": "1", "deg": "degree", "Cel": "degree_Celsius", "%": "percent"}
"""UDUNITS' words where they are not UCUM's."""
_LENGTHS = {
    "metre": "m",
    "meter": "m",
    "kilometre": "km",
    "foot": "foot",
    "US survey foot": "US_survey_foot",
}


def names(fields: Sequence[Field]) -> tuple[str, ...]:
    """What the variables are called: letters, digits and `_`, a letter first; each once and none of our own."""
    found: list[str] = []
    for field in fields:
        name = re.sub(r"[^A-Za-z0-9]+", "_", field.name).strip("_")[:128]
        name = name if name[:1].isalpha() else f"v_{name}".rstrip("_")
        stem, count = name, 1
        while name in _TAKEN or name in found:
            count += 1
            name = f"{stem}_{count}"
        found.append(name)
    return tuple(found)


def variable(field: Field, dtype: np.dtype[Any], nodata: float | None) -> dict[str, Attribute]:
    """What a band says of itself; `dtype` is that of the file."""
    said: dict[str, Attribute] = {"long_name": field.title or field.name}
    standard = _STANDARD_NAMES.get((field.name.casefold(), field.unit))
    if standard:
        said["standard_name"] = standard
    if not field.categorical:
        # UCUM's remarks in braces are no units.
        said["units"] = "1" if field.unit.startswith("{") else _UNITS.get(field.unit, field.unit)
    if not field.plain:
        said |= {"scale_factor": np.float64(field.scale), "add_offset": np.float64(field.offset)}
    if nodata is not None:
        said["_FillValue"] = np.array(nodata).astype(dtype)
    return said | _flags(field, dtype, nodata)


def _flags(field: Field, dtype: np.dtype[Any], nodata: float | None) -> dict[str, Attribute]:
    """The classes of a band; each is one word."""
    info = np.finfo(dtype) if dtype.kind == "f" else np.iinfo(dtype)
    held = [(value, label) for value, label in field.classes if info.min <= value <= info.max and value != nodata]
    if not held:
        return {}
    words: list[str] = []
    for value, label in held:
        word = re.sub(r"[^A-Za-z0-9_.+@-]+", "_", label).strip("_") or f"class_{value}"
        words.append(f"{word}_{value}" if word in words else word)
    return {"flag_values": np.array([value for value, _ in held], dtype), "flag_meanings": " ".join(words)}


def axes(grid: Grid) -> tuple[tuple[str, NDArray[Any], dict[str, Attribute]], ...]:
    """Name, coordinates at the centres of pixels, and description of the y and the x axis.

    Raises:
        InvalidParameter: The grid is rotated.
    """
    t = grid.transform
    if t.b or t.d:
        raise InvalidParameter("A rotated grid has no axes; ask for image/tiff.", locator="format")
    x, y = t.c + (np.arange(grid.width) + 0.5) * t.a, t.f + (np.arange(grid.height) + 0.5) * t.e
    if grid.crs.geographic:
        return (
            ("lat", y, _axis("Y", "latitude", "latitude", "degrees_north")),
            ("lon", x, _axis("X", "longitude", "longitude", "degrees_east")),
        )
    unit = grid.crs.proj.axis_info[0].unit_name
    unit = _LENGTHS.get(unit, unit.replace(" ", "_"))
    return (
        ("y", y, _axis("Y", "projection_y_coordinate", "y coordinate of projection", unit)),
        ("x", x, _axis("X", "projection_x_coordinate", "x coordinate of projection", unit)),
    )


def _axis(letter: str, standard: str, long: str, unit: str) -> dict[str, Attribute]:
    return {"standard_name": standard, "long_name": long, "units": unit, "axis": letter}


def grid_mapping(grid: Grid) -> dict[str, Attribute]:
    """The grid's CRS in parameters and in WKT, and its transform as GDAL reads it."""
    t = grid.transform
    place = " ".join(repr(float(number)) for number in (t.c, t.a, t.b, t.f, t.d, t.e))
    return {**_mapping(grid.crs), "GeoTransform": place}


@lru_cache(maxsize=256)
def _mapping(crs: Crs) -> dict[str, Attribute]:
    known: dict[str, Attribute] = {}
    for key, value in crs.proj.to_cf().items():
        if key != "crs_wkt":
            known[key] = value if isinstance(value, str) else np.array(value, np.float64)
    if crs == WEB_MERCATOR:
        # CF knows no Mercator that takes latitudes of the ellipsoid for those of a sphere; on the sphere it is exact.
        known = {
            "grid_mapping_name": "mercator",
            "earth_radius": np.float64(6378137.0),
            "longitude_of_projection_origin": np.float64(0.0),
            "standard_parallel": np.float64(0.0),
            "false_easting": np.float64(0.0),
            "false_northing": np.float64(0.0),
            "projected_crs_name": crs.proj.name,
        }
    # CF's name of it and GDAL's. WKT 1 would lose the order of axes, and with it the identity of EPSG:3035.
    return {**known, "crs_wkt": crs.wkt, "spatial_ref": crs.wkt}


def moments(times: Sequence[TimeSpan]) -> tuple[dict[str, Attribute], NDArray[np.int64]]:
    """The description of a time axis, and (time, 2) its starts and ends, in whole units."""
    ends = [(span.start or _EPOCH, span.end or span.start or _EPOCH) for span in times]
    fine = any(moment.microsecond for pair in ends for moment in pair)
    unit, step = ("milliseconds", timedelta(milliseconds=1)) if fine else ("seconds", timedelta(seconds=1))
    counts = np.array([[(moment - _EPOCH) // step for moment in pair] for pair in ends], np.int64)
    said: dict[str, Attribute] = {
        "standard_name": "time",
        "long_name": "start of acquisition",
        "units": f"{unit} since 1970-01-01 00:00:00",
        "calendar": "standard",
        "axis": "T",
    }
    return said, counts
