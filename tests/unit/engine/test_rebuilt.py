"""A catalogue made anew is another one, though its numbers of revision are the same."""

import numpy as np
from tests.unit.engine.conftest import write_tiff

from bandstand.model.ask import Ask
from bandstand.model.request import Output, Request

CONFIG = """
collections: {{c: {{profile: generic, source: one, bands: {{v: {{scale: {scale}}}}}}}}}
layers: [{{name: c, collection: c, style: grey}}]
"""


def test_a_client_is_not_told_that_other_pixels_are_the_ones_it_has(archive, tmp_path):
    write_tiff(tmp_path / "one" / "a_20220601.tif", np.ones((64, 64), np.uint16), name="v")
    tags = []
    for scale in (0.1, 0.5):
        made = archive(CONFIG.format(scale=scale))
        layer = made.engine.layer("c", "wms")
        output = Output(kind="map", media_type="image/png")
        request = Request(layers=(made.engine.ask(layer, Ask()),), grid=made.grid("c"), output=output)
        tags.append(made.engine.run(request).etag)
        made.engine.close()
        for path in tmp_path.glob("catalog.sqlite*"):
            path.unlink()
    assert tags[0] != tags[1]
