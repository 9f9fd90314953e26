"""WMTS keys and paths to a `Request`; KVP and REST meet in one address, so that their answers are the same bytes."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from bandstand.engine.engine import Engine
from bandstand.errors import (
    InvalidParameter,
    InvalidPoint,
    MissingParameter,
    NotFound,
    NotQueryable,
    TileOutOfRange,
    UnknownPath,
    UnsupportedCrs,
    shorten,
    suggest,
)
from bandstand.model.crs import WEB_MERCATOR, parse_crs
from bandstand.model.exchange import Arguments
from bandstand.model.grid import Grid
from bandstand.model.layer import Layer
from bandstand.model.request import Output, Request
from bandstand.model.tiling import WEB_MERCATOR_QUAD, TileMatrixSet
from bandstand.services.ows import kvp
from bandstand.services.ows.info import INFO_FORMATS
from bandstand.services.ows.vendor import drawn_style, read_wishes
from bandstand.services.wmts.tiles import TileQuery, matrix_limits, reaches, tile_request

OPERATIONS = {"getcapabilities": "GetCapabilities", "gettile": "GetTile", "getfeatureinfo": "GetFeatureInfo"}
SECTIONS = ("ServiceIdentification", "ServiceProvider", "OperationsMetadata", "Contents", "Themes")
_SET_ALIASES = {"GoogleMapsCompatible": "WebMercatorQuad"}
_SPELLED = {
    name.casefold(): name for name in ("Layer", "Style", "Format", "TileMatrixSet", "TileMatrix", "TileRow", "TileCol")
}
_ADDRESS = tuple(_SPELLED)
_PATH = ("Layer", "Style", "Time", "TileMatrixSet", "TileMatrix", "TileRow", "TileCol", "Format")
"""Of an `Address`, in its order."""
_STANDARD = frozenset(
    {"service", "version", "request", "layer", "style", "format", "tilematrixset", "tilematrix", "tilerow", "tilecol"}
    | {"i", "j", "infoformat", "time", "acceptversions", "acceptformats", "sections", "updatesequence"}
)


@dataclass(frozen=True, slots=True)
class Address:
    """Where a tile is, in the standard's words, still as text."""

    layer: str
    style: str
    time: str
    tile_set: str
    matrix: str
    row: str
    col: str
    media_type: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class InfoQuery:
    """A GetFeatureInfo, read."""

    request: Request
    media_type: str
    warnings: tuple[str, ...]


def read_operation(args: Arguments) -> str:
    """The operation of a KVP request, in the standard's spelling.

    Raises:
        MissingParameter: No REQUEST, or GetCapabilities without SERVICE.
        InvalidParameter: Either has a value that is not ours.
    """
    service = args.get("service").casefold()
    text = args.get("request")
    operation = OPERATIONS.get(text.casefold())
    # Clients that know one dialogue for WMS and WMTS say WMS here, and understand the WMTS document they get.
    if service not in {"", "wmts", "wms"} or (service == "wms" and operation != "GetCapabilities"):
        raise InvalidParameter(
            f'SERVICE "{shorten(args.get("service"))}" is not spoken at this address; give WMTS.', locator="service"
        )
    names = ", ".join(OPERATIONS.values())
    if not text:
        raise kvp.missing("request", f"one of {names}")
    if operation is None:
        raise InvalidParameter(
            f'REQUEST "{shorten(text)}" is no operation of this service; there are: {names}.'
            f"{suggest(text, OPERATIONS.values())}",
            locator="request",
        )
    if operation == "GetCapabilities":
        if not service:
            raise kvp.missing("service", "WMTS")
    elif (version := args.get("version")) and version != "1.0.0":
        raise InvalidParameter(f'VERSION "{shorten(version)}" is not spoken here; give 1.0.0.', locator="version")
    return operation


