"""Where the blocks of one level stand, and which of them a window needs."""

from typing import NamedTuple

from bandstand.read.blocks import Decoder, Plane
from bandstand.read.header import BlockTable


class Sheet:
    """One level of the image or of its mask: where its blocks stand, and how they decode."""

    __slots__ = (
        "absent",
        "across",
        "block_bytes",
        "block_height",
        "block_width",
        "counts",
        "decoder",
        "first",
        "offsets",
        "per_plane",
        "table",
    )

    def __init__(self, table: BlockTable, decoder: Decoder, first: int, absent: Plane) -> None:
        """Take the table apart; `first` is the number of its first block within the file, for keys of caches."""
        self.table = table
        self.decoder = decoder
        self.first = first
        self.absent = absent
        self.across = table.across
        self.block_width = table.form.width
        self.block_height = table.form.height
        form = table.form
        # A byte a sample for the mask.
        self.block_bytes = form.nbytes + form.width * form.height * form.samples
        self.per_plane = table.across * table.down
        # A memoryview gives plain integers, faster than numpy does and without holding each as an object.
        self.offsets = table.offsets.data
        self.counts = table.counts.data

    def inside(self, number: int) -> tuple[int, int]:
        """Rows and columns of a block that belong to the image."""
        down, across = divmod(number % self.per_plane, self.across)
        return (
            min(self.block_height, self.table.height - down * self.block_height),
            min(self.block_width, self.table.width - across * self.block_width),
        )


class Want(NamedTuple):
    """One block that a window needs, and which of its planes."""

    sheet: Sheet
    number: int
    plane: int
    is_alpha: bool


class Box(NamedTuple):
    """A window in pixels of its level."""

    col: int
    row: int
    width: int
    height: int


def cover(sheet: Sheet, box: Box, plane: int, sample: int, *, is_alpha: bool) -> list[Want]:
    """The blocks under a window, row by row."""
    left, right = box.col // sheet.block_width, (box.col + box.width - 1) // sheet.block_width
    top, bottom = box.row // sheet.block_height, (box.row + box.height - 1) // sheet.block_height
    start = plane * sheet.per_plane
    return [
        Want(sheet, start + down * sheet.across + across, sample, is_alpha)
        for down in range(top, bottom + 1)
        for across in range(left, right + 1)
    ]


def within(sheet: Sheet, box: Box) -> tuple[slice, slice]:
    """Where a window that one block holds lies in it."""
    row, col = box.row % sheet.block_height, box.col % sheet.block_width
    return slice(row, row + box.height), slice(col, col + box.width)


def pieces(sheet: Sheet, box: Box) -> list[tuple[tuple[slice, slice], tuple[slice, slice]]]:
    """Where the part of each block goes in the window, and where it stands in the block; as `_cover` counts."""
    rows = _spans(box.row, box.height, sheet.block_height)
    cols = _spans(box.col, box.width, sheet.block_width)
    return [((down[0], across[0]), (down[1], across[1])) for down in rows for across in cols]


def _spans(start: int, length: int, block: int) -> list[tuple[slice, slice]]:
    spans = []
    stop = start + length
    place = start
    while place < stop:
        end = min(stop, (place // block + 1) * block)
        base = place // block * block
        spans.append((slice(place - start, end - start), slice(place - base, end - base)))
        place = end
    return spans
