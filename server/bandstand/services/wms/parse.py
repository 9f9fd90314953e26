"""WMS parameters to a `Request`: axis order, styles, sizes; nothing behind this knows that a map was asked by WMS."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from bandstand.engine.engine import Engine
from bandstand.errors import (
    InvalidParameter,
    InvalidPoint,
    MissingParameter,
    NotQueryable,
    TooLarge,
    UnknownLayer,
    UnknownOperation,
    UnknownStyle,
    UnsupportedVersion,
    shorten,
    suggest,
)
from bandstand.model.exchange import Arguments
from bandstand.model.grid import Grid
from bandstand.model.layer import Group, Layer
from bandstand.model.request import Output, Request, StyledLayer
from bandstand.model.style import Rgba
from bandstand.services.ows import kvp
from bandstand.services.ows.info import INFO_FORMATS
from bandstand.services.ows.resolution import SIZES, read_sizes
from bandstand.services.ows.vendor import Wishes, drawn_style, read_wishes
from bandstand.services.ows.versions import negotiate, version_numbers

Version = Literal["1.3.0", "1.1.1"]
VERSIONS: tuple[Version, ...] = ("1.3.0", "1.1.1")
OPERATIONS: Mapping[str, str] = {
    "getcapabilities": "GetCapabilities",
    "capabilities": "GetCapabilities",
    "getmap": "GetMap",
    "map": "GetMap",
    "getfeatureinfo": "GetFeatureInfo",
    "feature_info": "GetFeatureInfo",
    "getlegendgraphic": "GetLegendGraphic",
    "describelayer": "DescribeLayer",
    "getmetadata": "GetMetadata",
    "getfeatureinfoschema": "GetFeatureInfoSchema",
}
LEGEND_FORMATS = ("image/png", "image/jpeg", "application/json")
LEGEND_MAX_PX = 2048
WHITE: Rgba = (255, 255, 255, 255)

_COMMON = frozenset({"service", "version", "wmtver", "request", "exceptions", "layers", "styles", "time"})
_MAP = _COMMON | {"crs", "srs", "bbox", "width", "height", "format", "transparent", "bgcolor"}
_INFO = _MAP | {"query_layers", "info_format", "feature_count", "i", "j", "x", "y"}
_LEGEND = _COMMON | {"layer", "style", "format", "width", "height", "rule", "scale", "transparent", "bgcolor", *SIZES}


Drawn = tuple[Layer, str]
"""A layer and the name of its style."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MapQuery:
    """A GetMap, read."""

    request: Request
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class InfoQuery:
    """A GetFeatureInfo, read: a map of one pixel, whose values are wanted."""

    request: Request
    media_type: str
    count: int
    """At most so many scenes a layer."""
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LegendQuery:
    """A GetLegendGraphic, read."""

    styled: tuple[StyledLayer, ...]
    """One, or those of a group."""
    media_type: str
    width: int | None
    height: int | None
    scale: float
    """How many times larger than on a screen of 96 dots an inch."""
    letters: float
    """How many times larger letters are, beside that."""
    ground: Rgba
    warnings: tuple[str, ...]


def read_operation(args: Arguments) -> str:
    """The operation asked for, in the standard's spelling.

    Raises:
        MissingParameter: No REQUEST.
        UnknownOperation: None of ours.
        InvalidParameter: SERVICE names another service.
    """
    service = args.get("service")
    if service and service.casefold() != "wms":
        raise InvalidParameter(
            f'SERVICE "{shorten(service)}" is not spoken at this address; give WMS.', locator="SERVICE"
        )
    names = tuple(dict.fromkeys(OPERATIONS.values()))
    text = kvp.required(args, "REQUEST", hint=f"one of {', '.join(names)}")
    found = OPERATIONS.get(text.casefold())
    if found is None:
        raise UnknownOperation(
            f'REQUEST "{shorten(text)}" is no operation of this service; there are: {", ".join(names)}.'
            f"{suggest(text, names)}",
            locator="REQUEST",
        )
    return found


def read_version(args: Arguments, operation: str) -> Version:
    """The version to answer in.

    GetCapabilities negotiates and never fails; the other operations name theirs, or are known to be 1.1.1
    by their SRS. A picture without either could be turned round: it is refused (06-042, 7.3.3.1).

    Raises:
        MissingParameter: GetMap or GetFeatureInfo without VERSION and SRS.
        UnsupportedVersion: VERSION is no version at all.
    """
    text = args.get("version") or args.get("wmtver")
    if operation == "GetCapabilities" or (text and version_numbers(text)):
        return "1.3.0" if negotiate(text, VERSIONS) == "1.3.0" else "1.1.1"
    if text:
        raise UnsupportedVersion(f'VERSION "{shorten(text)}" is no version; give 1.3.0 or 1.1.1.', locator="VERSION")
    if "srs" in args:
        return "1.1.1"
    if operation in {"GetMap", "GetFeatureInfo"}:
        raise kvp.missing("VERSION", "1.3.0 or 1.1.1")
    return "1.3.0"


