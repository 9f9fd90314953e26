"""The legend of a style: what its key says, spelled as JSON or handed to the draughtsman."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from bandstand.model.field import Field
from bandstand.model.raster import Image
from bandstand.model.style import Rgba, Style
from bandstand.render.draw import draw, size
from bandstand.render.key import Bar, Key, Swatches, spell
from bandstand.render.paint import painter
from bandstand.render.ramps import sample
from bandstand.render.sheet import PAPER, Drawing, Measures
from bandstand.render.ticks import labels, ticks

_ENTRIES = 11


def legend(
    style: Style,
    fields: tuple[Field, ...],
    *,
    width: int | None = None,
    height: int | None = None,
    title: str = "",
    ground: Rgba = PAPER,
    scale: float = 1.0,
    letters: float = 1.0,
) -> Image:
    """Draw the legend of a style as it paints these fields; it reads no imagery.

    Args:
        style: The style as requested: range, ramp and classes are its own.
        fields: What is painted, one a channel, in order.
        width: Of a lying bar, or of one swatch, in pixels; None for a good size. Bounded to 2048.
        height: Likewise; above 40 both are those of the legend as a whole, which is larger where its words need it. A
            ramp is upright where it is higher than wide.
        title: Stands on top; empty takes the style's title.
        ground: Lies below everything; on all but white letters get a pale rim and stay readable.
        scale: Everything is so many times larger, up to a picture of 16 million pixels.
        letters: Letters are so many times larger yet.

    Returns:
        (y, x, 4) RGBA; `legend_size` when neither width nor height is given.
    """
    key = painter(style.kind).key(style, fields)
    measures = Measures(scale, letters)
    return draw(_drawing(style, key, title), measures, width=width, height=height, ground=ground)


def column(images: Sequence[Image]) -> Image:
    """Legends below one another, on the ground of the first: (y, x, 4) RGBA."""
    if len(images) == 1:
        return images[0]
    parts = [image.rgba() for image in images]
    whole = np.empty((sum(len(part) for part in parts), max(part.shape[1] for part in parts), 4), np.uint8)
    whole[:] = parts[0][0, 0]
    top = 0
    for part in parts:
        whole[top : top + len(part), : part.shape[1]] = part
        top += len(part)
    return Image(whole)


def legend_size(style: Style, fields: tuple[Field, ...]) -> tuple[int, int]:
    """Width and height in pixels of the legend that is drawn when no size is asked for."""
    return size(_drawing(style, painter(style.kind).key(style, fields), ""), Measures())


def legend_json(style: Style, fields: tuple[Field, ...], *, layer: str = "", title: str = "") -> dict[str, Any]:
    """The legend for programs, in the shape that GeoServer made common.

    Args:
        style: As for `legend`.
        fields: As for `legend`.
        layer: Goes into `layerName`.
        title: As for `legend`.
    """
    key = painter(style.kind).key(style, fields)
    if isinstance(key, Bar):
        name, colormap = key.name, _bar_json(style, key)
    else:
        name = fields[0].name if fields and key.kind != "rgb" else style.name
        colormap = _swatches_json(key)
    rule = {"name": name, "symbolizers": [{"Raster": {"colormap": colormap, "opacity": "1.0"}}]}
    return {"Legend": [{"layerName": layer, "title": _title(style, title), "rules": [rule]}]}


def _drawing(style: Style, key: Key, title: str) -> Drawing:
    hints = dict(style.options)
    wanted = tuple(float(tick) for tick in hints.get("legend.ticks", "").split(",") if tick)
    decimals = hints.get("legend.decimals")
    return Drawing(_title(style, title), key, wanted, int(decimals) if decimals else None)


def _title(style: Style, title: str) -> str:
    return title or style.title or style.name


def _bar_json(style: Style, key: Bar) -> dict[str, Any]:
    drawing = _drawing(style, key, "")
    stops = key.colormap.stops
    if len(stops) > _ENTRIES:
        places = [i / (_ENTRIES - 1) for i in range(_ENTRIES)]
        colours = sample(key.colormap, _ENTRIES).tolist()
        stops = tuple((place, (c[0], c[1], c[2], c[3])) for place, c in zip(places, colours, strict=True))
    values = [key.low + place * (key.high - key.low) for place, _ in stops]
    entries = [
        _entry(spell(value), colour, text)
        for value, (_, colour), text in zip(values, stops, labels(values), strict=True)
    ]
    numbers = ticks(key.low, key.high, drawing.wanted)
    marks = [
        {"quantity": spell(number), "label": text}
        for number, text in zip(numbers, labels(numbers, drawing.decimals), strict=True)
    ]
    extended = {"below": key.below == "extend", "above": key.above == "extend"}
    return {"type": "ramp", "unit": key.unit, "extended": extended, "entries": entries, "ticks": marks}


def _swatches_json(key: Swatches) -> dict[str, Any]:
    entries = [_entry(entry.quantity, entry.colour, entry.label) for entry in key.entries]
    return {"type": key.kind, "entries": entries}


def _entry(quantity: str, colour: Rgba, text: str) -> dict[str, str]:
    found = {"quantity": quantity, "color": f"#{colour[0]:02X}{colour[1]:02X}{colour[2]:02X}", "label": text}
    if colour[3] < 255:
        found["opacity"] = spell(colour[3] / 255, 3)
    return found