def read_sections(args: Arguments) -> frozenset[str]:
    """The sections of the capabilities that are wanted; all when nothing is said.

    Raises:
        MissingParameter: SECTIONS is there and empty.
        InvalidParameter: There is no such section.
    """
    if "sections" not in args.keys():  # noqa: SIM118 - an empty value is an error here, not an absent one
        return frozenset(SECTIONS)
    wanted = kvp.listed(kvp.required(args, "sections", hint=f"All, or some of {', '.join(SECTIONS)}"))
    known = {name.casefold(): name for name in (*SECTIONS, "All")}
    found = set()
    for name in wanted:
        section = known.get(name.casefold())
        if section is None:
            raise InvalidParameter(
                f'SECTIONS names "{shorten(name)}"; there are: All, {", ".join(SECTIONS)}.', locator="sections"
            )
        found.add(section)
    return frozenset(SECTIONS) if "All" in found else frozenset(found)


def kvp_address(args: Arguments) -> Address:
    """The tile's address out of KVP; every key must be there, STYLE may be empty.

    Raises:
        MissingParameter: One is not.
    """
    layer, style, format_, tile_set, matrix, row, col = values = [args.get(name) for name in _ADDRESS]
    if not all(values):
        for name, value in zip(_ADDRESS, values, strict=True):
            if not value and (name != "style" or name not in args.keys()):  # noqa: SIM118 - sent, maybe empty
                raise kvp.missing(_SPELLED[name])
    return Address(layer, style, args.get("time"), tile_set, matrix, row, col, format_)


def path_address(variables: Mapping[str, str], args: Arguments, col: str, media_type: str = "") -> Address:
    """The tile's address out of a path; its query may choose style and time where the path leaves them open.

    Raises:
        InvalidParameter: The query says something else than the path.
    """
    told = [variables.get(name, "") for name in ("layer", "style", "time", "set", "matrix", "row")]
    told += [col, media_type]
    if args.keys():
        told = [_agreed(name, value, args) for name, value in zip(_PATH, told, strict=True)]
    return Address(*told)


def _agreed(name: str, told: str, args: Arguments) -> str:
    """What path and query say of one thing."""
    said = args.get(name) if args.all(name) else ""
    if not said or said == told:
        return told
    if name in {"Style", "Time"} and _left_open(told):
        return said
    if name == "Format":
        return kvp.media_type(said, (told,), name) if told else ""
    raise InvalidParameter(
        f'{name} "{shorten(said)}" stands in the query and "{shorten(told)}" in the path; give it in the path alone.',
        locator=name,
    )


def split_extension(segment: str, known: Mapping[str, str]) -> tuple[str, str]:
    """`12.png` as `12` and its media type.

    Raises:
        UnknownPath: There is no such extension.
    """
    stem, _, extension = segment.rpartition(".")
    media_type = known.get(extension.casefold())
    if not stem or media_type is None:
        raise UnknownPath(f'"{shorten(segment)}" does not end in one of: .{", .".join(known)}.', locator="format")
    return stem, media_type


def read_tile(address: Address, args: Arguments, engine: Engine) -> TileQuery:
    """Read GetTile (07-057r7, 7.2).

    Raises:
        BandstandError: Whatever is wrong, with the parameter's name as locator.
    """
    layer = engine.layer(address.layer, "wmts")
    offered = engine.tile_formats
    media_type = address.media_type
    if media_type not in offered:
        media_type = kvp.media_type(media_type, offered, "Format")
    grid = _grid(address, layer, engine)
    wishes = read_wishes(args, _STANDARD, "tile", style=address.style, time=_time(address.time))
    return tile_request(engine, layer, grid, media_type, wishes)


def read_info(address: Address, pixel: tuple[str, str], media_type: str, args: Arguments, engine: Engine) -> InfoQuery:
    """Read GetFeatureInfo (07-057r7, 7.3).

    Args:
        address: The tile.
        pixel: I (column) and J (row) as text.
        media_type: Wanted.
        args: For vendor keys.
        engine: Knows the layers.

    Raises:
        BandstandError: Whatever is wrong, with the parameter's name as locator.
    """
    layer = engine.layer(address.layer, "wmts")
    if not layer.queryable:
        raise NotQueryable(f'Layer "{layer.name}" gives no feature info.', locator="GetFeatureInfo")
    style = drawn_style(layer, address.style)
    # 07-057r7, table 30: the tile is named with all its keys, Format among them; a path has none.
    if address.media_type:
        kvp.media_type(address.media_type, engine.tile_formats, "Format")
    media_type = kvp.media_type(media_type, INFO_FORMATS, "InfoFormat")
    grid = _grid(address, layer, engine)
    column = _pixel(pixel[0], "I", grid.width)
    row = _pixel(pixel[1], "J", grid.height)
    wishes = read_wishes(args, _STANDARD, "values", style=style, time=_time(address.time))
    styled = engine.ask(layer, wishes.ask)
    output = Output(kind="values", media_type="application/json")
    request = Request(layers=(styled,), grid=grid.crop(column, row, 1, 1), output=output)
    return InfoQuery(request=request, media_type=media_type, warnings=wishes.warnings)


