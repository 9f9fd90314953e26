"""What WMS keeps of a layer and other documents point to: legends and the metadata record."""

import logging
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from bandstand.engine.engine import Engine
from bandstand.errors import BadRequest, NotFound
from bandstand.model.layer import Group, Layer
from bandstand.services.ows.kept import Kept

logger = logging.getLogger("bandstand.services")


@dataclass(frozen=True, slots=True, kw_only=True)
class Legend:
    """A LegendURL element of a PNG."""

    url: str
    width: int
    height: int
    """Pixels, like `width`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StyleEntry:
    """A Style element."""

    name: str
    title: str
    legend: Legend | None
    """None where no WMS publishes the layer, or the archive lacks what the style paints."""


def published_styles(layer: Layer, engine: Engine, base_url: str, kept: Kept) -> tuple[StyleEntry, ...]:
    """The styles of a layer, the default one first, each with its legend."""
    offered = "wms" in layer.services
    return tuple(
        StyleEntry(
            name=name,
            title=title,
            legend=_legend(layer, name, engine, base_url, kept) if offered else None,
        )
        for name, title in kept.styles(layer, engine)
    )


def metadata_url(layer: Layer | Group, base_url: str, kept: Kept) -> str:
    """Where the metadata record of a layer or group is; empty where no WMS publishes the layer."""
    if isinstance(layer, Layer) and "wms" not in layer.services:
        return ""
    return _address(base_url, kept, REQUEST="GetMetadata", LAYER=layer.name)


def _legend(layer: Layer, style: str, engine: Engine, base_url: str, kept: Kept) -> Legend | None:
    try:
        width, height = engine.legend_size(layer, replace(kept.ask, style=style, time=""))
    except (BadRequest, NotFound) as error:
        # The document speaks of all layers: one that cannot be painted as the archive is now leaves the others alone.
        logger.warning('layer "%s" cannot be painted with style "%s": %s', layer.name, style, error.message)
        return None
    url = _address(base_url, kept, REQUEST="GetLegendGraphic", LAYER=layer.name, STYLE=style, FORMAT="image/png")
    return Legend(url=url, width=width, height=height)


def _address(base_url: str, kept: Kept, **query: str) -> str:
    pairs = [("SERVICE", "WMS"), ("VERSION", "1.3.0"), *query.items(), *kept.picture]
    return f"{base_url}/wms?{urlencode(pairs)}"
