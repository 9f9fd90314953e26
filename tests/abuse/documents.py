"""STAC documents of a sample archive, and of real providers where there are some, broken in many ways."""

import copy
import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.abuse.requests import flipped

Json = Any

DEEP = "nested 20,000 times"
RAW = {
    DEEP: "[" * 20_000 + "]" * 20_000,
    "deep objects": '{"a":' * 3_000 + "1" + "}" * 3_000,
    "more digits than Python reads": "9" * 5_000,
    "beyond floats": "1e400",
    "beyond negative floats": "-1e999",
    "a float of many digits": "0." + "1" * 2_000,
    "half a pair": '"\\ud800"',
    "NUL": '"a\\u0000b"',
}
"""What `json.dumps` does not write, by the text that stands for it."""
ODD = (
    None, True, False, 0, -1, 1, 2**31, 2**63, -(2**64), 10**30, 0.5, -0.0, 1e308, float("nan"), float("inf"),
    float("-inf"), "", " ", "x", "0", "nan", "-inf", "1e400", "x" * 20_000, "\x00", "a\nb\r\nc", "\x1b[2J", "\u202egnp",
    "\ufeff", "é", "\U0001d539", "<script>", "' OR 1=1", "../..", [], {}, [[]], [{}], {"": {}}, [None], [1, "a", None],
    [[[[1]]]],
    {"type": "Feature"}, *RAW,
)  # fmt: skip
DATES = (
    "", "x", "2022", "2022-13-01T00:00:00Z", "2022-02-30T00:00:00Z", "2022-06-01T24:00:00Z", "2022-06-01T23:59:60Z",
    "0001-01-01T00:00:00Z", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z", "-0044-03-15T00:00:00Z",
    "2022-06-01", "2022-W22-3", "20220601T000000Z", "2022-06-01T00:00:00+99:99", "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-12:00", "2022-06-01T00:00:00.123456789Z", "../..", "1654041600", 1654041600, None,
    "9999-12-31",
    "0001-01-01", "1000-01-01/2000-01-01", "\uff12\uff10\uff12\uff12-06-01T00:00:00Z",
)  # fmt: skip
CODES = (
    "EPSG:0", "EPSG:-1", "EPSG:4326", "EPSG:3857", "EPSG:4978", "EPSG:5773", "EPSG:32661", "EPSG:99999999999",
    "epsg:32631",
    "IAU_2015:30100", "+proj=lonlat", "+proj=pipeline +step +proj=utm", "PROJCS[", "GEOGCS[" * 500,
    "urn:ogc:def:crs:EPSG::4326",
    "EPSG:4326+5773", 0, -1, 4326, 32661, 10**12, {}, {"type": "GeographicCRS"}, None,
)  # fmt: skip
NUMBERS = (
    0,
    -1,
    1,
    1e308,
    -1e308,
    1e-308,
    float("nan"),
    float("inf"),
    2**53 + 1,
    2**64,
    "1",
    "nan",
    "",
    None,
    [],
    "1e400",
)
GEOMETRIES = (
    None, {}, [], {"type": "Point"}, {"type": "Point", "coordinates": [1, 49]},
    {"type": "Point", "coordinates": ["1", "49"]},
    {"type": "Polygon", "coordinates": []}, {"type": "Polygon", "coordinates": [[]]},
    {"type": "Polygon", "coordinates": [[[0, 49], [1, 49]]]},
    {"type": "Polygon", "coordinates": [[[0, 49], [1, 50], [0, 49]]]},
    {"type": "Polygon", "coordinates": [[[-1, 48], [1, 50], [1, 48], [-1, 50], [-1, 48]]]},
    {"type": "Polygon", "coordinates": [[[0, 0], [360, 0], [360, 90], [0, 90], [0, 0]]]},
    {"type": "Polygon", "coordinates": [[[1e308, 1e308], [-1e308, 0], [0, -1e308], [1e308, 1e308]]]},
    {"type": "Polygon", "coordinates": [[[float("nan"), 0], [1, float("inf")], [0, 1], [float("nan"), 0]]]},
    {"type": "Polygon", "coordinates": [[[-180, -90], [180, -90], [180, 90], [-180, 90], [-180, -90]]]},
    {"type": "Polygon", "coordinates": [[[-1, 48, 5], [1, 48, "x"], [1, 50], [-1, 50, 1, 2, 3], [-1, 48]]]},
    {"type": "MultiPolygon", "coordinates": [[[[-1, 48], [1, 48], [1, 50], [-1, 48]]], []]},
    {"type": "MultiPoint", "coordinates": [[-1, 48], [1, 50]]},
    {"type": "LineString", "coordinates": [[-1, 48], [1, 50]]},
    {"type": "GeometryCollection", "geometries": []}, {"type": "GeometryCollection", "coordinates": [1]},
    {"type": "GeometryCollection", "coordinates": [1], "geometries": [{"type": "Point", "coordinates": [0, 49]}]},
    {"type": "Polygon", "coordinates": {"a": 1}},
    {"type": "polygon", "coordinates": [[[-1, 48], [1, 48], [1, 50], [-1, 48]]]},
    {"type": ["Polygon"], "coordinates": [[[-1, 48], [1, 48], [1, 50], [-1, 48]]]},
    {"type": "Polygon", "coordinates": DEEP},
    {"type": "Polygon", "coordinates": [[[-1 + i / 5_000, 49 + (i % 2)] for i in range(10_000)]]},
)  # fmt: skip
BANDS = (
    None, {}, "B02", [], [None], ["B02"], [{}], [{"name": None}], [{"name": 2}], [{"name": ["B02"]}],
    [{"name": {"a": 1}}],
    [{"name": ""}] * 3, [{"name": "B02"}] * 300, [{"name": "B02", "common_name": 5}],
    [{"common_name": "red"}, {"common_name": "red"}],
    [{"name": "x" * 20_000}], [{"name": "B02; DROP"}, {"name": "\x00"}], [[{"name": "B02"}]],
    [{"name": "nir" * 9, "offset": "x"}],
)  # fmt: skip
MEANINGS = (
    None, {}, [], [None], "x", [{}], [{"scale": 0}], [{"scale": float("nan"), "offset": float("inf")}],
    [{"scale": "x"}],
    [{"scale": 1e308, "offset": 1e308}], [{"scale": -1e-308}], [{"nodata": "nan"}], [{"nodata": "inf"}],
    [{"nodata": 1e400}],
    [{"nodata": 2**64}], [{"nodata": -1}], [{"nodata": 0.5}], [{"nodata": []}], [{"nodata": True}],
    [{"nodata": "9" * 400}],
    [{"scale": True, "offset": False}], [{"scale": [1]}], [{"unit": 5}], [{"unit": "x" * 9_000}], [{"unit": "µm\x00"}],
    [{"classification:classes": [{"value": 2**64, "name": 1}]}],
    [{"classification:classes": [{"value": True}, {"value": 1}]}],
)  # fmt: skip
TRANSFORMS = (
    [], [10], [0] * 6, [10, 0, 3e5, 0, -10], [10, 0, 3e5, 0, -10, 5e6, 0, 0, 1], [float("nan")] * 6, [1e308] * 6,
    ["10"] * 6,
    [10, 0, 3e5, 0, -10, None], [10, 0, 3e5, 0, 0, 5e6], [-10, 0, 3e5, 0, 10, 5e6], [1e-300, 0, 0, 0, -1e-300, 0], {},
    "x", None,
    [[10, 0, 3e5], [0, -10, 5e6]], [0, 10, 3e5, 10, 0, 5e6],
)  # fmt: skip
SHAPES = (
    [],
    [0, 0],
    [-1, -1],
    [192],
    [1, 2, 3],
    [1e308, 1],
    [2**64, 2**64],
    ["192", "192"],
    [19.5, 19.5],
    {},
    None,
    [None, None],
)
BOXES = ([], [0], [0, 0, 0, 0], [9, 9, -9, -9], [float("nan")] * 4, ["0"] * 4, [1e308] * 6, {}, None)
LINKS = ("item", "child", "self", "root", "collection", "parent", None, 5, [], "item item")
NAMES = ("%d.json",) * 20 + (
    "%d.geojson",
    "%d.JSON",
    "%d.ndjson",
    "%d%%2e.json",
    "%d\n.json",
    "%d é.json",
    " %d .json",
    "%d\udcff.json",
)


