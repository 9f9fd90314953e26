"""The bar of a ramp with its scale: lying below its title, or upright where a legend is to be higher than wide."""

from dataclasses import dataclass

import numpy as np
from PIL import Image as Pillow

from bandstand.model.style import Edge, Rgba
from bandstand.render.key import Bar
from bandstand.render.ramps import sample
from bandstand.render.sheet import FRAME, PALE_INK, Drawing, Measures, Sheet, plain
from bandstand.render.ticks import labels, ticks

_BAR = (260, 16)
_UPRIGHT_WIDTH = 130
_BOX = (22, 14)
_TIP, _THICK = 10, 28
WHOLE = 40
"""A height above this is that of the legend as a whole: no bar is so thick."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the parts of a bar lie, in pixels."""

    extent: tuple[int, int]
    """Width and height of the sheet."""
    left: int
    top: int
    width: int
    height: int
    tip: int
    """Length of the points at both ends."""
    upright: bool

    @property
    def length(self) -> int:
        """Along which numbers rise: to the right, or upwards."""
        return self.height if self.upright else self.width


def layout(drawing: Drawing, key: Bar, measures: Measures, width: int | None, height: int | None) -> Layout:
    """Place a bar of a given size, or in a legend of a given size where the height is no bar's."""
    if height is not None and height > WHOLE and height > (width or _UPRIGHT_WIDTH):
        return _upright(drawing, key, measures, width or _UPRIGHT_WIDTH, height)
    m = measures
    around = 2 * m.margin + m.title_room + m.tick + m.text_room + _nodata_room(key, m)
    # A bar without letters below it, or the two ends of its scale side by side.
    words = [m.width(text) for _, text in _scale(drawing, key)]
    least = words[0] + words[-1] + m.px(12)
    if height is not None and height > WHOLE:
        thick = max(m.px(height) - around, m.px(6))
        tip = min(thick // 2, m.px(_TIP))
        across = max(m.px(width or _BAR[0]), least)
        long = across - 2 * m.margin - 2 * tip
    else:
        thick = max(m.px(_BAR[1] if height is None else height), m.px(6))
        tip = min(thick // 2, m.px(_TIP))
        long = max(m.px(_BAR[0] if width is None else max(width, 60)), least - 2 * m.margin - 2 * tip)
        across = long + 2 * m.margin + 2 * tip
    return Layout((across, around + thick), m.margin + tip, m.margin + m.title_room, long, thick, tip, upright=False)


def _upright(drawing: Drawing, key: Bar, m: Measures, width: int, height: int) -> Layout:
    words = max(m.width(text) for _, text in _scale(drawing, key))
    beside = 2 * m.margin + m.tick + m.px(4) + words
    across = max(m.px(width), beside + m.px(10))
    thick = min(across - beside, max(m.px(_THICK), across // 4))
    tip = min(thick // 2, m.px(_TIP))
    ends = m.title_room + 2 * m.margin + 2 * tip + _nodata_room(key, m)
    down = max(m.px(height), ends + 2 * m.text_room)
    return Layout((across, down), m.margin, m.margin + m.title_room + tip, thick, down - ends, tip, upright=True)


def _nodata_room(key: Bar, m: Measures) -> int:
    return m.text_room + m.gap if key.nodata[3] else 0


def _scale(drawing: Drawing, key: Bar) -> list[tuple[float, str]]:
    """Numbers and how they are written, the unit behind the last."""
    numbers = ticks(key.low, key.high, drawing.wanted)
    texts = labels(numbers, drawing.decimals)
    texts[-1] += f" {plain(key.unit)}" if key.unit else ""
    return list(zip(numbers, texts, strict=True))


def draw_bar(sheet: Sheet, drawing: Drawing, key: Bar, place: Layout) -> None:
    """Draw the ramp, its points, its scale and the colour of what has no value."""
    left, top, width, height = place.left, place.top, place.width, place.height
    if any(colour[3] < 255 for _, colour in key.colormap.stops):
        sheet.box(left, top, width, height, (0, 0, 0, 0))
    ramp = sample(key.colormap, place.length)
    strip = ramp[::-1, np.newaxis] if place.upright else ramp[np.newaxis]
    whole = np.ascontiguousarray(np.broadcast_to(strip, (height, width, 4)))
    sheet.canvas.alpha_composite(Pillow.fromarray(whole), (left, top))
    _draw_outline(sheet, key, place)
    _draw_scale(sheet, _scale(drawing, key), key, place)
    if key.nodata[3]:
        m = sheet.measures
        row = place.extent[1] - m.margin - m.text_room
        sheet.box(m.margin if place.upright else left, row, m.px(_BOX[0]), m.px(_BOX[1]), key.nodata)
        at = (m.margin if place.upright else left) + m.px(_BOX[0]) + m.gap
        sheet.write((at, row), "no data", ink=PALE_INK)


def _draw_outline(sheet: Sheet, key: Bar, place: Layout) -> None:
    """A frame with a point at each end where the colour goes on."""
    right, bottom = place.left + place.width - 1, place.top + place.height - 1
    corners = ((place.left, place.top), (right, place.top), (right, bottom), (place.left, bottom))
    first, last = sample(key.colormap, 2)
    across, down = place.left + (place.width - 1) / 2, place.top + (place.height - 1) / 2
    # By the corner before it, clockwise: where the point is, and its colour.
    ends: dict[int, tuple[tuple[float, float], Rgba | None]]
    lower, upper = _edge_colour(key.below, first), _edge_colour(key.above, last)
    if place.upright:
        ends = {0: ((across, place.top - place.tip), upper), 2: ((across, bottom + place.tip), lower)}
    else:
        ends = {1: ((right + place.tip, down), upper), 3: ((place.left - place.tip, down), lower)}
    outline: list[tuple[float, float]] = []
    for number, corner in enumerate(corners):
        outline.append(corner)
        point, colour = ends.get(number, (corner, None))
        if colour:
            sheet.pen.polygon([corner, point, corners[(number + 1) % 4]], fill=colour)
            outline.append(point)
    sheet.pen.line([*outline, outline[0]], fill=FRAME, width=1)


def _edge_colour(edge: Edge, end: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> Rgba | None:
    if edge == "transparent":
        return None
    red, green, blue, alpha = (int(c) for c in end) if edge == "extend" else edge
    return red, green, blue, alpha


def _draw_scale(sheet: Sheet, scale: list[tuple[float, str]], key: Bar, place: Layout) -> None:
    """Ticks and their numbers; the ends first, the others where there is room."""
    m = sheet.measures
    taken: list[tuple[float, float]] = []
    for number, words in [scale[0], scale[-1], *scale[1:-1]]:
        share = (number / 2 - key.low / 2) / (key.high / 2 - key.low / 2)
        if place.upright:
            along, half, free = place.top + (1.0 - share) * (place.height - 1), m.text_room / 2, 0
            centre = along
        else:
            along, half, free = place.left + share * (place.width - 1), m.width(words) / 2, m.px(5)
            centre = min(max(along, half + 2), place.extent[0] - half - 2)
        if any(centre - half < end + free and centre + half > start - free for start, end in taken):
            continue
        taken.append((centre - half, centre + half))
        if place.upright:
            edge = place.left + place.width
            sheet.pen.line([(edge, along), (edge + m.tick - 1, along)], fill=FRAME, width=1)
            sheet.write((edge + m.tick + m.px(4), centre), words, ink=PALE_INK, anchor="lm")
        else:
            edge = place.top + place.height
            sheet.pen.line([(along, edge), (along, edge + m.tick - 1)], fill=FRAME, width=1)
            sheet.write((centre, edge + m.tick + 1), words, ink=PALE_INK, anchor="ma")
