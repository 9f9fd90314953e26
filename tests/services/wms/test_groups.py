"""A folder with a name is a layer of its own: a map of all that it holds (OGC 06-042, 7.2.4.6.3)."""

import io
import json
import re
from pathlib import Path
from shutil import copytree

import numpy as np
import pytest
from lxml import etree
from PIL import Image
from tests.fixtures.site import plant

from bandstand.config.load import load_config
from bandstand.engine.build import build_engine
from bandstand.share import shipped
from bandstand.web.app import Settings, mount_services

LAYERS = """
layers:
  - name: all
    title: Everything
    abstract: All that there is.
    keywords: [one, two]
    layers:
      - {name: ground, title: Ground, collection: dem, style: elevation, queryable: false}
      - title: Plants
        layers:
          - {name: cover, title: Cover, collection: landcover, style: landcover, resampling: mode}
          - name: inner
            layers:
              - {name: green, title: Green, collection: s2_l2a, expression: NDVI, style: ndvi, attribution: Them}
      - {name: numbers, title: Numbers, collection: dem, services: [wcs]}
  - {name: alone, title: Alone, collection: s2_l2a, style: true_color}
  - {name: mute, title: Mute, layers: [{name: still, collection: dem, style: elevation, queryable: false}]}
  - {name: elsewhere, title: Elsewhere, layers: [{name: data, collection: dem, services: [wcs]}]}
"""
BOX = "&BBOX=281680,5464780,282320,5465420&WIDTH=128&HEIGHT=128"
VERSIONS = ("1.3.0", "1.1.1")
MEMBERS = ("ground", "cover", "green")


@pytest.fixture(scope="module")
def grouped(sample_archive, tmp_path_factory):
    """A client of the archive with folders that have names, and fewer layers a map than they hold."""
    folder = tmp_path_factory.mktemp("grouped")
    copytree(sample_archive, folder, dirs_exist_ok=True)

    def change(text):
        before, _, rest = text.partition("\nlayers:\n")
        after = rest.partition("# ----")[2]
        return (before + LAYERS + "# ----" + after).replace("#layer_limit: 10 ", "layer_limit: 2 ")

    engine = build_engine(plant(folder, change=change).config)
    yield mount_services(engine, Settings()).test_client()
    engine.close()


def test_the_example_of_the_manual_is_a_group(tmp_path):
    manual = (Path(__file__).parents[3] / "docs" / "wms.md").read_text()
    (example,) = re.findall(r"```yaml\n(layers:.*?)```", manual, re.DOTALL)
    text = shipped("config.yml").read_text().partition("\nlayers:\n")[0]
    (tmp_path / "config.yml").write_text(f"{text}\n{example}")
    ((group, members),) = load_config(tmp_path / "config.yml", environment={}).groups()
    assert (group.name, members) == ("vegetation", ("landcover", "ndvi"))


@pytest.fixture
def wms(grouped):
    def ask(request, version="1.3.0", **rest):
        crs = {"1.3.0": "CRS", "1.1.1": "SRS"}[version]
        pairs = "".join(f"&{key}={value}" for key, value in rest.items())
        return grouped.get(f"/wms?SERVICE=WMS&VERSION={version}&REQUEST={request}&{crs}=EPSG:32631{BOX}{pairs}")

    return ask


@pytest.fixture
def picture(wms):
    def draw(layers, version="1.3.0", **rest):
        answer = wms("GetMap", version, **{"LAYERS": layers, "STYLES": "", "FORMAT": "image/png"} | rest)
        assert (answer.status_code, answer.mimetype) == (200, "image/png"), answer.text
        return np.asarray(Image.open(io.BytesIO(answer.data)).convert("RGBA"))

    return draw


@pytest.fixture
def document(wms):
    return lambda version: etree.fromstring(wms("GetCapabilities", version).data)


def named(root, name):
    (found,) = root.xpath(f"//*[local-name()='Layer'][*[local-name()='Name']='{name}']")
    return found


def names(element):
    return element.xpath(".//*[local-name()='Layer']/*[local-name()='Name']/text()")


