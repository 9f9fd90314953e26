"""STAC documents for the sample archive, in the spelling of Earth Search v1."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np
from pyproj import Transformer
from shapely import Polygon, box, get_coordinates, segmentize
from shapely.geometry import mapping
from shapely.geometry.polygon import orient

from bandstand.demo.frame import Sheet
from bandstand.demo.kinds import COVER_CLASSES
from bandstand.demo.scenes import Scene

Document = dict[str, Any]

_COG = "image/tiff; application=geotiff; profile=cloud-optimized"
_EXTENSION = "https://stac-extensions.github.io/{}/schema.json"
_CREATED = "2024-06-12T00:00:00Z"  # a fixed date: the same seed writes the same bytes

# asset key, common name, title, centre and width in micrometres
_BAND_FACTS = {
    "B01": ("coastal", "coastal", "Coastal aerosol", 0.443, 0.027),
    "B02": ("blue", "blue", "Blue", 0.490, 0.098),
    "B03": ("green", "green", "Green", 0.560, 0.045),
    "B04": ("red", "red", "Red", 0.665, 0.038),
    "B05": ("rededge1", "rededge", "Red edge 1", 0.704, 0.019),
    "B08": ("nir", "nir", "NIR 1", 0.842, 0.145),
    "B8A": ("nir08", "nir08", "NIR 2", 0.865, 0.033),
    "B11": ("swir16", "swir16", "SWIR 1", 1.610, 0.143),
    "B12": ("swir22", "swir22", "SWIR 2", 2.190, 0.242),
}

_SCL_SHARES = {
    "s2:dark_features_percentage": 2,
    "s2:cloud_shadow_percentage": 3,
    "s2:vegetation_percentage": 4,
    "s2:not_vegetated_percentage": 5,
    "s2:water_percentage": 6,
    "s2:unclassified_percentage": 7,
    "s2:medium_proba_clouds_percentage": 8,
    "s2:high_proba_clouds_percentage": 9,
    "s2:thin_cirrus_percentage": 10,
}


def to_lonlat(shape: Polygon, crs: str) -> Polygon:
    """Carry a polygon to longitude and latitude, with vertices every eighth of its longest extent."""
    left, bottom, right, top = shape.bounds
    dense = segmentize(shape, max(right - left, top - bottom) / 8)
    lonlat = Transformer.from_crs(crs, "OGC:CRS84", always_xy=True)
    ring = np.column_stack(lonlat.transform(*get_coordinates(dense.exterior).T))
    return orient(Polygon(np.round(ring, 7)))


def scene_item(scene: Scene, footprint: Polygon, counts: Sequence[int]) -> Document:
    """Describe one scene; `footprint` in lon/lat, `counts` the number of 20 m pixels by SCL class."""
    flight, tile = scene.overpass, scene.tile
    seen = max(sum(counts[1:]), 1)
    shares = {name: round(100 * counts[value] / seen, 6) for name, value in _SCL_SHARES.items()}
    properties = {
        "created": _CREATED,
        "updated": _CREATED,
        "platform": f"sentinel-2{flight.platform[-1].lower()}",
        "constellation": "sentinel-2",
        "instruments": ["msi"],
        "eo:cloud_cover": round(100 * sum(counts[8:11]) / seen, 6),
        "proj:epsg": tile.sheet.epsg,
        "proj:code": tile.sheet.crs,
        "mgrs:utm_zone": tile.zone,
        "mgrs:latitude_band": tile.name[2],
        "mgrs:grid_square": tile.name[3:],
        "grid:code": f"MGRS-{tile.name}",
        "view:sun_azimuth": flight.azimuth,
        "view:sun_elevation": flight.elevation,
        "s2:product_type": "S2MSI2A",
        "s2:processing_baseline": flight.baseline,
        "s2:sequence": "0",
        "s2:nodata_pixel_percentage": round(100 * counts[0] / sum(counts), 6),
        **shares,
    }
    assets = {facts[0]: _band_asset(band, scene) for band, facts in _BAND_FACTS.items()}
    assets["scl"] = {
        "href": "./SCL.tif",
        "type": _COG,
        "title": "Scene classification map (SCL)",
        **_grid(tile.sheet.coarser(2)),
        "raster:bands": [{"nodata": 0, "data_type": "uint8", "spatial_resolution": 20}],
        "roles": ["data"],
    }
    extensions = ("grid/v1.0.0", "projection/v1.1.0", "eo/v1.1.0", "mgrs/v1.0.0", "raster/v1.1.0", "view/v1.0.0")
    return _item(scene.id, "s2_l2a", scene.time, footprint, properties, assets, extensions, up="../../../../..")


def _band_asset(band: str, scene: Scene) -> Document:
    _, common, title, centre, width = _BAND_FACTS[band]
    metres = 60 if band == "B01" else 10 if band in ("B02", "B03", "B04", "B08") else 20
    return {
        "href": f"./{band}.tif",
        "type": _COG,
        "title": f"{title} - {metres}m",
        "eo:bands": [
            {
                "name": band,
                "common_name": common,
                "description": title,
                "center_wavelength": centre,
                "full_width_half_max": width,
            }
        ],
        "gsd": metres,
        **_grid(scene.tile.sheet.coarser(metres // 10)),
        "raster:bands": [
            {
                "nodata": 0,
                "data_type": "uint16",
                "bits_per_sample": 15,
                "spatial_resolution": metres,
                "scale": 0.0001,
                "offset": -scene.overpass.offset_dn / 10000 or 0,
            }
        ],
        "roles": ["data", "reflectance"],
    }


def landcover_item(year: int, sheet: Sheet) -> Document:
    """Describe the land cover map of one year."""
    classes = [
        {
            "value": entry.value,
            "name": entry.name,
            "title": entry.title,
            "description": entry.title,
            "color_hint": "{:02X}{:02X}{:02X}".format(*entry.colour),
        }
        for entry in COVER_CLASSES
    ]
    identity = f"landcover_{year}"
    asset = {
        "href": f"./{identity}.tif",
        "type": _COG,
        "title": f"Land cover {year}",
        **_grid(sheet),
        "raster:bands": [{"nodata": 0, "data_type": "uint8", "spatial_resolution": sheet.pixel}],
        "classification:classes": classes,
        "roles": ["data"],
    }
    properties = {
        "start_datetime": f"{year}-01-01T00:00:00Z",
        "end_datetime": f"{year}-12-31T23:59:59Z",
        "created": _CREATED,
        "proj:epsg": sheet.epsg,
        "proj:code": sheet.crs,
    }
    extensions = ("projection/v1.1.0", "raster/v1.1.0", "classification/v2.0.0")
    begin = datetime.fromisoformat(f"{year}-01-01T00:00:00Z")
    outline = to_lonlat(box(*sheet.bounds), sheet.crs)
    return _item(identity, "landcover", begin, outline, properties, {"landcover": asset}, extensions, up="..")


def dem_item(sheet: Sheet) -> Document:
    """Describe the elevation model."""
    asset = {
        "href": "./dem.tif",
        "type": _COG,
        "title": "Elevation of the ground",
        **_grid(sheet),
        "raster:bands": [{"nodata": -9999.0, "data_type": "float32", "unit": "m", "spatial_resolution": 30}],
        "roles": ["data"],
    }
    properties = {"created": _CREATED, "proj:epsg": sheet.epsg, "proj:code": sheet.crs, "gsd": 30}
    outline = to_lonlat(box(*sheet.bounds), sheet.crs)
    when = datetime.fromisoformat("2021-01-01T00:00:00Z")
    extensions = ("projection/v1.1.0", "raster/v1.1.0")
    return _item("dem", "dem", when, outline, properties, {"elevation": asset}, extensions, up="..")


def collection(identity: str, title: str, description: str, items: Mapping[str, Document]) -> Document:
    """Describe a collection; `items` by their path relative to the collection's folder."""
    boxes = np.array([item["bbox"] for item in items.values()])
    times = sorted(
        stamp
        for item in items.values()
        for key in ("datetime", "start_datetime", "end_datetime")
        if (stamp := item["properties"].get(key))
    )
    extent = [*boxes[:, :2].min(axis=0).tolist(), *boxes[:, 2:].max(axis=0).tolist()]
    return {
        "type": "Collection",
        "stac_version": "1.0.0",
        "id": identity,
        "title": title,
        "description": description,
        "license": "CC0-1.0",
        "extent": {"spatial": {"bbox": [extent]}, "temporal": {"interval": [[times[0], times[-1]]]}},
        "links": [
            {"rel": "root", "href": "./collection.json", "type": "application/json"},
            *({"rel": "item", "href": f"./{path}", "type": "application/geo+json"} for path in items),
        ],
    }


def _grid(sheet: Sheet) -> Document:
    return {"proj:shape": [sheet.height, sheet.width], "proj:transform": list(sheet.transform)}


def _item(
    identity: str,
    owner: str,
    when: datetime,
    footprint: Polygon,
    properties: Document,
    assets: Document,
    extensions: Sequence[str],
    *,
    up: str,
) -> Document:
    link = {"href": f"{up}/collection.json" if up != ".." else "./collection.json", "type": "application/json"}
    return {
        "type": "Feature",
        "stac_version": "1.0.0",
        "stac_extensions": [_EXTENSION.format(name) for name in extensions],
        "id": identity,
        "collection": owner,
        "geometry": mapping(footprint),
        "bbox": list(footprint.bounds),
        "properties": {"datetime": f"{when:%Y-%m-%dT%H:%M:%SZ}", **properties},
        "links": [{"rel": rel, **link} for rel in ("collection", "parent", "root")],
        "assets": assets,
    }
