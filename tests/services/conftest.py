"""A small engine without rooms, calls, and the OGC schemas, for the tests of every service."""

import os
from dataclasses import dataclass, replace

import pytest

from bandstand.engine.engine import Engine
from bandstand.engine.whereabouts import Whereabouts
from bandstand.errors import (
    BandstandError,
    InvalidParameter,
    InvalidProgram,
    InvalidTime,
    SourceUnavailable,
    TooLarge,
    UnknownBand,
    UnknownLayer,
    UnknownStyle,
    suggest,
)
from bandstand.model.ask import BandValue, Sample, TimeAxis
from bandstand.model.crs import parse_crs
from bandstand.model.exchange import Call, Response
from bandstand.model.field import Field
from bandstand.model.grid import BBox
from bandstand.model.layer import Collection, Extent, Layer, ServiceInfo, TimeRules
from bandstand.model.limits import Limits
from bandstand.model.request import StyledLayer
from bandstand.model.selection import Selection
from bandstand.model.style import Style
from bandstand.model.tiling import WEB_MERCATOR_QUAD, regular_set

# libxml2 reads this once, before its first use.
if os.environ.get("BANDSTAND_SHARED"):
    os.environ.setdefault(
        "XML_CATALOG_FILES", f"file://{os.path.realpath(os.environ['BANDSTAND_SHARED'])}/schemas/catalog.xml"
    )

from lxml import etree

UTM31 = parse_crs("EPSG:32631")


@dataclass(frozen=True)
class FakeProgram:
    source: str

    inputs = ("B04", "B08")
    outputs = ("ndvi",)

    @property
    def fingerprint(self):
        return self.source


class FakeEngine(Engine):
    """Answers with what it was asked; knows four layers, five times and no pixel."""

    def __init__(self):
        self.service = ServiceInfo(
            title="Tests & <trials>",
            abstract='An "abstract" with <angles> & more',
            keywords=("satellite", "R&D"),
            provider="Provider <&>",
            contact_name="Desk",
            contact_email="desk@example.org",
        )
        self.limits = Limits(map_max_width_px=2000, map_max_height_px=1500, layer_limit=3)
        ndvi = Style(name="ndvi", title="NDVI <ramp>")
        grey = Style(name="grey", title="Grey")
        self.layers = (
            Layer(
                name="s2",
                title="Sentinel-2 & more",
                collection="s2_l2a",
                styles=(ndvi, grey),
                folder="Optical",
                abstract="a < b",
                keywords=("ndvi",),
                attribution="© provider & co",
            ),
            Layer(
                name="cover",
                title="Land cover",
                collection="lc",
                styles=(grey,),
                folder="Optical",
                time=TimeRules(resolution="year", missing="nearest"),
            ),
            Layer(name="dem", title="Elevation", collection="dem", styles=(grey,), queryable=False),
            Layer(name="raw", title="Data only", collection="raw", styles=(grey,), services=frozenset({"wcs"})),
        )
        self.crs = tuple(
            parse_crs(c) for c in ("EPSG:3857", "EPSG:4326", "CRS:84", "EPSG:3035", "EPSG:32631", "EPSG:2193")
        )
        self.sets = (
            WEB_MERCATOR_QUAD,
            regular_set(
                "UTM31N",
                "UTM 31",
                UTM31,
                origin=(100000.0, 9400000.0),
                resolutions=(1280.0, 320.0, 20.0),
                extent=BBox(100000.0, 0.0, 900000.0, 9400000.0),
            ),
            regular_set(
                "WorldWGS84",
                "WGS 84",
                parse_crs("EPSG:4326"),
                origin=(-180.0, 90.0),
                resolutions=(0.7, 0.35),
                extent=BBox(-180.0, -90.0, 180.0, 90.0),
            ),
        )
        self.tile_formats = ("image/png", "image/jpeg", "image/webp")
        self.requests = []
        self.counts = []
        self.asks = []
        self.changed = 7
        self.dates = ("2023-06-04", "2023-06-09", "2023-06-14", "2023-06-19", "2023-06-29")
        self.samples = None
        self.failure = None

    def layer(self, name, service):
        for layer in self.layers:
            if layer.name == name and service in layer.services:
                return layer
        names = [known.name for known in self.layers]
        raise UnknownLayer(f'Unknown layer "{name}".{suggest(name, names)}', locator="layer")

    def ask(self, layer, ask):
        self.asks.append((layer.name, ask))
        style = layer.style(ask.style)
        if style is None:
            raise UnknownStyle(f'No style "{ask.style}".', locator="style")
        if ask.expr == "broken":
            raise InvalidProgram('EXPR: unknown band "broken".', column=1)
        if ask.time and not ask.time[:4].isdecimal() and ask.time not in {"current", "latest"}:
            raise InvalidTime(f'cannot read TIME "{ask.time}"', locator="time")
        if ask.range == "bad":
            raise InvalidParameter("RANGE is bad", locator="range")
        if "B99" in ask.bands:
            raise UnknownBand("no B99", locator="bands")
        selection = Selection(
            collection=layer.collection,
            bands=("B04", "B08"),
            times=(),
            ids=ask.ids,
            resampling=ask.resampling or layer.resampling,
            order=ask.order or layer.order,
        )
        return StyledLayer(
            name=layer.name,
            selection=selection,
            program=FakeProgram(ask.expr or "ndvi"),
            style=None if ask.data else style,
            opacity=ask.opacity,
        )

    def times(self, layer):
        if layer.name == "dem":
            return TimeAxis(values=("2021",), default="2021")
        values = ("2018", "2019") if layer.name == "cover" else self.dates
        return TimeAxis(values=values, default=values[-1])

    def least_zoom(self, layer):
        return 5 if layer.name == "cover" else 0

    def extent(self, layer):
        if layer.name == "dem":
            return Extent(lonlat=BBox(-180.0, -90.0, 180.0, 90.0), resolution_m=90.0)
        return Extent(lonlat=BBox(2.25, 43.125, 3.75, 44.0625), crs=("EPSG:32631", "EPSG:32630"), resolution_m=10.0)

    def whereabouts(self, layer):
        return Whereabouts(self.extent(layer).lonlat)

    def box(self, layer, crs):
        return self.whereabouts(layer).box(crs)

    def run(self, request, *, if_none_match=""):
        self.requests.append(request)
        if self.failure:
            raise self.failure
        return Response(
            media_type=request.output.media_type,
            body=request.fingerprint.encode(),
            etag=request.fingerprint,
            headers=(("Cache-Control", "public, max-age=60"),),
        )

    def sample(self, request, *, count=1):
        self.requests.append(request)
        self.counts.append(count)
        if self.failure:
            raise self.failure
        if self.samples is not None:
            return self.samples
        return tuple(sample(layer.name) for layer in request.layers)

    def legend(
        self, styled, *, media_type, width=None, height=None, scale=1.0, letters=1.0, ground=(255, 255, 255, 255)
    ):
        told = f"{styled.name} {styled.style.name} {width} {height} {scale:g} {letters:g}"
        told += "" if ground == (255, 255, 255, 255) else f" {ground}"
        return Response(media_type=media_type, body=told.encode())

    def legend_size(self, layer, style):
        return 120, 60

    def formats(self, kind):
        return ("image/png", "image/jpeg", "image/webp", "image/png; mode=8bit", "image/tiff")

    def sequence(self):
        return self.changed

    def collection(self, name):
        return Collection(name=name, title=name, profile="generic", fields=(), license="CC-BY-4.0 <&>")