def hrefs(port: int) -> tuple[Any, ...]:
    """Places that an asset or a link may name; `port` is of a listener that nobody may call."""
    web = f"http://127.0.0.1:{port}"
    return (
        "", ".", "..", "./", "/", "B02.tif", "./B02.tif", "../0/B02.tif", "../../../../etc/passwd", "/etc/passwd",
        "/dev/zero",
        "/proc/self/mem", "/proc/self/environ", "file:///etc/passwd", "file:./B02.tif", "file:B02.tif",
        "file://elsewhere/B02.tif",
        f"{web}/B02.tif", f"{web}/a/b/item.json", f"/vsicurl/{web}/B02.tif", f"/vsicurl?url={web}", f"VRT://{web}",
        "s3://a/B02.tif",
        "/vsizip/x.zip/B02.tif", "/vsimem/x.tif", "/vsistdin/", "GTIFF_DIR:1:B02.tif", "HDF5:x://y", "fifo.tif",
        "loop.tif",
        "folder.tif", "text.tif", "picture.vrt", "\x00.tif", "B02.tif\x00", "a\nb.tif", "x" * 5_000 + ".tif",
        "%00.tif", "%2e%2e/B02.tif",
        "%FF.tif", "\udcff.tif", "half a pair", "B02.tif#a?b", "?", "#", "http://[::1/B02.tif", "http://[",
        "//127.0.0.1/B02.tif",
        "\\\\host\\share\\B02.tif", "C:\\B02.tif", "B02.tif/", "B02.tif/.", "~/B02.tif", "javascript:1",
        "data:image/tiff;base64,AAAA",
        "0.json", "good.json", "catalog.json", "../catalog.json", 5, None, [], {}, DEEP,
    )  # fmt: skip


