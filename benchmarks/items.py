"""One STAC item a scene, spelled as Earth Search spells Sentinel-2 L2A."""

import numpy as np
import shapely
from pyproj import Transformer
from shapely.geometry import Polygon, box, mapping

from benchmarks.scenes import BANDS_10M, BANDS_20M, EPSG, ORIGIN, Archive, Scene, sensing_time

COMMON_NAMES = {"B02": "blue", "B03": "green", "B04": "red", "B08": "nir", "B11": "swir16"}
CENTRES_UM = {"B02": 0.49, "B03": 0.56, "B04": 0.665, "B08": 0.842, "B11": 1.61}
COG = "image/tiff; application=geotiff; profile=cloud-optimized"


def footprint(archive: Archive, scene: Scene) -> Polygon:
    """The valid part of a scene in metres of EPSG:32631."""
    rows = range(0, scene.size_px + 1, max(1, scene.size_px // 16))
    edges = [(row, *archive.valid_columns(scene.date_index, row)) for row in rows]
    to_x, to_y = (lambda column: ORIGIN[0] + 10 * column), (lambda row: ORIGIN[1] - 10 * row)
    left = [(to_x(first), to_y(row)) for row, first, _ in edges]
    right = [(to_x(last), to_y(row)) for row, _, last in edges]
    return Polygon([*left, *reversed(right)]).intersection(box(*scene.bounds))


def stac_item(archive: Archive, scene: Scene) -> dict[str, object]:
    """The item of a scene; file references are relative to the item."""
    to_lonlat = Transformer.from_crs(EPSG, 4326, always_xy=True).transform
    outline = shapely.transform(
        footprint(archive, scene).segmentize(5000), lambda places: np.column_stack(to_lonlat(*places.T))
    )
    assets = {band: _band_asset(scene, band, 10) for band in BANDS_10M}
    assets |= {band: _band_asset(scene, band, 20) for band in BANDS_20M}
    assets["SCL"] = {
        "href": "./SCL.tif",
        "type": COG,
        "title": "Scene classification map (SCL)",
        "roles": ["data"],
        **_projection(scene, 20),
        "raster:bands": [{"data_type": "uint8", "nodata": 0, "spatial_resolution": 20}],
    }
    return {
        "type": "Feature",
        "stac_version": "1.0.0",
        "stac_extensions": [
            "https://stac-extensions.github.io/eo/v1.1.0/schema.json",
            "https://stac-extensions.github.io/projection/v2.0.0/schema.json",
            "https://stac-extensions.github.io/raster/v1.1.0/schema.json",
            "https://stac-extensions.github.io/grid/v1.1.0/schema.json",
        ],
        "id": f"S2A_{scene.tile}_{scene.day.replace('-', '')}_0_L2A",
        "collection": "sentinel-2-l2a",
        "geometry": mapping(outline),
        "bbox": list(outline.bounds),
        "properties": {
            "datetime": sensing_time(scene.day),
            "platform": "sentinel-2a",
            "constellation": "sentinel-2",
            "instruments": ["msi"],
            "grid:code": f"MGRS-{scene.tile}",
            "proj:code": f"EPSG:{EPSG}",
            "s2:processing_baseline": "05.09",
            "earthsearch:boa_offset_applied": True,
        },
        "links": [],
        "assets": assets,
    }


def _projection(scene: Scene, pixel_m: int) -> dict[str, object]:
    west, _, _, north = scene.bounds
    side = scene.size_px * 10 // pixel_m
    return {
        "proj:code": f"EPSG:{EPSG}",
        "proj:shape": [side, side],
        "proj:transform": [pixel_m, 0, west, 0, -pixel_m, north],
        "gsd": pixel_m,
    }


def _band_asset(scene: Scene, band: str, pixel_m: int) -> dict[str, object]:
    return {
        "href": f"./{band}.tif",
        "type": COG,
        "title": f"{COMMON_NAMES[band]} ({band})",
        "roles": ["data", "reflectance"],
        "eo:bands": [
            {"name": band, "common_name": COMMON_NAMES[band], "center_wavelength": CENTRES_UM[band]},
        ],
        **_projection(scene, pixel_m),
        "raster:bands": [
            {
                "data_type": "uint16",
                "nodata": 0,
                "bits_per_sample": 15,
                "spatial_resolution": pixel_m,
                "scale": 0.0001,
                "offset": 0,
            },
        ],
    }
