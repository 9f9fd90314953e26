"""GetCapabilities: what the service tells of itself."""

import io

import pytest
from lxml import etree
from PIL import Image
from tests.conformance.wms.spoken import HREF, family

ROOTS = {"1.3.0": "{http://www.opengis.net/wms}WMS_Capabilities", "1.1.1": "WMT_MS_Capabilities"}
SCHEMA = "http://schemas.opengis.net/wms/1.3.0/capabilities_1_3_0.xsd"


def fetched(wms, element):
    """What lies behind a resource of the document, and the format that it is told to have."""
    href = element.find("{*}OnlineResource").get(HREF)
    return wms.cite.get(href.removeprefix(wms.cite.base)), element.findtext("{*}Format")


def texts(layer, name):
    return [one.text for one in layer.findall(f"{{*}}{name}")]


def test_each_format_is_what_it_says(wms):
    for name in wms.formats("GetCapabilities"):
        answer = wms.ask("GetCapabilities", FORMAT=name)
        assert (answer.media_type, answer.root.tag) == (name, ROOTS[wms.version])


@pytest.mark.parametrize("form", [None, "", "text/bogus"])
def test_an_unknown_format_is_answered_in_the_usual_one(wms, form):
    answer = wms.ask("GetCapabilities", FORMAT=form)
    assert answer.media_type == ("text/xml" if wms.is_13 else "application/vnd.ogc.wms_xml")
    assert answer.root.tag == ROOTS[wms.version]


def test_the_document_names_the_official_schema(wms13):
    location = wms13.document.get("{http://www.w3.org/2001/XMLSchema-instance}schemaLocation")
    assert location.split() == ["http://www.opengis.net/wms", SCHEMA]


def test_the_document_names_the_official_dtd(wms11):
    kind = wms11.document.getroottree().docinfo
    assert kind.root_name == "WMT_MS_Capabilities"
    assert kind.system_url == "http://schemas.opengis.net/wms/1.1.1/capabilities_1_1_1.dtd"


def test_the_document_is_valid(wms, schemas):
    path = "1.3.0/capabilities_1_3_0.xsd" if wms.is_13 else "1.1.1/capabilities_1_1_1.dtd"
    schemas(f"ogc/wms/{path}").assertValid(wms.document)


def test_the_service_has_the_name_of_its_version(wms):
    assert wms.document.findtext("{*}Service/{*}Name") == ("WMS" if wms.is_13 else "OGC:WMS")


def test_the_service_tells_that_it_is_free(wms):
    assert wms.document.findtext("{*}Service/{*}Fees") == "none"
    assert wms.document.findtext("{*}Service/{*}AccessConstraints") == "none"


def test_the_service_tells_keywords_and_whom_to_ask(wms):
    service = wms.document.find("{*}Service")
    assert "Blue Lake" in texts(service.find("{*}KeywordList"), "Keyword")
    assert service.findtext("{*}ContactInformation/{*}ContactPersonPrimary/{*}ContactPerson").strip()


def test_the_formats_that_every_service_has_are_told(wms):
    told = texts(wms.document.find("{*}Capability/{*}Exception"), "Format")
    assert ("XML" if wms.is_13 else "application/vnd.ogc.se_xml") in told
    assert ("text/xml" if wms.is_13 else "application/vnd.ogc.wms_xml") in wms.formats("GetCapabilities")
    assert "image/png" in wms.formats("GetMap")


def test_every_layer_tells_what_it_is(wms):
    for layer in [wms.root_layer, *wms.layers]:
        assert layer.findtext("{*}Title").strip()
        assert layer.findtext("{*}Abstract").strip()
        assert texts(layer.find("{*}KeywordList"), "Keyword")


@pytest.mark.parametrize("kind", ["LogoURL", "DataURL", "FeatureListURL", "MetadataURL", "StyleSheetURL", "StyleURL"])
def test_what_lies_behind_an_address_is_what_it_says(wms, kind):
    found = list(wms.document.iter(f"{{*}}{kind}"))
    assert len(found) == (12 if kind == "MetadataURL" else 0)
    for element in found:
        answer, form = fetched(wms, element)
        assert (answer.status, answer.media_type) == (200, form)


def test_every_layer_has_a_record(wms):
    for layer in wms.layers:
        answer, _ = fetched(wms, layer.find("{*}MetadataURL"))
        assert etree.QName(answer.root).localname == "MD_Metadata"
        assert layer.findtext("{*}Title") in answer.body.decode()


def test_a_legend_has_its_format_and_its_size(wms):
    styles = list(wms.document.iter("{*}Style"))
    assert len(styles) == 13
    for style in styles:
        for legend in style.findall("{*}LegendURL"):
            answer, form = fetched(wms, legend)
            picture = Image.open(io.BytesIO(answer.body))
            assert (answer.status, answer.media_type) == (200, form)
            assert picture.size == (int(legend.get("width")), int(legend.get("height")))
            assert picture.format == form.removeprefix("image/").upper()


