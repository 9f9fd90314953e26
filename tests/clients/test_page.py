"""The landing page in headless Chromium: pan, band math with live errors, values under a click, a narrow screen."""

import re
import shutil

import pytest

sync_api = pytest.importorskip("playwright.sync_api")

CHROMIUM = shutil.which("chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def browser():
    if CHROMIUM is None:
        pytest.skip("no chromium on this machine (Debian: apt install chromium)")
    with sync_api.sync_playwright() as play:
        found = play.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield found
        found.close()


@pytest.fixture
def open_page(browser, live):
    """Opens the page on a screen of a size; complaints of the browser fail the test that caused them."""
    complaints, pages = [], []

    def open_(width=1200, height=800, address="/"):
        page = browser.new_page(viewport={"width": width, "height": height})
        pages.append(page)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("requestfailed", lambda request: complaints.append(request.url))
        page.goto(live + address)
        page.wait_for_selector("body[data-ready]")
        page.wait_for_load_state("networkidle")
        return page

    yield open_
    for page in pages:
        page.close()
    # A tile that the page no longer wants is given up, which is no fault.
    assert [c for c in complaints if "/xyz/" not in c and "/wms?" not in c] == []


def colours(page):
    """How many colours the middle of the map has."""
    import io  # noqa: PLC0415 - only here

    from PIL import Image  # noqa: PLC0415 - only here

    box = page.locator("#map").bounding_box()
    clip = {"x": box["x"] + box["width"] / 2 - 60, "y": box["y"] + box["height"] / 2 - 60, "width": 120, "height": 120}
    picture = Image.open(io.BytesIO(page.screenshot(clip=clip))).convert("RGB")
    return (
        len(set(picture.getdata()))
        if not hasattr(picture, "get_flattened_data")
        else len(set(picture.get_flattened_data()))
    )


def test_the_map_shows_the_newest_imagery(open_page):
    page = open_page()
    assert page.locator("#date").input_value() == "2022-07-19"
    assert colours(page) > 100


def test_an_expression_is_drawn_with_its_legend(open_page):
    page = open_page()
    page.get_by_label("Sentinel-2 L2A, all bands").check()
    with page.expect_response(lambda r: "/xyz/s2_l2a/" in r.url and "expr=" in r.url) as tile:
        page.fill("#expr", "(B08-B04)/(B08+B04)")
    assert tile.value.status == 200
    sync_api.expect(page.locator("#expr-state")).to_have_text("reads B08, B04")
    sync_api.expect(page.locator("#legend")).to_be_visible()


def test_a_wrong_expression_is_told_while_typing(open_page):
    page = open_page()
    page.get_by_label("Sentinel-2 L2A, all bands").check()
    page.fill("#expr", "(B80-B04)/(B08+B04)")
    sync_api.expect(page.locator("#expr-state")).to_contain_text('unknown band "B80"')
    sync_api.expect(page.locator("#expr")).to_have_attribute("aria-invalid", "true")


def test_a_click_reads_the_values(open_page):
    page = open_page()
    page.get_by_label("NDVI", exact=True).check()
    page.wait_for_load_state("networkidle")
    box = page.locator("#map").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2 + 5, box["y"] + box["height"] / 2 + 5)
    sync_api.expect(page.locator("#popup table")).to_contain_text("B08")


def test_the_date_can_be_stepped(open_page):
    page = open_page()
    with page.expect_response(lambda r: "time=2022-05-15" in r.url):
        page.get_by_label("Older date").click()
    assert page.locator("#date").input_value() == "2022-05-15"


def test_the_address_brings_back_what_was_seen(open_page):
    page = open_page(address="/#layer=s2_l2a&time=2021-06-14&expr=NDWI&low=-1&high=1&ramp=blues")
    assert page.locator("#expr").input_value() == "NDWI"
    assert page.locator("#date").input_value() == "2021-06-14"


def test_the_links_to_copy_follow_what_is_shown(open_page):
    page = open_page(address="/#layer=s2_l2a&time=2021-06-14&expr=NDWI")
    page.get_by_role("tab", name="curl").click()
    text = page.locator("#snippet").inner_text()
    assert re.search(r"coverageId=s2_l2a", text)
    assert "expr=NDWI" in text


def test_it_can_be_used_on_a_narrow_screen(open_page):
    page = open_page(width=400, height=740)
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    sync_api.expect(page.locator("#panel")).to_be_hidden()
    assert colours(page) > 100
    page.locator("#toggle").click()
    page.get_by_label("NDVI", exact=True).check()
    sync_api.expect(page.locator("#date")).to_be_visible()
