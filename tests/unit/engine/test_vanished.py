"""A running server notices that a file is gone, though its blocks are cached and its descriptor is open."""

import numpy as np
from tests.unit.engine.conftest import write_tiff

from bandstand.model.ask import Ask
from bandstand.model.request import Output, Request

CONFIG = "collections: {c: {profile: generic, source: one}}\nlayers: [{name: c, collection: c, style: grey}]\n"


def test_a_map_of_a_file_that_is_gone_says_so_and_is_not_kept(archive, tmp_path, monkeypatch):
    now = [1000.0]
    monkeypatch.setattr("bandstand.read.stores.local.monotonic", lambda: now[0])
    path = write_tiff(tmp_path / "one" / "a_20220601.tif", np.ones((64, 64), np.uint16), name="v")
    made = archive(CONFIG)
    settled = made.engine.ask(made.engine.layer("c", "wms"), Ask(time="2022-06-01"))
    output = Output(kind="map", media_type="image/png")
    request = Request(layers=(settled,), grid=made.grid("c"), output=output)
    assert "max-age=86400" in dict(made.engine.run(request).headers)["Cache-Control"]
    path.unlink()
    now[0] += 1.01
    answer = made.engine.run(request)
    headers = dict(answer.headers)
    assert (headers["Cache-Control"], headers["X-Source-Items"], answer.etag) == ("no-store", "0", "")
    assert "a_20220601" in headers["Warning"]
