"""What lies beside a file and belongs to it: shown to GDAL in a folder of its own, once it is what it says.

GDAL looks around a file for overviews, masks, world files and metadata, opens what it finds with any driver and
follows what that names. Here it sees a folder with links to TIFFs and with copies of small texts, and nothing else.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lxml import etree

from bandstand.errors import UnsupportedCrs
from bandstand.model.crs import crs_from_wkt
from bandstand.read.plain import beginning, real

TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
JP2 = (b"\0\0\0\x0cjP  ", b"\xff\x4f\xff\x51")
_RASTERS = (".ovr", ".msk", ".msk.ovr")
"""TIFFs of overviews and masks, added to the whole name."""
_METADATA = ".aux.xml"
_LARGEST_TEXT = 8_000_000
_DOMAINS = frozenset({"", "IMAGE_STRUCTURE", "GEOLOCATION", "RPC"})
"""Of metadata that describe the file itself; that of overviews names another file, which GDAL would open."""

_SYSTEMS = frozenset({"srs", "projection", "wkt"})
"""What the reference systems of a file and of its ground control points are called there, by GDAL and by Esri."""


@dataclass(slots=True)
class Beside:
    """The name to open a file by, and what was found beside it."""

    name: str
    alone: bool
    """Whether nothing lies beside it that GDAL may see."""
    parts: list[str] = field(default_factory=list)
    """TIFFs among it."""
    left: list[str] = field(default_factory=list)
    """What was left aside, and why: a sentence each."""


@contextmanager
def beside(path: str) -> Iterator[Beside]:
    """Show a file with what belongs to it, as long as the context lasts.

    Raises:
        OSError: There is no place for the folder.
    """
    names = [path + suffix for suffix in (*_RASTERS, _METADATA)] + _world_files(path)
    there = [name for name in names if os.path.lexists(name)]
    if not there:
        yield Beside(path, alone=True)
        return
    with tempfile.TemporaryDirectory(prefix="bandstand-") as folder:
        shown = Beside(str(Path(folder, Path(path).name)), alone=False)
        Path(shown.name).symlink_to(Path(path).absolute())
        for name in there:
            try:
                shown.parts += _show(path, name, folder)
            except (OSError, ValueError, etree.XMLSyntaxError) as error:
                reason = "it is no well-formed XML" if isinstance(error, etree.XMLSyntaxError) else _reason(error)
                shown.left.append(f"{Path(name).name} beside it is left aside: {reason}.")
        yield shown


def _world_files(path: str) -> list[str]:
    """Names of texts with six numbers that place a raster (`.tfw`, `.tifw`, `.wld`), and of MapInfo's."""
    plain = Path(path).suffix[1:]
    if not plain:
        return []
    endings = dict.fromkeys((f"{plain[0]}{plain[-1]}w", f"{plain}w", "wld", "tab"))
    names = dict.fromkeys(spelled for e in endings for spelled in (e, e.lower(), e.upper()))
    return [str(Path(path).with_suffix(f".{name}")) for name in names]


def _show(path: str, name: str, folder: str) -> list[str]:
    """Put one sidecar into the folder; hands back its name there if it is a TIFF.

    Raises:
        ValueError: It is not what it says.
        OSError: It cannot be read.
    """
    homes = {real(Path(path).parent), real(Path(path)).parent}
    if real(Path(name)).parent not in homes:
        raise ValueError("it is a link that leads elsewhere")
    is_raster = name.endswith(_RASTERS)
    text, size = beginning(name, 4 if is_raster else _LARGEST_TEXT)
    target = Path(folder, Path(name).name)
    if is_raster:
        if not text.startswith(TIFF):
            raise ValueError("it is no TIFF")
        target.symlink_to(real(Path(name)))
        return [str(target)]
    if size > _LARGEST_TEXT:
        raise ValueError(f"it is larger than {_LARGEST_TEXT} bytes")
    target.write_bytes(_described(text) if name.endswith(_METADATA) else text)
    return []


def _described(text: bytes) -> bytes:
    """GDAL's metadata of a file (PAM) without what leads elsewhere; written anew, so that both read the same.

    Raises:
        XMLSyntaxError: It is no XML.
        ValueError: It has a document type, or a reference system that is none, or names a file.
    """
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    root = etree.fromstring(text, parser)
    info: Any = root.getroottree().docinfo
    if info.doctype:
        raise ValueError("it has a document type")
    for system in _systems(root):
        try:
            crs_from_wkt(system)
        except UnsupportedCrs as error:
            raise ValueError("its coordinate reference system cannot be read, or names a file by its path") from error
    for entry in [entry for entry in root.iter() if _name(entry) == "metadata"]:
        parent = entry.getparent()
        domains = {str(value) for key, value in entry.attrib.items() if str(key).casefold() == "domain"} or {""}
        if parent is not None and not domains <= _DOMAINS:
            parent.remove(entry)
    return etree.tostring(root)


def _systems(root: Any) -> Iterator[str]:
    """Reference systems in GDAL's metadata, in elements or attributes, which are the same to GDAL."""
    for entry in root.iter():
        named = {_name(entry): "".join(entry.itertext()), **entry.attrib}
        yield from (text.strip() for key, text in named.items() if key.casefold() in _SYSTEMS and text.strip())


def _name(entry: Any) -> str:
    """Of an element; to GDAL the case of letters is all one."""
    return etree.QName(entry).localname.casefold()


def _reason(error: Exception) -> str:
    if isinstance(error, OSError):
        return (error.strerror or "it cannot be read").lower()
    return str(error)
