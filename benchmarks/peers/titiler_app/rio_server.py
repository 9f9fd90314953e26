"""The application of the TiTiler peer; runs inside that peer's own environment, never in Bandstand's.

`/stac` is TiTiler's factory over STAC items as it comes. `/mosaic` is the example of its manual for many items:
rio-tiler's mosaic reader with the newest item first.
"""

import json
import os
from pathlib import Path
from typing import Annotated

import rasterio
from fastapi import FastAPI, Query
from fastapi.responses import Response
from morecantile import tms
from rio_tiler.io import STACReader
from rio_tiler.mosaic import mosaic_reader
from shapely.geometry import box, shape
from titiler.core.errors import DEFAULT_STATUS_CODES, add_exception_handlers
from titiler.core.factory import MultiBaseTilerFactory

app = FastAPI(title="rio-tiler peer", openapi_url=None)
factory = MultiBaseTilerFactory(reader=STACReader, router_prefix="/stac")
app.include_router(factory.router, prefix="/stac")
add_exception_handlers(app, DEFAULT_STATUS_CODES)

GRID = tms.get("WebMercatorQuad")
ITEMS = [
    (shape(json.loads(Path(path).read_text())["geometry"]), path)
    for path in os.environ.get("BENCH_ITEMS", "").split(os.pathsep)
    if path
]


def read_tile(item: str, x: int, y: int, z: int, **options: object) -> object:
    """One item's tile."""
    with STACReader(item, tms=GRID) as reader:
        return reader.tile(x, y, z, **options)


@app.get("/mosaic/{z}/{x}/{y}.png")
def mosaic(z: int, x: int, y: int, assets: Annotated[list[str], Query()]) -> Response:
    """The newest valid pixels of all items that touch a tile."""
    area = box(*GRID.bounds(x, y, z))
    touching = [path for outline, path in ITEMS if outline.intersects(area)]
    image, _ = mosaic_reader(touching, read_tile, x, y, z, assets=assets, threads=0)
    image.rescale(in_range=[(0, 3000)] * image.count)
    return Response(image.render(img_format="PNG"), media_type="image/png")


@app.get("/healthz")
def healthz() -> dict[str, str]:
    """Up, and with which versions."""
    return {"rasterio": rasterio.__version__, "gdal": rasterio.__gdal_version__}
