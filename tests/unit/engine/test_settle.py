"""Wishes to layers: how long an answer may be kept, which scene is nearest, whose colours it gets."""

import dataclasses
from datetime import UTC, datetime

import pytest

from bandstand.engine.holdings import _colour_table
from bandstand.errors import InvalidProgram, UnsupportedCrs
from bandstand.model.ask import Ask
from bandstand.model.crs import parse_crs
from bandstand.model.exchange import holds_tag


def settle(engine, **wishes):
    return engine.ask(engine.layer("s2_l2a", "wms"), Ask(**wishes))


@pytest.mark.parametrize(
    ("time", "kept"),
    [
        ("2021-06-14", True),
        ("2021-06-01/2021-09-30", True),
        ("", False),
        ("latest", False),
        ("2021-01-01/..", False),
        ("2021-01-01/2999-01-01", False),
    ],
)
def test_only_what_stays_the_same_is_kept_for_long(engine, time, kept):
    assert settle(engine, time=time).pinned is kept


def test_a_nearest_time_is_not_kept_for_long(engine):
    settled = settle(engine, time="2021-06-15", nearest=True)
    assert settled.notes
    assert not settled.pinned


def test_a_day_that_may_still_get_scenes_is_not_kept_for_long(engine):
    settler = dataclasses.replace(engine._settler, now=lambda: datetime(2021, 6, 15, tzinfo=UTC))
    assert not settler.settle(engine.layer("s2_l2a", "wms"), Ask(time="2021-06-14")).pinned


def test_nearest_time_counts_from_the_middle_of_what_was_asked(engine):
    # The middle of the interval is the end of January 2022; the middle of the scenes in it lies elsewhere.
    selection = settle(engine, time="2021-03-01/2022-12-31", order="nearestTime").selection
    assert selection.instant is not None
    assert (selection.instant.year, selection.instant.month) == (2022, 1)


def test_stored_numbers_do_not_get_the_colours_of_an_index_of_reflectance(engine):
    assert settle(engine, expr="(B08-B04)/(B08+B04)", units="stored").style.name != "ndvi"


def test_a_broken_colour_table_is_left_out(engine):
    item = engine.catalog.search("landcover", limit=1)[0]
    table = {"class": {"1": [1, 2, 3], "x": [1, 2, 3, 4], "2": "red", "3": [9, 9, 9, 255]}}
    broken = dataclasses.replace(item, properties={**item.properties, "bandstand:colormap": table})
    assert [c.low for c in _colour_table(broken)] == [1.0, 3.0]


def test_a_crs_that_no_scene_reaches_is_refused(engine, monkeypatch):
    monkeypatch.setattr("bandstand.engine.domain.project_bbox", lambda *_: None)
    with pytest.raises(UnsupportedCrs, match="EPSG:3031"):
        engine.domain(engine.layer("s2_l2a", "wcs"), crs=parse_crs("EPSG:3031"))


@pytest.mark.parametrize(
    ("header", "held"),
    [
        ('"a-0.1"', True),
        ('W/"a-0.1"', True),
        ('"b", "a-0.1"', True),
        ("*", True),
        ("a-0.1", True),
        ('"a-0.1.1"', False),
        ('"xa-0.1"', False),
        ("", False),
    ],
)
def test_a_tag_is_held_whole_or_not_at_all(header, held):
    assert holds_tag(header, "a-0.1") is held


@pytest.mark.parametrize("wishes", [{"expr": "SCL"}, {"expr": "kind=SCL"}, {"bands": ("SCL",)}])
def test_a_band_of_classes_gets_the_colours_of_its_classes(engine, wishes):
    style = settle(engine, **wishes).style
    assert style.kind == "classes"
    vegetation = next(entry for entry in style.classes if entry.low == entry.high == 4)
    assert (vegetation.label.casefold(), vegetation.colour[3]) == ("vegetation", 255)
    assert len({entry.colour for entry in style.classes}) > 5


def test_what_is_computed_of_classes_is_no_class(engine):
    assert settle(engine, expr="SCL * 2").style.kind == "ramp"


def test_a_colour_map_of_the_request_wins_over_the_colours_of_classes(engine):
    style = settle(engine, expr="SCL", colormap="viridis", range="0,11").style
    assert (style.kind, style.ranges) == ("ramp", ((0.0, 11.0),))


