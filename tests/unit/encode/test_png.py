"""PNG: what two other libraries read is what was written."""

import io
import struct
import zlib

import numpy as np
import pytest
import rasterio
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as Pillow
from rasterio.io import MemoryFile

from bandstand.encode.png import encode_png
from bandstand.encode.png8 import quantise
from bandstand.encode.pngstream import _BLOCK, compress
from bandstand.encode.registry import find_format
from bandstand.model.raster import Image
from bandstand.model.request import Output

KINDS = ["noise", "smooth", "constant rows", "runs", "holes", "few colours", "zero"]


def draw(kind, height, width, channels, seed=0):
    """Pixels (y, x, channels) of a kind that compressors find hard or easy."""
    rng = np.random.default_rng(seed)
    shape = (height, width, channels)
    pixels = rng.integers(0, 256, shape, dtype=np.uint8)
    if kind == "smooth":
        y, x = np.mgrid[:height, :width]
        waves = [120 + 60 * np.sin(x / (7 + c)) + 50 * np.cos(y / 11) for c in range(channels)]
        pixels = (np.stack(waves, -1) + rng.normal(0, 2, shape)).clip(0, 255).astype(np.uint8)
    elif kind == "constant rows":
        pixels[:] = pixels[:, :1]
    elif kind == "runs":
        flat = pixels.reshape(-1, channels)
        pixels = np.repeat(flat, rng.integers(1, 700, len(flat)), 0)[: len(flat)].reshape(shape)
    elif kind == "holes":
        pixels[rng.random((height, width)) < 0.5] = 0
    elif kind == "few colours":
        pixels = rng.choice(np.array([3, 7, 250], np.uint8), shape)
    elif kind == "zero":
        pixels[:] = 0
    return pixels


def by_pillow(data):
    with Pillow.open(io.BytesIO(data)) as picture:
        picture.load()
        return picture.mode, np.asarray(picture.convert("RGBA"))


def by_gdal(data):
    with MemoryFile(data) as memory, memory.open(driver="PNG") as file:
        bands = file.read()
        if file.count == 1:
            table = np.array([file.colormap(1).get(i, (0, 0, 0, 255)) for i in range(256)], np.uint8)
            return table[bands[0]]
        rgba = np.full((file.height, file.width, 4), 255, np.uint8)
        rgba[..., : file.count] = np.moveaxis(bands, 0, -1)
        return rgba


def picture(kind, height, width, colours, seed=0):
    if colours == "palette":
        indices = draw(kind, height, width, 1, seed)[..., 0]
        palette = np.random.default_rng(seed).integers(0, 256, (256, 4), dtype=np.uint8)
        return Image(indices, palette)
    pixels = draw(kind, height, width, 4, seed)
    if colours == "rgb":
        pixels[..., 3] = 255
    return Image(pixels, opaque=colours == "rgb")


