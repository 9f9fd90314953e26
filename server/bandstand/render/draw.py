"""Draws legends: a bar with its scale, or boxes with their words."""

from dataclasses import replace

import numpy as np

from bandstand.model.raster import Image
from bandstand.render import bars
from bandstand.render.key import Bar, Swatches
from bandstand.render.sheet import INK, Drawing, Measures, Sheet, plain

_BOX = (22, 14)
_NARROWEST = 240
_LONGEST = 40
_LARGEST = 2048
_MOST_PX = 16_000_000
_ROWS = 20
"""Classes in a column before the next one begins."""


def size(drawing: Drawing, measures: Measures, width: int | None = None, height: int | None = None) -> tuple[int, int]:
    """Width and height of the whole legend."""
    if isinstance(drawing.key, Bar):
        return bars.layout(drawing, drawing.key, measures, width, height).extent
    return _boxes_size(drawing.key, measures, *_box(width, height, measures))


def draw(drawing: Drawing, measures: Measures, *, width: int | None, height: int | None, transparent: bool) -> Image:
    """Draw a legend whose bar, or each of whose boxes, has the given size; see `legend`."""
    key = drawing.key
    width, height = (None if side is None else min(side, _LARGEST) for side in (width, height))
    across, down = size(drawing, measures, width, height)
    if across * down > _MOST_PX:
        measures = replace(measures, scale=measures.scale * (_MOST_PX / (across * down)) ** 0.5)
    sheet = Sheet(size(drawing, measures, width, height), measures, transparent=transparent)
    sheet.title(drawing.title)
    if isinstance(key, Bar):
        bars.draw_bar(sheet, drawing, key, bars.layout(drawing, key, measures, width, height))
    else:
        _draw_boxes(sheet, key, _box(width, height, measures))
    return Image(np.array(sheet.canvas), opaque=not transparent)


def _box(width: int | None, height: int | None, measures: Measures) -> tuple[int, int]:
    sides = (default if asked is None else max(asked, 8) for asked, default in zip((width, height), _BOX, strict=True))
    across, down = map(measures.px, sides)
    return across, down


def _boxes_size(key: Swatches, m: Measures, width: int, height: int) -> tuple[int, int]:
    columns = _columns(key, m)
    across = sum(width + m.gap + words for words in columns) + 2 * m.margin * len(columns)
    rows = min(len(key.entries), -(-len(key.entries) // max(1, len(columns))))
    down = 2 * m.margin + m.title_room + rows * (max(height, m.text_room) + m.gap) - (m.gap if rows else 0)
    return max(across, m.px(_NARROWEST)), down


def _columns(key: Swatches, m: Measures) -> list[int]:
    """The width of the words in each column."""
    count = -(-len(key.entries) // _ROWS)
    rows = -(-len(key.entries) // count) if count else 0
    return [max(m.width(_shown(entry.label)) for entry in key.entries[c * rows : (c + 1) * rows]) for c in range(count)]


def _draw_boxes(sheet: Sheet, key: Swatches, box: tuple[int, int]) -> None:
    m = sheet.measures
    width, height = box
    columns = _columns(key, m)
    rows = -(-len(key.entries) // max(1, len(columns)))
    step = max(height, m.text_room) + m.gap
    left = m.margin
    for c, words in enumerate(columns):
        for r, entry in enumerate(key.entries[c * rows : (c + 1) * rows]):
            top = m.margin + m.title_room + r * step
            sheet.box(left, top + (step - m.gap - height) // 2, width, height, entry.colour)
            middle = top + (step - m.gap) / 2
            sheet.write((left + width + m.gap, middle), _shown(entry.label), ink=INK, anchor="lm")
        left += width + m.gap + words + 2 * m.margin


def _shown(text: str) -> str:
    """A label that fits."""
    shown = plain(text)
    return shown if len(shown) <= _LONGEST else shown[: _LONGEST - 3] + "..."
