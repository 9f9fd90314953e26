"""XYZ: the tiles of WebMercatorQuad under the plainest of addresses, and TileJSON 3.0 about them."""

import json
import math
from urllib.parse import quote, urlencode

from bandstand.engine.engine import Engine
from bandstand.errors import BandstandError, InvalidParameter, TileOutOfRange, UnknownPath, shorten
from bandstand.model.exchange import Arguments, Call, Response
from bandstand.model.grid import Grid
from bandstand.model.layer import Layer
from bandstand.model.tiling import WEB_MERCATOR_QUAD
from bandstand.services.base import Route
from bandstand.services.ows.info import with_warnings
from bandstand.services.ows.kvp import media_type as offered_type
from bandstand.services.ows.report import parameter, problem
from bandstand.services.ows.vendor import read_wishes
from bandstand.services.wmts.tiles import EXTENSIONS, tile_request

_STANDARD = frozenset({"style", "styles", "time", "format"})
_MATRICES = WEB_MERCATOR_QUAD.matrices
_MERCATOR_LATITUDE = 85.051129
_EQUATOR_CELL_M = 156543.03392804097
_NAMES = {
    "above": "above",
    "bands": "bands",
    "below": "below",
    "colormap": "colormap",
    "expr": "expr",
    "ids": "items",
    "nodata_color": "nodata_color",
    "range": "range",
    "style": "style",
    "tile.col": "x",
    "tile.row": "y",
    "time": "time",
}


class Xyz:
    """Tiles by zoom, column, row."""

    name = "xyz"
    routes = (
        Route("/xyz/{layer}/tilejson.json", methods=("GET",)),
        Route("/xyz/{layer}/{z}/{x}/{tail}", methods=("GET",)),
    )

    def answer(self, call: Call, engine: Engine) -> Response:
        """A tile, blank where nothing is, or a TileJSON document."""
        args = Arguments(call)
        variables = call.variables
        layer = engine.layer(variables["layer"], "xyz")
        tail = variables.get("tail")
        if tail is None:
            return _tilejson(call, args, layer, engine)
        grid, media_type = _tile(variables["z"], variables["x"], tail)
        if media_type not in (offered := engine.tile_formats):
            offered_type(media_type, offered, "format")
        if said := args.get("format"):
            offered_type(said, (media_type,), "format")
        wishes = read_wishes(args, _STANDARD, "tile", style=args.get("style", "styles"), time=args.get("time"))
        query = tile_request(engine, layer, grid, media_type, wishes)
        response = engine.run(query.request, if_none_match=call.headers.get("if-none-match", ""))
        return with_warnings(response, query.warnings)

    def fault(self, call: Call, error: BandstandError) -> Response:  # noqa: ARG002 - the seam of every service
        """A problem document (RFC 9457)."""
        return problem(error, name=parameter(error, _NAMES))


def _tile(z: str, x: str, tail: str) -> tuple[Grid, str]:
    """The grid and media type of `z/x/y[@2x].ext`."""
    stem, _, extension = tail.rpartition(".")
    media_type = EXTENSIONS.get(extension)
    if media_type is None:
        raise UnknownPath(f'"{shorten(tail)}" does not end in one of: .{", .".join(EXTENSIONS)}.', locator="format")
    scale = 1
    if stem.endswith("@2x"):
        stem, scale = stem[:-3], 2
    stem = stem.removesuffix("@1x")
    zoom, column, row = _index(z, "z"), _index(x, "x"), _index(stem, "y")
    if zoom >= len(_MATRICES):
        raise TileOutOfRange(f"z {zoom} is above the largest zoom, {len(_MATRICES) - 1}.", locator="z")
    matrix = _MATRICES[zoom]
    for name, value in (("x", column), ("y", row)):
        if value >= matrix.matrix_width:
            raise TileOutOfRange(
                f"{name} {value} is outside zoom {zoom}: 0 to {matrix.matrix_width - 1}.", locator=name
            )
    return WEB_MERCATOR_QUAD.tile(matrix, row, column, scale=scale), media_type


def _index(text: str, name: str) -> int:
    if text.isdecimal() and text.isascii() and len(text) < 12:
        return int(text)
    raise InvalidParameter(f'{name} "{shorten(text)}" is no whole number of at least 0.', locator=name)


def _tilejson(call: Call, args: Arguments, layer: Layer, engine: Engine) -> Response:
    """TileJSON 3.0; the wishes of its address go on into those of the tiles, and are refused here when wrong."""
    wishes = read_wishes(args, _STANDARD, "tile", style=args.get("style", "styles"), time=args.get("time"))
    engine.ask(layer, wishes.ask)
    extent = engine.extent(layer)
    box = extent.lonlat
    south, north = (min(max(v, -_MERCATOR_LATITUDE), _MERCATOR_LATITUDE) for v in (box.min_y, box.max_y))
    west, east = engine.whereabouts(layer).span
    lon, lat = ((west + east) / 2 + 180.0) % 360.0 - 180.0, (south + north) / 2
    maxzoom = _native_zoom(extent.resolution_m, lat)
    start = min(fitting_zoom(west, south, east, north), maxzoom)
    kept = [(key, value) for key, value in call.args if key.casefold() not in {"format", "scale"} and value]
    query = f"?{urlencode(kept, quote_via=quote)}" if kept else ""
    document: dict[str, object] = {
        "tilejson": "3.0.0",
        "name": layer.title,
        "description": layer.abstract,
        "version": "1.0.0",
        "attribution": layer.attribution or engine.service.attribution,
        "scheme": "xyz",
        "tiles": [f"{call.base_url}/xyz/{layer.name}/{{z}}/{{x}}/{{y}}.png{query}"],
        "minzoom": min(engine.least_zoom(layer), maxzoom),
        "maxzoom": maxzoom,
        "bounds": [box.min_x, south, box.max_x, north],
        "center": [lon, lat, start],
    }
    body = json.dumps({k: v for k, v in document.items() if v != ""}, ensure_ascii=False)
    response = Response(
        media_type="application/json", body=body.encode(), headers=(("Cache-Control", "public, max-age=60"),)
    )
    return with_warnings(response, wishes.warnings)


def _native_zoom(resolution_m: float, latitude: float) -> int:
    """The first zoom whose pixels are no larger than the finest of the layer."""
    ground = _EQUATOR_CELL_M * math.cos(math.radians(latitude))
    zoom = math.ceil(math.log2(max(ground / resolution_m, 1.0)) - 1e-6)
    return min(max(zoom, 0), len(_MATRICES) - 1)


def fitting_zoom(west: float, south: float, east: float, north: float) -> int:
    """The last zoom at which a box is no larger than two tiles a side, the width of a small map, wherever it lies."""
    upper, lower = (math.asinh(math.tan(math.radians(latitude))) for latitude in (north, south))
    # Of the side of the world in web Mercator.
    share = max((east - west) / 360.0, (upper - lower) / (2.0 * math.pi))
    return max(math.floor(1.0 - math.log2(share) + 1e-9), 0) if share > 0.0 else len(_MATRICES) - 1


XYZ = Xyz()