SIZES = [(1, 1), (1, 700), (700, 1), (3, 5), (256, 256), (211, 307)]


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
@pytest.mark.parametrize("colours", ["rgb", "rgba", "palette"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", SIZES)
def test_two_libraries_read_what_was_written(size, kind, colours):
    image = picture(kind, *size, colours)
    data = encode_png(image)
    wanted = image.rgba().copy()
    if not wanted[..., 3].any():
        wanted[:] = 0
    np.testing.assert_array_equal(by_pillow(data)[1], wanted)
    np.testing.assert_array_equal(by_gdal(data), wanted)


@settings(deadline=None, max_examples=200)
@given(
    data=st.binary(min_size=1, max_size=3000)
    | st.lists(st.tuples(st.integers(0, 255), st.integers(1, 600)), min_size=1, max_size=40).map(
        lambda runs: b"".join(bytes([value]) * length for value, length in runs)
    ),
    width=st.integers(1, 64),
)
def test_any_bytes_come_back(data, width):
    rows = -(-len(data) // width)
    pixels = np.frombuffer(data.ljust(rows * width, b"\0"), np.uint8).reshape(rows, width)
    stream = zlib.decompress(compress(pixels, channels=1))
    unfiltered = np.frombuffer(stream, np.uint8).reshape(rows, width + 1)[:, 1:]
    np.testing.assert_array_equal(unfiltered, pixels)


def test_frequencies_that_want_long_codes_come_back():
    # Fibonacci numbers make the deepest tree there is: without a limit, the rarest would need 22 bits.
    counts = [1, 1]
    while len(counts) < 23:
        counts.append(counts[-1] + counts[-2])
    values = np.repeat(np.arange(len(counts), dtype=np.uint8) * 11, counts)
    np.random.default_rng(0).shuffle(values)
    pixels = values[: len(values) // 200 * 200].reshape(-1, 200)
    stream = zlib.decompress(compress(pixels, channels=1))
    np.testing.assert_array_equal(np.frombuffer(stream, np.uint8).reshape(-1, 201)[:, 1:], pixels)


@pytest.mark.parametrize("offset", [-2, -1, 0, 1, 2, 300])
def test_a_run_across_the_end_of_a_block_comes_back(offset):
    pixels = draw("noise", 1, 2 * _BLOCK, 1)[..., 0]
    pixels[0, _BLOCK - 301 + offset : _BLOCK + 299 + offset] = 9
    assert zlib.decompress(compress(pixels, channels=1))[1:] == pixels.tobytes()


def test_an_opaque_picture_has_no_alpha():
    assert by_pillow(encode_png(picture("smooth", 40, 50, "rgb")))[0] == "RGB"


def test_a_picture_that_turns_out_opaque_has_no_alpha():
    pixels = picture("smooth", 40, 50, "rgb").pixels
    assert by_pillow(encode_png(Image(pixels, opaque=False)))[0] == "RGB"


def test_a_palette_stays_a_palette():
    assert by_pillow(encode_png(picture("noise", 40, 50, "palette")))[0] == "P"


def test_a_tile_of_one_colour_is_tiny():
    pixels = np.full((256, 256, 4), (10, 20, 30, 255), np.uint8)
    assert len(encode_png(Image(pixels, opaque=True))) < 400


def test_an_empty_tile_is_the_same_bytes_whatever_it_was_made_of():
    clear = np.array([[9, 8, 7, 0], [1, 2, 3, 255]], np.uint8)
    of_palette = encode_png(Image(np.zeros((256, 256), np.uint8), clear))
    of_colours = encode_png(Image(np.zeros((256, 256, 4), np.uint8)))
    assert of_palette == of_colours
    assert len(of_palette) < 400


def test_the_same_picture_is_the_same_bytes():
    assert encode_png(picture("smooth", 64, 64, "rgba")) == encode_png(picture("smooth", 64, 64, "rgba"))


def test_a_part_of_a_larger_picture_is_written_alike():
    whole = picture("smooth", 100, 100, "rgb").pixels
    part = Image(whole[10:60, 20:90], opaque=True)
    np.testing.assert_array_equal(by_pillow(encode_png(part))[1], whole[10:60, 20:90])


def test_the_alphas_of_a_palette_end_with_the_last_that_is_not_opaque():
    palette = np.array([[0, 0, 0, 0], [1, 2, 3, 255], [4, 5, 6, 255]], np.uint8)
    data = encode_png(Image(np.array([[0, 1, 2]], np.uint8), palette))
    at = data.index(b"tRNS")
    assert struct.unpack(">I", data[at - 4 : at]) == (1,)


def test_it_is_smaller_than_a_fast_general_compressor_makes_it():
    pixels = picture("smooth", 256, 256, "rgb").pixels
    with io.BytesIO() as file:
        Pillow.fromarray(pixels[..., :3]).save(file, "PNG", compress_level=1)
        assert len(encode_png(Image(pixels, opaque=True))) < len(file.getvalue())


def encode(name, image):
    return find_format(name, "map").picture(image, Output(kind="map", media_type=name), None)


def test_eight_bit_mode_has_a_palette():
    assert by_pillow(encode("image/png; mode=8bit", picture("smooth", 40, 50, "rgb")))[0] == "P"


def test_eight_bit_mode_stays_near_the_colours():
    image = picture("smooth", 120, 150, "rgb")
    got = by_pillow(encode("png8", image))[1].astype(int)
    assert np.abs(got - image.pixels).mean() < 6


def photograph(shared):
    """256 x 256 of a true-colour picture of a satellite."""
    path = shared / "data/sentinel2/earthsearch-29RKH-20200219" / "TCI.tif"
    with rasterio.open(path) as file:
        bands = file.read(window=((300, 556), (300, 556)))
    return np.ascontiguousarray(np.moveaxis(bands, 0, -1))


def waves(height=256, width=256):
    """All colours passing into each other, without a step."""
    y, x = np.mgrid[:height, :width]
    return np.stack([127 + 120 * np.sin(x / 50 + c) * np.cos(y / 60 + 2 * c) for c in range(3)], -1).astype(np.uint8)


@pytest.mark.parametrize("kind", ["photograph", "waves"])
def test_eight_bit_mode_is_nearer_to_the_picture_than_other_programs_come(shared, kind):
    pixels = photograph(shared) if kind == "photograph" else waves()
    opaque = np.dstack([pixels, np.full(pixels.shape[:2], 255, np.uint8)])
    ours = quantise(Image(opaque, opaque=True))
    found = ours.rgba()[..., :3].astype(int)
    assert len(ours.palette) == 256
    for method in (Pillow.Quantize.MEDIANCUT, Pillow.Quantize.MAXCOVERAGE, Pillow.Quantize.FASTOCTREE):
        theirs = Pillow.fromarray(pixels).quantize(256, method=method, dither=Pillow.Dither.NONE)
        theirs = np.asarray(theirs.convert("RGB")).astype(int)
        # Squares are what is made least; the plain mean may be a hair above that of a median.
        assert np.abs(found - pixels).mean() < 1.05 * np.abs(theirs - pixels).mean()
        assert ((found - pixels) ** 2).mean() < ((theirs - pixels) ** 2).mean()


def test_eight_bit_mode_has_no_steps_that_the_picture_has_not():
    y, x = np.mgrid[:200, :200]
    ramp = np.stack([40 + 150 * x // 200, 60 + 100 * y // 200, 90 + 0 * x, 255 + 0 * x], -1).astype(np.uint8)
    found = quantise(Image(ramp, opaque=True)).rgba().astype(int)
    steps = max(np.abs(np.diff(found, axis=axis)).max() for axis in (0, 1))
    # 256 colours are 16 x 16 of the 150 x 100 that there are.
    assert steps <= 14
    assert np.abs(found - ramp).max() <= 12


@pytest.mark.parametrize("opacity", [1, 60, 128, 254])
def test_eight_bit_mode_keeps_what_shines_through(opacity):
    pixels = np.dstack([waves(), np.full((256, 256), opacity, np.uint8)])
    pixels[:, 200:] = 0
    got = quantise(Image(pixels)).rgba()
    np.testing.assert_array_equal(got[:, 200:], 0)
    assert (got[:, :200, 3] == opacity).all()


def test_eight_bit_mode_follows_a_rising_alpha():
    pixels = np.dstack([waves(), np.broadcast_to(np.arange(256, dtype=np.uint8), (256, 256))])
    got = quantise(Image(pixels)).rgba().astype(int)
    assert np.abs(got[..., 3] - pixels[..., 3]).mean() < 8
    np.testing.assert_array_equal(got[..., 3] == 0, pixels[..., 3] == 0)


def test_eight_bit_mode_takes_like_colours_for_one_where_there_are_millions():
    pixels = np.random.default_rng(3).integers(0, 256, (400, 500, 4), dtype=np.uint8)
    pixels[..., 3] = 255
    got = quantise(Image(pixels, opaque=True))
    assert len(got.palette) == 256
    assert np.abs(got.rgba().astype(int) - pixels)[..., :3].mean() < 20


def test_eight_bit_mode_keeps_what_is_transparent():
    image = picture("smooth", 40, 50, "rgb")
    image.pixels[:20, :, :] = 0
    got = by_pillow(encode("png8", Image(image.pixels)))[1]
    np.testing.assert_array_equal(got[..., 3] == 0, image.pixels[..., 3] == 0)


def test_eight_bit_mode_keeps_few_colours_exactly():
    image = picture("few colours", 40, 50, "rgb")
    np.testing.assert_array_equal(quantise(image).rgba(), image.pixels)
