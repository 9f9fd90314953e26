"""What a plan holds in memory at its peak, told before it runs."""

import numpy as np

from bandstand.encode.base import StripFormat
from bandstand.encode.registry import find_format, is_text
from bandstand.engine.kinds import number_type
from bandstand.engine.merge import strip_rows
from bandstand.engine.plan import LayerPlan, Plan
from bandstand.engine.run import WINDOW_BYTES

_LEAST = 1_000_000
"""Of any answer."""
_TEXT_BYTES = 100
"""Of one number as text, with what it is made of."""
_PIXEL_BYTES = 16
"""Of one pixel of a picture while it is stacked and encoded."""


def peak_bytes(plan: Plan, *, kept: bool = True) -> int:
    """Bytes that carrying out a plan holds at its peak, beside the cache of blocks; an estimate from above.

    Samples of one scene with the blocks they are decoded from; a strip of the mosaic, of the scene that is laid into
    it and of what is computed of them; and, where it is `kept`, the whole answer with its mask and what it is encoded
    to.
    """
    grid = plan.request.grid
    strip = min(grid.height, strip_rows(plan)) * grid.width
    samples = min(2 * plan.cost.read_bytes, WINDOW_BYTES) + plan.cost.block_bytes
    between = max((_between(layer) for layer in plan.layers), default=0)
    if plan.request.combine is not None:
        between *= min(len(plan.layers), 4)
    return _LEAST + samples + strip * between + (answer_bytes(plan) if kept else 0)


def _between(layer: LayerPlan) -> int:
    """Bytes a pixel between the stages: the mosaic twice, what is computed, and its intermediate numbers."""
    stored = max((np.dtype(field.dtype).itemsize for field in layer.fields), default=1)
    nearest = layer.layer.selection.resampling in ("nearest", "mode")
    taken = (stored if nearest else 8) + 1
    return 2 * taken * len(layer.fields) + 9 * (len(layer.layer.program.outputs) + 2)


def answer_bytes(plan: Plan) -> int:
    """Bytes of the whole answer, before and after it is encoded."""
    request = plan.request
    area = request.grid.width * request.grid.height
    if request.output.kind == "map":
        widest = max((len(layer.layer.program.outputs) for layer in plan.layers), default=1)
        return area * (9 * widest + 4 * len(plan.layers) + _PIXEL_BYTES)
    numbers = area * request.outputs
    # Samples are told as numbers, and in no format.
    if not request.output.media_type or is_text(request.output.media_type):
        return numbers * _TEXT_BYTES
    size, floating = _kind(plan)
    if request.output.container or not isinstance(find_format(request.output.media_type, "coverage"), StripFormat):
        # With their mask, and the same once more: what compressed bytes come to.
        return numbers * (2 * size + 1)
    if not floating:
        # With their mask, and where they are compared with the number that stands for nothing.
        return numbers * (size + 3)
    return 0 if is_made_while_sent(plan) else numbers * size


def is_made_while_sent(plan: Plan) -> bool:
    """Whether no more of an answer than a strip lies in memory: its file can be described before it is computed."""
    request, options = plan.request, dict(plan.request.output.options)
    format_ = find_format(request.output.media_type, request.output.kind)
    packed = options.get("compression", "none") != "none" or options.get("tiling", "")
    strips = request.output.kind == "coverage" and not request.axis and not request.output.container
    single = all(layer.is_single for layer in plan.layers)
    return strips and single and not packed and isinstance(format_, StripFormat) and _kind(plan)[1]


def _kind(plan: Plan) -> tuple[int, bool]:
    """Bytes of a number, and whether it is a float."""
    if plan.request.combine is not None:
        # Whatever it comes to is no wider.
        return 8, False
    kinds = [number_type(layer) for layer in plan.layers]
    return max(kind.itemsize for kind in kinds), all(kind.kind == "f" for kind in kinds)