def kvp_pixel(args: Arguments) -> tuple[str, str, str]:
    """I, J and InfoFormat out of KVP.

    Raises:
        MissingParameter: One is not there.
    """
    i, j, media_type = (kvp.required(args, name) for name in ("I", "J", "InfoFormat"))
    return i, j, media_type


def _time(text: str) -> str:
    # QGIS 3.22 leaves the placeholder of a feature info address as it is where its user chose no time.
    return "" if _left_open(text) else text


def _left_open(text: str) -> bool:
    return text.casefold() in {"", "default", "{time}"}


def _set(name: str, layer: Layer, engine: Engine) -> TileMatrixSet:
    known = {tile_set.id: tile_set for tile_set in engine.sets}
    # In whole it may be the URI of the set, or of its well-known scales (07-057r7, annex E).
    last = re.split("[/:]", name)[-1]
    found = known.get(name) or known.get(_SET_ALIASES.get(last, last)) or known.get(_by_crs(name))
    if found is None:
        raise _no_set(name, layer, engine)
    return found


def _by_crs(name: str) -> str:
    """WebMercatorQuad where it is called by its CRS, as clients of older servers do (`EPSG:900913`)."""
    try:
        return WEB_MERCATOR_QUAD.id if parse_crs(name) == WEB_MERCATOR else ""
    except UnsupportedCrs:
        return ""


def _no_set(name: str, layer: Layer, engine: Engine) -> NotFound:
    ids = [tile_set.id for tile_set in engine.sets if reaches(engine, layer, tile_set)]
    return NotFound(
        f'TileMatrixSet "{shorten(name)}" is not offered for layer "{layer.name}"; offered: {", ".join(ids)}.'
        f"{suggest(name, ids)}",
        locator="TileMatrixSet",
    )


def _grid(address: Address, layer: Layer, engine: Engine) -> Grid:
    tile_set = _set(address.tile_set, layer, engine)
    matrix = tile_set.matrix(address.matrix)
    if matrix is None:
        raise NotFound(
            f'TileMatrix "{shorten(address.matrix)}" is not in {tile_set.id}; '
            f"there are {tile_set.matrices[0].id} to {tile_set.matrices[-1].id}.",
            locator="TileMatrix",
        )
    row, col = kvp.integer(address.row, "TileRow"), kvp.integer(address.col, "TileCol")
    grid = tile_set.tile(matrix, row, col)
    # 07-057r7, 7.2.4: what TileMatrixSetLimits leave out is out of range, as much as what the matrix lacks.
    limits = matrix_limits(engine.box(layer, tile_set.crs), matrix)
    if limits is None and not reaches(engine, layer, tile_set):
        raise _no_set(address.tile_set, layer, engine)
    first_row, last_row, first_col, last_col = limits or (0, -1, 0, -1)
    for key, value, first, last in (("TileRow", row, first_row, last_row), ("TileCol", col, first_col, last_col)):
        if not first <= value <= last:
            raise TileOutOfRange(
                f'{key} {value} is outside the limits of layer "{layer.name}" in matrix {matrix.id} of {tile_set.id}: '
                f"{first} to {last}.",
                locator=key,
            )
    return grid


def _pixel(text: str, key: str, size: int) -> int:
    if not text:
        raise MissingParameter(f"{key} is missing; give a pixel of the tile.", locator=key)
    value = kvp.integer(text, key)
    if not 0 <= value < size:
        raise InvalidPoint(f"{key} {value} lies outside the tile; give 0 to {size - 1}.", locator=key)
    return value
