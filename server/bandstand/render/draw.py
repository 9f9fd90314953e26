"""Draws legends: a bar with its scale, or boxes with their words."""

import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

from bandstand.model.raster import Image
from bandstand.model.style import Edge, Rgba
from bandstand.render.key import Bar, Key, Swatches
from bandstand.render.ramps import sample
from bandstand.render.ticks import label, ticks

_MARGIN, _GAP = 10, 6
_TITLE_SIZE, _TEXT_SIZE = 14, 12
_TITLE_ROOM, _TEXT_ROOM = 20, 16
_BAR, _BOX = (260, 16), (22, 14)
_TICK = 4
_LONGEST = 40
_LARGEST = 2048
_ROWS = 20
"""Classes in a column before the next one begins."""
_INK, _PALE_INK, _FRAME, _RIM = (33, 37, 41, 255), (73, 80, 87, 255), (120, 126, 132, 255), (255, 255, 255, 210)
_PAPER: Rgba = (255, 255, 255, 255)
_PLAIN = {
    "\u2013": "-",  # dashes and the minus sign
    "\u2014": "-",
    "\u2212": "-",
    "\u2264": "<=",
    "\u2265": ">=",
    "\u00b5": "u",  # micro, twice
    "\u03bc": "u",
    "\u00d7": "x",
    "\u2026": "...",
}
"""What the bundled font cannot draw."""

Anchor = Literal["la", "ma", "ra", "lm"]


@dataclass(frozen=True, slots=True)
class Drawing:
    """Everything a legend shows."""

    title: str
    key: Key
    wanted: tuple[float, ...]
    """Numbers the style wants beside its bar."""
    decimals: int | None


def size(drawing: Drawing) -> tuple[int, int]:
    """Width and height of the whole legend at its own size."""
    if isinstance(drawing.key, Bar):
        return _bar_size(drawing.key, *_BAR)
    return _boxes_size(drawing.key, *_BOX)


def draw(drawing: Drawing, *, width: int | None, height: int | None, transparent: bool) -> Image:
    """Draw a legend whose bar, or each of whose boxes, has the given size."""
    key = drawing.key
    if isinstance(key, Bar):
        bar = _bounded(width, 60, _BAR[0]), _bounded(height, 6, _BAR[1])
        sheet = _Sheet(_bar_size(key, *bar), transparent=transparent)
        sheet.title(drawing.title)
        _draw_bar(sheet, drawing, key, bar)
    else:
        box = _bounded(width, 8, _BOX[0]), _bounded(height, 8, _BOX[1])
        sheet = _Sheet(_boxes_size(key, *box), transparent=transparent)
        sheet.title(drawing.title)
        _draw_boxes(sheet, key, box)
    return Image(np.array(sheet.canvas), opaque=not transparent)


def _bounded(asked: int | None, low: int, default: int) -> int:
    return default if asked is None else min(max(asked, low), _LARGEST)


def _bar_size(key: Bar, width: int, height: int) -> tuple[int, int]:
    nodata = _TEXT_ROOM + _GAP if key.nodata[3] else 0
    return width + 2 * _MARGIN + 2 * height // 2, 2 * _MARGIN + _TITLE_ROOM + height + _TICK + _TEXT_ROOM + nodata


