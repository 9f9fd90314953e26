"""The configuration of the site: the keys that anybody has, with the values that the suites need."""

from collections.abc import Sequence
from typing import Any

import yaml

from bandstand.conformance.coverages import Tiny
from bandstand.conformance.shapes import Theme

STYLES = {
    "cite_outline": "title: Dark\nkind: classes\nclasses:\n- {value: 1, colour: '#183868', label: Lakes}\n",
    "cite_false_color": (
        "title: Near infrared, red, green\nkind: rgb\nchannels: [nir, red, green]\nrange: [0, 4000]\n"
    ),
    "cite_red": "title: Red\nkind: ramp\nchannels: [red]\ncolormap: viridis\nrange: [0, 2000]\n",
}
"""Style files besides those of the themes, by name."""

_HEAD = """\
# The conformance instance of Bandstand: an ordinary configuration with the data that the OGC compliance suites know.
# `bandstand cite` wrote it, and leaves it alone once it is there; docs/conformance.md tells how to run the suites.

"""


def site_config(themes: Sequence[Theme], coverages: Sequence[Tiny]) -> str:
    """The text of config.yml."""
    document = {
        "version": 1,
        "service": {
            "title": "Bandstand, conformance instance",
            "abstract": "The Blue Lake maps and a few tiny coverages, for the OGC compliance suites.",
            "keywords": ["conformance", "Blue Lake"],
            "provider": {"name": "Bandstand"},
            "contact": {"name": "Operator of this instance", "phone": "+1 555 0100"},
        },
        # Few and small: the suites ask for each of them, of each layer.
        "crs": ["CRS:84", "EPSG:4326", "EPSG:3857", "EPSG:32631"],
        "folders": {"styles": "styles"},
        "catalog": {"path": "catalog.sqlite"},
        "collections": {theme.collection: _features(theme) for theme in themes}
        | {tiny.name: _coverage(tiny) for tiny in coverages},
        "layers": [*(_map_layer(theme) for theme in themes), *(_coverage_layer(tiny) for tiny in coverages)],
        # One format: the suites want an address of each, clients only one in all. Some tests take limits for those of
        # the first matrix, which can have none where it is a single tile: the first set starts with four.
        "wmts": {"matrix_sets": ["BlueLake", "WebMercatorQuad"], "formats": ["image/png"]},
        "tile_matrix_sets": {
            "BlueLake": {
                "title": "Blue Lake, 2 m to half a metre",
                "crs": "EPSG:3857",
                "origin": [-512, 512],
                "resolutions": [2, 1, 0.5],
                "extent": [-512, -512, 512, 512],
            }
        },
        # The suites of WCS 2.0 test what GML holds only where it is what a coverage comes in by itself.
        "wcs": {"native_format": "application/gml+xml"},
        "limits": {"map_max_width_px": 2048, "map_max_height_px": 2048, "layer_limit": 16},
        "logging": {"level": "warning"},
    }
    return _HEAD + yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=118)


def _features(theme: Theme) -> dict[str, Any]:
    found: dict[str, Any] = {
        "title": theme.title,
        "profile": "categorical",
        "source": f"data/{theme.collection}",
    }
    if any(shape.time for shape in theme.shapes):
        newest = max(shape.time for shape in theme.shapes if shape.time)
        found["time"] = {
            "resolution": "instant",
            "default": f"{newest:%Y-%m-%dT%H:%M:%SZ}",
            "missing": "nearest",
            "tolerance_days": 0.001,
        }
    return found


def _coverage(tiny: Tiny) -> dict[str, Any]:
    return {"title": tiny.title, "profile": tiny.profile, "source": f"data/{tiny.name}"}


def _map_layer(theme: Theme) -> dict[str, Any]:
    styles = [theme.collection, "cite_outline"] if theme.name == "Lakes" else [theme.collection]
    return {
        "name": theme.name,
        # Some tests of the suites look for layers by this very title.
        "title": f"cite:{theme.name}",
        "abstract": f"{theme.title} of the Blue Lake maps. Transparent where there is nothing.",
        "keywords": ["Blue Lake", theme.title],
        "collection": theme.collection,
        "styles": styles,
        "resampling": "nearest",
        "queryable": theme.queryable,
        "services": ["wms", "wmts", "xyz"] if theme.tiles else ["wms"],
    }


def _coverage_layer(tiny: Tiny) -> dict[str, Any]:
    return {
        "name": tiny.name,
        "title": tiny.title,
        "abstract": tiny.abstract,
        "keywords": ["conformance"],
        "collection": tiny.name,
        "style": tiny.style,
        "services": ["wcs"],
    }