def read_map(args: Arguments, version: Version, engine: Engine) -> MapQuery:
    """Read GetMap (06-042, 7.3).

    Raises:
        BandstandError: Whatever is wrong, with the parameter's name as locator.
    """
    drawn = _drawn(args, kvp.required(args, "LAYERS", hint="names of layers, with commas"), "LAYERS", engine)
    grid = _grid(args, version, engine)
    media_type = kvp.media_type(
        kvp.required(args, "FORMAT", hint=", ".join(engine.formats("map"))), engine.formats("map"), "FORMAT"
    )
    transparent, background = read_ground(args)
    wishes = read_wishes(args, _MAP, "map", time=args.get("time"))
    output = Output(
        kind="map",
        media_type=media_type,
        options=wishes.options,
        transparent=transparent,
        background=background,
    )
    styled = _settle(engine, drawn, wishes)
    return MapQuery(request=Request(layers=styled, grid=grid, output=output), warnings=wishes.warnings)


def read_ground(args: Arguments) -> tuple[bool, Rgba]:
    """What lies under the layers: whether nothing does, and else which colour."""
    transparent = kvp.boolean(args.get("transparent"), "TRANSPARENT", default=False)
    text = args.get("bgcolor")
    return transparent, kvp.colour(text, "BGCOLOR") if text else WHITE


def read_info(args: Arguments, version: Version, engine: Engine) -> InfoQuery:
    """Read GetFeatureInfo (06-042, 7.4); I/J and X/Y are the same in both versions.

    Raises:
        BandstandError: Whatever is wrong, with the parameter's name as locator.
    """
    asked = kvp.required(args, "QUERY_LAYERS", hint="names out of LAYERS")
    key = "LAYERS" if "layers" in args else "QUERY_LAYERS"
    drawn = _drawn(args, args.get("layers") or asked, key, engine)
    chosen = _queried(kvp.listed(asked), drawn, engine)
    media_type = INFO_FORMATS[0]
    if text := args.get("info_format"):
        media_type = kvp.media_type(text, INFO_FORMATS, "INFO_FORMAT")
    count = _feature_count(args.get("feature_count"))
    grid = _grid(args, version, engine)
    column = _pixel(args, "I", "X", grid.width, version)
    row = _pixel(args, "J", "Y", grid.height, version)
    wishes = read_wishes(args, _INFO, "values", time=args.get("time"))
    styled = _settle(engine, [(layer, drawn_style(layer, style)) for layer, style in chosen], wishes)
    output = Output(kind="values", media_type="application/json")
    request = Request(layers=styled, grid=grid.crop(column, row, 1, 1), output=output)
    return InfoQuery(request=request, media_type=media_type, count=count, warnings=wishes.warnings)


def _queried(asked: tuple[str, ...], drawn: list[Drawn], engine: Engine) -> list[Drawn]:
    """Those of the layers drawn that are asked about: of a group all that give feature info."""
    found: dict[str, Drawn] = {}
    for name in asked:
        names = {layer.name for layer in _members(name, "QUERY_LAYERS", engine)}
        below = [pair for pair in drawn if pair[0].name in names]
        if not below:
            raise UnknownLayer(
                f'QUERY_LAYERS names "{shorten(name)}", which is not among LAYERS.', locator="QUERY_LAYERS"
            )
        queryable = [pair for pair in below if pair[0].queryable]
        if not queryable:
            raise NotQueryable(f'Layer "{name}" gives no feature info.', locator="QUERY_LAYERS")
        for layer, style in queryable:
            found.setdefault(layer.name, (layer, style))
    return list(found.values())


def _feature_count(text: str) -> int:
    """How many features of a layer are told (06-042, 7.4.3.6); 1 unless the client wants more."""
    count = kvp.integer(text, "FEATURE_COUNT") if text else 1
    if count < 1:
        raise InvalidParameter(f"FEATURE_COUNT {shorten(text)} is too small; give at least 1.", locator="FEATURE_COUNT")
    return count


def read_legend(args: Arguments, engine: Engine) -> LegendQuery:
    """Read GetLegendGraphic (OGC 05-078r4, 10), with every parameter that restyles a map.

    Raises:
        BandstandError: Whatever is wrong, with the parameter's name as locator.
    """
    name = kvp.required(args, "LAYER", "LAYERS", hint="the name of a layer")
    layers = _members(name, "LAYER", engine)
    media_type = LEGEND_FORMATS[0]
    if text := args.get("format"):
        media_type = kvp.media_type(text, LEGEND_FORMATS, "FORMAT")
    sides = []
    for key in ("WIDTH", "HEIGHT"):
        text = args.get(key)
        sides.append(kvp.size(text, key, limit=LEGEND_MAX_PX, limit_name="of legends") if text else None)
    scale, letters = read_sizes(args)
    transparent, background = read_ground(args)
    wishes = read_wishes(args, _LEGEND, "legend", style=args.get("style", "styles"), time=args.get("time"))
    try:
        styled = tuple(engine.ask(layer, wishes.ask) for layer in layers)
    except UnknownStyle as error:
        raise UnknownStyle(error.message, locator="STYLE") from error
    return LegendQuery(
        styled=styled,
        media_type=media_type,
        width=sides[0],
        height=sides[1],
        scale=scale,
        letters=letters,
        ground=(*background[:3], 0) if transparent and media_type != "image/jpeg" else background,
        warnings=wishes.warnings,
    )