def sound(folder: Path, real: Path | None) -> tuple[list[tuple[Json, Path]], list[Json]]:
    """Documents to break: of an archive, with the folder of their files, and others as providers write them.

    Args:
        folder: Of a sample archive.
        real: Of documents of real providers; None: there are none.
    """
    own = [(json.loads(path.read_text()), path.parent) for path in sorted(folder.glob("*/**/*.json"))]
    others = [json.loads(path.read_text()) for path in sorted(real.glob("**/*.json"))] if real else []
    return [pair for pair in own if pair[0]["type"] == "Feature"], [one for one in others if isinstance(one, dict)]


def item(chance: random.Random, document: Json, files: list[str], identity: str) -> Json:
    """A sound item of this id with a few assets, whose files are there: of the archive's own, or of a provider."""
    made = copy.deepcopy(document)
    made["id"] = identity
    assets = made.get("assets")
    if isinstance(assets, dict):
        kept = chance.sample(sorted(assets), min(len(assets), chance.choice((1, 2, 3))))
        made["assets"] = {key: assets[key] for key in kept}
        for asset in made["assets"].values():
            if not str(asset.get("href", "")).startswith("./"):
                asset["href"] = (
                    chance.choice(files) if chance.random() < 0.8 else f"https://example.com/{chance.choice(files)}"
                )
    return made


def mutant(chance: random.Random, document: Json, port: int) -> Json:
    """A document broken in one to four places."""
    broken = [copy.deepcopy(document)]
    for _ in range(chance.choice((1, 1, 1, 2, 2, 3, 4))):
        places = list(_places(broken))
        # Half of the damage is done where we look.
        told = [place for place in places if place[1] in _aimed(port)]
        if told and chance.random() < 0.5:
            holder, key = chance.choice(told)
            holder[key] = chance.choice(_aimed(port)[key])
        else:
            _break(chance, *chance.choice(places))
    return broken[0]


