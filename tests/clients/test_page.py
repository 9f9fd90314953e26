"""The page in headless Chromium: what people click and type is what its links, hints and pictures say."""

import io
import subprocess
from urllib.parse import parse_qs, urlsplit
from urllib.request import urlopen

import numpy as np
import pytest
from PIL import Image
from tests.clients.programs import running_chromium

PATIENCE_MS = 30_000


@pytest.fixture(scope="module")
def browser():
    with running_chromium() as found:
        yield found


@pytest.fixture
def opened(browser, live):
    """Opens the page, without what `before` takes from it, and waits until it is ready."""
    pages = []

    def open_(fragment="", *, before="", width=1200):
        page = browser.new_page(viewport={"width": width, "height": 800})
        pages.append(page)
        page.set_default_timeout(PATIENCE_MS)
        if before:
            page.add_init_script(before)
        page.goto(f"{live}/{fragment}")
        page.wait_for_selector("body[data-ready]")
        return page

    yield open_
    for page in pages:
        page.close()


def choose(page, title):
    page.get_by_label(title, exact=True).check()


def hints(page):
    return [page.locator(f"#{name}").get_attribute("placeholder") for name in ("low", "high")]


def wait_for_hints(page, low, high):
    page.wait_for_function(
        "want => [...'low high'.split(' ')].every((id, i) => document.getElementById(id).placeholder === want[i])",
        arg=[low, high],
    )


def hold(page, pattern):
    """Requests that wait until the test answers them."""
    held = []

    def keep(route):
        held.append(route)

    page.route(pattern, keep)
    return held


def test_the_snippet_is_copied_where_the_browser_has_no_clipboard(opened):
    # As on plain http under any name but localhost.
    page = opened(before="Object.defineProperty(navigator, 'clipboard', { value: undefined });")
    page.evaluate("() => addEventListener('copy', () => { window.copied = String(getSelection()); })")
    page.click("#copy")
    page.wait_for_function("() => document.getElementById('copy').textContent === 'Copied'")
    assert page.evaluate("window.copied").strip() == page.text_content("#snippet").strip()


def test_the_snippet_is_copied_where_the_browser_has_one(opened):
    page = opened(before="navigator.clipboard.writeText = async (text) => { window.copied = text; };")
    page.click("#copy")
    page.wait_for_function("() => document.getElementById('copy').textContent === 'Copied'")
    assert page.evaluate("window.copied") == page.text_content("#snippet")


def test_the_hints_are_the_range_that_is_painted(opened):
    page = opened()
    assert hints(page) == ["0", "0.3"]
    page.fill("#expr", "NDVI")
    wait_for_hints(page, "-0.2", "0.9")
    page.click("#clear")
    wait_for_hints(page, "0", "0.3")


def place(page):
    return [float(part) for part in parse_qs(urlsplit(page.url).fragment)["c"][0].split(",")]


@pytest.mark.parametrize("how", ["chosen", "pasted"])
def test_a_layer_that_lies_elsewhere_is_gone_to(opened, how):
    page = opened("#layer=true_color&c=10,10,12")
    assert place(page) == [10, 10, 12]
    if how == "chosen":
        choose(page, "Elevation")
    else:
        page.evaluate("location.hash = '#layer=elevation'")
    page.wait_for_function("() => /layer=elevation/.test(location.hash) && /c=49/.test(location.hash)")
    assert place(page)[:2] == pytest.approx([49.3, 0.0], abs=0.02)


def test_a_layer_in_sight_leaves_the_map_where_it_is(opened):
    page = opened("#layer=true_color&c=49.30000,0.00500,15.00")
    choose(page, "Elevation")
    page.wait_for_function("() => /layer=elevation/.test(location.hash)")
    assert place(page) == [49.3, 0.005, 15]


def test_a_link_with_an_expression_has_its_hints_too(opened):
    page = opened("#layer=true_color&expr=NDVI")
    wait_for_hints(page, "-0.2", "0.9")
    assert "reads B08, B04" in page.text_content("#expr-state") or "reads B04, B08" in page.text_content("#expr-state")


