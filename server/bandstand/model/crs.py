"""Coordinate reference systems from any spelling, their axis order, and their names back out."""

import math
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import pyproj
from pyproj import network

from bandstand.errors import UnsupportedCrs, shorten

_AUTHORITY = r"(?P<authority>epsg|esri|google)"
_SPELLINGS = tuple(
    re.compile(pattern.replace("AUTHORITY", _AUTHORITY) + r"(?P<code>\d{1,7})$", re.IGNORECASE)
    for pattern in (
        "^AUTHORITY::?",
        # The version may be left out, with its colon or without: urn:x-ogc:def:crs:EPSG:4326.
        r"^urn:(?:x-)?ogc:def:crs:AUTHORITY:(?:[\d.]*:)?",
        r"^https?://(?:www\.)?opengis\.net/def/crs/AUTHORITY/[\d.]+/",
        r"^https?://(?:www\.)?opengis\.net/gml/srs/AUTHORITY\.xml#",
    )
)
_CRS84 = re.compile(
    r"^(?:(?:ogc:)?crs:?84|urn:(?:x-)?ogc:def:crs:ogc:[\d.]*:crs84|https?://(?:www\.)?opengis\.net/def/crs/ogc/[\d.]+/crs84)$",
    re.IGNORECASE,
)
_MERCATORS = frozenset({3785, 900913, 102100, 102113})
"""Codes under which web Mercator goes; EPSG:3857 came late."""
_MERCATOR_NAMES = frozenset({"Popular Visualisation CRS / Mercator", "WGS_1984_Web_Mercator"})
"""What files call it whose systems have no code that PROJ finds."""
_PATH = re.compile(r"[/\\~]")
_NAMED_PATH = re.compile(r"""=(?:"+[^"]*|[^\s"]*)[/\\~]""")
"""A path as the value of a key of PROJ: nadgrids, file, init and others."""
_EQUATOR_M = 2.0 * math.pi * 6378137.0
_LOCAL = threading.local()


class LeadsElsewhere(UnsupportedCrs):
    """A system that names a file by its path: PROJ opens it, whatever it is, and waits for a pipe."""


# For all threads: PROJ would fetch grids where the environment says so.
network.set_network_enabled(active=False)  # type: ignore[attr-defined] # it does not say what it exports


@dataclass(frozen=True, slots=True)
class Crs:
    """A coordinate reference system; coordinates inside Bandstand are always x (east), y (north).

    Two are equal when their `key` is: an authority code, or the WKT of a system that has none.
    """

    key: str
    """`EPSG:32631`, `OGC:CRS84`, or WKT2."""
    north_first: bool = field(compare=False)
    """Whether the authority's order is y, x: northing or latitude first."""
    geographic: bool = field(compare=False)
    """Whether the units are angles."""
    lonlat: bool = field(compare=False)
    """Whether x and y are longitude and latitude in degrees from Greenwich, of whatever datum: neither in grads, nor
    from Paris, nor from poles of their own."""
    metres_per_unit: float = field(compare=False)
    """Length of one unit, for scale denominators; 111 319.49 for degrees (OGC 07-057r7, 6.1)."""

    @property
    def epsg(self) -> int | None:
        """The EPSG code, if it has one."""
        return int(self.key[5:]) if self.key.startswith("EPSG:") else None

    @property
    def urn(self) -> str:
        """The OGC URN (WMTS, OWS 1.1)."""
        if self.epsg is None:
            return "urn:ogc:def:crs:OGC:1.3:CRS84" if self.key == "OGC:CRS84" else self.key
        return f"urn:ogc:def:crs:EPSG::{self.epsg}"

    @property
    def uri(self) -> str:
        """The OGC HTTP URI (WCS 2.0, OGC APIs)."""
        if self.epsg is None:
            return "http://www.opengis.net/def/crs/OGC/1.3/CRS84" if self.key == "OGC:CRS84" else self.key
        return f"http://www.opengis.net/def/crs/EPSG/0/{self.epsg}"

    @property
    def short(self) -> str:
        """The short name (WMS): `EPSG:4326`, `CRS:84`."""
        return "CRS:84" if self.key == "OGC:CRS84" else self.key

    @property
    def directions(self) -> tuple[str, str]:
        """Where x and y grow: `east`, `north`, `west`, `south`; around a pole east and north by their names."""
        axes = self.proj.axis_info
        first, second = axes[0].direction.lower(), axes[1].direction.lower()
        if first == second:
            return "east", "north"
        return (second, first) if self.north_first else (first, second)

    @property
    def proj(self) -> pyproj.CRS:
        """The pyproj object."""
        return _proj(self.key)

    @property
    def wkt(self) -> str:
        """WKT2:2019."""
        return str(_proj(self.key).to_wkt())


