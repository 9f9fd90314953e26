"""Draws legends: a bar with its scale, or boxes with their words."""

from dataclasses import dataclass, replace

import numpy as np

from bandstand.model.raster import Image
from bandstand.model.style import Rgba
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
    return _boxes(drawing.key, measures, width, height).extent


def draw(drawing: Drawing, measures: Measures, *, width: int | None, height: int | None, ground: Rgba) -> Image:
    """Draw a legend whose bar, or each of whose boxes, has the given size; see `legend`."""
    key = drawing.key
    width, height = (None if side is None else min(side, _LARGEST) for side in (width, height))
    across, down = size(drawing, measures, width, height)
    if across * down > _MOST_PX:
        measures = replace(measures, scale=measures.scale * (_MOST_PX / (across * down)) ** 0.5)
    sheet = Sheet(size(drawing, measures, width, height), measures, ground=ground)
    sheet.title(drawing.title)
    if isinstance(key, Bar):
        bars.draw_bar(sheet, drawing, key, bars.layout(drawing, key, measures, width, height))
    else:
        _draw_boxes(sheet, key, _boxes(key, measures, width, height))
    return Image(np.array(sheet.canvas), opaque=ground[3] == 255)


@dataclass(frozen=True, slots=True)
class _Boxes:
    """Where boxes with words lie, in pixels."""

    extent: tuple[int, int]
    """Width and height of the sheet."""
    box: tuple[int, int]
    rows: int
    """Of each column but the last."""
    columns: tuple[int, ...]
    """Width of the words in each."""
    step: int
    """From one row to the next."""


def _boxes(key: Swatches, m: Measures, width: int | None, height: int | None) -> _Boxes:
    """Place boxes of a given size, or in a legend of a given size where the height is no box's."""
    whole = height is not None and height > bars.WHOLE
    asked = (None, None) if whole else (width, height)
    sides = (default if side is None else max(side, 8) for side, default in zip(asked, _BOX, strict=True))
    across, down = map(m.px, sides)
    step = max(down, m.text_room) + m.gap
    around = 2 * m.margin + m.title_room - m.gap
    room = max((m.px(height) - around) // step, 1) if height is not None and whole else _ROWS
    rows, columns = _columns(key, m, room)
    long = sum(across + m.gap + words for words in columns) + 2 * m.margin * len(columns)
    high = around + (rows * step if rows else m.gap)
    if height is not None and whole:
        extent = max(long, m.px(width or _NARROWEST)), max(high, m.px(height))
    else:
        extent = max(long, m.px(_NARROWEST)), high
    return _Boxes(extent, (across, down), rows, columns, step)


def _columns(key: Swatches, m: Measures, most: int) -> tuple[int, tuple[int, ...]]:
    """Rows of a column, and the width of the words in each."""
    count = -(-len(key.entries) // most)
    rows = -(-len(key.entries) // count) if count else 0
    parts = (key.entries[c * rows : (c + 1) * rows] for c in range(count))
    return rows, tuple(max(m.width(_shown(entry.label)) for entry in part) for part in parts if part)


def _draw_boxes(sheet: Sheet, key: Swatches, place: _Boxes) -> None:
    m = sheet.measures
    width, height = place.box
    left = m.margin
    for c, words in enumerate(place.columns):
        for r, entry in enumerate(key.entries[c * place.rows : (c + 1) * place.rows]):
            top = m.margin + m.title_room + r * place.step
            sheet.box(left, top + (place.step - m.gap - height) // 2, width, height, entry.colour)
            middle = top + (place.step - m.gap) / 2
            sheet.write((left + width + m.gap, middle), _shown(entry.label), ink=INK, anchor="lm")
        left += width + m.gap + words + 2 * m.margin


def _shown(text: str) -> str:
    """A label that fits."""
    shown = plain(text)
    return shown if len(shown) <= _LONGEST else shown[: _LONGEST - 3] + "..."
