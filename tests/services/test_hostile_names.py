"""Names that want out of their line: in headers, reports, documents and the log."""

import json
import shutil

import pytest
from tests.fixtures.site import plant

from bandstand.engine.build import build_engine
from bandstand.web.app import Settings, mount_services

HOSTILE = {
    "a new line": "a\r\nX-Injected: 1",
    "quotes": 'a"b\\c',
    "a NUL": "a\x00b",
    "20 kB": "x" * 20_000,
    "letters": "Überflug éèê 日本",
}


@pytest.fixture(params=HOSTILE, scope="module")
def site_with_broken_scene(request, sample_archive, tmp_path_factory):
    """A site whose newest scene has such an id and has lost a file."""
    folder = tmp_path_factory.mktemp("hostile")
    shutil.copytree(sample_archive, folder, dirs_exist_ok=True)
    items = sorted((folder / "s2_l2a").rglob("*.json"))
    documents = [(path, json.loads(path.read_text())) for path in items]
    found = [(path, d) for path, d in documents if d.get("type") == "Feature"]
    path, document = max(found, key=lambda pair: pair[1]["properties"]["datetime"])
    document["id"] = HOSTILE[request.param]
    path.write_text(json.dumps(document))
    site = plant(folder)
    for asset in document["assets"].values():
        (path.parent / asset["href"]).unlink(missing_ok=True)
    engine = build_engine(site.config)
    yield mount_services(engine, Settings()).test_client()
    engine.close()


def test_a_map_without_the_scene_tells_it_in_one_line(site_with_broken_scene):
    answer = site_with_broken_scene.get(
        "/wms?SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&LAYERS=s2_l2a&STYLES=&CRS=EPSG:3857"
        "&BBOX=-17625,6316316,17564,6336201&WIDTH=64&HEIGHT=64&FORMAT=image/png"
    )
    assert answer.status_code == 200
    assert "X-Injected" not in answer.headers
    told = [value for key, value in answer.headers if key == "Warning"]
    assert told
    assert all(value.isascii() and value.isprintable() and len(value) < 1000 for value in told)


def test_a_coverage_of_the_scene_is_refused_in_a_report(site_with_broken_scene):
    answer = site_with_broken_scene.get(
        "/wcs?SERVICE=WCS&VERSION=2.0.1&REQUEST=GetCoverage&COVERAGEID=s2_l2a&FORMAT=image/tiff"
        '&SUBSET=ansi("2022-07-19")'
    )
    assert answer.status_code == 503
    assert answer.mimetype == "text/xml"
    assert len(answer.data) < 5000
