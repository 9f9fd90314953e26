"""Each band alone, each pair and all together: every file on its own grid is what rasterio reads of it, masks included.

The files are those of the shared data and kinds that are written here. Each becomes an item as ingest makes it, and is
asked through the engine's stages; nothing is compared with ourselves.
"""

import itertools
from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import pytest
import rasterio
from rasterio.enums import ColorInterp
from rasterio.windows import Window

from bandstand.compute.bands import Bands
from bandstand.config.profiles import collection, effective, load_profile
from bandstand.config.schema import Collection as Section
from bandstand.engine.assemble import Assembly, Failed
from bandstand.engine.candidates import Candidate, Entry
from bandstand.engine.merge import merged
from bandstand.engine.plan import make_plan
from bandstand.engine.run import Account
from bandstand.model.limits import Limits
from bandstand.model.request import Output, Request, StyledLayer
from bandstand.model.selection import Selection
from bandstand.model.turn import current_turn
from bandstand.read.library import Library

pytestmark = pytest.mark.filterwarnings(
    "ignore::rasterio.errors.NotGeoreferencedWarning", "ignore::rasterio.errors.NodataShadowWarning"
)

SIDE = 80
MOST_PAIRED = 8
"""Of more bands only neighbours are paired, and the first with the last."""
FOLDERS = ("dem", "landcover", "landsat", "multimodal", "oddities", "sentinel1", "sentinel2", "timeseries")


@dataclass(frozen=True)
class Loaded:
    """A file as the engine knows it."""

    item: object
    collection: object
    library: Library

    def read(self, names, window):
        """Stored numbers and masks (band, y, x) of some bands in a window of the file's grid."""
        col, row, width, height = window
        (grid,) = {asset.grid for asset in self.item.assets.values()}
        layer = StyledLayer(
            name="c",
            selection=Selection(collection="c", bands=names, times=()),
            program=Bands(names, stored=True),
            style=None,
        )
        output = Output(kind="coverage", media_type="image/tiff")
        request = Request(layers=(layer,), grid=grid.crop(col, row, width, height), output=output)
        shelf = SimpleNamespace(identity="", revision=lambda _: 0, search=lambda *_, **__: [self.item])
        plan = make_plan(request, shelf, {"c": self.collection}, self.library, Limits())
        raster = merged(plan, self.library, Account(current_turn(60.0), tolerant=False))
        return raster.values, np.broadcast_to(raster.valid, raster.values.shape)


def load(path):
    """The file as an item of the profile `generic`, or the reason why it is none."""
    section = Section()
    profile = effective(load_profile("generic"), section)
    library = Library(block_bytes=64_000_000)
    assembly = Assembly("c", section, profile, None, library, replace_all=True)
    made = assembly.outcome(Candidate(id="one", source=str(path.parent), entries=(Entry(href=str(path)),)))
    if isinstance(made, Failed):
        return "; ".join(made.reasons)
    fields = tuple(asset.field for asset in made.item.assets.values())
    return Loaded(made.item, collection("c", section, profile, observed=fields), library)


def truth(dataset, asset, window):
    """What rasterio says of one band of an item: values and mask, NaN never valid."""
    is_complex = np.dtype(dataset.dtypes[0].replace("complex_int16", "complex64")).kind == "c"
    band = (asset.plane + 1) // 2 if is_complex else asset.plane
    box = Window(*window)
    values, valid = dataset.read(band, window=box), dataset.read_masks(band, window=box) != 0
    if is_complex:
        values = values.real if asset.plane % 2 else values.imag
    if values.dtype.kind == "f":
        valid &= ~np.isnan(values)
    return values, valid


def subsets(names):
    """Each alone, each pair in both orders by turns, all."""
    yield from ((name,) for name in names)
    if len(names) <= MOST_PAIRED:
        pairs = list(itertools.combinations(names, 2))
    else:
        pairs = [*itertools.pairwise(names), (names[0], names[-1])]
    yield from (pair[::-1] if number % 2 else pair for number, pair in enumerate(pairs))
    if len(names) > 2:
        yield tuple(names)