def test_a_legend_shows_the_colours_of_its_style(wms):
    for name, colour in (("cite_lakes", (0x2F, 0x6F, 0xC0)), ("cite_outline", (0x18, 0x38, 0x68))):
        (style,) = [one for one in wms.layer("Lakes").findall("{*}Style") if one.findtext("{*}Name") == name]
        answer, _ = fetched(wms, style.find("{*}LegendURL"))
        assert (answer.rgba[..., :3] == colour).all(axis=2).sum() > 50


def test_a_box_is_in_a_system_that_the_layer_has(wms):
    for layer in [wms.root_layer, *wms.layers]:
        known = {system for each in family(layer) for system in wms.systems(each)}
        assert {system for system, _ in wms.boxes(layer)} <= known


def test_a_layer_has_a_box_and_only_one_in_a_system(wms):
    for layer in [wms.root_layer, *wms.layers]:
        systems = [system for system, _ in wms.boxes(layer)]
        assert systems
        assert len(systems) == len(set(systems))


def test_a_layer_has_a_system(wms):
    for layer in wms.layers:
        assert any(wms.systems(each) for each in family(layer))
        # Some clients read the layer's own alone.
        assert wms.systems(layer)


def test_the_systems_of_all_layers_are_told_above_them(wms):
    above = wms.systems(wms.root_layer)
    assert {"EPSG:4326", "EPSG:3857"} <= set(above)
    assert len(above) == len(set(above))
    shared = set.intersection(*(set(wms.systems(layer)) for layer in wms.layers))
    assert shared <= set(above)


def test_a_system_that_the_client_centres_has_no_place_in_its_name(wms):
    # AUTO2 of 1.3.0 and AUTO of 1.1.1; none is offered here.
    names = [one.text for one in wms.document.iter(f"{{*}}{wms.crs}")]
    assert [name for name in names if name.startswith("AUTO")] == []
    assert all(" " not in name and "," not in name for name in names)


def test_a_layer_has_a_geographic_box_with_area(wms):
    for layer in [wms.root_layer, *wms.layers]:
        west, south, east, north = wms.geographic(layer)
        assert -180 <= west < east <= 180
        assert -90 <= south < north <= 90


def test_the_box_above_holds_those_below(wms):
    west, south, east, north = wms.geographic(wms.root_layer)
    for layer in wms.layers:
        box = wms.geographic(layer)
        assert west <= box[0]
        assert south <= box[1]
        assert box[2] <= east
        assert box[3] <= north


def test_the_geographic_box_lies_around_the_data(wms):
    assert wms.geographic(wms.layer("BasicPolygons")) == (-2, -1, 2, 6)
    assert wms.geographic(wms.layer("Lakes")) == pytest.approx((0.0006, -0.0018, 0.0031, -0.0001), abs=1e-9)


def test_an_identifier_has_its_authority(wms):
    for layer in [wms.root_layer, *wms.layers]:
        known = [one.get("name") for each in family(layer) for one in each.findall("{*}AuthorityURL")]
        assert len(known) == len(set(known))
        assert {one.get("authority") for one in layer.findall("{*}Identifier")} <= set(known)


def test_a_style_is_not_told_again_below(wms):
    for layer in wms.layers:
        names = [style.findtext("{*}Name") for each in family(layer) for style in each.findall("{*}Style")]
        assert names
        assert len(names) == len(set(names))


def test_a_dimension_has_the_units_of_the_standard_and_is_told_once(wms):
    dimensions = list(wms.document.iter("{*}Dimension"))
    assert [(one.get("name"), one.get("units")) for one in dimensions] == [("time", "ISO8601")]
    (owner,) = (one.getparent() for one in dimensions)
    assert all(each.find("{*}Dimension") is None for each in family(owner)[1:])


def test_an_extent_has_its_dimension(wms11):
    for layer in [wms11.root_layer, *wms11.layers]:
        known = {one.get("name") for each in family(layer) for one in each.findall("Dimension")}
        assert {one.get("name") for one in layer.findall("Extent")} <= known


def test_names_of_dimensions_have_no_blanks_and_a_default(wms):
    for one in wms.document.iter("{*}Dimension"):
        assert " " not in one.get("name")
    told = list(wms.document.iter("{*}Dimension" if wms.is_13 else "{*}Extent"))
    assert [bool(one.get("default")) for one in told] == [True]


def test_the_old_word_for_capabilities_is_known(wms11):
    assert wms11.ask("capabilities").root.tag == "WMT_MS_Capabilities"


def test_both_versions_tell_the_same_layers(wms13, wms11):
    first, second = ([layer.findtext("{*}Name") for layer in wms.layers] for wms in (wms13, wms11))
    assert first == second
    for name in first:
        assert wms13.geographic(wms13.layer(name)) == wms11.geographic(wms11.layer(name))
        assert wms13.layer(name).get("queryable") == wms11.layer(name).get("queryable")
