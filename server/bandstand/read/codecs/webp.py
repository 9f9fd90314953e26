"""WebP blocks, lossy or lossless."""

from typing import Any

import imagecodecs
from numpy.typing import NDArray

from bandstand.read.base import BlockForm


class WebP:
    """libtiff's number for it is 50001; three samples, or four with alpha."""

    name = "webp"
    compressions = frozenset({50001})
    predicts = False
    native = True

    def decode(self, raw: bytes, form: BlockForm, out: NDArray[Any]) -> int:
        """Decode into `out`; a block stored without alpha is opaque."""
        target = out.view(form.dtype).reshape(form.height, form.width, form.samples)
        imagecodecs.webp_decode(raw, hasalpha=form.samples == 4, out=target)
        return target.nbytes


CODEC = WebP()
