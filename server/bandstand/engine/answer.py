"""Pixels to a response: paint, stack, encode, and say in headers what was used."""

from collections.abc import Sequence

from bandstand import __version__
from bandstand.encode.base import Parts
from bandstand.encode.registry import find_format
from bandstand.engine.plan import LayerPlan, Plan, SceneRead
from bandstand.engine.run import Account, compute
from bandstand.model.exchange import Response
from bandstand.model.raster import Image
from bandstand.model.time import isoformat
from bandstand.read.library import Library
from bandstand.render.paint import paint
from bandstand.render.stack import stack

PINNED_S = 86_400
"""How long an answer for a named time may be kept, seconds."""
DEFAULT_S = 60
"""How long an answer for the newest time may be kept, seconds."""


def answer_map(plan: Plan, library: Library, account: Account) -> Response:
    """Draw every layer, lay them over one another, encode the picture."""
    output = plan.request.output
    format_ = find_format(output.media_type, "map")
    pictures: list[tuple[Image, float]] = []
    for layer in plan.layers:
        raster = compute(layer, plan.request.grid, library, account)
        if layer.layer.style is None:
            raise TypeError("a map needs a style on every layer")
        pictures.append((paint(raster, layer.layer.style), layer.layer.opacity))
    image = stack(pictures, transparent=output.transparent, background=output.background)
    body = format_.picture(image, output, plan.request.grid)
    return Response(
        media_type=format_.media_type, body=body, headers=_headers(plan, account), etag=_etag(plan, account)
    )


def answer_coverage(plan: Plan, library: Library, account: Account) -> Response:
    """Compute one layer and encode its numbers."""
    (layer,) = plan.layers
    output = plan.request.output
    format_ = find_format(output.media_type, "coverage")
    raster = compute(layer, plan.request.grid, library, account)
    body = format_.data(raster, output, _tags(layer, account))
    name = f"{layer.layer.name}{_dates(account)}_{raster.grid.width}x{raster.grid.height}.{format_.extension}"
    headers = (*_headers(plan, account), ("Content-Disposition", f'attachment; filename="{name}"'))
    whole, length = (body.parts, body.length) if isinstance(body, Parts) else (body, len(body))
    tag = _etag(plan, account)
    return Response(media_type=format_.media_type, body=whole, length=length, headers=headers, etag=tag)


def etag(plan: Plan) -> str:
    """What the answer to a plan will be tagged with, known before it is made."""
    return f"{plan.fingerprint}-{plan.data_version}-{__version__}"


def _etag(plan: Plan, account: Account) -> str:
    # A picture with a hole must not be taken for the whole one.
    return "" if account.skipped else etag(plan)


def cache_control(plan: Plan) -> str:
    """How long the answer may be kept (the newest time changes, a named one does not)."""
    pinned = all(layer.layer.pinned for layer in plan.layers)
    if pinned:
        return f"public, max-age={PINNED_S}, stale-while-revalidate=604800"
    return f"public, max-age={DEFAULT_S}"


def _headers(plan: Plan, account: Account) -> tuple[tuple[str, str], ...]:
    headers = [("Warning", note) for layer in plan.layers for note in layer.layer.notes]
    headers += [
        ("Warning", f'199 - "scene {name} was left out: {_quotable(reason)}"')
        for name, reason in account.skipped.items()
    ]
    headers.append(("Cache-Control", "no-store" if account.skipped else cache_control(plan)))
    headers.append(("X-Source-Items", str(len(account.used))))
    span = _span(list(account.used.values()))
    if span:
        headers.append(("X-Source-Time", span))
    return tuple(headers)


def _quotable(text: str) -> str:
    """Fit for a quoted string of a header: one line of ASCII without quotes."""
    line = " ".join(text.replace('"', "'").split())
    return line.encode("ascii", "replace").decode()


def _span(scenes: Sequence[SceneRead]) -> str:
    moments = sorted(m for scene in scenes for m in (scene.item.time.start, scene.item.time.end) if m is not None)
    if not moments:
        return ""
    first, last = isoformat(moments[0]), isoformat(moments[-1])
    return first if first == last else f"{first}/{last}"


def _dates(account: Account) -> str:
    """The part of a file's name that tells the days of its scenes: `_20230614`, `_20230604-20230614`."""
    days = sorted(
        {scene.item.time.start.strftime("%Y%m%d") for scene in account.used.values() if scene.item.time.start}
    )
    return f"_{'-'.join(dict.fromkeys((days[0], days[-1])))}" if days else ""


def _tags(layer: LayerPlan, account: Account) -> dict[str, str]:
    """What a coverage says of itself, for reproducing it."""
    scenes = list(account.used.values())
    moments = sorted(m for scene in scenes for m in (scene.item.time.start, scene.item.time.end) if m is not None)
    tags = {
        "TIFFTAG_SOFTWARE": f"Bandstand {__version__}",
        "TIFFTAG_IMAGEDESCRIPTION": f"{layer.layer.name}: {layer.layer.program.source}",
        "EXPRESSION": layer.layer.program.source,
        "RESAMPLING": layer.layer.selection.resampling,
        "SOURCE_ITEMS": ",".join(account.used),
    }
    if moments:
        tags["TIFFTAG_DATETIME"] = moments[0].strftime("%Y:%m:%d %H:%M:%S")
        tags["SOURCE_TIME_START"] = isoformat(moments[0])
        tags["SOURCE_TIME_END"] = isoformat(moments[-1])
    return tags