@lru_cache(maxsize=512)
def _proj(key: str) -> pyproj.CRS:
    return pyproj.CRS.from_user_input(key)


def parse_crs(text: str, *, locator: str = "crs") -> Crs:
    """Read a CRS in any spelling that clients use (short, URN, URI, safe CURIE).

    Raises:
        UnsupportedCrs: The spelling is unknown or the database has no such code.
    """
    found = _parse(text.strip().removeprefix("[").removesuffix("]"))
    if found is None:
        raise UnsupportedCrs(
            f'CRS "{shorten(text)}" is not known; expected a spelling such as EPSG:3857, '
            "urn:ogc:def:crs:EPSG::3857 or http://www.opengis.net/def/crs/EPSG/0/3857.",
            locator=locator,
        )
    return found


@lru_cache(maxsize=1024)
def _parse(text: str) -> Crs | None:
    if _CRS84.match(text):
        return crs_from_proj(pyproj.CRS.from_user_input("OGC:CRS84"), key="OGC:CRS84")
    for spelling in _SPELLINGS:
        if match := spelling.match(text):
            code = int(match["code"])
            if code in _MERCATORS:
                code = 3857
            elif match["authority"].casefold() != "epsg":
                continue
            try:
                proj = pyproj.CRS.from_epsg(code)
            except pyproj.exceptions.CRSError:
                return None
            if not (proj.is_projected or proj.is_geographic):
                return None
            flat = _horizontal(proj)
            return crs_from_proj(proj, key=f"EPSG:{code}") if flat is proj else _from_proj(flat)
    return None


def crs_from_wkt(wkt: str) -> Crs:
    """Take a CRS out of a file (WKT, PROJJSON or PROJ text), by its EPSG code where it is one exactly.

    Raises:
        LeadsElsewhere: It names a file that is not among PROJ's own.
        UnsupportedCrs: PROJ cannot read it.
    """
    if _NAMED_PATH.search(wkt):
        raise _refused()
    found = _from_wkt(wkt)
    if found is None:
        raise UnsupportedCrs("The file's coordinate reference system cannot be read.", locator="crs")
    return found


@lru_cache(maxsize=256)
def _from_wkt(wkt: str) -> Crs | None:
    try:
        proj = pyproj.CRS.from_user_input(wkt)
        if any(_NAMED_PATH.search(text) or (key == "value" and _PATH.search(text)) for key, text in _texts(proj)):
            raise _refused()
        return _from_proj(_horizontal(proj))
    except pyproj.exceptions.CRSError:
        return None


def _texts(proj: pyproj.CRS) -> Iterator[tuple[str, str]]:
    """Every text in the definition of a system, with the key that it stands under."""
    waiting: list[tuple[str, Any]] = [("", proj.to_json_dict())]
    while waiting:
        key, value = waiting.pop()
        if isinstance(value, str):
            yield key, value
        elif isinstance(value, dict):
            waiting += value.items()
        elif isinstance(value, list):
            waiting += [(key, part) for part in value]


def _refused() -> LeadsElsewhere:
    return LeadsElsewhere(
        "The coordinate reference system names a file by its path, which is not opened; put grids into the folder of "
        "PROJ (PROJ_DATA) and name them alone.",
        locator="crs",
    )


def _from_proj(proj: pyproj.CRS) -> Crs:
    # EPSG is asked first: others have codes for the same systems.
    named = proj.to_authority("EPSG", 70) or proj.to_authority(None, 70)
    if proj.name in _MERCATOR_NAMES:
        named = ("EPSG", "3857")
    # The order of axes is the authority's, not what the file's text leaves of it.
    known = _parse(":".join(named)) if named else None
    return known or crs_from_proj(proj, key=proj.to_wkt())