def read_record(args: Arguments, engine: Engine) -> tuple[Layer | Group, tuple[Layer, ...]]:
    """The layer or group whose metadata record GetMetadata asks for, and its layers."""
    name = kvp.required(args, "LAYER", "LAYERS", hint="the name of a layer")
    layers = _members(name, "LAYER", engine)
    return next((group for group in engine.groups if group.name == name), layers[0]), layers


def read_described(args: Arguments, engine: Engine) -> list[Layer]:
    """The layers that DescribeLayer asks about; of a group all below it."""
    names = kvp.listed(kvp.required(args, "LAYERS", hint="names of layers, with commas"))
    return [layer for members in _named(names, "LAYERS", engine) for layer in members]


def _drawn(args: Arguments, text: str, key: str, engine: Engine) -> list[Drawn]:
    """The layers of a map, bottom first, each with its style; those of a group in the order of capabilities."""
    named = _named(kvp.listed(text), key, engine)
    styles = _styles(args, len(named))
    return [(layer, style) for members, style in zip(named, styles, strict=True) for layer in members]


def _named(names: tuple[str, ...], key: str, engine: Engine) -> list[tuple[Layer, ...]]:
    """The layers that each name stands for."""
    limit = engine.limits.layer_limit
    if len(names) > limit:
        raise TooLarge(
            f"{key} names {len(names)} layers; at most {limit} are drawn in one map (LayerLimit).", locator=key
        )
    if not all(names):
        raise MissingParameter(f"{key} has an empty member; give names of layers, with commas.", locator=key)
    return [_members(name, key, engine) for name in names]


def _members(name: str, key: str, engine: Engine) -> tuple[Layer, ...]:
    """The layer of this name, or the layers of this group."""
    for group in engine.groups:
        if group.name == name:
            return engine.members(group, "wms")
    try:
        return (engine.layer(name, "wms"),)
    except UnknownLayer as error:
        raise UnknownLayer(error.message, locator=key) from error


def _styles(args: Arguments, count: int) -> list[str]:
    """One style a layer; none, one empty or only commas mean the defaults (06-042, 7.3.3.4)."""
    text = args.get("styles") if args.all("styles") else ""
    styles = list(kvp.listed(text))
    if not any(styles) or text == "default":
        return [args.get("default_style")] * count
    while len(styles) > count and not styles[-1]:
        styles.pop()
    if len(styles) != count:
        raise InvalidParameter(
            f"STYLES names {len(styles)} style(s) for {count} layer(s); give one each, or leave it empty.",
            locator="STYLES",
        )
    return styles


def _grid(args: Arguments, version: Version, engine: Engine) -> Grid:
    key = "CRS" if version == "1.3.0" else "SRS"
    other = "SRS" if version == "1.3.0" else "CRS"
    crs = kvp.crs(kvp.required(args, key, other, hint="one of capabilities, such as EPSG:3857"), engine.crs, key)
    # 06-042, 6.7.2: 1.3.0 follows the authority's axis order; 1.1.1 always has x before y.
    box = kvp.bbox(kvp.required(args, "BBOX", hint="four numbers"), "BBOX", crs, authority_order=version == "1.3.0")
    limits = engine.limits
    width = kvp.size(
        kvp.required(args, "WIDTH", hint="pixels"), "WIDTH", limit=limits.map_max_width_px, limit_name="MaxWidth"
    )
    height = kvp.size(
        kvp.required(args, "HEIGHT", hint="pixels"), "HEIGHT", limit=limits.map_max_height_px, limit_name="MaxHeight"
    )
    return Grid.from_bbox(crs, box, width, height)


def _pixel(args: Arguments, new: str, old: str, size: int, version: Version) -> int:
    key = new if version == "1.3.0" else old
    value = kvp.integer(kvp.required(args, key, old if key == new else new, hint="a pixel of the map"), key)
    if not 0 <= value < size:
        raise InvalidPoint(f"{key} {value} lies outside the map; give 0 to {size - 1}.", locator=key)
    return value


def _settle(engine: Engine, drawn: list[Drawn], wishes: Wishes) -> tuple[StyledLayer, ...]:
    ask = wishes.ask
    return tuple(engine.ask(layer, replace(ask, style=style) if style else ask) for layer, style in drawn)