def assert_same(path, loaded, *, tolerance=0.0):
    """All subsets of bands in two windows."""
    names = list(loaded.item.assets)
    with rasterio.open(path) as dataset:
        width, height = min(SIDE, dataset.width), min(SIDE, dataset.height)
        middle = ((dataset.width - width) // 2, (dataset.height - height) // 2, width, height)
        for window in dict.fromkeys([middle, (0, 0, width, height)]):
            right = {name: truth(dataset, loaded.item.assets[name], window) for name in names}
            for chosen in subsets(names) if window == middle else [tuple(names)]:
                values, valid = loaded.read(chosen, window)
                for plane, mask, name in zip(values, valid, chosen, strict=True):
                    wanted, there = right[name]
                    label = f"{path.name}: {name} of {chosen} in {window}"
                    np.testing.assert_array_equal(mask, there, err_msg=f"mask of {label}")
                    off = np.abs(plane[there].astype(np.float64) - wanted[there].astype(np.float64))
                    assert (off.mean() if off.size else 0.0) <= tolerance, label


def tolerance_of(path):
    """Colours that JPEG has not stored are made up by rasterio's libjpeg in another way than by libjpeg-turbo."""
    with rasterio.open(path) as dataset:
        lossy = dataset.compression is not None and dataset.compression.name == "jpeg" and dataset.count > 1
    return 5.0 if lossy else 0.0


def files(shared, folder):
    return sorted(
        path
        for path in (shared / "data" / folder).rglob("*")
        if path.suffix.casefold() in {".tif", ".tiff", ".jp2"} and path.is_file()
    )


def plain_place(path):
    """Whether the file tells its place by a CRS and a transform; None where GDAL cannot open or read it."""
    try:
        with rasterio.open(path) as dataset:
            dataset.read(1, window=Window(dataset.width - 1, dataset.height - 1, 1, 1))
            return dataset.crs is not None and not dataset.transform.is_identity
    except rasterio.errors.RasterioError:
        return None


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_real_file_is_what_rasterio_reads(shared, folder):
    seen, refused = 0, {}
    for path in files(shared, folder):
        loaded = load(path)
        if isinstance(loaded, str):
            refused[path.relative_to(shared / "data").as_posix()] = loaded
        elif plain_place(path):
            assert_same(path, loaded, tolerance=tolerance_of(path))
            seen += 1
    assert seen, "no file was compared"
    # Whatever lies on another celestial body has no place here.
    known = {name: reason for name, reason in refused.items() if "celestial body" not in reason}
    wrongly = {name: reason for name, reason in known.items() if plain_place(shared / "data" / name)}
    assert wrongly == {}


def numbers(count=1, dtype="uint16", side=SIDE + 13):
    """(band, y, x) random numbers of the whole type's middle, another picture for each band."""
    rng = np.random.default_rng(count)
    kind = np.dtype(dtype)
    if kind.kind == "c":
        return (rng.normal(0, 9, (count, side, side)) + 1j * rng.normal(0, 9, (count, side, side))).astype(kind)
    if kind.kind == "f":
        return rng.normal(0, 1e3, (count, side, side)).astype(kind)
    info = np.iinfo(kind)
    return rng.integers(max(info.min, -30000), min(info.max, 30000), (count, side, side)).astype(kind)


def holes(values, fill):
    """The numbers with another gap in each band."""
    for number, band in enumerate(values):
        band[number * 7 : number * 7 + 30, 20 : 50 + 3 * number] = fill
    return values


UTM = ("EPSG:32631", rasterio.Affine(10, 0, 500_000, 0, -10, 5_400_000))
KINDS = {
    **{
        dtype: (numbers(2, dtype), {})
        for dtype in ("uint8", "int8", "uint16", "int16", "uint32", "int32", "float32", "float64", "complex64")
    },
    "uint8_nodata_0": (holes(numbers(3, "uint8"), 0), {"nodata": 0}),
    "uint8_nodata_255": (holes(numbers(3, "uint8"), 255), {"nodata": 255}),
    "int16_nodata": (holes(numbers(4, "int16"), -32768), {"nodata": -32768}),
    "float_nodata": (holes(numbers(3, "float32"), -3.4028235e38), {"nodata": -3.4028235e38}),
    "float_nodata_nan": (holes(numbers(3, "float32"), np.nan), {"nodata": np.nan}),
    "float_nan_undeclared": (holes(numbers(3, "float64"), np.nan), {}),
    "complex_nodata": (holes(numbers(2, "complex64"), 0), {"nodata": 0}),
    "sixty_bands": (holes(numbers(60, "int16"), -1), {"nodata": -1, "interleave": "pixel"}),
    "two_hundred_bands": (numbers(200, "uint8", 24), {"interleave": "band", "photometric": "minisblack"}),
    "rgba": (holes(numbers(4, "uint8"), 0), {"photometric": "rgb", "alpha": True}),
    "rgba_planar": (holes(numbers(4, "uint8"), 0), {"photometric": "rgb", "alpha": True, "interleave": "band"}),
    "grey_alpha": (holes(numbers(2, "uint16"), 0), {"alpha": True}),
    "mask": (numbers(3, "uint16"), {"mask": True}),
    "mask_and_nodata": (holes(numbers(3, "uint16"), 7), {"mask": True, "nodata": 7}),
    "palette": (numbers(1, "uint8"), {"table": True}),
    "scaled": (numbers(2, "int16"), {"scales": (0.01, 2.0), "offsets": (-3.0, 0.0)}),
    "sparse": (holes(numbers(4, "uint16"), 0), {"sparse_ok": True, "nodata": 0}),
    "strips": (holes(numbers(3, "uint16"), 0), {"tiled": False, "nodata": 0}),
    "south_up": (numbers(2, "int16"), {"place": ("EPSG:32733", rasterio.Affine(10, 0, 500_000, 0, 10, 8_000_000))}),
    "rotated": (numbers(2, "int16"), {"place": ("EPSG:32631", rasterio.Affine(8, 3, 500_000, 3, -8, 5_400_000))}),
    "oblong": (numbers(2, "int16"), {"place": ("EPSG:32631", rasterio.Affine(5, 0, 500_000, 0, -25, 5_400_000))}),
    "degrees": (numbers(2, "float32"), {"place": ("EPSG:4326", rasterio.Affine(0.01, 0, 12.0, 0, -0.01, 45.0))}),
    "0_to_360": (numbers(2, "float32"), {"place": ("EPSG:4326", rasterio.Affine(3.87, 0, 0.0, 0, -1.9, 88.0))}),
    "dateline": (numbers(2, "float32"), {"place": ("EPSG:4326", rasterio.Affine(0.1, 0, 176.0, 0, -0.1, -15.0))}),
    "polar": (numbers(2, "float32"), {"place": ("EPSG:3031", rasterio.Affine(9e4, 0, -4e6, 0, -9e4, 4e6))}),
    "arctic": (numbers(2, "float32"), {"place": ("EPSG:3413", rasterio.Affine(9e4, 0, -4e6, 0, -9e4, 4e6))}),
    "zone_1": (numbers(2, "uint16"), {"place": ("EPSG:32601", rasterio.Affine(999, 0, 150_000, 0, -999, 5_800_000))}),
    "sinusoidal": (
        numbers(2, "int16"),
        {"place": ("+proj=sinu +R=6371007.181 +units=m", rasterio.Affine(463.3, 0, 1_111_950, 0, -463.3, 5_559_752))},
    ),
    "tiny": (numbers(3, "uint16", 1), {"nodata": 0}),
    "one_row": (numbers(2, "uint16", 40)[:, :1], {}),
}  # fmt: skip


def write(path, values, *, place=UTM, alpha=False, mask=False, table=False, scales=(), offsets=(), **options):
    """A file of one kind."""
    layout = {"tiled": True, "blockxsize": 64, "blockysize": 64, "nodata": None} | options
    if not layout["tiled"]:
        del layout["blockxsize"], layout["blockysize"]
    count, height, width = values.shape
    with (
        rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True),
        rasterio.open(
            path, "w", driver="GTiff", count=count, height=height, width=width, dtype=values.dtype, crs=place[0],
            transform=place[1], **layout,
        ) as file,
    ):  # fmt: skip
        if alpha:
            grey = [ColorInterp.gray] if count == 2 else [ColorInterp.red, ColorInterp.green, ColorInterp.blue]
            file.colorinterp = [*grey, ColorInterp.alpha]
        file.write(values)
        if scales:
            file.scales, file.offsets = scales, offsets
        if table:
            file.write_colormap(1, {n: (n, 255 - n, 7, 255) for n in range(256)})
        if mask:
            there = np.full((height, width), 255, np.uint8)
            there[10:40, 5:70] = 0
            file.write_mask(there)
    return path


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_file_is_what_rasterio_reads(tmp_path, kind):
    values, how = KINDS[kind]
    path = write(tmp_path / "file.tif", values.copy(), **how)
    loaded = load(path)
    assert isinstance(loaded, Loaded), loaded
    assert_same(path, loaded)
