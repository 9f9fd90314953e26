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
