"""GetCapabilities of WMTS: asked in parts, and what it tells."""

import itertools
import math
import re

import pyproj
import pytest
from tests.conformance.wmts.spoken import HREF, LAYERS, NS

SECTIONS = ("ServiceIdentification", "ServiceProvider", "OperationsMetadata", "Contents")
WIDEST = 559082264.0287178
"""Scale denominator of the whole world in one tile (07-057r7, annex E.4)."""


def parts(root):
    """Sections of a document in their order."""
    names = [child.tag.rpartition("}")[2] for child in root]
    return [name for name in names if name != "ServiceMetadataURL"]


def test_without_a_choice_every_section_comes(wmts, schemas):
    assert parts(wmts.document) == list(SECTIONS)
    schemas("ogc/wmts/1.0/wmts.xsd").assertValid(wmts.document)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("All", SECTIONS),
        *((name, (name,)) for name in SECTIONS),
        ("Themes", ()),
        ("ServiceIdentification,Contents", ("ServiceIdentification", "Contents")),
        ("Contents,ServiceProvider", ("ServiceProvider", "Contents")),
        ("OperationsMetadata,All", SECTIONS),
    ],
)
def test_exactly_the_sections_asked_come(wmts, schemas, asked, expected):
    answer = wmts.ask("GetCapabilities", SECTIONS=asked)
    assert (answer.status, parts(answer.root)) == (200, list(expected))
    schemas("ogc/wmts/1.0/wmts.xsd").assertValid(answer.root)


@pytest.mark.parametrize("asked", ["Bogus", "All,Bogus"])
def test_a_section_that_does_not_exist_is_refused(wmts, refused, asked):
    assert refused(wmts.ask("GetCapabilities", SECTIONS=asked)) == (400, "InvalidParameterValue", "sections")


def test_an_empty_choice_of_sections_is_refused(wmts, refused):
    assert refused(wmts.ask("GetCapabilities", SECTIONS="")) == (400, "MissingParameterValue", "sections")


@pytest.mark.parametrize("asked", [None, "", "application/xml", "text/bogus", "text/bogus,application/xml"])
def test_the_document_is_application_xml_whatever_is_accepted(wmts, asked):
    assert wmts.ask("GetCapabilities", ACCEPTFORMATS=asked).media_type == "application/xml"


def test_the_format_of_the_document_is_told(wmts):
    told = wmts.find(
        "ows:OperationsMetadata/ows:Operation[@name='GetCapabilities']/ows:Parameter[@name='AcceptFormats']"
    )
    assert [one.text for one in told[0].iterfind(".//ows:Value", NS)] == ["application/xml"]


def test_the_document_names_the_official_schema(wmts):
    places = wmts.document.get("{http://www.w3.org/2001/XMLSchema-instance}schemaLocation").split()
    assert places == ["http://www.opengis.net/wmts/1.0", "http://schemas.opengis.net/wmts/1.0/wmts.xsd"]


def test_every_operation_is_asked_by_keys(wmts):
    operations = wmts.find("ows:OperationsMetadata/ows:Operation")
    assert [one.get("name") for one in operations] == ["GetCapabilities", "GetTile", "GetFeatureInfo"]
    for operation in operations:
        (get,) = wmts.find("ows:DCP/ows:HTTP/ows:Get", operation)
        assert re.fullmatch(r"http://[^?]+\?", get.get(HREF))
        # Some clients take a second constraint for the first.
        (constraint,) = wmts.find("ows:Constraint", get)
        assert constraint.get("name") == "GetEncoding"
        assert [one.text for one in constraint.iterfind(".//ows:Value", NS)] == ["KVP"]


def test_the_service_tells_its_kind_and_version(wmts):
    (service,) = wmts.find("ows:ServiceIdentification")
    assert service.findtext("ows:ServiceType", namespaces=NS) == "OGC WMTS"
    assert service.findtext("ows:ServiceTypeVersion", namespaces=NS) == "1.0.0"
    assert service.findtext("ows:Fees", namespaces=NS) == service.findtext("ows:AccessConstraints", namespaces=NS)


def test_identifiers_are_unique(wmts):
    names = wmts.find("w:Contents/w:Layer/ows:Identifier/text()")
    assert names == list(LAYERS)
    sets = wmts.find("w:Contents/w:TileMatrixSet/ows:Identifier/text()")
    assert sets == ["BlueLake", "WebMercatorQuad"]
    for every in wmts.find("w:Contents/w:TileMatrixSet"):
        levels = wmts.find("w:TileMatrix/ows:Identifier/text()", every)
        assert len(levels) == len(set(levels))


def test_scales_are_unique_and_go_from_coarse_to_fine(wmts):
    for every in wmts.find("w:Contents/w:TileMatrixSet"):
        scales = [float(text) for text in wmts.find("w:TileMatrix/w:ScaleDenominator/text()", every)]
        assert all(coarse > fine for coarse, fine in itertools.pairwise(scales))


def test_the_sets_are_where_they_are_known_to_be(wmts):
    # 07-057r7, annex E.4: powers of two below the whole world, from its upper left corner.
    half = 20037508.342789244
    for (name, level), matrix in wmts.matrices.items():
        if name == "WebMercatorQuad":
            assert matrix.resolution / 0.00028 == pytest.approx(WIDEST / 2 ** int(level), rel=1e-12)
            assert (matrix.left, matrix.top) == pytest.approx((-half, half), abs=1e-6)
            assert matrix.size == (2 ** int(level), 2 ** int(level))
            assert matrix.tile == (256, 256)
        else:
            assert matrix.resolution == pytest.approx(2 / 2 ** int(level), rel=1e-12)
            assert (matrix.left, matrix.top) == (-512, 512)
    assert set(wmts.find("w:Contents/w:TileMatrixSet/ows:SupportedCRS/text()")) == {"urn:ogc:def:crs:EPSG::3857"}