def test_the_gdal_link_gives_what_is_on_the_screen(opened, tmp_path, live):
    page = opened("#layer=true_color&time=2021-06-14&expr=NDVI")
    page.click("#tabs button:has-text('GDAL')")
    command = page.text_content("#snippet")
    ran = subprocess.run(
        ["bash", "-c", command], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
    )
    assert ran.returncode == 0, ran.stderr
    with Image.open(tmp_path / "picture.tif") as image:
        found = np.asarray(image.convert("RGBA")).astype(float)
    (address,) = [word for word in command.split('"') if word.startswith("WMS:")]
    query = {key.upper(): values[0] for key, values in parse_qs(urlsplit(address[4:]).query).items()}
    assert (query["TIME"], query["EXPR"]) == ("2021-06-14", "NDVI")
    height, width = found.shape[:2]
    with urlopen(f"{address[4:]}&FORMAT=image/png&WIDTH={width}&HEIGHT={height}") as answer:
        want = np.asarray(Image.open(io.BytesIO(answer.read())).convert("RGBA")).astype(float)
    drawn = (found[..., 3] == 255) & (want[..., 3] == 255)
    assert drawn.mean() > 0.05
    assert abs((found[..., 3] == 255).mean() - (want[..., 3] == 255).mean()) < 0.02
    # GDAL asks for tiles of its own and resamples them.
    np.testing.assert_allclose(found[drawn].mean(axis=0), want[drawn].mean(axis=0), atol=3)


def test_a_late_answer_about_an_earlier_layer_changes_nothing(opened):
    page = opened()
    held = hold(page, "**/api/layers/ndvi/dates*")
    choose(page, "NDVI")
    choose(page, "Land cover")
    page.wait_for_function(
        "() => location.hash.includes('layer=landcover') && document.querySelector('#date').length === 2"
    )
    dates = page.locator("#date option").all_text_contents()
    page.wait_for_timeout(200)
    (route,) = held
    with page.expect_response("**/api/layers/ndvi/dates*"):
        route.continue_()
    page.wait_for_timeout(500)
    assert page.locator("#date option").all_text_contents() == dates
    assert "layer=landcover" in page.evaluate("location.hash")


def test_values_of_an_earlier_click_do_not_cover_those_of_a_later_one(opened):
    page = opened()
    held = hold(page, "**/wms?*GetFeatureInfo*")
    for place in ({"x": 420, "y": 400}, {"x": 520, "y": 420}):
        page.mouse.click(340 + place["x"], place["y"])
        page.wait_for_timeout(700)
    first, second = held
    second.fulfill(json={"features": [{"properties": {"later": 1}}]})
    page.wait_for_selector("#popup :text('later')")
    first.fulfill(json={"features": [{"properties": {"earlier": 1}}]})
    page.wait_for_timeout(300)
    assert "earlier" not in page.text_content("#popup")


def state(page):
    """What the address says is shown."""
    pairs = parse_qs(page.evaluate("location.hash").lstrip("#"))
    return {key: values[0] for key, values in pairs.items() if key != "c"}


def wait_for_state(page, **want):
    page.wait_for_function(
        """want => { const shown = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
                     return Object.entries(want).every(([key, value]) => (shown[key] || "") === value); }""",
        arg=want,
    )


def test_a_link_pasted_into_the_same_tab_is_shown(opened, live):
    page = opened("#layer=true_color")
    page.evaluate("window.sameTab = true")
    page.goto(f"{live}/#layer=s2_l2a&time=2021-06-14&expr=NDVI&low=0&high=1&c=49.3,0.05,12.00")
    page.wait_for_function("() => document.querySelector('#expr').value === 'NDVI'")
    wait_for_hints(page, "-0.2", "0.9")
    wait_for_state(page, layer="s2_l2a", time="2021-06-14", expr="NDVI", low="0", high="1")
    assert page.evaluate("window.sameTab")
    assert page.get_by_label("Sentinel-2 L2A, all bands", exact=True).is_checked()
    assert page.input_value("#date") == "2021-06-14"
    assert "c=49.30" in page.evaluate("location.hash")


