"""Real files, by many writers: our reader and GDAL see the same pixels."""

import numpy as np
import pytest
import rasterio
from PIL import Image
from rasterio.windows import Window

from bandstand.errors import SourceUnavailable
from bandstand.read.library import Library

FOLDERS = [
    "oddities/same-pixels",
    "oddities/masks",
    "oddities/cogeotiff-js",
    "oddities/riotiler",
    "oddities/riocogeo",
    "oddities/openlayers",
    "oddities/libtiffpic",
    "oddities/rasterio",
    "landcover",
    "dem",
]
CUT_OFF = {"corrupt.tif"}
FITTED = {"cog_gcps_ovr.tif"}
"""Control points place it: its samples are warped while they are read."""
# A proof that large files are read right needs no more than this of them.
SIDE = 700


def _files(shared, folder):
    found = sorted(p for p in (shared / "data" / folder).iterdir() if p.suffix in {".tif", ".tiff", ".jp2"})
    assert found
    return [p for p in found if p.name not in CUT_OFF | FITTED]


def _boxes(rng, level):
    yield 0, 0, min(level.width, SIDE), min(level.height, SIDE)
    width, height = min(level.width, SIDE), min(level.height, SIDE)
    yield level.width - width, level.height - height, width, height
    for _ in range(3):
        width, height = int(rng.integers(1, width + 1)), int(rng.integers(1, height + 1))
        yield int(rng.integers(level.width - width + 1)), int(rng.integers(level.height - height + 1)), width, height


def _gdal(dataset, plane, box):
    window = Window(*box)
    band, part = plane, None
    if dataset.dtypes[0].startswith("complex"):
        band, part = (plane + 1) // 2, "real" if plane % 2 else "imag"
    values = dataset.read(band, window=window)
    valid = dataset.read_masks(band, window=window) != 0
    values = getattr(values, part) if part else values
    return values, valid & ~np.isnan(values) if values.dtype.kind == "f" else valid


def _differences(source, path, rng, planes):
    found = []
    for number, level in enumerate(source.levels):
        with rasterio.open(path, **({"overview_level": number - 1} if number else {})) as dataset:
            assert (level.width, level.height) == (dataset.width, dataset.height)
            for box in _boxes(rng, level):
                for plane in planes:
                    values, valid = _gdal(dataset, plane, box)
                    ours = source.read(plane, number, *box)
                    there = np.ones_like(valid) if ours.valid is None else ours.valid
                    np.testing.assert_array_equal(there, valid, err_msg=f"mask of {path.name}, level {number}, {box}")
                    found.append(np.abs(ours.values[valid].astype(float) - values[valid].astype(float)))
    return np.concatenate(found)


@pytest.mark.filterwarnings(
    "ignore::rasterio.errors.NotGeoreferencedWarning", "ignore::rasterio.errors.NodataShadowWarning"
)
@pytest.mark.parametrize("folder", FOLDERS)
@pytest.mark.parametrize("indexed", [True, False])
def test_every_file_reads_as_gdal_reads_it(shared, folder, indexed):
    rng = np.random.default_rng(7)
    for path in _files(shared, folder):
        library = Library()
        report = library.describe(str(path))
        source = library.open(str(path), version=report.version, index=report.index if indexed else None)
        planes = range(1, min(source.planes, 4) + 1)
        differences = _differences(source, path, rng, planes)
        if report.own and report.compression == "jpeg" and report.interleave == "pixel":
            # Half of the colours are not stored; rasterio's libjpeg makes them up in another way than libjpeg-turbo,
            # which we share with Pillow and most GDAL builds: see the exact test below.
            assert differences.sum() <= 5.0 * differences.size, path.name
        else:
            assert not differences.any(), path.name


@pytest.mark.parametrize(
    "name", ["cogeotiff-js/be_cog.tiff", "riotiler/cog_hirise_mars.tif", "openlayers/non-square-pixels.tif"]
)
def test_jpeg_with_reduced_colours_reads_as_libjpeg_turbo_reads_it(shared, name):
    path = shared / "data/oddities" / name
    source = Library().open(str(path))
    seen = set()
    with Image.open(path) as image:
        for frame in range(image.n_frames):
            image.seek(frame)
            if image.mode != "RGB":
                continue
            width, height = image.size
            level = next(i for i, v in enumerate(source.levels) if (v.width, v.height) == (width, height))
            ours = np.stack([source.read(p, level, 0, 0, width, height).values for p in (1, 2, 3)], axis=-1)
            np.testing.assert_array_equal(ours, np.asarray(image))
            seen.add(level)
    assert seen == set(range(len(source.levels)))


def test_all_encodings_of_the_same_picture_agree(shared):
    folder = shared / "data/oddities/same-pixels"
    reference = Library().open(str(folder / "ref-none-pixel.tif"))
    expected = [reference.read(p, 0, 0, 0, 256, 256) for p in (1, 2, 3, 4)]
    # All but those that are clipped, flipped or resampled, scaled to reflectance, or of three bands.
    other = ("rgb", "cog-sparse", "rotated", "nbits12", "southup", "float", "complex")
    same = [p for p in _files(shared, "oddities/same-pixels") if not p.name.startswith(other)]
    assert len(same) >= 20
    for path in same:
        source = Library().open(str(path))
        for plane in range(1, min(source.planes, 4) + 1):
            found, wanted = source.read(plane, 0, 0, 0, 256, 256), expected[plane - 1]
            np.testing.assert_array_equal(found.values, wanted.values, err_msg=path.name)


@pytest.mark.parametrize("name", ["truncated-s2-cog-10980.tif", "node-gdal/truncated.tiff", "rasterio/corrupt.tif"])
def test_a_file_that_is_cut_off_is_refused_at_ingest(shared, name):
    path = shared / "data/oddities" / name
    with pytest.raises(SourceUnavailable, match="cut off") as caught:
        Library().describe(str(path))
    assert str(path.parent) not in caught.value.message


def test_a_file_that_is_cut_off_gives_what_it_has_and_names_what_is_gone(shared):
    path = shared / "data/oddities/truncated-s2-cog-10980.tif"
    source = Library().open(str(path))
    last = source.levels[-1]
    with pytest.raises(SourceUnavailable, match="cut off"):
        source.read(1, 0, 10_000, 10_000, 100, 100)
    assert last.width < 1000
