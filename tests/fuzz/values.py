"""Wrong values of every kind of parameter, by the way in which they are wrong; the same ones in every run.

A kind is what a standard says a parameter is (`layer`, `box`, `integer`, …), a class is a way to get it wrong:

* `type`       another type than the one wanted
* `range`      the right type, outside what is accepted
* `unknown`    a well-formed name that nothing has
* `order`      members in the wrong number or order, reversed boxes, stray separators
* `injection`  texts that mean something to SQL, shells, templates, markup, files, headers
* `garbage`    control characters, odd Unicode, random text
* `percent`    what no percent-encoding should hold; stands in the query as it is
* `overlong`   thousands of characters
"""
# ruff: noqa: RUF001 - odd characters are the point

import random
from urllib.parse import quote

INJECTIONS = (
    "' OR '1'='1",
    '"; DROP TABLE items;--',
    "a' UNION SELECT * FROM item--",
    "<script>alert(1)</script>",
    "]]><!--",
    "<!ENTITY x SYSTEM 'file:///etc/passwd'>",
    "../../../../etc/passwd",
    "file:///etc/passwd",
    "$(id)",
    "`id`|id",
    "{{7*7}}",
    "${jndi:ldap://127.0.0.1/a}",
    "%s%n%x",
    "__import__('os').system('id')",
    "x\r\nX-Injected: 1",
    "x\n\nHTTP/1.1 200 OK",
    "x\x00.png",
    "/vsicurl/http://127.0.0.1/x.tif",
    "&amp;&#x26;&xxe;",
    "+init=file:/etc/passwd",
)
PERCENT = (
    "x%",
    "x%zz",
    "x%0",
    "x%u0041",
    "x%C0%AF",
    "x%ED%A0%80",
    "x%FF%FE",
    "x%F8%88%80%80%80",
    "x%00",
    "x%EF%BF%BE",
    "%2500x",
    "x%1B%5B2J",
)
ODD = (
    "x\x00",
    "x\x01\x02",
    "x\x7f",
    "x\x85",
    "\u202ex",
    "\ufeffx",
    "x\ufffe",
    "x\uffff",
    "e\u0301",
    "𝔹04",
    "☃",
    "x\U0010ffff",
    "\u2028x",
    "ｘ",
    "\u202e\u0662\u0665\u0666",
)
ODD_NUMBERS = ("２５６", "٢٥٦", "²", "Ⅷ", "1\u200b2", "𝟙")
NO_NUMBERS = ("abc", "1x", "0x10", "1,5x", "1_0", "--1", "1e", "nan", "inf", "-inf", "NaN", "1 2", "true", "1;2", "½")
_RANDOM = "abcXYZ019 .:;_-+*/\\|<>&'\"()[]{}!?#%=~^$@§é漢😀\x01\x1f\u200b"


def noise(seed: random.Random, count: int) -> tuple[str, ...]:
    """Random texts that begin with a letter, so that none of them is empty or a number."""
    return tuple("x" + "".join(seed.choices(_RANDOM, k=seed.randint(1, 24))) for _ in range(count))


