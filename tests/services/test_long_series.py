"""Series of more times than a list usually holds: whatever any service publishes of them can be asked."""

import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

import numpy as np
import pytest
import rasterio
from lxml import etree
from PIL import Image
from rasterio import Affine

from bandstand.catalog.sqlite import open_catalog
from bandstand.config.load import load_config
from bandstand.config.profiles import effective, load_profile
from bandstand.engine.build import build_engine
from bandstand.engine.ingest import ingest
from bandstand.engine.ingest import library as open_library
from bandstand.model.time import TimeSpan, isoformat
from bandstand.web.app import Settings, mount_services

START = datetime(2000, 1, 1, 10, tzinfo=UTC)
SERIES = {
    "irregular": [START + timedelta(days=n * 10 + n * n % 7) for n in range(620)],
    "gaps": [START + timedelta(days=n) for n in range(1300) if n % 97],
    "weekly": [START + timedelta(days=7 * n) for n in range(1100)],
    "quarters": [START + timedelta(hours=6 * n) for n in range(1300) if n % 211],
}
COUNT = {name: len(times) for name, times in SERIES.items()}
SIDE = 32
BOX = "500000,4999680,500320,5000000"
CONFIG = """
crs: [EPSG:32631]
catalog: {path: catalog.sqlite}
tile_matrix_sets:
  own: {crs: EPSG:32631, origin: [500000, 5000000], resolutions: [10], extent: [500000, 4997440, 502560, 5000000]}
collections:
"""
LOCAL = "*[local-name()='{}']"


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """A client of one layer a series; all scenes show the same file."""
    folder = tmp_path_factory.mktemp("series")
    shape = {"driver": "GTiff", "count": 1, "height": SIDE, "width": SIDE, "dtype": "uint8", "crs": "EPSG:32631"}
    with rasterio.open(
        folder / "one_20000101.tif", "w", transform=Affine(10, 0, 500000, 0, -10, 5000000), **shape
    ) as f:
        f.write(np.arange(SIDE * SIDE).reshape(1, SIDE, SIDE).astype("u1") // 2 + 1)
    text = CONFIG + "".join(
        f"  {name}: {{profile: generic, source: one_20000101.tif, "
        f"time: {{resolution: {'instant' if name == 'quarters' else 'day'}}}}}\n"
        for name in SERIES
    )
    text += "layers:\n" + "".join(f"  - {{name: {name}, collection: {name}}}\n" for name in SERIES)
    (folder / "config.yml").write_text(text)
    config = load_config(folder / "config.yml", environment={})
    catalog = open_catalog(config.catalog.path, writable=True)
    for name, section in config.collections.items():
        ingest(
            section.source, name, section, effective(load_profile("generic"), section), catalog, open_library(), jobs=1
        )
        (first,) = catalog.search(name)
        catalog.remove(name, [first.id])
        catalog.upsert(
            replace(first, id=f"{name}_{when:%Y%m%d%H}", time=TimeSpan.instant(when)) for when in SERIES[name]
        )
    catalog.close()
    engine = build_engine(config)
    yield mount_services(engine, Settings()).test_client()
    engine.close()


@pytest.fixture
def document(served):
    """A document, parsed."""
    return lambda address: etree.fromstring(served.get(address).data)


def expanded(member):
    """The times that a member of an extent stands for, as a client counts them."""
    first, *rest = member.split("/")
    if not rest:
        return [first]
    step = {"P1D": timedelta(days=1), "P7D": timedelta(days=7), "PT6H": timedelta(hours=6)}[rest[1]]
    start, last = datetime.fromisoformat(first), datetime.fromisoformat(rest[0])
    spelled = isoformat if "T" in first else lambda when: f"{when:%Y-%m-%d}"
    return [spelled(start.replace(tzinfo=UTC) + n * step) for n in range((last - start) // step + 1)]


def true_times(name):
    return [isoformat(when) if name == "quarters" else f"{when:%Y-%m-%d}" for when in SERIES[name]]


def by_wms(version):
    def members(document, name):
        root = document(f"/wms?SERVICE=WMS&REQUEST=GetCapabilities&VERSION={version}")
        element = LOCAL.format("Dimension" if version == "1.3.0" else "Extent")
        path = f"//{LOCAL.format('Layer')}[{LOCAL.format('Name')}='{name}']/{element}"
        return root.xpath(path)[0].text.split(",")

    return members


def by_wmts(document, name):
    root = document("/wmts?SERVICE=WMTS&REQUEST=GetCapabilities")
    layer = f"//{LOCAL.format('Layer')}[{LOCAL.format('Identifier')}='{name}']"
    return root.xpath(f"{layer}/{LOCAL.format('Dimension')}/{LOCAL.format('Value')}/text()")


def by_wcs_1(version):
    def members(document, name):
        key = "COVERAGE" if version == "1.0.0" else "IDENTIFIERS"
        root = document(f"/wcs?SERVICE=WCS&REQUEST=DescribeCoverage&VERSION={version}&{key}={name}")
        (domain,) = root.xpath("//*[local-name()='temporalDomain' or local-name()='TemporalDomain']")
        return ["/".join(text.strip() for text in member.itertext() if text.strip()) for member in domain]

    return members


def by_wcs_2(document, name):
    root = document(f"/wcs?SERVICE=WCS&REQUEST=DescribeCoverage&VERSION=2.0.1&COVERAGEID={name}")
    return root.xpath(f"//{LOCAL.format('TimeDomain')}//{LOCAL.format('timePosition')}/text()")


PUBLISHED = {
    "wms 1.3.0": by_wms("1.3.0"),
    "wms 1.1.1": by_wms("1.1.1"),
    "wmts": by_wmts,
    "wcs 1.0.0": by_wcs_1("1.0.0"),
    "wcs 1.1.2": by_wcs_1("1.1.2"),
    "wcs 2.0.1": by_wcs_2,
}
DATA = f"&FORMAT=image/tiff&BBOX={BOX}&WIDTH={SIDE}&HEIGHT={SIDE}"
MAP = f"{DATA.replace('tiff', 'png')}&LAYERS={{name}}&STYLES=&TRANSPARENT=TRUE&TIME={{time}}"
ASKED = {
    "wms 1.3.0": f"/wms?SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&CRS=EPSG:32631{MAP}",
    "wms 1.1.1": f"/wms?SERVICE=WMS&VERSION=1.1.1&REQUEST=GetMap&SRS=EPSG:32631{MAP}",
    "wmts": "/wmts?SERVICE=WMTS&VERSION=1.0.0&REQUEST=GetTile&LAYER={name}&STYLE=&FORMAT=image/png&TILEMATRIXSET=own"
    "&TILEMATRIX=0&TILEROW=0&TILECOL=0&TIME={time}",
    "wcs 1.0.0": f"/wcs?SERVICE=WCS&VERSION=1.0.0&REQUEST=GetCoverage&COVERAGE={{name}}&CRS=EPSG:32631{DATA}"
    "&TIME={time}",
    "wcs 1.1.2": "/wcs?SERVICE=WCS&VERSION=1.1.2&REQUEST=GetCoverage&IDENTIFIER={name}&FORMAT=image/tiff&STORE=false"
    f"&BOUNDINGBOX={BOX},urn:ogc:def:crs:EPSG::32631&TIMESEQUENCE={{time}}",
    "wcs 2.0.1": "/wcs?SERVICE=WCS&VERSION=2.0.1&REQUEST=GetCoverage&COVERAGEID={name}&FORMAT=image/tiff"
    '&SUBSET=time("{time}")',
}


@pytest.mark.parametrize("name", SERIES)
@pytest.mark.parametrize("service", PUBLISHED)
def test_what_is_published_are_the_times_that_exist(document, service, name):
    members = PUBLISHED[service](document, name)
    assert [time for member in members for time in expanded(member)] == true_times(name)


@pytest.mark.parametrize("name", SERIES)
@pytest.mark.parametrize("service", PUBLISHED)
def test_every_published_step_is_accepted_back(served, document, service, name):
    members = PUBLISHED[service](document, name)
    steps = [time for member in members for time in expanded(member)]
    for time in (steps[0], steps[-1], *Random(7).sample(steps, 8)):
        answer = served.get(ASKED[service].format(name=name, time=time))
        assert answer.status_code == 200, answer.text
        assert answer.mimetype.partition(";")[0] in {"image/png", "image/tiff", "multipart/related"}
        if answer.mimetype == "image/png":
            assert np.asarray(Image.open(io.BytesIO(answer.data)).convert("RGBA"))[..., 3].any()


@pytest.mark.parametrize("name", SERIES)
def test_every_mosaic_of_a_long_series_is_described_and_delivered(served, document, name):
    for time in Random(7).sample(true_times(name), 4):
        identifier = f"{name}.{time.replace('-', '').replace(':', '')}"
        root = document(f"/wcs?SERVICE=WCS&VERSION=2.0.1&REQUEST=DescribeEOCoverageSet&EOID={identifier}")
        assert identifier in root.xpath(f"//{LOCAL.format('CoverageId')}/text()")
        answer = served.get(
            f"/wcs?SERVICE=WCS&VERSION=2.0.1&REQUEST=GetCoverage&COVERAGEID={identifier}&FORMAT=image/tiff"
        )
        assert (answer.status_code, answer.mimetype) == (200, "image/tiff")


@pytest.mark.parametrize(
    ("name", "between"),
    [
        ("irregular", "2000-01-02"),
        ("gaps", "2000-04-07"),
        ("weekly", "2000-01-02"),
        ("quarters", "2000-01-01T05:00:00Z"),
    ],
)
def test_what_lies_between_is_neither_published_nor_accepted(served, document, name, between):
    steps = {time for member in by_wms("1.3.0")(document, name) for time in expanded(member)}
    answer = served.get(ASKED["wms 1.3.0"].format(name=name, time=between))
    assert between not in steps
    assert (answer.status_code, "InvalidDimensionValue" in answer.text) == (400, True)