def _aimed(port: int) -> dict[Any, tuple[Any, ...]]:
    times = dict.fromkeys(("datetime", "start_datetime", "end_datetime", "created", "updated"), DATES)
    systems = dict.fromkeys(("proj:epsg", "proj:code", "proj:wkt2", "proj:projjson"), CODES)
    numbers = dict.fromkeys(
        ("gsd", "eo:cloud_cover", "scale", "offset", "nodata", "s2:processing_baseline", "value"), NUMBERS
    )
    return {
        **times, **systems, **numbers,
        "href": hrefs(port), "geometry": GEOMETRIES, "bbox": BOXES, "rel": LINKS, "eo:bands": BANDS, "bands": BANDS,
        "raster:bands": MEANINGS, "proj:transform": TRANSFORMS, "proj:shape": SHAPES, "links": BANDS, "assets": BANDS,
        "features": BANDS, "coordinates": tuple(one.get("coordinates") for one in GEOMETRIES if isinstance(one, dict)),
        "classification:classes": BANDS, "alternate": BANDS, "roles": BANDS,
        "type": ("Feature", "FeatureCollection", "Collection", "Catalog", "image/tiff", "image/jp2", "", None, 5, [],
        "x;y"),
        "stac_version": ("0.6.0", "9.9", None, 1.0, ""),
    }  # fmt: skip


def _places(node: Json) -> Iterator[tuple[Any, Any]]:
    """Every (container, key) below a node, of numbers in long rows the first alone."""
    keys = list(node) if isinstance(node, dict) else range(min(len(node), 6))
    for key in keys:
        yield node, key
        if isinstance(node[key], dict | list):
            yield from _places(node[key])


def _break(chance: random.Random, holder: Any, key: Any) -> None:
    value = holder[key]
    changes: list[Callable[[], Any]] = [
        lambda: chance.choice(ODD),
        lambda: [value],
        lambda: {"a": value},
        lambda: str(value),
        lambda: [value] * chance.choice((2, 50)),
        lambda: next(iter(value), None) if isinstance(value, dict | list) else -1,
    ]
    if chance.random() < 0.2 and len(holder) > 1:
        del holder[key]
    elif chance.random() < 0.15 and isinstance(holder, dict):
        # A key that is no more what it was, and another one's value under a known name.
        holder[chance.choice(("", "datetime", "href", "assets", "proj:code", "\x00", "x" * 300, key.upper()))] = (
            holder.pop(key)
        )
    else:
        holder[key] = chance.choice(changes)()


def written(chance: random.Random, document: Json) -> bytes:
    """A document as a file: keys doubled, encodings that lie, bytes flipped, cut off; most are plain."""
    text = json.dumps(document, ensure_ascii=chance.random() < 0.5, indent=chance.choice((None, 2)))
    for name, raw in RAW.items():
        text = text.replace(json.dumps(name), raw)
    if chance.random() < 0.05 and '"id"' in text:
        text = text.replace(
            '"id"', chance.choice(('"id": null, "id"', '"assets": {}, "id"', '"type": "Feature", "id"')), 1
        )
    encoding = chance.choice(
        ("utf-8",) * 20 + ("utf-8-sig", "utf-16", "utf-16-le", "utf-32-be", "latin-1", "utf-7", "cp037")
    )
    raw = text.encode(encoding, "surrogatepass" if encoding.startswith("utf") and encoding != "utf-7" else "replace")
    if chance.random() < 0.1:
        raw = flipped(raw, chance)
    if chance.random() < 0.03:
        raw = chance.choice(
            (
                b"",
                b"\x00" * 100,
                raw[: len(raw) // 2],
                b"[" * 100_000,
                raw + raw,
                b"null",
                b'"x"',
                b"[1,2]",
                b"\xff\xfe",
            )
        )
    return raw


def together(chance: random.Random, members: list[Json]) -> Json:
    """Several items as one document."""
    if chance.random() < 0.3:
        return members
    kept = [*members, *chance.choices(ODD[:40], k=chance.choice((0, 0, 2)))]
    return {"type": "FeatureCollection", "features": kept, "links": []}


def catalogue(chance: random.Random, names: list[str], port: int) -> Json:
    """A catalogue that links to documents, some of them at odd places."""
    links = [
        {"rel": chance.choice(("item", "child")), "href": f"./{name}"}
        for name in chance.sample(names, min(len(names), 9))
    ]
    links += [{"rel": chance.choice(LINKS), "href": chance.choice(hrefs(port))} for _ in range(chance.randrange(6))]
    return {
        "type": chance.choice(("Catalog", "Collection")), "stac_version": "1.0.0", "id": "catalogue",
        "description": "x",
        "links": chance.sample(links, len(links)),
    }  # fmt: skip


__all__ = ["catalogue", "hrefs", "item", "mutant", "sound", "together", "written"]