def _names(unknown: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    return {
        "unknown": unknown,
        "type": ("0", "-1", "3.5", "true", "[]", "{}", "null", "*", "."),
        "overlong": ("x" * 300, "y" * 5000, "é" * 3000),
    }


_BOXES = {
    "type": ("a,b,c,d", "0,0,1,x", "nan,0,1,1", "0,0,inf,1", "0,0,1_0,1", "²,0,3,4", "true,0,1,1", "0;0;1;1", "{}"),
    "order": ("1,2,3", "1,2,3,4,5", "1", ",,,", "0,0,1,", "1,1,0,0", "0,1,1,0", "1,0,0,1", "0,0,0,0", "0,0,0,1"),
    "overlong": ("0,0,1," + "9" * 4000, ",".join("1" * 3000), "1" * 3000),
}
_INTEGERS = {
    "type": (*NO_NUMBERS, *ODD_NUMBERS, "12.5", "1e-3"),
    "overlong": ("9" * 4000, "1." + "0" * 3000 + "1", "-" * 2000),
}

KINDS: dict[str, dict[str, tuple[str, ...]]] = {
    "service": _names(("WFS", "WPS", "XXX", "WM", "WMSS", "CSW")),
    "operation": _names(("GetMaps", "Get", "GetCoverages", "Transaction", "GetFeature", "DescribeFeatureType")),
    "first operation": _names(("GetMaps", "Get", "GetCapabilitie", "Capabilities", "GetFeature")),
    "version": {
        "type": ("abc", "1.x", "v1", "1.1.1.1.1", "-1", "one", "1..0", "."),
        "overlong": ("1" * 400, "1." * 900),
    },
    "layer": _names(("nothing", "NDVI", "ndvi2", "s2-l2a", "truecolor", "true_color/ndvi", "ndvi:1", "group")),
    "style": _names(("nothing", "NDVI2", "raster", "ramp", "true-color", "style:1")),
    "crs": _names(("EPSG:0", "EPSG:999999", "EPSG:2154", "CRS:27", "EPSG:", "urn:ogc:def:crs:EPSG::1", "AUTO:42001")),
    "format": _names(("image/bmp", "image/x-nothing", "text/rtf", "image/", "/png", "image/png8x", "video/mp4")),
    "box": _BOXES,
    "size": {**_INTEGERS, "range": ("0", "-1", "-256", "99999", "2147483648", "1e15", "-0")},
    "side": {**_INTEGERS, "range": ("0", "-1", "-256", "2147483648", "1e15", "-0")},
    "pixel": {**_INTEGERS, "range": ("-1", "256", "257", "100000", "2147483648")},
    "count": {**_INTEGERS, "range": ("0", "-1", "-5")},
    "tile": {**_INTEGERS, "range": ("-1", "999999999", "2147483648", "123456789012")},
    "matrix": {
        "unknown": ("99", "-1", "1.5", "zoom", "25", "EPSG:3857:99"),
        "type": ("nan", "[]", "14.0", "1e1", "*", "２"),
        "overlong": ("1" * 5000, "y" * 300),
    },
    "set": _names(("GlobalCRS84Scale", "nothing", "EPSG:3395", "WebMercatorQuad2", "webmercatorquad")),
    "time": {
        "type": ("yesterday", "14/06/2022", "2022-13-01", "2022-02-30", "20x2", "2022-07-19T25:00:00Z", "P1D", "1e3"),
        "order": ("2022-07-19/2021-07-19", "2021/2022/P0D", "2021//2022", "2021/2022/2023", ","),
        "overlong": ("2022-07-19," * 900 + "x", "2" * 4000),
    },
    "switch": {"type": ("maybe", "2", "-1", "truee", "T R U E", "null", "0.5"), "overlong": ("TRUE" * 1000,)},
    "colour": {
        "type": ("red", "0xFFF", "0xGGGGGG", "#12345", "0x1234567", "rgb(1;2;3)", "-1", "0x"),
        "overlong": ("0x" + "F" * 4000,),
    },
    "number": {"type": (*NO_NUMBERS, *ODD_NUMBERS), "overlong": ("-" * 2000, "1e" + "9" * 2000)},
    "share": {"type": NO_NUMBERS, "range": ("101", "-1", "1e9"), "overlong": ("9" * 4000,)},
    "word": _names(("nothing", "nearestt", "median", "bestest")),
    "expression": {
        "type": ("(", ")", "B04+", "*B04", "B04 B08", "1/", "B04(", "B04[0]", "lambda: 1", "x=", "B04 if 1 else 2"),
        "unknown": ("B99", "B88", "NOPE", "blue2+red", "frobnicate(B04)", "os.system(1)"),
        "overlong": ("(" * 3000 + "B04" + ")" * 3000, "B04+" * 4000 + "B04", "B" * 4000),
    },
    "bands": _names(("B99", "B88", "B04;B03", "red green")),
    "output crs": _names(("EPSG:0", "EPSG:999999", "http://www.opengis.net/def/crs/EPSG/0/2154", "urn:x", "CRS:27")),
    "crs box": {
        **_BOXES,
        # A box of cell centres may be empty: it means one cell.
        "order": ("1,2,3", "1", ",,,", "0,0,1,", "1,1,0,0", "0,1,1,0", "1,0,0,1"),
        "unknown": ("0,0,1,1,EPSG:0", "0,0,1,1,urn:ogc:def:crs:EPSG::999999", "0,0,1,1,nothing"),
    },
    "subset": {
        "unknown": ("Z(1,2)", "elevation(3)", "bands(1)", "x1(1,2)"),
        "type": (
            "E(a,b)",
            "E(,)",
            "E(nan,1)",
            "E(1,2,3)",
            "E",
            "E(",
            "E)1,2(",
            "(1,2)",
            "E((1,2))",
            "E[1,2]",
            "E(1;2)",
        ),
        "range": ("E(1,2)", "E(-5e6,-4e6)", "N(9e6,9.1e6)", 'time("1900-01-01")'),
        "order": ("E(282200,282000)", "N(5465000,5464000)", "E(1e9,-1e9)"),
        "overlong": ("E(" + "9" * 4000 + ",1)", "E" * 5000, "E(" * 1500),
    },
    "query": {
        "type": (
            "1",
            "NDVI",
            "for",
            "for $c in (ndvi)",
            "return 1",
            "{}",
            "for $c in ndvi return encode($c, image/tiff)",
        ),
        "unknown": (
            'for $c in (nothing) return encode($c, "image/tiff")',
            'for $c in (ndvi) return encode($d, "image/tiff")',
            'for $c in (ndvi) return encode(frobnicate($c), "image/tiff")',
            'for $c in (s2_l2a) return encode($c.B99, "image/tiff")',
            'for $c in (ndvi) return encode($c, "image/x-nothing")',
            'for $c in (ndvi) return encode($c[Z(1)], "image/tiff")',
        ),
        "order": (
            'return encode($c, "image/tiff") for $c in (ndvi)',
            'for $c in (ndvi) return encode($c + , "image/tiff")',
            'for $c in (ndvi) return encode(($c, "image/tiff")',
            'for $c in (ndvi return encode($c, "image/tiff")',
            'for $c in (ndvi) return encode($c[E(2:1:3)], "image/tiff")',
        ),
        "overlong": (
            "for $c in (ndvi) return encode(" + "(" * 3000 + "$c" + ")" * 3000 + ', "image/tiff")',
            "for $c in (ndvi) return encode($c" + " + $c" * 3000 + ' +, "image/tiff")',
            "x" * 9000,
        ),
    },
    "axis": _names(("Z", "elevation", "bands", "x1", "EE")),
    "bound": {"type": ("abc", "nan", "inf", "1;2", "[]", "½", "1e", "--1", "²"), "overlong": ("9" * 4000, "x" * 4000)},
    "corner": {
        "type": ("a b", "nan 1", "1 inf", "1;2", "½ ½", "x"),
        "order": ("1", "1 2 3", "9e9", "1 2 3 4"),
        "overlong": ("9" * 4000, "1 " * 3000),
    },
    "factor": {"type": (*NO_NUMBERS, "0.5,0.5"), "range": ("0", "-1", "-0.5", "0.0"), "overlong": ("-" * 2000,)},
    "accepted": {"type": ("3.0.0", "abc", "9.9.9,8.8.8", "2", "-2.0.1"), "overlong": ("3.0.0," * 900 + "4.0.0",)},
    "offsets": {
        "type": (*NO_NUMBERS[:8], "10", "10,", "a,b"),
        "range": ("0,0", "0,-10", "10,0"),
        "overlong": ("1" * 3000,),
    },
    "range subset": _names(("nothing", "B99:nearest", "B04;;B08", "B04:nearest[")),
    "section": _names(("Bogus", "Content", "ServiceIdentifications")),
}
"""Kind, class and values; `injection`, `garbage` and `percent` are the same for all kinds."""


def wrong_values(kind: str, seed: random.Random, most: int) -> dict[str, list[str]]:
    """Up to `most` encoded values of each class, drawn from those of the kind."""
    drawn: dict[str, list[str]] = {}
    for name, values in KINDS[kind].items():
        drawn[name] = [encoded(value) for value in _draw(values, seed, most)]
    drawn["injection"] = [encoded(value) for value in _draw(INJECTIONS, seed, most)]
    drawn["garbage"] = [encoded(value) for value in _draw((*ODD, *noise(seed, 6)), seed, most)]
    drawn["percent"] = _draw(PERCENT, seed, most)
    return drawn


def _draw(values: tuple[str, ...], seed: random.Random, most: int) -> list[str]:
    return list(values) if len(values) <= most else seed.sample(values, most)


def encoded(text: str) -> str:
    """A value as it stands in a query or a path."""
    return quote(text, safe="")
