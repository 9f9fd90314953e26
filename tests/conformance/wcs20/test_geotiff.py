"""The GeoTIFF encoding of coverages (OGC 12-100r1, with 12-101)."""

import numpy as np
import pytest
from tests.conformance.wcs20.spoken import document

TIFF = {"COVERAGEID": "cite_reflectance", "FORMAT": "image/tiff"}
XML = '<tiff:parameters xmlns:tiff="http://www.opengis.net/gmlcov/geotiff/1.0">%s</tiff:parameters>'


@pytest.fixture(params=["kvp", "xml"])
def encoded(ask, cite, request):
    """A coverage with these options, by keys or in a document."""

    def get(**options):
        if request.param == "kvp":
            return ask("GetCoverage", **TIFF, **{f"GEOTIFF:{name.upper()}": text for name, text in options.items()})
        text = document({"SERVICE": "WCS", "VERSION": "2.0.1", "REQUEST": "GetCoverage"} | TIFF)
        inside = XML % "".join(f"<tiff:{name}>{value}</tiff:{name}>" for name, value in options.items())
        place = "<wcs:CoverageId>"
        return cite.post("/wcs", text.replace(place, f"<wcs:Extension>{inside}</wcs:Extension>{place}"))

    return get


def test_the_file_says_where_it_is_what_its_bands_are_and_what_is_nil(ask, picture, source, bands):
    found = picture(ask("GetCoverage", **TIFF))
    assert (found.epsg, found.transform) == (source.epsg, source.transform)
    assert ([*found.names], found.nodata) == (bands, source.nodata)
    assert found.values.dtype == np.uint16


@pytest.mark.parametrize(
    ("asked", "compression"),
    [("None", "NONE"), ("Deflate", "DEFLATE"), ("LZW", "LZW"), ("PackBits", "PACKBITS"), ("deflate", "DEFLATE")],
)
def test_the_compression_is_the_one_asked_and_keeps_the_numbers(encoded, picture, source, bands, asked, compression):
    found = picture(encoded(compression=asked))
    assert found.compression == compression
    assert np.array_equal(found.values, source.stack(bands))


@pytest.mark.parametrize("predictor", ["None", "Horizontal"])
@pytest.mark.parametrize("compression", ["Deflate", "LZW"])
def test_a_predictor_keeps_the_numbers(encoded, picture, source, bands, predictor, compression):
    found = picture(encoded(compression=compression, predictor=predictor))
    assert np.array_equal(found.values, source.stack(bands))


@pytest.mark.parametrize(("asked", "interleave"), [("Band", "BAND"), ("Pixel", "PIXEL")])
def test_bands_interleave_as_asked(encoded, picture, source, bands, asked, interleave):
    found = picture(encoded(interleave=asked))
    assert found.interleave == interleave
    assert np.array_equal(found.values, source.stack(bands))


def test_tiles_have_the_size_asked(encoded, picture, source, bands):
    found = picture(encoded(tiling="true", tilewidth="32", tileheight="16"))
    assert found.tile == (32, 16)
    assert np.array_equal(found.values, source.stack(bands))


def test_there_may_be_strips(encoded, picture):
    assert picture(encoded(tiling="false")).tile is None


@pytest.mark.parametrize(
    ("options", "code", "locator"),
    [
        ({"compression": "bogus"}, "CompressionInvalid", "bogus"),
        ({"compression": "JPEG"}, "CompressionNotSupported", "jpeg"),
        ({"compression": "Huffman"}, "CompressionNotSupported", "huffman"),
        ({"jpeg_quality": "0"}, "JpegQualityInvalid", "0"),
        ({"jpeg_quality": "101"}, "JpegQualityInvalid", "101"),
        ({"predictor": "bogus"}, "PredictorInvalid", "bogus"),
        ({"interleave": "bogus"}, "InterleavingInvalid", "bogus"),
        ({"tiling": "maybe"}, "TilingInvalid", "maybe"),
        ({"tilewidth": "17"}, "TilingInvalid", "17"),
        ({"tileheight": "0"}, "TilingInvalid", "0"),
    ],
)
def test_what_is_no_option_is_refused(encoded, refused, options, code, locator):
    refused(encoded(**options), code, locator, 404)


def test_floating_point_prediction_is_for_floating_point(encoded, refused):
    answer = encoded(compression="Deflate", predictor="FloatingPoint")
    assert (answer.status, [code for code, _ in answer.faults]) == (404, ["PredictorInvalid"])
