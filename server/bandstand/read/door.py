"""The one door to GDAL: which driver may have a file, what it may see beside it, and that it asks no network."""

import re
import threading
import warnings
from collections.abc import Mapping
from typing import Any

import rasterio
from rasterio._err import CPLE_BaseError
from rasterio.errors import NotGeoreferencedWarning, RasterioError

from bandstand.errors import SourceUnavailable, shorten
from bandstand.read.base import Store
from bandstand.read.sidecars import JP2, TIFF, beside

FAILURES = (RasterioError, CPLE_BaseError, OSError, ValueError)
"""What GDAL raises about a file."""
_MISSING = re.compile(r"missing codec (?:of code )?(\w+)")
# Silencing a warning changes the whole process; one thread at a time.
_OPENING = threading.Lock()
_SIGN = 16
"""First bytes that tell what a file is."""
_CLOSED = {
    "CPL_VSIL_CURL_ALLOWED_FILENAME": "none",
    "GDAL_HTTP_MAX_RETRY": "0",
    "GDAL_VRT_ENABLE_PYTHON": "NO",
    "GDAL_PAM_PROXY_DIR": "",
    "PROJ_NETWORK": "OFF",
}
"""No address is ever asked, and nothing is run."""
_BARE = {"GEOREF_SOURCES": "PAM"}
"""Where a file lies is not read in the file; metadata beside it, looked at before, go on telling nodata and more."""


def open_dataset(store: Store, href: str, level: int = 0, *, is_placed: bool = True) -> Any:
    """Open one level of a file.

    Args:
        store: Where it lies.
        href: Its path.
        level: 0 is the whole image, then its overviews.
        is_placed: Whether it is asked where it lies; for numbers alone it is not, since PROJ opens what a system names.

    Raises:
        SourceUnavailable: GDAL cannot.
    """
    driver = _driver(store.read(href, [(0, _SIGN)])[0])
    if driver is None:
        raise SourceUnavailable(
            f'"{name_of(href)}" is no raster that can be read: it does not begin as TIFF or JPEG 2000.'
        )
    try:
        return _opened(store.gdal(href), driver, level, {} if is_placed else _BARE)
    except FAILURES as error:
        codec = _MISSING.search(str(error))
        if codec:
            raise SourceUnavailable(
                f'"{name_of(href)}" is compressed with {codec[1]}, which GDAL has no codec for here; '
                "compress it otherwise (gdal_translate -co COMPRESS=DEFLATE)."
            ) from error
        raise SourceUnavailable(f'"{name_of(href)}" is no raster that can be read, or it is broken.') from error


def other_drivers() -> str:
    """Those that are never needed, as GDAL_SKIP takes them: a process that begins with it has no other."""
    with rasterio.Env() as environment:
        return ",".join(sorted(set(environment.drivers()) - {"GTiff", "JP2OpenJPEG"}))


def _driver(begins: bytes) -> str | None:
    """The one driver that may have a file; GDAL itself would try all it has, some of which follow what files name."""
    return "GTiff" if begins.startswith(TIFF) else "JP2OpenJPEG" if begins.startswith(JP2) else None


def _opened(path: str, driver: str, level: int, options: Mapping[str, str]) -> Any:
    """Open a level of a file: with this driver, without a network, and with the neighbours that were looked at.

    Raises:
        SourceUnavailable: It names another file as its own part.
    """
    with (
        _OPENING,
        beside(path) as shown,
        _sealed(alone=shown.alone),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        for part in shown.parts:
            with _sealed(alone=True):
                _alone(part, "GTiff", path, _BARE).close()
        dataset = _alone(shown.name, driver, path, options)
        try:
            if level:
                dataset.close()
                dataset = rasterio.open(shown.name, driver=driver, overview_level=level - 1, **options)
            # Now, while the neighbours are in sight.
            for band in dataset.indexes:
                dataset.overviews(band)
            _ = dataset.mask_flag_enums
        except BaseException:
            dataset.close()
            raise
    return dataset


def _alone(name: str, driver: str, path: str, options: Mapping[str, str]) -> Any:
    """A dataset that names no other file.

    Raises:
        SourceUnavailable: It does; GDAL would open it, whatever and wherever it is, when overviews are asked for.
    """
    dataset = rasterio.open(name, driver=driver, **options)
    if dataset.tags(ns="OVERVIEWS"):
        dataset.close()
        raise SourceUnavailable(f'"{name_of(path)}" names another file as its overviews, which is not followed.')
    return dataset


def _sealed(*, alone: bool) -> Any:
    """GDAL's settings while a file is opened; alone: it sees nothing beside it."""
    return rasterio.Env(**_CLOSED, GDAL_DISABLE_READDIR_ON_OPEN="EMPTY_DIR" if alone else "FALSE")


def name_of(href: str) -> str:
    """The last part of a path or URL: all that a message may tell of it."""
    return shorten(href.rsplit("/", 1)[-1])