def _boxes_size(key: Swatches, width: int, height: int) -> tuple[int, int]:
    columns = _columns(key)
    across = sum(width + _GAP + words for words in columns) + 2 * _MARGIN * len(columns)
    rows = min(len(key.entries), -(-len(key.entries) // max(1, len(columns))))
    down = 2 * _MARGIN + _TITLE_ROOM + rows * (max(height, _TEXT_ROOM) + _GAP) - (_GAP if rows else 0)
    return max(across, 240), down


def _columns(key: Swatches) -> list[int]:
    """The width of the words in each column."""
    count = -(-len(key.entries) // _ROWS)
    rows = -(-len(key.entries) // count) if count else 0
    return [
        max(_width(_shown(entry.label), _TEXT_SIZE) for entry in key.entries[c * rows : (c + 1) * rows])
        for c in range(count)
    ]


class _Sheet:
    """A canvas with a pen."""

    def __init__(self, extent: tuple[int, int], *, transparent: bool) -> None:
        self.canvas = Pillow.new("RGBA", extent, (0, 0, 0, 0) if transparent else _PAPER)
        self.pen = ImageDraw.Draw(self.canvas)
        self._rim = 2 if transparent else 0

    def write(self, at: tuple[float, float], text: str, *, points: int, ink: Rgba, anchor: Anchor = "la") -> None:
        """Write one line."""
        self.pen.text(at, text, fill=ink, font=_font(points), anchor=anchor, stroke_width=self._rim, stroke_fill=_RIM)

    def title(self, text: str) -> None:
        """Write the title, cut to the width of the sheet."""
        room = self.canvas.width - 2 * _MARGIN
        shown = _plain(text)
        while _width(shown, _TITLE_SIZE) > room and len(shown) > 4:
            shown = shown.removesuffix("...")[:-1].rstrip() + "..."
        self.write((_MARGIN, _MARGIN - 2), shown, points=_TITLE_SIZE, ink=_INK)

    def box(self, left: int, top: int, width: int, height: int, colour: Rgba) -> None:
        """Fill a framed box; what shines through lies on a chequerboard."""
        if colour[3] < 255:
            self.pen.rectangle((left, top, left + width - 1, top + height - 1), fill=(255, 255, 255, 255))
            for x in range(0, width, 6):
                for y in range(6 * (x // 6 % 2), height, 12):
                    right, bottom = min(x + 5, width - 1), min(y + 5, height - 1)
                    self.pen.rectangle((left + x, top + y, left + right, top + bottom), fill=(216, 220, 224, 255))
            patch = Pillow.new("RGBA", (width, height), colour)
            self.canvas.alpha_composite(patch, (left, top))
            self.pen.rectangle((left, top, left + width - 1, top + height - 1), outline=_FRAME)
        else:
            self.pen.rectangle((left, top, left + width - 1, top + height - 1), fill=colour, outline=_FRAME)


def _draw_bar(sheet: _Sheet, drawing: Drawing, key: Bar, bar: tuple[int, int]) -> None:
    width, height = bar
    tip = height // 2
    left, top = _MARGIN + tip, _MARGIN + _TITLE_ROOM
    if any(colour[3] < 255 for _, colour in key.colormap.stops):
        sheet.box(left, top, width, height, (0, 0, 0, 0))
    strip = np.broadcast_to(sample(key.colormap, width), (height, width, 4))
    sheet.canvas.alpha_composite(Pillow.fromarray(np.ascontiguousarray(strip)), (left, top))
    first, last = sample(key.colormap, 2)
    outline: list[tuple[float, float]] = [(left, top), (left + width - 1, top)]
    middle = top + (height - 1) / 2
    lower = _edge_colour(key.below, first)
    upper = _edge_colour(key.above, last)
    # A pointed end says that the colour goes on.
    right, bottom = left + width - 1, top + height - 1
    if upper:
        sheet.pen.polygon([(right, top), (right + tip, middle), (right, bottom)], fill=upper)
        outline.append((right + tip, middle))
    outline += [(right, bottom), (left, bottom)]
    if lower:
        sheet.pen.polygon([(left, top), (left - tip, middle), (left, bottom)], fill=lower)
        outline.append((left - tip, middle))
    sheet.pen.line([*outline, outline[0]], fill=_FRAME, width=1)
    _draw_scale(sheet, drawing, key, (left, bottom + 1, width))
    if key.nodata[3]:
        row = bottom + _TICK + _TEXT_ROOM + _GAP
        sheet.box(left, row, _BOX[0], _BOX[1], key.nodata)
        sheet.write((left + _BOX[0] + _GAP, row), "no data", points=_TEXT_SIZE, ink=_PALE_INK)


def _edge_colour(edge: Edge, end: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> Rgba | None:
    if edge == "transparent":
        return None
    red, green, blue, alpha = (int(c) for c in end) if edge == "extend" else edge
    return red, green, blue, alpha


def _draw_scale(sheet: _Sheet, drawing: Drawing, key: Bar, place: tuple[int, int, int]) -> None:
    """Ticks and their numbers; the ends first, the others where there is room, the unit after the last."""
    left, top, width = place
    numbers = ticks(key.low, key.high, drawing.wanted)
    taken: list[tuple[float, float]] = []
    for number in [numbers[0], numbers[-1], *numbers[1:-1]]:
        x = left + (number - key.low) / (key.high - key.low) * (width - 1)
        words = label(number, drawing.decimals)
        if number == numbers[-1] and key.unit:
            words = f"{words} {_plain(key.unit)}"
        half = _width(words, _TEXT_SIZE) / 2
        centre = min(max(x, half + 2), sheet.canvas.width - half - 2)
        if any(centre - half < b + 5 and centre + half > a - 5 for a, b in taken):
            continue
        taken.append((centre - half, centre + half))
        sheet.pen.line([(x, top), (x, top + _TICK - 1)], fill=_FRAME, width=1)
        sheet.write((centre, top + _TICK + 1), words, points=_TEXT_SIZE, ink=_PALE_INK, anchor="ma")


def _draw_boxes(sheet: _Sheet, key: Swatches, box: tuple[int, int]) -> None:
    width, height = box
    columns = _columns(key)
    rows = -(-len(key.entries) // max(1, len(columns)))
    step = max(height, _TEXT_ROOM) + _GAP
    left = _MARGIN
    for c, words in enumerate(columns):
        for r, entry in enumerate(key.entries[c * rows : (c + 1) * rows]):
            top = _MARGIN + _TITLE_ROOM + r * step
            sheet.box(left, top + (step - _GAP - height) // 2, width, height, entry.colour)
            middle = top + (step - _GAP) / 2
            shown = _shown(entry.label)
            sheet.write((left + width + _GAP, middle), shown, points=_TEXT_SIZE, ink=_INK, anchor="lm")
        left += width + _GAP + words + 2 * _MARGIN


def _shown(text: str) -> str:
    """A label that fits."""
    plain = _plain(text)
    return plain if len(plain) <= _LONGEST else plain[: _LONGEST - 3] + "..."


def _plain(text: str) -> str:
    """A text in letters that the bundled font has."""
    font = _font(_TEXT_SIZE)
    missing = bytes(font.getmask("\ufffe"))
    shown = "".join(_PLAIN.get(c, c) for c in unicodedata.normalize("NFC", text) if c.isprintable())
    letters = []
    for c in shown:
        if c.isascii() or bytes(font.getmask(c)) != missing:
            letters.append(c)
        else:
            # The letter beneath the accent, or a superscript's digit, where there is one.
            near = unicodedata.normalize("NFKD", c)[:1]
            letters.append(near if near.isascii() else "?")
    return "".join(letters)


def _width(text: str, points: int) -> int:
    return int(_font(points).getlength(text) + 0.999)


@lru_cache(maxsize=4)
def _font(points: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """The font that comes with Pillow."""
    return ImageFont.load_default(points)