def _horizontal(proj: pyproj.CRS) -> pyproj.CRS:
    """The part of a system that counts the two axes of a grid, which has no heights."""
    if proj.is_compound:
        return _horizontal(proj.sub_crs_list[0])
    return proj.to_2d() if len(proj.axis_info) > 2 else proj


def crs_from_proj(proj: pyproj.CRS, *, key: str) -> Crs:
    """Describe a pyproj CRS by our noun, under the given key."""
    unit = float(proj.axis_info[0].unit_conversion_factor or 1.0) if proj.axis_info else 1.0
    geographic = bool(proj.is_geographic)
    # OGC 07-057r7, 6.1: one degree counts as the length of a degree of the WGS 84 equator.
    metres = _EQUATOR_M * unit / (2.0 * math.pi) if geographic else unit
    degrees = geographic and _is_degree(unit)
    return Crs(
        key,
        north_first=_turned(proj),
        geographic=geographic,
        lonlat=degrees and not proj.is_derived and _from_greenwich(proj),
        metres_per_unit=111319.49079327358 if degrees else metres,
    )


def _is_degree(radians: float) -> bool:
    return abs(radians - math.pi / 180.0) < 1e-12


def _from_greenwich(proj: pyproj.CRS) -> bool:
    meridian = proj.prime_meridian
    return meridian is None or meridian.longitude == 0.0


def _turned(proj: pyproj.CRS) -> bool:
    """Whether files and maps have the two axes the other way round than the authority, as PROJ and GDAL decide it.

    Around a pole both axes point the same way, and their names tell: EPSG:3031 is (Easting, Northing), EPSG:32761
    (Northing, Easting). Other pairs (southing and westing of Krovak, westing and southing of Hartebeesthoek) are
    never turned.
    """
    axes = proj.axis_info
    if len(axes) < 2:
        return False
    first, second = axes[0].direction.lower(), axes[1].direction.lower()
    if first == second and first in {"north", "south"}:
        names = axes[0].name.lower(), axes[1].name.lower()
        return names[0].startswith("northing") and names[1].startswith("easting")
    return (first, second) == ("north", "east")


@lru_cache(maxsize=512)
def period(crs: Crs) -> float:
    """How far apart, along x, two names of a place lie: 360 degrees, 400 grads, the girth of web Mercator, or 0."""
    if crs.key == "EPSG:3857":
        return _EQUATOR_M
    if not crs.geographic:
        return 0.0
    # Factors are written with some fifteen digits; a turn is a whole number of every unit in use.
    return round(2.0 * math.pi / float(crs.proj.axis_info[0].unit_conversion_factor), 9)


WEB_MERCATOR = parse_crs("EPSG:3857")
WGS84 = parse_crs("EPSG:4326")
CRS84 = parse_crs("CRS:84")


def transformer(source: Crs, target: Crs) -> pyproj.Transformer:
    """The transformer between two systems, x first on both sides; one a thread, since PROJ contexts are not shared.

    Raises:
        UnsupportedCrs: PROJ knows no way from one to the other.
    """
    kept: dict[tuple[str, str], pyproj.Transformer] | None = getattr(_LOCAL, "transformers", None)
    if kept is None:
        kept = _LOCAL.transformers = {}
    pair = (source.key, target.key)
    found = kept.get(pair)
    if found is None:
        if len(kept) > 256:
            kept.clear()
        try:
            found = kept[pair] = pyproj.Transformer.from_crs(source.proj, target.proj, always_xy=True)
        except pyproj.exceptions.ProjError as error:
            raise UnsupportedCrs(
                f"There is no way from {shorten(source.short)} to {shorten(target.short)}: {error}", locator="crs"
            ) from error
    return found


@lru_cache(maxsize=512)
def poles(crs: Crs) -> tuple[tuple[float, float, float], ...]:
    """Latitude, x and y of the poles that are points in a system; none where longitudes are told from x alone."""
    if crs.geographic or period(crs):
        return ()
    lat = (90.0, -90.0)
    x, y = transformer(CRS84, crs).transform((0.0, 0.0), lat)
    return tuple(place for place in zip(lat, x, y, strict=True) if all(map(math.isfinite, place)))


__all__ = [
    "CRS84",
    "WEB_MERCATOR",
    "WGS84",
    "Crs",
    "LeadsElsewhere",
    "crs_from_proj",
    "crs_from_wkt",
    "parse_crs",
    "period",
    "poles",
    "transformer",
]
