"""LERC blocks, plain or wrapped in deflate or zstd."""

from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from bandstand.read.base import BlockForm

_DEFLATE = 1
_ZSTD = 2
# A blob of noise is a little larger than the samples it holds: headers, checksums, masks.
_SLACK = 1 << 16


class Lerc:
    """libtiff's number for it is 34887; what LERC's own mask excludes is NaN, or transparent where alpha is last."""

    name = "lerc"
    compressions = frozenset({34887})
    predicts = False
    native = True

    def decode(self, raw: bytes, form: BlockForm, out: NDArray[Any]) -> int:
        """Decode into `out`."""
        dtype = np.dtype(form.dtype).newbyteorder("=")
        target = out.view(dtype).reshape(form.height, form.width, form.samples)
        blob = _unwrap(raw, form)
        if form.alpha and form.samples > 1:
            return _decode_with_alpha(blob, target)
        mask = _decode(blob, target)
        if mask is not None:
            _exclude(target, mask)
        return target.nbytes


def _unwrap(raw: bytes, form: BlockForm) -> bytes:
    most = form.nbytes + form.nbytes // 8 + _SLACK
    if form.lerc == _DEFLATE:
        return bytes(imagecodecs.deflate_decode(raw, out=most))
    if form.lerc == _ZSTD:
        return bytes(imagecodecs.zstd_decode(raw, out=most))
    return raw


def _decode(blob: bytes, target: NDArray[Any]) -> NDArray[np.bool_] | None:
    """Decode into `target`, and say what LERC's own mask excludes."""
    samples = target.shape[2]
    mask: NDArray[np.bool_] | None
    try:
        _, mask = imagecodecs.lerc_decode(blob, masks=True, out=target if samples > 1 else target[:, :, 0])
    except ValueError:
        if samples == 1:
            raise
        # Where some samples of a pixel are NaN and others are not, libtiff stores band by band, each with its mask.
        bands, mask = imagecodecs.lerc_decode(blob, masks=True)
        target[:] = np.moveaxis(bands, 0, 2)
        return mask if mask is None or mask.ndim == 2 else np.moveaxis(mask, 0, 2)
    return mask


def _exclude(target: NDArray[Any], mask: NDArray[np.bool_]) -> None:
    if target.dtype.kind != "f":
        return  # integers have no way to say it; the file's nodata or mask must
    if mask.ndim == target.ndim:
        target[~mask.astype(np.bool_)] = np.nan
    else:
        target[~mask.astype(np.bool_), :] = np.nan


def _decode_with_alpha(blob: bytes, target: NDArray[Any]) -> int:
    """Where alpha is only 0 or 255 libtiff leaves it out and stores it as LERC's mask."""
    height, width, samples = target.shape
    try:
        _, mask = imagecodecs.lerc_decode(blob, masks=True, out=target)
    except ValueError:
        colours = np.empty((height, width, samples - 1) if samples > 2 else (height, width), target.dtype)
        _, mask = imagecodecs.lerc_decode(blob, masks=True, out=colours)
        target[:, :, :-1] = colours.reshape(height, width, samples - 1)
        opaque = np.iinfo(target.dtype).max if target.dtype.kind in "iu" else 1
        target[:, :, -1] = opaque if mask is None else np.where(mask.reshape(height, width, -1)[:, :, 0], opaque, 0)
    else:
        if mask is not None:
            _exclude(target, mask)
    return target.nbytes


CODEC = Lerc()