def test_back_and_forward_go_through_what_was_chosen(opened):
    page = opened("#layer=true_color&time=2021-06-14")
    choose(page, "Land cover")
    wait_for_state(page, layer="landcover")
    page.wait_for_function("() => document.querySelector('#date').length === 2")
    choose(page, "NDVI")
    wait_for_state(page, layer="ndvi", time="2021-06-14")
    page.go_back()
    page.wait_for_function("() => document.querySelector('#date').length === 2")
    assert state(page)["layer"] == "landcover"
    page.go_back()
    page.wait_for_function("() => document.querySelector('#date').length === 4")
    assert state(page) == {"layer": "true_color", "time": "2021-06-14"}
    assert page.get_by_label("True colour", exact=True).is_checked()
    page.go_forward()
    page.wait_for_function("() => document.querySelector('#date').length === 2")
    assert state(page)["layer"] == "landcover"


def test_moving_the_map_is_no_step_to_go_back(opened):
    page = opened()
    before = page.evaluate("history.length")
    page.focus("#map")
    page.keyboard.press("ArrowRight")
    page.wait_for_timeout(500)
    assert page.evaluate("history.length") == before


def test_a_layer_that_does_not_exist_is_told(opened):
    page = opened("#layer=nothing")
    assert page.text_content("#notice") == 'There is no layer "nothing" here; this is True colour.'


def test_a_date_without_image_is_told(opened):
    page = opened("#layer=true_color&time=2021-06-15")
    assert page.text_content("#notice") == "True colour has no image for 2021-06-15; this is 2022-07-19."


@pytest.mark.parametrize(
    ("low", "high", "told"),
    [
        ("0.1", "", "Give both numbers of the range, or none."),
        ("", "0.5", "Give both numbers of the range, or none."),
        ("0.5", "0.1", "The first number must be below the second: 0.5 is not below 0.1."),
        ("0.2", "0.2", "The first number must be below the second: 0.2 is not below 0.2."),
        ("0.1", "0.5", ""),
    ],
)
def test_bounds_that_are_no_range_are_told(opened, low, high, told):
    page = opened()
    page.fill("#low", low)
    page.fill("#high", high)
    page.keyboard.press("Tab")
    assert page.text_content("#range-state") == told
    assert page.get_attribute("#low", "aria-invalid") == str(bool(told)).lower()
    assert ("low" in state(page), "high" in state(page)) == (not told, not told)
    linked = opened(f"#layer=true_color&low={low}&high={high}")
    assert linked.text_content("#range-state") == told


def test_a_typed_expression_goes_on_to_the_next_layer(opened):
    page = opened()
    page.fill("#expr", "NDWI")
    wait_for_state(page, expr="NDWI")
    page.fill("#low", "0")
    page.fill("#high", "1")
    page.keyboard.press("Tab")
    choose(page, "Sentinel-2 L2A, all bands")
    wait_for_state(page, layer="s2_l2a", expr="NDWI", low="0", high="1")
    choose(page, "Elevation")
    wait_for_state(page, layer="elevation", expr="")
    page.wait_for_selector("#expr.bad")
    assert page.input_value("#expr") == "NDWI"
    assert "green" in page.text_content("#expr-state")
    choose(page, "False colour")
    wait_for_state(page, layer="false_color", expr="NDWI")
    assert page.locator("#expr.bad").count() == 0


