"""What every version of WCS has to know of a coverage: its CRSs, fields, times, formats and nil values."""

import logging
from collections.abc import Sequence

from bandstand.cis.coverage import nil_value
from bandstand.engine.engine import Engine
from bandstand.engine.times import NEVER
from bandstand.errors import (
    BadRequest,
    InvalidParameter,
    InvalidTime,
    NotFound,
    UnknownBand,
    UnknownLayer,
    shorten,
    suggest,
)
from bandstand.model.ask import Ask
from bandstand.model.coverage import Domain
from bandstand.model.crs import CRS84, WEB_MERCATOR, WGS84, Crs, parse_crs
from bandstand.model.field import Field
from bandstand.model.grid import Grid
from bandstand.model.layer import Layer
from bandstand.model.request import Output, Request, StyledLayer
from bandstand.services.ows.kept import Kept
from bandstand.services.ows.kvp import media_type
from bandstand.services.ows.xml import to_ncname

logger = logging.getLogger("bandstand.services")

_FORMAT_NAMES = {
    # A plus that nobody escaped.
    "application/gmlxml": "application/gml+xml",
    "tiff": "image/tiff",
    "geotiff_float": "image/tiff",
    "image/tiff;application=geotiff": "image/tiff",
}
"""Spellings of other servers, in lower case and without blanks, besides those that every service takes."""


def published(engine: Engine, kept: Kept) -> tuple[Layer, ...]:
    """The layers that are coverages; what cannot be described is left out: no scene yet, or not the bands it needs.

    Raises:
        BandstandError: None can be asked for with what is kept.
    """
    return kept.drawn(
        (layer for layer in engine.layers if "wcs" in layer.services and _has_domain(layer, engine)), engine
    )


def _has_domain(layer: Layer, engine: Engine) -> bool:
    try:
        engine.domain(layer)
    except UnknownLayer:
        return False
    except (BadRequest, NotFound) as error:
        # The document speaks of all coverages: an expression whose bands the archive lacks leaves the others alone.
        logger.warning('coverage "%s" cannot be described: %s', layer.name, error.message)
        return False
    return True


def crs_supported(engine: Engine, layer: Layer) -> tuple[Crs, ...]:
    """What may be asked of a coverage: its own CRS first, then those of its scenes, then those that maps offer."""
    native = engine.domain(layer).grid.crs
    stored = stored_crs(engine, layer)
    return tuple(dict.fromkeys((native, *stored, *engine.crs, WGS84, CRS84, WEB_MERCATOR)))


def stored_crs(engine: Engine, layer: Layer) -> tuple[Crs, ...]:
    """The CRSs of a coverage's scenes that have a name, most frequent first."""
    return tuple(parse_crs(key) for key in engine.extent(layer).crs if key.startswith(("EPSG:", "OGC:CRS84")))


def named_domain(engine: Engine, layer: Layer) -> Domain:
    """The domain in a CRS that has a name: its own, else WGS 84, since clients of 1.x know CRSs by names alone."""
    domain = engine.domain(layer)
    return domain if _has_name(domain.grid.crs) else engine.domain(layer, crs=WGS84)


def named_crs(engine: Engine, layer: Layer) -> tuple[Crs, ...]:
    """The CRSs that may be asked of a coverage by name, that of its named domain first."""
    first = named_domain(engine, layer).grid.crs
    return tuple(dict.fromkeys((first, *filter(_has_name, crs_supported(engine, layer)))))


def _has_name(crs: Crs) -> bool:
    return crs.key.startswith(("EPSG:", "OGC:CRS84"))


def find_field(name: str, known: list[str], layer: Layer, engine: Engine) -> int | None:
    """The place of a field in `known`: by its name, its name as XML has it, or an alias; None when there is none.

    The case of letters tells names apart; where only one name is meant either way, it does not count.
    """
    spellings = known, [to_ncname(field) for field in known]
    for spelled in spellings:
        if name in spelled:
            return spelled.index(name)
    alias = engine.collection(layer.collection).resolve(name)
    if alias in known:
        return known.index(alias)
    folded = {i for spelled in spellings for i, field in enumerate(spelled) if field.casefold() == name.casefold()}
    return folded.pop() if len(folded) == 1 else None


def settle(layer: Layer, ask: Ask, engine: Engine) -> StyledLayer:
    """`Engine.ask`, which refuses scenes of others, and times without a scene unless the layer wants them blank.

    Raises:
        InvalidParameter: The layer has no such scene; locator `ids`.
        InvalidTime: Locator `time`; the message tells the times that there are.
    """
    styled = engine.ask(layer, ask)
    if ask.ids:
        own = {item.id for item in engine.catalog.search(layer.collection, ids=ask.ids)}
        other = next((name for name in ask.ids if name not in own), None)
        if other is not None:
            raise InvalidParameter(f'Coverage "{layer.name}" has no scene "{shorten(other)}".', locator="ids")
    if styled.selection.times == (NEVER,) and layer.time.missing != "blank":
        axis = engine.times(layer)
        reach = f" Its times reach from {axis.values[0]} to {axis.last}." if axis.values else ""
        raise InvalidTime(f'Coverage "{layer.name}" has no scene within {shorten(ask.time)}.{reach}', locator="time")
    return styled


def coverage_request(layer: Layer, ask: Ask, grid: Grid, output: Output, engine: Engine) -> Request:
    """The request for a coverage: one mosaic, or a layer a date where the format has an axis of time (`Engine.slices`).

    Raises:
        InvalidTime: Locator `time`.
        TooLarge: More dates than a coverage may have; locator `time`.
    """
    whole = settle(layer, ask, engine)
    slices = engine.slices(layer, ask, grid, output.media_type)
    return Request(layers=slices or (whole,), grid=grid, output=output, axis="time" if slices else "")


def read_format(text: str, engine: Engine, key: str) -> str:
    """The media type of a coverage that is meant by any of its names.

    Raises:
        UnsupportedFormat: It is not offered; locator `key`.
    """
    text = engine.format_name(_FORMAT_NAMES.get("".join(text.casefold().split()), text), "coverage")
    return media_type(text, engine.formats("coverage"), key)


def common_null(fields: Sequence[Field]) -> str | None:
    """The nodata of a file with all these fields: there is one for all of its bands."""
    values = {nil_value(field) for field in fields}
    if "NaN" in values:
        return "NaN"
    return values.pop() if len(values) == 1 else None


def cells(engine: Engine, layer: Layer, crs: Crs) -> Grid | None:
    """The coverage's own cells in a CRS that its scenes are stored in or that it is described in; else None."""
    native = named_domain(engine, layer).grid
    if crs == native.crs:
        return native
    return engine.domain(layer, crs=crs).grid if crs in stored_crs(engine, layer) else None


def chosen_fields(names: Sequence[str], layer: Layer, ask: Ask, engine: Engine, key: str) -> tuple[str, ...]:
    """Fields by their names or, counted from 1, by their numbers; in the order asked.

    Raises:
        UnknownBand: There is no such field; locator `key`.
    """
    known = [field.name for field in engine.outputs(layer, ask)]
    chosen = []
    for name in names:
        found = find_field(name, known, layer, engine)
        if found is None and name.isdecimal() and name.isascii() and 1 <= int(name[:9]) <= len(known):
            found = int(name[:9]) - 1
        if found is None:
            raise UnknownBand(
                f'{key}: there is no "{shorten(name)}".{suggest(name, known)} There are: {", ".join(known)}.',
                locator=key,
            )
        chosen.append(known[found])
    return tuple(chosen)
