"""Feature info of bands that are called as something else that is told there."""

import numpy as np
import pytest
import rasterio
from lxml import etree
from tests.unit.engine.conftest import open_archive, write_tiff

from bandstand.web.app import Settings, mount_services

BANDS = ("time", "item", "p_unit", "p", "p_dn", "cloud_cover")
TOLD = {"time_2": 1, "item_2": 2, "p_unit": 3, "p": 4, "p_dn": 5, "cloud_cover_2": 6}
CONFIG = (
    "crs: [EPSG:32631]\nlayers: [{name: c, collection: c}]\ncollections: {c: {source: scenes, bands: {p: {unit: m}}}}\n"
)


@pytest.fixture(scope="module")
def ask(tmp_path_factory):
    folder = tmp_path_factory.mktemp("properties")
    values = np.stack([np.full((32, 32), number, np.uint8) for number in range(1, len(BANDS) + 1)])
    with rasterio.open(write_tiff(folder / "scenes" / "a_20220601.tif", values), "r+") as file:
        for number, name in enumerate(BANDS, start=1):
            file.set_band_description(number, name)
    archive = open_archive(folder, CONFIG)
    client = mount_services(archive.engine, Settings()).test_client()
    x, y = archive.grid("c").transform(5.5, 5.5)
    keys = {
        "service": "WMS", "version": "1.3.0", "request": "GetFeatureInfo", "layers": "c", "query_layers": "c",
        "styles": "", "crs": "EPSG:32631", "bbox": f"{x - 5},{y - 5},{x + 5},{y + 5}", "width": 1, "height": 1,
        "i": 0, "j": 0,
    }  # fmt: skip
    yield lambda info_format: client.get("/wms", query_string={**keys, "info_format": info_format})
    archive.engine.close()


@pytest.mark.parametrize("info_format", ["application/json", "application/geo+json"])
def test_every_band_has_its_value_in_json(ask, info_format):
    told = ask(info_format).get_json()["features"][0]["properties"]
    assert {name: told[name] for name in TOLD} == TOLD
    assert (told["time"], told["item"]) == ("2022-06-01T12:00:00Z", "a_20220601")


def test_every_band_has_its_value_in_gml(ask):
    root = etree.fromstring(ask("text/xml").data)
    for name, value in TOLD.items():
        assert [node.text for node in root.iter(f"{{*}}{name}")] == [str(value)]
