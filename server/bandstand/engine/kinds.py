"""The type of numbers that a layer gives: one for all strips and dates, whatever each of them happens to hold."""

from dataclasses import replace
from typing import Any

import numpy as np

from bandstand.engine.plan import LayerPlan
from bandstand.model.field import Field
from bandstand.model.raster import Raster


def number_type(plan: LayerPlan) -> np.dtype[Any]:
    """The type of all outputs of a layer, told by its fields and its resampling alone.

    Interpolated samples are float32, or float64 where float32 cannot hold what is stored. A picture keeps the
    float64 of the interpolation: it is painted and forgotten, and a conversion would only cost.
    """
    fields = [replace(field, dtype=_resampled(field, plan).name) for field in plan.fields]
    return np.result_type(*(np.dtype(field.dtype) for field in plan.layer.program.describe(fields)))


def of_type(raster: Raster, kind: np.dtype[Any]) -> Raster:
    """The raster in this type, itself where it is already; what lies under an invalid pixel is undefined."""
    if raster.values.dtype == kind:
        return raster
    # A nodata value may stand under the mask that the type cannot hold.
    with np.errstate(over="ignore", invalid="ignore"):
        values = raster.values.astype(kind)
    fields = tuple(replace(field, dtype=kind.name) for field in raster.fields)
    return Raster(values, raster.valid, fields, raster.grid)


def _resampled(field: Field, plan: LayerPlan) -> np.dtype[Any]:
    stored = np.dtype(field.dtype)
    if field.categorical or plan.layer.selection.resampling in ("nearest", "mode"):
        # The kernels widen it, numba knows no other way.
        return np.dtype(np.float32) if stored == np.float16 else stored
    if plan.layer.style is not None:
        return np.dtype(np.float64)
    return np.result_type(stored, np.float32)
