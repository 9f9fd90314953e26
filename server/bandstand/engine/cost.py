"""What a plan will read, told from the block indices in the catalogue: no file is opened for it."""

import math

import numpy as np

from bandstand.errors import SourceUnavailable
from bandstand.model.grid import Grid
from bandstand.model.item import Asset
from bandstand.read.library import Library
from bandstand.warp.footprint import choose_level, level_grid, level_scale


def read_bytes(asset: Asset, grid: Grid, library: Library) -> tuple[int, int]:
    """Decoded bytes that one band of one scene may give to a grid, at most, and what decoding them holds at a time.

    Every pixel of the grid takes as many samples of the chosen level as it covers; a file without overviews gives
    many to each, and never more than the level has.
    """
    try:
        source = library.open(asset.href, version=asset.version, index=asset.index, nodata=asset.field.nodata)
    except SourceUnavailable:
        # It will be told, or left out, when it is read.
        return 0, 0
    sizes = tuple((level.width, level.height) for level in source.levels)
    level = choose_level(asset.grid, sizes, grid)
    width, height = sizes[level]
    scale = max(1.0, level_scale(level_grid(asset.grid, sizes[level]), grid))
    samples = min(grid.width * grid.height * scale * scale, width * height)
    across, down = min(width, math.ceil(grid.width * scale)), min(height, math.ceil(grid.height * scale))
    return int(samples) * np.dtype(source.dtype).itemsize, source.held_bytes(level, across, down)