def test_a_named_style_wins_over_the_colours_of_classes(engine):
    layer = engine.layer("ndvi", "wms")
    assert engine.ask(layer, Ask(expr="SCL", style="ndvi")).style.name == "ndvi"
    assert engine.ask(layer, Ask(expr="SCL", style="default")).style.kind == "classes"


@pytest.mark.parametrize(
    ("wishes", "locator"),
    [({"expr": "B04;B03"}, "expr"), ({"bands": ("B04", "B03")}, "bands"), ({"bands": ("B04",), "style": "x"}, "bands")],
)
def test_what_cannot_be_painted_is_told_by_the_parameter_that_chose_it(engine, wishes, locator):
    layer = engine.layer("s2_l2a", "wms")
    if "style" in wishes:
        wishes = wishes | {"style": layer.styles[0].name}
    with pytest.raises(InvalidProgram) as caught:
        engine.ask(layer, Ask(**wishes))
    assert caught.value.locator == locator


# ---- what the wishes of a request leave alone


@pytest.mark.parametrize(
    ("layer", "wishes"),
    [
        *(
            (layer, {"expr": expr})
            for layer in ("s2_l2a", "ndvi")
            for expr in ("B08-1.1*B03", "NDWI", "B11", "B08>0.3")
        ),
        ("s2_l2a", {"bands": ("B11",)}),
        ("true_color", {"bands": ("B11",)}),
        ("ndvi", {}),
        ("elevation", {}),
    ],
)
def test_choosing_a_ramp_changes_colours_and_no_numbers(engine, layer, wishes):
    plain, ramp = (
        engine.ask(engine.layer(layer, "wms"), Ask(**wishes, colormap=colormap)).style for colormap in ("", "magma")
    )
    assert (ramp.ranges, ramp.title, ramp.unit) == (plain.ranges, plain.title, plain.unit)
    assert ramp.colormap.name == "magma"


@pytest.mark.parametrize("colormap", ["", "viridis"])
@pytest.mark.parametrize("style", ["", "ndvi"])
def test_the_legend_of_a_foreign_expression_is_titled_by_it(engine, colormap, style):
    found = engine.ask(engine.layer("ndvi", "wms"), Ask(expr="B08-1.1*B03", colormap=colormap, style=style)).style
    assert (found.title, found.unit) == ("B08-1.1*B03", "")


@pytest.mark.parametrize("layer", ["s2_l2a", "true_color"])
def test_the_legend_of_an_expression_of_three_is_titled_by_it(engine, layer):
    style = engine.ask(engine.layer(layer, "wms"), Ask(expr="B08;B04;B03")).style
    assert (style.kind, style.title) == ("rgb", "B08;B04;B03")


@pytest.mark.parametrize(
    ("wishes", "title"),
    [
        ({}, "NDVI"),
        ({"expr": "(B08-B04)/(B08+B04)", "units": "stored"}, "NDVI"),
        ({"expr": "NDWI"}, "Normalised Difference Water Index (open water)"),
        ({"bands": ("ndvi",)}, "NDVI"),
    ],
)
def test_what_is_the_layers_own_or_has_a_name_keeps_it(engine, wishes, title):
    assert engine.ask(engine.layer("ndvi", "wms"), Ask(**wishes)).style.title == title


def test_a_band_by_itself_is_titled_by_its_name(engine):
    assert settle(engine, bands=("B11",)).style.title == "B11"


@pytest.mark.parametrize("wishes", [{"expr": "SCL"}, {"bands": ("SCL",)}])
def test_classes_by_themselves_are_titled_by_their_band(engine, wishes):
    style = settle(engine, **wishes).style
    assert (style.kind, style.title) == ("classes", "SCL")


@pytest.mark.parametrize(("wishes", "title"), [({}, "B04"), ({"expr": "B08;B04;B03"}, "B08")])
def test_a_ramp_over_one_of_three_is_titled_by_what_it_paints(engine, wishes, title):
    style = engine.ask(engine.layer("true_color", "wms"), Ask(colormap="magma", **wishes)).style
    assert (style.kind, style.title) == ("ramp", title)


def test_a_long_expression_is_cut_in_a_title(engine):
    title = settle(engine, expr="+".join(["B08"] * 90)).style.title
    assert len(title) < 120
