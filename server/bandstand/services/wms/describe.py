"""Capabilities and layer descriptions of WMS, from what the engine publishes."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from bandstand.engine.engine import Engine
from bandstand.engine.whereabouts import Whereabouts, united
from bandstand.errors import BadRequest, NotFound
from bandstand.model.crs import Crs
from bandstand.model.exchange import Response
from bandstand.model.grid import BBox
from bandstand.model.layer import Group, Layer
from bandstand.services.ows.dimension import published_series
from bandstand.services.ows.info import INFO_FORMATS
from bandstand.services.ows.kept import Kept
from bandstand.services.ows.links import StyleEntry, metadata_url, published_styles
from bandstand.services.ows.xml import templates
from bandstand.services.wms.metadata import METADATA_FORMAT
from bandstand.services.wms.parse import LEGEND_FORMATS, Version

CAPABILITIES_MEDIA: dict[Version, str] = {"1.3.0": "text/xml", "1.1.1": "application/vnd.ogc.wms_xml"}
EXCEPTIONS: dict[Version, tuple[str, ...]] = {
    "1.3.0": ("XML", "INIMAGE", "BLANK", "application/json"),
    "1.1.1": (
        "application/vnd.ogc.se_xml",
        "application/vnd.ogc.se_inimage",
        "application/vnd.ogc.se_blank",
        "application/json",
    ),
}
_WORLD_SHORTS = ("CRS:84", "EPSG:4326", "EPSG:3857")
_WORLD_DENOMINATOR = 559082264.0287178
"""Scale denominator of zoom 0 of web Mercator (OGC 17-083r2, annex D)."""
_TEMPLATES = templates("bandstand.services.wms")


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A BoundingBox element: four numbers in the order of the document's version."""

    crs: str
    numbers: tuple[float, float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerEntry:
    """A Layer element."""

    layer: Layer
    lonlat: BBox
    crs: tuple[str, ...]
    """Those of its scenes, repeated here although the root lists them: the layer's own."""
    boxes: tuple[Box, ...]
    times: str
    """Text of the dimension; empty where there is none."""
    default_time: str
    styles: tuple[StyleEntry, ...]
    metadata_url: str
    coarsest: float = 0.0
    """Scale denominator up to which a map of 1024 pixels is drawn; 0: every one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """A Layer element around others: a mere category, or a group that has a name (06-042, 7.2.4.6.3)."""

    title: str
    children: "tuple[LayerEntry | Folder, ...]"
    lonlat: BBox
    group: Group | None = None
    queryable: bool = False
    crs: tuple[str, ...] = ()
    boxes: tuple[Box, ...] = ()
    metadata_url: str = ""

    @property
    def parts(self) -> tuple[str, ...]:
        """Titles of what it holds."""
        return tuple(child.title if isinstance(child, Folder) else child.layer.title for child in self.children)


def capabilities(engine: Engine, version: Version, base_url: str, kept: Kept) -> Response:
    """The capabilities document of a version.

    Raises:
        BandstandError: No layer can be drawn with what is kept.
    """
    # Before anything is read: a document may be newer than its number, never older.
    sequence = engine.sequence()
    children = _children(engine, version, base_url, kept)
    lonlat = united([entry.lonlat for entry in children])
    shorts = _published(engine.crs, version)
    world = [crs for crs in engine.crs if crs.short in _WORLD_SHORTS and crs.short in shorts]
    body = _TEMPLATES.get_template(f"capabilities_{version.replace('.', '_')}.xml.j2").render(
        service=engine.service,
        limits=engine.limits,
        href=f"{base_url}/wms?{kept.query}",
        formats=engine.formats("map"),
        info_formats=INFO_FORMATS,
        legend_formats=LEGEND_FORMATS,
        exceptions=EXCEPTIONS[version],
        crs=shorts,
        lonlat=lonlat,
        boxes=_boxes(Whereabouts(lonlat).box, world, version),
        children=children,
        update_sequence=sequence,
        metadata_format=METADATA_FORMAT,
        home=engine.service.provider_url or f"{base_url}/",
    )
    return Response(
        media_type=CAPABILITIES_MEDIA[version],
        body=body.encode(),
        headers=(("Cache-Control", "public, max-age=60"),),
    )


def described_layers(layers: Sequence[Layer], version: Version, base_url: str, kept: Kept) -> Response:
    """Where the numbers behind layers are: their coverages (05-078r4, 12; 02-070, annex B)."""
    body = _TEMPLATES.get_template(f"describe_layer_{version.replace('.', '_')}.xml.j2").render(
        layers=layers, href=f"{base_url}/wcs?{kept.query}"
    )
    media_type = "text/xml" if version == "1.3.0" else "application/vnd.ogc.wms_xml"
    return Response(media_type=media_type, body=body.encode(), headers=(("Cache-Control", "public, max-age=60"),))


def _children(engine: Engine, version: Version, base_url: str, kept: Kept) -> "tuple[LayerEntry | Folder, ...]":
    """Layers and folders in their order, a folder where its first layer is."""
    groups = {group.name: group for group in engine.groups}
    tree: dict[str | Group | Layer, Any] = {}
    for layer in kept.drawn((layer for layer in engine.layers if "wms" in layer.services), engine):
        path: list[str | Group] = [groups[name] for name in layer.groups]
        if layer.folder and layer.folder not in {group.title for group in path[-1:] if isinstance(group, Group)}:
            path.append(layer.folder)
        inner = tree
        for step in path:
            inner = inner.setdefault(step, {})
        inner[layer] = _entry(layer, engine, version, base_url, kept)
    return tuple(_node(key, inner, base_url, kept) for key, inner in tree.items())


def _node(key: str | Group | Layer, inner: Any, base_url: str, kept: Kept) -> LayerEntry | Folder:
    """A layer, or a folder with all that it holds."""
    if isinstance(inner, LayerEntry):
        return inner
    children = tuple(_node(below, deeper, base_url, kept) for below, deeper in inner.items())
    lonlat = united([child.lonlat for child in children])
    leaves = _leaves(children)
    if not isinstance(key, Group):
        return Folder(title=str(key), children=children, lonlat=lonlat)
    return Folder(
        title=key.title,
        children=children,
        lonlat=lonlat,
        group=key,
        queryable=any(leaf.layer.queryable for leaf in leaves),
        crs=tuple(dict.fromkeys(name for leaf in leaves for name in leaf.crs)),
        boxes=_around(box for leaf in leaves for box in leaf.boxes),
        metadata_url=metadata_url(key, base_url, kept),
    )


def _leaves(children: "Sequence[LayerEntry | Folder]") -> list[LayerEntry]:
    found: list[LayerEntry] = []
    for child in children:
        found += [child] if isinstance(child, LayerEntry) else _leaves(child.children)
    return found


def _around(boxes: Iterable[Box]) -> tuple[Box, ...]:
    """One box a CRS around all that are in it."""
    found: dict[str, Box] = {}
    for box in boxes:
        a, b = found.get(box.crs, box).numbers, box.numbers
        numbers = (min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3]))
        found[box.crs] = Box(crs=box.crs, numbers=numbers)
    return tuple(found.values())


def _entry(layer: Layer, engine: Engine, version: Version, base_url: str, kept: Kept) -> LayerEntry:
    extent = engine.extent(layer)
    times = engine.times(layer)
    own = [crs for crs in engine.crs if crs.key in extent.crs]
    return LayerEntry(
        layer=layer,
        lonlat=extent.lonlat,
        crs=_published(own, version),
        boxes=_boxes(partial(engine.box, layer), engine.crs, version),
        times=published_series(times, layer.time.resolution),
        default_time=kept.default_time(times),
        styles=published_styles(layer, engine, base_url, kept),
        metadata_url=metadata_url(layer, base_url, kept),
        coarsest=_coarsest(layer, engine),
    )


def _coarsest(layer: Layer, engine: Engine) -> float:
    """A map of 1024 pixels covers sixteen tiles of 256 pixels, or one tile two zooms before them."""
    try:
        zoom = engine.least_zoom(layer)
    except (BadRequest, NotFound):
        # It cannot be painted as the archive is now.
        return 0.0
    return _WORLD_DENOMINATOR / 2 ** (zoom + 2) if zoom else 0.0


def _published(known: Sequence[Crs], version: Version) -> tuple[str, ...]:
    """Short names; 1.1.1 knows no CRS:84 (01-068r3, 6.5.5)."""
    return tuple(crs.short for crs in known if version == "1.3.0" or crs.short != "CRS:84")


def _boxes(boxed: Callable[[Crs], BBox | None], known: Sequence[Crs], version: Version) -> tuple[Box, ...]:
    found = []
    for crs in known:
        if version == "1.1.1" and crs.short == "CRS:84":
            continue
        box = boxed(crs)
        if box is None:
            continue
        numbers = (box.min_x, box.min_y, box.max_x, box.max_y)
        if version == "1.3.0" and crs.north_first:
            numbers = (box.min_y, box.min_x, box.max_y, box.max_x)
        found.append(Box(crs=crs.short, numbers=numbers))
    return tuple(found)