def test_no_set_claims_to_be_a_known_one_of_another_system(wmts):
    # The known one is told of EPSG:6.18:3:3857 alone.
    assert wmts.find("//w:WellKnownScaleSet") == []


def test_a_layer_has_sets_that_exist(wmts):
    known = set(wmts.find("w:Contents/w:TileMatrixSet/ows:Identifier/text()"))
    for name in LAYERS:
        linked = wmts.find("w:TileMatrixSetLink/w:TileMatrixSet/text()", wmts.layer(name))
        assert linked == ["BlueLake", "WebMercatorQuad"]
        assert set(linked) <= known


def test_limits_are_the_tiles_that_the_layer_s_box_touches(wmts):
    project = pyproj.Transformer.from_crs("OGC:CRS84", "EPSG:3857", always_xy=True).transform
    for name in LAYERS:
        box = wmts.layer(name).find("ows:WGS84BoundingBox", NS)
        west, south = map(float, box.findtext("ows:LowerCorner", namespaces=NS).split())
        east, north = map(float, box.findtext("ows:UpperCorner", namespaces=NS).split())
        (left, right), (bottom, top) = project([west, east], [south, north])
        for key, limits in wmts.limits(name).items():
            matrix = wmts.matrices[key]
            across, down = (pixels * matrix.resolution for pixels in matrix.tile)
            # A hair inside the box: its own edge belongs to no tile beyond it.
            columns = (left - matrix.left) / across + 1e-9, (right - matrix.left) / across - 1e-9
            rows = (matrix.top - top) / down + 1e-9, (matrix.top - bottom) / down - 1e-9
            assert limits.columns == (math.floor(columns[0]), math.floor(columns[1])), (name, key)
            assert limits.rows == (math.floor(rows[0]), math.floor(rows[1])), (name, key)


def test_limits_are_told_of_levels_that_exist_and_lie_in_them(wmts):
    for name in LAYERS:
        told = wmts.find("w:TileMatrixSetLink/w:TileMatrixSetLimits/w:TileMatrixLimits", wmts.layer(name))
        assert told
        for key, limits in wmts.limits(name).items():
            width, height = wmts.matrices[key].size
            assert 0 <= limits.rows[0] <= limits.rows[1] < height
            assert 0 <= limits.columns[0] <= limits.columns[1] < width


def test_a_layer_has_one_default_style(wmts):
    for name in LAYERS:
        styles = wmts.find("w:Style", wmts.layer(name))
        assert [one.get("isDefault") for one in styles] == ["true", *[None] * (len(styles) - 1)]
        names = wmts.find("w:Style/ows:Identifier/text()", wmts.layer(name))
        assert names[0] == LAYERS[name]
        assert len(names) == len(set(names))


def test_a_legend_has_its_format_and_its_size(wmts):
    legends = wmts.find("//w:LegendURL")
    assert len(legends) == 4
    for legend in legends:
        assert legend.get(HREF).startswith("http://")
        answer = wmts.cite.get(legend.get(HREF).removeprefix(wmts.cite.base))
        assert (answer.status, answer.media_type) == (200, legend.get("format"))
        assert answer.image.size == (int(legend.get("width")), int(legend.get("height")))
        # Bounds of scale, where told, are those of a level.
        assert {legend.get("minScaleDenominator"), legend.get("maxScaleDenominator")} == {None}


def test_what_themes_name_exists(wmts):
    assert [one for one in wmts.find("//w:LayerRef/text()") if one not in LAYERS] == []


def test_a_dimension_tells_its_values_and_its_default(wmts):
    (dimension,) = wmts.find("//w:Dimension")
    assert dimension.getparent() is wmts.layer("Autos")
    assert wmts.find("ows:Identifier/text()", dimension) == ["Time"]
    values = wmts.find("w:Value/text()", dimension)
    assert values == [f"2000-01-01T00:{n // 60:02}:{n % 60:02}Z" for n in range(0, 65, 5)]
    assert wmts.find("w:Default/text()", dimension) == ["2000-01-01T00:01:00Z"]


def test_addresses_by_path_have_every_part_once(wmts):
    for name in LAYERS:
        for resource in wmts.find("w:ResourceURL", wmts.layer(name)):
            parts_asked = re.findall(r"\{(\w+)\}", resource.get("template"))
            expected = {"Style", "TileMatrixSet", "TileMatrix", "TileRow", "TileCol"}
            expected |= {"Time"} if name == "Autos" else set()
            expected |= {"I", "J"} if resource.get("resourceType") == "FeatureInfo" else set()
            assert sorted(parts_asked) == sorted(expected)
        (tile,) = wmts.find("w:ResourceURL[@resourceType='tile']", wmts.layer(name))
        assert tile.get("format") == "image/png"
        values = wmts.find("w:ResourceURL[@resourceType='FeatureInfo']/@format", wmts.layer(name))
        assert values == wmts.find("w:InfoFormat/text()", wmts.layer(name))


def test_a_layer_has_info_formats_if_it_can_be_queried(wmts):
    assert [name for name in LAYERS if wmts.find("w:InfoFormat", wmts.layer(name))] == ["Lakes", "Autos"]