@pytest.mark.parametrize("version", VERSIONS)
def test_a_group_stands_above_its_layers_in_their_order(document, version):
    root = document(version)
    assert names(root) == ["all", "ground", "cover", "inner", "green", "alone", "mute", "still"]
    assert names(named(root, "all")) == ["ground", "cover", "inner", "green"]
    assert names(named(root, "inner")) == ["green"]


@pytest.mark.parametrize("version", VERSIONS)
def test_the_document_with_groups_is_valid(document, schema, dtd, version):
    root = document(version)
    if version == "1.3.0":
        schema("ogc/wms/1.3.0/capabilities_1_3_0.xsd").assertValid(root)
    else:
        assert dtd("ogc/wms/1.1.1/WMS_MS_Capabilities.dtd").validate(root)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(("name", "flag"), [("all", "1"), ("inner", "1"), ("mute", "0")])
def test_a_group_can_be_asked_where_one_of_its_layers_can(document, version, name, flag):
    assert named(document(version), name).get("queryable") == flag


def test_a_group_tells_what_its_configuration_says(document):
    element = named(document("1.3.0"), "all")
    assert [element.findtext(f"{{*}}{key}") for key in ("Title", "Abstract")] == ["Everything", "All that there is."]
    assert element.xpath("*[local-name()='KeywordList']/*/text()") == ["one", "two"]


@pytest.mark.parametrize("version", VERSIONS)
def test_the_boxes_of_a_group_are_around_those_of_its_layers(document, version):
    root = document(version)

    def boxes(name):
        key = "CRS" if version == "1.3.0" else "SRS"
        return {
            box.get(key): [float(box.get(side)) for side in ("minx", "miny", "maxx", "maxy")]
            for box in named(root, name).findall("{*}BoundingBox")
        }

    parts = [boxes(name) for name in MEMBERS]
    for crs, box in boxes("all").items():
        around = np.array([part[crs] for part in parts if crs in part])
        assert box == [*around[:, :2].min(axis=0), *around[:, 2:].max(axis=0)]
    assert set(boxes("all")) == {crs for part in parts for crs in part}


@pytest.mark.parametrize("version", VERSIONS)
def test_a_group_is_drawn_as_its_layers_in_the_order_of_the_document(picture, version):
    both = [picture(name, version, TRANSPARENT="TRUE") for name in MEMBERS]
    expected = both[0].copy()
    for above in both[1:]:
        # Nothing here is half transparent.
        expected[above[..., 3] == 255] = above[above[..., 3] == 255]
    np.testing.assert_array_equal(picture("all", version, TRANSPARENT="TRUE"), expected)
    np.testing.assert_array_equal(picture("inner,ground", version), picture("green,ground", version))


def test_a_group_counts_as_one_layer(wms, picture):
    assert picture("all,alone").any()
    answer = wms("GetMap", LAYERS="ground,cover,green", STYLES="", FORMAT="image/png")
    assert (answer.status_code, "LayerLimit" in answer.text) == (400, True)


@pytest.mark.parametrize("styles", ["", "default", ","])
def test_a_group_has_the_default_styles(picture, styles):
    np.testing.assert_array_equal(picture("all,alone", STYLES=styles), picture("all,alone"))


def test_a_style_must_be_one_of_all_layers(wms):
    answer = wms("GetMap", LAYERS="all", STYLES="ndvi", FORMAT="image/png")
    assert (answer.status_code, 'code="StyleNotDefined"' in answer.text) == (404, True)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("layers", "query", "told"),
    [
        ("all", "all", ["cover", "green"]),
        ("all", "green", ["green"]),
        ("alone,all", "all,alone", ["cover", "green", "alone"]),
        ("inner,alone", "inner", ["green"]),
        ("cover,green", "inner", ["green"]),
    ],
)
def test_the_values_of_a_group_are_those_of_its_layers(wms, version, layers, query, told):
    answer = wms(
        "GetFeatureInfo", version, LAYERS=layers, QUERY_LAYERS=query, STYLES="", I=64, J=64, X=64, Y=64,
        INFO_FORMAT="application/json",
    )  # fmt: skip
    assert answer.status_code == 200, answer.text
    assert [feature["id"].partition(".")[0] for feature in json.loads(answer.data)["features"]] == told


