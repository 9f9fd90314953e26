"""netCDF-4 by the CF conventions: numbers with their axes, for xarray and whoever else reads CF."""

from collections.abc import Mapping, Sequence

import numpy as np

from bandstand.encode import cf
from bandstand.encode.base import NumbersFormat, choice
from bandstand.encode.chunks import Samples
from bandstand.encode.fill import storable, with_nodata
from bandstand.encode.hdf5 import Attribute, File
from bandstand.encode.provenance import acquired
from bandstand.model.raster import Cube, Raster
from bandstand.model.request import Output
from bandstand.model.time import TimeSpan

_COMPRESSION = {"deflate": "deflate", "gzip": "deflate", "none": ""}
_GLOBAL = {"TIFFTAG_SOFTWARE": "source", "TIFFTAG_IMAGEDESCRIPTION": "comment"}
"""CF's words for what has one; other tags keep their names."""


class Netcdf(NumbersFormat):
    """Option: `compression`, `deflate` (the default) or `none`."""

    media_type = "application/netcdf"
    aliases = (
        "application/x-netcdf",
        "application/x-netcdf4",
        "application/netcdf4",
        "image/netcdf",
        "netcdf",
        "netcdf4",
        "nc",
    )
    extension = "nc"
    kinds = frozenset({"coverage", "cube"})
    rank = 60

    def data(self, raster: Raster, output: Output, tags: Mapping[str, str]) -> bytes:
        """A variable (y, x) a band, with the time beside it where the tags tell it.

        Raises:
            InvalidParameter: Locator `compression`, or `format` for a rotated grid.
        """
        span = acquired(tags)
        return _write((raster,), (span,) if span else (), output, tags, stacked=False)

    def cube(self, cube: Cube, output: Output, tags: Mapping[str, str]) -> bytes:
        """A variable (time, y, x) a band.

        Raises:
            InvalidParameter: Locator `compression`, or `format` for a rotated grid.
        """
        return _write(cube.rasters, cube.times, output, tags, stacked=True)


def _write(
    rasters: Sequence[Raster], times: Sequence[TimeSpan], output: Output, tags: Mapping[str, str], *, stacked: bool
) -> bytes:
    packed = bool(choice(output, "compression", _COMPRESSION, "deflate"))
    grid, fields = rasters[0].grid, rasters[0].fields
    (y_name, y, about_y), (x_name, x, about_x) = cf.axes(grid)
    file = File()
    file.attributes(_about(output, tags))
    if times:
        _write_time(file, times, stacked=stacked)
    file.coordinate(y_name, y, about_y)
    file.coordinate(x_name, x, about_x)
    file.variable(cf.GRID_MAPPING, np.array(0, "<i4"), cf.grid_mapping(grid))
    beside: dict[str, Attribute] = {"grid_mapping": cf.GRID_MAPPING}
    if times and not stacked:
        beside["coordinates"] = cf.TIME
    dimensions = (*((cf.TIME,) if stacked else ()), y_name, x_name)
    for band, name in enumerate(cf.names(fields)):
        slices, nodata = _slices(rasters, band)
        said = cf.variable(fields[band], slices[0].values.dtype, nodata)
        file.raster(name, slices, {**said, **beside}, dimensions, packed=packed)
    return file.finish()


def _about(output: Output, tags: Mapping[str, str]) -> dict[str, Attribute]:
    """The file as a whole; the time of writing is left out, so that the same request gives the same bytes."""
    said: dict[str, Attribute] = {"Conventions": cf.CONVENTIONS}
    if output.name:
        said["title"] = output.name
    for key, value in tags.items():
        name = _GLOBAL.get(key, key)
        if value and not name.startswith("TIFFTAG_"):
            said[name] = value
    if tags.get("TIFFTAG_SOFTWARE"):
        said["history"] = f"{tags['TIFFTAG_SOFTWARE']}: EXPRESSION of SOURCE_ITEMS, resampled by RESAMPLING"
    return said


def _write_time(file: File, times: Sequence[TimeSpan], *, stacked: bool) -> None:
    """The axis of time, or the one time as a scalar; with its bounds where something took longer than no time."""
    said, counts = cf.moments(times)
    lasting = bool((counts[:, 0] != counts[:, 1]).any())
    if lasting:
        said["bounds"] = cf.BOUNDS
        file.size(cf.ENDS, 2)
    if stacked:
        file.coordinate(cf.TIME, counts[:, 0], said)
    else:
        said.pop("axis")
        file.variable(cf.TIME, counts[0, 0], said)
    if lasting:
        dimensions = (cf.TIME, cf.ENDS) if stacked else (cf.ENDS,)
        file.variable(cf.BOUNDS, counts if stacked else counts[0], {}, dimensions)


def _slices(rasters: Sequence[Raster], band: int) -> tuple[list[Samples], float | None]:
    """One band at every time, all in one type and with one nodata, and that nodata."""
    dtype = np.result_type(*(raster.values.dtype for raster in rasters))
    values = [storable(raster.values[band].astype(dtype, copy=False)) for raster in rasters]
    masks = [raster.valid[band if len(raster.valid) > 1 else 0] for raster in rasters]
    joint = np.stack(values) if values[0].dtype.kind != "f" and len(values) > 1 else values[0][None]
    shared, nodata = with_nodata(
        joint, np.stack(masks) if len(joint) > 1 else masks[0][None], [rasters[0].fields[band]]
    )
    if len(shared) == len(values):
        values = list(shared)
    if nodata is None:
        return [Samples(plane[None], mask[None][:0], 0.0) for plane, mask in zip(values, masks, strict=True)], None
    return [Samples(plane[None], mask[None], nodata) for plane, mask in zip(values, masks, strict=True)], nodata


FORMAT = Netcdf()