def sample(layer):
    b08 = Field(name="B08", dtype="uint16", nodata=0.0, scale=0.0001, offset=-0.1)
    scl = Field(name="SCL", dtype="uint8", categorical=True)
    return Sample(
        layer=layer,
        title=f"Title <{layer}>",
        lonlat=(1.4321, 43.6041),
        outputs=(BandValue(field=Field(name="ndvi", dtype="float32"), value=0.6498049),),
        bands=(BandValue(field=b08, value=0.212, stored=3120), BandValue(field=scl, value=4, label="vegetation <b>")),
        item="S2A_31TCJ_20230614_0_L2A",
        time="2023-06-14T10:56:19Z",
        cloud_cover=3.1,
    )


@pytest.fixture
def engine():
    return FakeEngine()


@pytest.fixture(scope="module")
def fuzzed():
    """An engine for the examples of a property test, which share it."""
    return FakeEngine()


@pytest.fixture
def call():
    """Builds a Call out of a path and parameters; a mapping, or pairs where a key repeats."""

    def build(path, parameters=(), **rest):
        pairs = tuple(parameters.items()) if isinstance(parameters, dict) else tuple(parameters)
        return Call(method="GET", path=path, args=pairs, base_url="https://maps.example.org/k/t0ken", **rest)

    return build


@pytest.fixture
def ask_service(engine, call):
    """Asks a service as the web room does: the answer, or the fault it words."""

    def ask(service, path, parameters=(), **rest):
        made = call(path, parameters, **rest)
        try:
            return service.answer(made, engine)
        except BandstandError as error:
            return service.fault(made, error)

    return ask


@pytest.fixture(scope="session")
def schema(shared):
    """Compiles an XSD of the schemas folder, once each."""
    known = {}

    def load(path):
        if path not in known:
            known[path] = etree.XMLSchema(etree.parse(str(shared / "schemas" / path), etree.XMLParser(no_network=True)))
        return known[path]

    return load


@pytest.fixture(scope="session")
def dtd(shared):
    return lambda path: etree.DTD(str(shared / "schemas" / path))


@pytest.fixture
def make_sample():
    return lambda layer="s2", **changes: replace(sample(layer), **changes)


@pytest.fixture
def source_gone():
    return SourceUnavailable("Source unavailable: 1 scene could not be read.", scene="S2A")


@pytest.fixture
def too_large():
    return TooLarge("Too many scenes.", locator="limits")