@pytest.mark.parametrize(
    ("layers", "query", "code"),
    [
        ("mute", "mute", "LayerNotQueryable"),
        ("alone", "all", "LayerNotDefined"),
        ("all", "ground", "LayerNotQueryable"),
    ],
)
def test_what_cannot_be_asked_of_a_group_is_said(wms, layers, query, code):
    answer = wms("GetFeatureInfo", LAYERS=layers, QUERY_LAYERS=query, STYLES="", I=64, J=64)
    assert f'code="{code}"' in answer.text


def test_the_legend_of_a_group_is_those_of_its_layers(wms):
    def legend(name):
        data = wms("GetLegendGraphic", LAYER=name, FORMAT="image/png").data
        return np.asarray(Image.open(io.BytesIO(data)).convert("RGBA"))

    whole, top = legend("all"), 0
    for part in map(legend, MEMBERS):
        np.testing.assert_array_equal(whole[top : top + part.shape[0], : part.shape[1]], part)
        top += part.shape[0]
    assert whole.shape[0] == top
    told = json.loads(wms("GetLegendGraphic", LAYER="all", FORMAT="application/json").data)["Legend"]
    assert [entry["layerName"] for entry in told] == list(MEMBERS)


def test_a_group_is_described_by_its_layers(wms):
    root = etree.fromstring(wms("DescribeLayer", LAYERS="all", SLD_VERSION="1.1.0").data)
    assert root.xpath("//*[local-name()='TypeName']/*/text()") == list(MEMBERS)


def test_the_record_of_a_group_is_where_its_address_leads(grouped, document):
    (address,) = named(document("1.3.0"), "all").xpath("*[local-name()='MetadataURL']/*[local-name()='OnlineResource']")
    link = address.get("{http://www.w3.org/1999/xlink}href")
    root = etree.fromstring(grouped.get(link[link.index("/wms") :]).data)
    text = [" ".join(element.itertext()).strip() for element in root.iter("{*}fileIdentifier", "{*}credit")]
    assert text == ["all", "Them"]


@pytest.mark.parametrize("name", ["elsewhere", "numbers"])
def test_a_group_without_a_layer_here_does_not_exist(wms, name):
    answer = wms("GetMap", LAYERS=name, STYLES="", FORMAT="image/png")
    assert (answer.status_code, 'code="LayerNotDefined"' in answer.text) == (404, True)


@pytest.mark.parametrize(
    "address",
    [
        "/wmts?SERVICE=WMTS&REQUEST=GetCapabilities",
        "/wcs?SERVICE=WCS&REQUEST=GetCapabilities&VERSION=2.0.1",
        "/wcs?SERVICE=WCS&REQUEST=GetCapabilities&VERSION=1.1.1",
        "/wcs?SERVICE=WCS&REQUEST=GetCapabilities&VERSION=1.0.0",
        "/api/layers",
    ],
)
def test_tiles_and_coverages_have_no_groups(grouped, address):
    text = grouped.get(address).text
    assert ("green" in text, ">all<" in text, '"all"' in text, ">inner<" in text) == (True, False, False, False)


def test_a_tile_of_a_group_is_refused(grouped):
    answer = grouped.get("/xyz/all/0/0/0.png")
    assert (answer.status_code, "Unknown layer" in answer.text) == (404, True)


@pytest.mark.parametrize(
    ("address", "inside"),
    [
        ("/xyz/all/12/2048/1401.png", "ground, cover, green"),
        ("/wmts/1.0.0/inner/default/WebMercatorQuad/12/1401/2048.png", "green"),
        ("/wcs?SERVICE=WCS&VERSION=2.0.1&REQUEST=DescribeCoverage&COVERAGEID=all", "ground, cover, green, numbers"),
        ("/wcs?SERVICE=WCS&VERSION=1.0.0&REQUEST=DescribeCoverage&COVERAGE=mute", "still"),
    ],
)
def test_the_other_services_say_what_a_group_holds(grouped, address, inside):
    answer = grouped.get(address)
    assert answer.status_code in {400, 404}
    assert f"It is a group, which maps of WMS alone have; ask for one of: {inside}." in answer.text
