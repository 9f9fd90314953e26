"""Small TIFFs of every make, broken, and read."""

import random
import struct
import warnings
from itertools import product
from pathlib import Path

import numpy as np
import rasterio
from rasterio.errors import NotGeoreferencedWarning
from tests.abuse.helper import Task

from bandstand.errors import SourceUnavailable
from bandstand.read.library import Library

PATIENCE_S = 20
OFFSETS = (0, 1, 8, 2**31 - 1, 2**31, 2**32 - 1, 2**63, 2**64 - 1)


def sources(folder: Path) -> list[bytes]:
    """Sound files: codecs, predictors, byte orders, BigTIFF, planes, masks, alpha, holes, strips, depths."""
    codecs = ("none", "deflate", "lzw", "packbits", "zstd", "lzma")
    makes = [
        {"compress": codec, "tiled": tiled, "interleave": order}
        for codec, tiled, order in product(codecs, (True, False), ("pixel", "band"))
    ]
    predicted = ((2, "uint16"), (3, "float32"), (2, "int32"))
    makes += [{"compress": "deflate", "predictor": p, "dtype": d, "tiled": True} for p, d in predicted]
    makes += [{"compress": codec, "tiled": True} for codec in ("jpeg", "webp")]
    makes += [{"bigtiff": "yes", "endianness": e, "dtype": "int16", "tiled": True} for e in ("little", "big")]
    makes += [{"nbits": 1, "count": 1}, {"nbits": 12, "dtype": "uint16"}, {"alpha": "yes", "count": 4}]
    makes += [{"dtype": d} for d in ("int8", "uint32", "float64", "complex64")] + [{"mask": True}, {"sparse_ok": True}]
    return [_made(folder / f"{number}.tif", **make) for number, make in enumerate(makes)]


def _made(path: Path, *, dtype="uint8", count=3, mask=False, **options) -> bytes:
    tiles = {"blockxsize": 16, "blockysize": 16} if options.get("tiled") else {}
    values = (
        np.random.default_rng(7).integers(0, 2 if options.get("nbits") == 1 else 100, (count, 48, 48)).astype(dtype)
    )
    with (
        rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True),
        rasterio.open(
            path, "w", driver="GTiff", width=48, height=48, count=count, dtype=dtype, crs="EPSG:32631",
            transform=rasterio.Affine(10, 0, 3e5, 0, -10, 5e6), **tiles, **options,
        ) as file,
    ):  # fmt: skip
        if not options.get("sparse_ok"):
            file.write(values)
        if mask:
            file.write_mask(np.eye(48, dtype="uint8") * 255)
        file.build_overviews([2, 4])
    return path.read_bytes()


def mutant(sound: list[bytes], seed: str) -> bytes:
    """The broken file of a seed."""
    chance = random.Random(seed)
    text = bytearray(chance.choice(sound))
    for _ in range(chance.randint(1, 4)):
        # Half of the damage is done where the header and the first directory stand.
        at = chance.randrange(min(len(text), 600) if chance.random() < 0.5 else len(text))
        match chance.randrange(5):
            case 0:
                text[at] ^= 1 << chance.randrange(8)
            case 1:
                _put(text, at, struct.pack(chance.choice("<>") + "Q", chance.choice(OFFSETS)))
            case 2:
                _put(text, at, struct.pack(chance.choice("<>") + "i", chance.choice((-1, -(2**31), 0, 2**31 - 1))))
            case 3:
                # A directory, a tile or a value that stands where the file begins or where it stands itself.
                _put(text, at, struct.pack(chance.choice("<>") + "I", chance.choice((4, 8, 16, at))))
            case _:
                del text[max(at, 8) :]
    return bytes(text)


def _put(text: bytearray, at: int, piece: bytes) -> None:
    text[at : at + len(piece)] = piece[: max(len(text) - at, 0)]


def begin() -> Task:
    """What tells of files, in a process of its own."""
    warnings.simplefilter("ignore", NotGeoreferencedWarning)
    return told


def told(path: str) -> str:
    """`read`, `refused`, or the foreign exception that came out."""
    library = Library(block_bytes=16_000_000)
    try:
        report = library.describe(path)
        source = library.open(path, version=report.version, index=report.index)
        for number, level in enumerate(source.levels):
            for plane in range(1, min(source.planes, 4) + 1):
                width, height = min(level.width, 256), min(level.height, 256)
                source.read(plane, number, level.width - width, level.height - height, width, height)
    except SourceUnavailable:
        return "refused"
    except Exception as error:  # noqa: BLE001 - whatever else comes out is what is looked for
        return f"{type(error).__name__}: {error}"
    finally:
        library.close()
    return "read"
