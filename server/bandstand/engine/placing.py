"""Where a file lies: as it says itself, else as its metadata or the configuration declare."""

import math
from dataclasses import dataclass

from bandstand.engine.candidates import Declared
from bandstand.errors import BandstandError, shorten
from bandstand.model.crs import Crs, crs_from_wkt
from bandstand.model.grid import Affine, Grid
from bandstand.read.base import FileReport


@dataclass(frozen=True, slots=True)
class Unplaced:
    """Why a file has no place, as the end of a sentence about it."""

    reason: str


def place(report: FileReport, declared: Declared, collection_crs: str) -> Grid | Unplaced:
    """The grid of a file.

    Args:
        declared: By the metadata beside the file; each part holds where the file itself tells nothing.
        collection_crs: By the configuration, for files that neither they nor their metadata place; empty: none.
    """
    if report.grid is not None:
        return report.grid
    transform = report.transform
    if transform is None and declared.transform:
        height_and_width = (report.size[1], report.size[0])
        if declared.shape and declared.shape != height_and_width:
            return Unplaced(
                f"has {report.size[0]} x {report.size[1]} pixels, its metadata place "
                f"{declared.shape[1]} x {declared.shape[0]} (proj:shape)"
            )
        transform = Affine(*declared.transform)
    wanted = declared.crs or collection_crs
    if transform is None or not (report.crs or wanted):
        return Unplaced(report.unplaced)
    if not all(map(math.isfinite, (transform.a, transform.b, transform.c, transform.d, transform.e, transform.f))):
        return Unplaced("has a transform of numbers that are none (proj:transform)")
    try:
        crs: Crs = report.crs or crs_from_wkt(wanted)
        return Grid(crs, transform, *report.size)
    except BandstandError as error:
        return Unplaced(f'cannot be placed in "{shorten(wanted)}": {error.message}')
