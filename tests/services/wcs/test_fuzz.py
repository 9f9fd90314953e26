"""Whatever is sent, the service answers or refuses in its own words."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from bandstand.errors import BandstandError
from bandstand.model.exchange import Call
from bandstand.services.wcs import SERVICE

NUMBERS = st.sampled_from(
    [
        "0",
        "-1",
        "1",
        "2.5",
        "1e3",
        "1e308",
        "-1e308",
        "1e-320",
        "nan",
        "inf",
        "*",
        "",
        "a",
        "282000",
        "5465000",
        "49.3",
        "0.001",
        "9" * 400,
        "1_0",
        "²",
        "0x10",
        '"282005"',
        "2022-07-19",
        "'",
        '"',
    ]
)
AXES = st.sampled_from(["E", "N", "x", "y", "i", "j", "Lat", "Long", "time", "Z", "", "E,EPSG:4326", "E,", "²", "t"])
FORMS = st.sampled_from(
    ["{a}({n})", "{a}({n},{m})", "{a}({n}:{m})", "{a}{n},{m}", "({n})", "{a}({n},{m}", "{a}(({n}))"]
)
TEXTS = st.text(max_size=40) | st.sampled_from(
    [
        "EPSG:4326",
        "EPSG:3857",
        "EPSG:32630",
        "EPSG:0",
        "nearest",
        "cubic",
        "B04",
        "B02:B08",
        "image/tiff",
        "ndvi",
        "s2_l2a",
        "elevation",
        "landcover",
        "GetCoverage",
        "GetCapabilities",
        "DescribeCoverage",
        "(B08-B04)/(B08+B04)",
        "2022-07-19",
        "2021/2022",
        "P1D/PRESENT",
        "a=B08;b=a*2",
        "WCS",
        "2.0.1",
        "true",
        "deflate",
    ]
)
AXIAL = st.builds(lambda form, a, n, m: form.format(a=a, n=n, m=m), FORMS, AXES, NUMBERS, NUMBERS)
KEYS = st.sampled_from(
    [
        "SUBSET",
        "SUBSET0",
        "SUBSETTINGCRS",
        "OUTPUTCRS",
        "SCALEFACTOR",
        "SCALEAXES",
        "SCALESIZE",
        "SCALEEXTENT",
        "WIDTH",
        "HEIGHT",
        "RANGESUBSET",
        "INTERPOLATION",
        "FORMAT",
        "MEDIATYPE",
        "TIME",
        "EXPR",
        "BANDS",
        "UNITS",
        "ITEMS",
        "MAXCC",
        "PRIORITY",
        "NEAREST",
        "RESAMPLING",
        "GEOTIFF:COMPRESSION",
        "GEOTIFF:TILEWIDTH",
        "SECTIONS",
        "ACCEPTVERSIONS",
        "COVERAGEID",
        "VERSION",
        "REQUEST",
        "SERVICE",
        "subset",
        "Scalesize",
        "GAMMA",
        "RANGE",
    ]
)
PAIRS = st.lists(st.tuples(KEYS, AXIAL | AXIAL | NUMBERS | TEXTS), max_size=6)
BASES = st.sampled_from(
    [
        (("SERVICE", "WCS"), ("VERSION", "2.0.1"), ("REQUEST", "GetCoverage"), ("COVERAGEID", name))
        for name in ("ndvi", "s2_l2a", "elevation", "landcover")
    ]
    + [(("SERVICE", "WCS"), ("REQUEST", "GetCapabilities")), ()]
)


@pytest.fixture(scope="session")
def small(site_engine):
    """The engine, with a limit that keeps every accepted coverage small."""

    class Small:
        """Passes everything on but the pixels."""

        def __getattr__(self, name):
            return getattr(site_engine, name)

        def run(self, request, *, if_none_match=""):
            if request.grid.width * request.grid.height > 40_000:
                return site_engine.plan(request)
            return site_engine.run(request, if_none_match=if_none_match)

    return Small()


@settings(
    max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)
@given(base=BASES, extra=PAIRS)
def test_nothing_but_our_own_errors_comes_out(small, base, extra):
    call = Call(method="GET", path="/wcs", args=(*base, *extra), base_url="http://localhost")
    try:
        SERVICE.answer(call, small)
    except BandstandError as error:
        report = SERVICE.fault(call, error)
    else:
        return
    assert report.status in {400, 404}, report.body
    etree.fromstring(report.body)