def test_the_date_is_kept_when_layers_are_changed_and_changed_back(opened):
    page = opened("#layer=true_color&time=2021-09-02")
    choose(page, "Land cover")
    wait_for_state(page, layer="landcover")
    page.wait_for_function("() => document.querySelector('#date').length === 2")
    page.select_option("#date", "2021")
    choose(page, "NDVI")
    wait_for_state(page, layer="ndvi", time="2021-09-02")
    choose(page, "Land cover")
    wait_for_state(page, layer="landcover", time="2021")


def test_it_is_told_why_no_tile_comes(opened):
    page = opened()
    page.route("**/xyz/**", lambda route: route.fulfill(status=503, json={"detail": "Scene S2A cannot be read."}))
    choose(page, "NDVI")
    page.wait_for_selector("#notice:text('Scene S2A cannot be read.')")
    assert page.text_content("#notice") == "No tile can be drawn: Scene S2A cannot be read."
    page.unroute("**/xyz/**")
    choose(page, "True colour")
    page.wait_for_selector("#notice", state="hidden")


@pytest.mark.parametrize(("ratio", "side"), [(1, 256), (2, 512)])
def test_dense_screens_get_dense_tiles(browser, live, ratio, side):
    page = browser.new_page(viewport={"width": 900, "height": 600}, device_scale_factor=ratio)
    with page.expect_response("**/xyz/true_color/**") as caught:
        page.goto(live)
    with Image.open(io.BytesIO(caught.value.body())) as image:
        assert image.size == (side, side)
    assert ("@2x" in caught.value.url) == (ratio == 2)
    page.close()


def test_values_are_read_and_closed_by_keyboard(opened):
    page = opened("#layer=ndvi")
    page.focus("#map")
    with page.expect_response("**/wms?*GetFeatureInfo*"):
        page.keyboard.press("Enter")
    page.wait_for_selector("#values th:text('ndvi')")
    assert page.evaluate("document.activeElement.id") == "popup"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "close"
    page.keyboard.press("Escape")
    page.wait_for_selector("#popup", state="hidden")
    assert page.evaluate("document.activeElement.id") == "map"


def test_arrows_go_through_the_tabs(opened):
    page = opened()
    page.click("#tabs button:has-text('QGIS')")
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.textContent") == "Leaflet"
    assert "L.tileLayer" in page.text_content("#snippet")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    assert page.evaluate("document.activeElement.textContent") == "curl"


NAMED = {"application", "button", "checkbox", "combobox", "dialog", "image", "radio", "spinbutton", "tab", "tabpanel"}
NAMED |= {"textbox", "tablist", "radiogroup", "region", "complementary"}


def test_everything_to_be_used_has_a_name_for_screen_readers(opened):
    page = opened("#layer=ndvi")
    page.focus("#map")
    page.keyboard.press("Enter")
    page.wait_for_selector("#values th:text('ndvi')")
    tree = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")["nodes"]
    found = [
        (node["role"]["value"], node["name"]["value"])
        for node in tree
        if not node.get("ignored") and node.get("role", {}).get("value") in NAMED and "name" in node
    ]
    assert {"application", "button", "dialog", "radio", "combobox", "textbox", "spinbutton", "tab"} <= {
        r for r, _ in found
    }
    assert [role for role, name in found if not name.strip()] == []


def boxes_overlap(one, other):
    apart = one["x"] + one["width"] <= other["x"] or other["x"] + other["width"] <= one["x"]
    return not (apart or one["y"] + one["height"] <= other["y"] or other["y"] + other["height"] <= one["y"])


@pytest.mark.parametrize("y", [70, 150, 330])
def test_on_a_narrow_screen_nothing_lies_over_the_values(opened, y):
    page = opened("#layer=ndvi", width=400)
    page.mouse.click(200, y)
    page.wait_for_selector("#values .place")
    page.wait_for_timeout(400)
    shown = page.locator("#popup").bounding_box()
    assert shown["y"] >= 0
    assert not boxes_overlap(shown, page.locator("#toggle").bounding_box())
    value = page.locator("#values td, #values strong").first.bounding_box()
    assert not boxes_overlap(value, page.locator("#close").bounding_box())
