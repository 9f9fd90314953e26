"""What cannot be read as a scene, told by its first bytes, and what can be made of it."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from bandstand.engine.candidates import Candidate, LeftOut
from bandstand.read.plain import beginning

RASTERS = frozenset(
    [
        ".tif",
        ".tiff",
        ".gtif",
        ".gtiff",
        ".geotiff",
        ".geotif",
        ".tf2",
        ".tf8",
        ".btf",
        ".cog",
        ".jp2",
        ".j2k",
        ".j2c",
        ".jpx",
        ".jpf",
        ".jp2k",
    ]
)
"""Endings of what is read, in lower case."""
_BESIDE = frozenset({".ovr", ".msk", ".xml", ".txt", ".json"})
"""Endings of what lies beside rasters, some of it TIFF."""
_TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_POINTER = b"version https://"
_JP2 = (b"\0\0\0\x0cjP  ", b"\xff\x4f\xff\x51")
_COG = "gdal_translate -of COG {name} {stem}.tif"
_VARIABLE = "gdal_translate -of COG makes a GeoTIFF of one variable and one time; gdalinfo {name} lists them"
_UNPACK = "unpack it and name the folder"
_KINDS: tuple[tuple[str, tuple[bytes, ...], str, str], ...] = (
    ("netCDF", (b"CDF\1", b"CDF\2", b"CDF\5"), "nc nc4 cdf", _VARIABLE),
    ("HDF", (b"\x89HDF", b"\x0e\x03\x13\x01"), "hdf h5 he5 hdf5", _VARIABLE),
    ("GRIB", (b"GRIB",), "grib grib2 grb grb2", _VARIABLE),
    ("zip", (b"PK\3\4", b"PK\5\6"), "zip", _UNPACK),
    ("compressed", (b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"7z\xbc\xaf"), "gz tgz bz2 xz 7z tar", _UNPACK),
    ("VRT", (b"<VRTDataset",), "vrt", f"name the files it is made of, or make a GeoTIFF of it: {_COG}"),
    ("picture", (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM"), "png jpg jpeg gif bmp webp", _COG),
    ("raster", (b"EHFA_HEADER_TAG",), "img asc bil bsq dem hgt ecw sid mbtiles", _COG),
)
"""Name, first bytes, endings, and what to do."""
_TOLD = frozenset({"netCDF", "HDF", "GRIB", "zip", "compressed", "raster"})
"""What people take for part of their archive; pictures and VRTs beside the scenes are not missed."""
_READ = "GeoTIFFs, JPEG 2000 files and STAC documents are read"


def is_raster(path: Path) -> bool:
    """Whether a file begins as a TIFF or a JPEG 2000 file does, whatever it is called."""
    return _beginning(path).startswith(_TIFF + _JP2)


def beginning_of(path: Path) -> str:
    """What a file that cannot be read as a raster is instead, as far as its first bytes tell; else empty."""
    begins = _beginning(path)
    if not begins:
        return "is empty" if path.is_file() and path.stat().st_size == 0 else ""
    if begins.startswith(_POINTER):
        return "is a Git LFS pointer; fetch the file with git lfs pull"
    if begins.lstrip()[:1] == b"<" and not begins.startswith(b"<VRTDataset"):
        return "is an HTML or XML document, such as a server sends instead of a file that it has not"
    if not any(begins):
        return "holds zeros alone, as a download that was broken off"
    kind = next(((name, remedy) for name, signs, _, remedy in _KINDS if begins.startswith(signs)), None)
    if kind is None:
        return ""
    return f"is a {kind[0]} file; {kind[1].format(name=path.name, stem=path.stem)}"


def strange_file(path: Path) -> Candidate:
    """A file that was named as a source and is no raster."""
    kind, remedy = _kind(path)
    if path.suffix.casefold() in {".yml", ".yaml"}:
        problem = f"{path} is a configuration and no raster; name it with -c or --config"
        return Candidate(id=path.name, source=str(path), problem=problem)
    there = f"{path} is a {kind} file" if kind else f"{path} is no raster"
    if path.stat().st_size == 0:
        there = f"{path} is empty"
    advice = remedy.format(name=path.name, stem=path.stem) if remedy else ""
    return Candidate(id=path.name, source=str(path), problem="; ".join(filter(None, (there, _READ, advice))))


def strange_folder(root: Path, files: Sequence[Path], *, is_used: bool) -> Iterator[Candidate | LeftOut]:
    """What a folder holds besides scenes; a folder without any is a failure.

    Args:
        files: Those that are neither rasters nor documents.
        is_used: Whether it has scenes, too.
    """
    kinds = {path: _kind(path) for path in files if path.suffix.casefold() in _ENDINGS}
    misnamed = tuple(str(p) for p in files if p not in kinds and p.suffix.casefold() not in _BESIDE and is_raster(p))
    if misnamed:
        yield LeftOut(files=misnamed, because="rasters by what they hold, but not by name (end their names in .tif)")
    if is_used:
        told = {path: kind for path, kind in kinds.items() if kind[0] in _TOLD}
        for kind in dict.fromkeys(name for name, _ in told.values()):
            of_kind = [path for path in told if told[path][0] == kind]
            advice = told[of_kind[0]][1].format(name=of_kind[0].name, stem=of_kind[0].stem)
            yield LeftOut(files=tuple(map(str, of_kind)), because=f"{kind} is not read ({advice})")
        return
    counts = Counter(name for name, _ in kinds.values())
    but = ", ".join(f"{count} {kind} file{'s' if count > 1 else ''}" for kind, count in counts.most_common(3))
    store = next((part for path in (root, *files) for part in (path, *path.parents) if part.suffix == ".zarr"), None)
    if store is not None:
        but = f"a Zarr store ({store.name})"
    advice = next((remedy.format(name=path.name, stem=path.stem) for path, (_, remedy) in kinds.items()), "")
    problem = f"{root} holds no scene" + (f", but {but}" if but else "")
    yield Candidate(
        id=str(root), source=str(root), problem="; ".join(filter(None, (problem, _READ, "" if store else advice)))
    )


_ENDINGS = frozenset(f".{ending}" for _, _, endings, _ in _KINDS for ending in endings.split())


def _beginning(path: Path) -> bytes:
    try:
        return beginning(str(path), 16)[0]
    except (OSError, ValueError):
        return b""


def _kind(path: Path) -> tuple[str, str]:
    """Name of the kind, and what to do; empty where it is not known."""
    begins = _beginning(path)
    for name, signs, _, remedy in _KINDS:
        if begins.startswith(signs):
            return name, remedy
    for name, _, endings, remedy in _KINDS:
        if path.suffix.casefold().removeprefix(".") in endings.split():
            return name, remedy
    return "", ""
