"""The paper of a legend: its measures, letters that the bundled font has, and framed boxes."""

import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

from bandstand.model.style import Rgba
from bandstand.render.key import Key

_TITLE_SIZE, _TEXT_SIZE = 14, 12
_TITLE_ROOM, _TEXT_ROOM = 20, 16
INK: Rgba = (33, 37, 41, 255)
PALE_INK: Rgba = (73, 80, 87, 255)
FRAME: Rgba = (120, 126, 132, 255)
_RIM_OPACITY = 210
PAPER: Rgba = (255, 255, 255, 255)
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


@dataclass(frozen=True, slots=True)
class Measures:
    """How large things are, in pixels."""

    scale: float = 1.0
    """Of everything."""
    letters: float = 1.0
    """Of letters, beside that."""

    def px(self, length: float) -> int:
        """A length of the plain legend."""
        return max(1, round(length * self.scale))

    @property
    def title_points(self) -> int:
        """Size of the title's letters."""
        return self.px(_TITLE_SIZE * self.letters)

    @property
    def text_points(self) -> int:
        """Size of all other letters."""
        return self.px(_TEXT_SIZE * self.letters)

    @property
    def title_room(self) -> int:
        """Height of the title with the space below it."""
        return self.px(_TITLE_ROOM * self.letters)

    @property
    def text_room(self) -> int:
        """Height of a line."""
        return self.px(_TEXT_ROOM * self.letters)

    @property
    def margin(self) -> int:
        """Around everything."""
        return self.px(10)

    @property
    def gap(self) -> int:
        """Between things."""
        return self.px(6)

    @property
    def tick(self) -> int:
        """Length of a tick."""
        return self.px(4)

    def width(self, text: str) -> int:
        """Of a line of text."""
        return width_of(text, self.text_points)


class Sheet:
    """A canvas with a pen."""

    def __init__(self, extent: tuple[int, int], measures: Measures, *, ground: Rgba) -> None:
        """Lay out an empty one."""
        self.canvas = Pillow.new("RGBA", extent, ground)
        self.pen = ImageDraw.Draw(self.canvas)
        self.measures = measures
        self._rim = measures.px(2) if ground != PAPER else 0
        self._rim_ink: Rgba = (255, 255, 255, 255 if ground[3] == 255 else _RIM_OPACITY)

    def write(
        self, at: tuple[float, float], text: str, *, ink: Rgba, anchor: Anchor = "la", points: int | None = None
    ) -> None:
        """Write one line."""
        font = _font(points or self.measures.text_points)
        self.pen.text(at, text, fill=ink, font=font, anchor=anchor, stroke_width=self._rim, stroke_fill=self._rim_ink)

    def title(self, text: str) -> None:
        """Write the title, cut to the width of the sheet."""
        margin, points = self.measures.margin, self.measures.title_points
        room = self.canvas.width - 2 * margin
        shown = plain(text)
        while width_of(shown, points) > room and len(shown) > 4:
            shown = shown.removesuffix("...")[:-1].rstrip() + "..."
        self.write((margin, margin - self.measures.px(2)), shown, points=points, ink=INK)

    def box(self, left: int, top: int, width: int, height: int, colour: Rgba) -> None:
        """Fill a framed box; what shines through lies on a chequerboard."""
        around = (left, top, left + width - 1, top + height - 1)
        if colour[3] == 255:
            self.pen.rectangle(around, fill=colour, outline=FRAME)
            return
        self.pen.rectangle(around, fill=(255, 255, 255, 255))
        for x in range(0, width, 6):
            for y in range(6 * (x // 6 % 2), height, 12):
                right, bottom = min(x + 5, width - 1), min(y + 5, height - 1)
                self.pen.rectangle((left + x, top + y, left + right, top + bottom), fill=(216, 220, 224, 255))
        self.canvas.alpha_composite(Pillow.new("RGBA", (width, height), colour), (left, top))
        self.pen.rectangle(around, outline=FRAME)


def plain(text: str) -> str:
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


def width_of(text: str, points: int) -> int:
    """Width in pixels of a line of text."""
    return int(_font(points).getlength(text) + 0.999)


@lru_cache(maxsize=32)
def _font(points: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """The font that comes with Pillow."""
    return ImageFont.load_default(points)
