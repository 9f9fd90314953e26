"""Formats by name, and the two that lose a little."""

import io

import numpy as np
import pytest
from PIL import Image as Pillow

from bandstand.encode.flatten import flatten
from bandstand.encode.registry import find_format, formats
from bandstand.errors import InvalidParameter, UnsupportedFormat
from bandstand.model.raster import Image
from bandstand.model.request import Output


def smooth(*, opaque=True):
    y, x = np.mgrid[:96, :128]
    pixels = np.stack([x, y, (x + y) // 2, np.full_like(x, 255)], -1).astype(np.uint8)
    if not opaque:
        pixels[:48, :, 3] = 0
    return Image(pixels, opaque=opaque)


def encode(name, image, **options):
    background = options.pop("background", (255, 255, 255, 255))
    output = Output(kind="map", media_type=name, options=tuple(options.items()), background=background)
    return find_format(name, "map").picture(image, output, None)


def decode(data):
    with Pillow.open(io.BytesIO(data)) as picture:
        return picture.format, np.asarray(picture.convert("RGBA")).astype(int)


def test_png_is_the_first_for_maps():
    assert formats("map")[0].media_type == "image/png"


def test_geotiff_is_the_first_for_coverages():
    assert formats("coverage")[0].media_type == "image/tiff"


def test_maps_have_every_format_people_ask_for():
    wanted = {"image/png", "image/png; mode=8bit", "image/jpeg", "image/webp", "image/tiff"}
    assert {member.media_type for member in formats("map")} == wanted


@pytest.mark.parametrize(
    ("text", "kind", "media_type"),
    [
        ("IMAGE/PNG", "map", "image/png"),
        ("image/png;mode=8bit", "map", "image/png; mode=8bit"),
        ("image/png;  Mode=8bit", "map", "image/png; mode=8bit"),
        ("image/png8", "map", "image/png; mode=8bit"),
        ("jpg", "map", "image/jpeg"),
        ("webp", "map", "image/webp"),
        ("GeoTIFF", "coverage", "image/tiff"),
        ("GTiff", "coverage", "image/tiff"),
        ("image/tiff; application=geotiff", "coverage", "image/tiff"),
        ('image/tiff; application="geotiff"', "coverage", "image/tiff"),
    ],
)
def test_a_format_has_many_spellings(text, kind, media_type):
    assert find_format(text, kind).media_type == media_type


@pytest.mark.parametrize(("text", "kind"), [("", "map"), ("image/bmp", "map"), ("image/jpeg", "coverage"), ("x", "y")])
def test_what_is_not_offered_is_refused(text, kind):
    with pytest.raises(UnsupportedFormat) as refused:
        find_format(text, kind)
    assert refused.value.locator == "format"


def test_a_refusal_lists_what_is_offered():
    with pytest.raises(UnsupportedFormat, match=r'image/png, image/png; mode=8bit, .*Did you mean "image/png"'):
        find_format("image/pgn", "map")


def test_every_alias_leads_to_one_format():
    for kind in ("map", "coverage"):
        for member in formats(kind):
            assert {find_format(alias, kind) for alias in member.aliases} == {member}


def test_pictures_refuse_numbers():
    member = find_format("image/png", "map")
    with pytest.raises(InvalidParameter, match="image/tiff"):
        member.data(None, Output(kind="coverage", media_type="image/png"), {})


@pytest.mark.parametrize("opaque", [True, False])
def test_jpeg_is_near_the_picture_over_the_background(opaque):
    name, got = decode(encode("image/jpeg", smooth(opaque=opaque), background=(40, 80, 120, 255)))
    wanted = smooth(opaque=opaque).pixels.astype(int)
    wanted[wanted[..., 3] == 0] = (40, 80, 120, 255)
    assert name == "JPEG"
    assert np.abs(got - wanted).mean() < 2.5


def test_jpeg_takes_a_palette():
    palette = np.array([[0, 0, 0, 0], [200, 100, 50, 255]], np.uint8)
    indices = np.repeat([[0], [1]], 32, axis=0).repeat(64, axis=1).astype(np.uint8)
    got = decode(encode("image/jpeg", Image(indices, palette)))[1]
    np.testing.assert_allclose(got[[8, 56], 32, :3], [[255, 255, 255], [200, 100, 50]], atol=3)


@pytest.mark.parametrize("name", ["image/jpeg", "image/webp"])
def test_more_quality_takes_more_bytes(name):
    noise = Image(np.random.default_rng(0).integers(0, 256, (64, 64, 4), dtype=np.uint8) | np.uint8(0), opaque=False)
    assert len(encode(name, noise, quality="30")) < len(encode(name, noise, quality="90"))


@pytest.mark.parametrize("name", ["image/jpeg", "image/webp"])
@pytest.mark.parametrize("quality", ["0", "101", "-5", "high", "8.5", "9" * 30, "²"])
def test_a_quality_that_cannot_be_is_refused(name, quality):
    image = smooth()
    with pytest.raises(InvalidParameter, match="from 1 to 100") as refused:
        encode(name, image, quality=quality)
    assert refused.value.locator == "quality"


def test_webp_keeps_what_is_transparent():
    name, got = decode(encode("image/webp", smooth(opaque=False)))
    assert name == "WEBP"
    np.testing.assert_array_equal(got[..., 3] == 0, smooth(opaque=False).pixels[..., 3] == 0)


def test_webp_is_near_the_picture():
    assert np.abs(decode(encode("image/webp", smooth()))[1] - smooth().pixels).mean() < 3


def test_webp_of_full_quality_is_exact():
    np.testing.assert_array_equal(decode(encode("image/webp", smooth(), quality="100"))[1], smooth().pixels)


@pytest.mark.parametrize("alpha", [0, 1, 100, 128, 254, 255])
def test_a_background_shines_through_by_the_formula(alpha):
    pixels = np.random.default_rng(alpha).integers(0, 256, (9, 9, 4), dtype=np.uint8)
    pixels[..., 3] = alpha
    wanted = pixels[..., :3] * (alpha / 255) + np.array([10, 200, 99]) * (1 - alpha / 255)
    assert np.abs(flatten(Image(pixels), (10, 200, 99, 255)) - wanted).max() <= 0.5 + 1e-9
