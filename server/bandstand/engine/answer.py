"""Pixels to a response: paint, stack, encode, and say in headers what was used."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import cast

import numpy as np

from bandstand import __version__
from bandstand.caching.purse import Held, Share
from bandstand.encode.base import CubeFormat, Parts, StripFormat
from bandstand.encode.multipart import related
from bandstand.encode.registry import find_format
from bandstand.engine.kinds import number_type
from bandstand.engine.merge import merged, strips
from bandstand.engine.peak import answer_bytes, is_made_while_sent
from bandstand.engine.plan import LayerPlan, Plan, SceneRead
from bandstand.engine.run import Account, compute, foreseen
from bandstand.errors import InvalidParameter, shorten
from bandstand.model.exchange import Response
from bandstand.model.field import Field
from bandstand.model.fields import disposition, file_name, warning
from bandstand.model.grid import Grid
from bandstand.model.raster import Cube, Image, Raster
from bandstand.model.time import TimeSpan, isoformat
from bandstand.read.library import Library
from bandstand.render.paint import paint
from bandstand.render.plain import plain_image
from bandstand.render.stack import stack

PINNED_S = 86_400
"""How long an answer for a named time may be kept, seconds."""
DEFAULT_S = 60
"""How long an answer for the newest time may be kept, seconds."""
_PART_BYTES = 1_048_576
"""Of an answer that lies ready and is sent piece by piece, since it holds its memory until then."""
_NAMED = 3
"""Scenes that one warning names."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def check_format(plan: Plan) -> None:
    """Refuse what the format cannot give, before anything is read: a single pixel is encoded as asked.

    Raises:
        InvalidParameter: An option cannot be read, or the grid is none for the format; the locator is its name.
    """
    request = plan.request
    output, skewed = request.output, request.grid.transform.b or request.grid.transform.d
    if request.axis == "time" and output.container:
        raise InvalidParameter(
            f"{output.container} describes one date; leave MEDIATYPE out, or ask a single date.", locator="MEDIATYPE"
        )
    if not output.options and not skewed:
        return
    format_ = find_format(output.media_type, output.kind)
    if output.kind == "map":
        format_.picture(Image(np.zeros((1, 1, 4), np.uint8)), output, None)
        return
    layer = plan.layers[0]
    kind = np.dtype(np.float32) if request.combine is not None else number_type(layer)
    fields = tuple(Field(name=f"v{number}", dtype=kind.name) for number in range(request.outputs))
    valid = np.ones((1, 1, 1), np.bool_)
    format_.data(Raster(np.zeros((len(fields), 1, 1), kind), valid, fields, request.grid.crop(0, 0, 1, 1)), output, {})


def give(plan: Plan, library: Library, account: Account, share: Share) -> Response:
    """Carry out a plan; the share is given back when the answer has gone, or nobody wants it any more.

    Raises:
        SourceUnavailable: A scene cannot be read and the account is not tolerant.
        DeadlineExceeded: It took longer than its limit.
    """
    try:
        if plan.request.output.kind == "map":
            found = answer_map(plan, library, account)
        elif plan.request.axis == "time":
            found = answer_series(plan, library, account)
        else:
            found = answer_coverage(plan, library, account)
    except BaseException:
        share.close()
        raise
    body = found.body
    if isinstance(body, bytes) and len(body) <= _PART_BYTES:
        share.close()
        return found
    if not is_made_while_sent(plan):
        share.keep(len(body) if isinstance(body, bytes) else answer_bytes(plan))
    length = len(body) if isinstance(body, bytes) else found.length
    return replace(found, body=Held(_cut(body) if isinstance(body, bytes) else body, share), length=length)


def _cut(body: bytes) -> Iterator[bytes]:
    for start in range(0, len(body), _PART_BYTES):
        yield body[start : start + _PART_BYTES]


def answer_map(plan: Plan, library: Library, account: Account) -> Response:
    """Draw every layer, lay them over one another, encode the picture."""
    output = plan.request.output
    format_ = find_format(output.media_type, "map")
    pictures: list[tuple[Image, float]] = []
    if all(layer.layer.style is None for layer in plan.layers):
        # Data as a picture: one coverage, or what is computed of several.
        pictures.append((plain_image(merged(plan, library, account)), 1.0))
    else:
        pictures += [_painted(layer, plan, library, account) for layer in plan.layers]
    image = stack(pictures, transparent=output.transparent, background=output.background)
    body = format_.picture(image, output, plan.request.grid)
    return Response(
        media_type=format_.media_type, body=body, headers=_headers(plan, account), etag=_etag(plan, account)
    )


def _painted(layer: LayerPlan, plan: Plan, library: Library, account: Account) -> tuple[Image, float]:
    if layer.layer.style is None:
        raise TypeError("a stack of layers needs a style on every layer")
    raster = compute(layer, plan.request.grid, library, account)
    return paint(raster, layer.layer.style), layer.layer.opacity


def answer_coverage(plan: Plan, library: Library, account: Account) -> Response:
    """Compute one layer, or several together, and encode the numbers."""
    layer = plan.layers[0]
    output = replace(plan.request.output, name=plan.request.output.name or layer.layer.name)
    format_ = find_format(output.media_type, "coverage")
    grid = plan.request.grid
    raster: Raster | None = None
    if isinstance(format_, StripFormat) and not output.container:
        settled = foreseen(plan, library, account)
        made = strips(plan, library, account)
        body = format_.strips(made, output, lambda: _tags(plan, account), settled=settled)
    else:
        raster = merged(plan, library, account)
        body = format_.data(raster, output, _tags(plan, account))
    name = _file_name(output.name, account, grid, format_.extension)
    headers, media_type = _headers(plan, account), format_.media_type
    if raster is not None and output.container:
        media_type, body = related(raster, output, body, format_, name)
    else:
        headers = (*headers, ("Content-Disposition", disposition("attachment", name)))
    whole, length = (body.parts, body.length) if isinstance(body, Parts) else (body, len(body))
    return Response(media_type=media_type, body=whole, length=length, headers=headers, etag=_etag(plan, account))


def answer_series(plan: Plan, library: Library, account: Account) -> Response:
    """Compute one coverage for each of its dates and encode them along an axis of time."""
    grid = plan.request.grid
    output = replace(plan.request.output, name=plan.request.output.name or plan.layers[0].layer.name)
    format_ = cast("CubeFormat", find_format(output.media_type, "cube"))
    slices = [(compute(layer, grid, library, account), _taken(layer, account)) for layer in plan.layers]
    slices.sort(key=lambda pair: pair[1].start or _EPOCH)
    cube = Cube(tuple(raster for raster, _ in slices), tuple(span for _, span in slices))
    body = format_.cube(cube, output, _tags(plan, account))
    name = _file_name(output.name, account, grid, format_.extension)
    headers = (*_headers(plan, account), ("Content-Disposition", disposition("attachment", name)))
    whole, length = (body.parts, body.length) if isinstance(body, Parts) else (body, len(body))
    media_type = format_.media_type
    return Response(media_type=media_type, body=whole, length=length, headers=headers, etag=_etag(plan, account))


def _taken(layer: LayerPlan, account: Account) -> TimeSpan:
    """From the first acquisition of a date to its last: of the scenes that gave pixels, of all where none did."""
    scenes = [scene for scene in layer.scenes if scene.item.id in account.used] or layer.scenes
    moments = sorted(m for scene in scenes for m in (scene.item.time.start, scene.item.time.end) if m is not None)
    return TimeSpan(moments[0], moments[-1]) if moments else TimeSpan.instant(_EPOCH)


def etag(plan: Plan) -> str:
    """What the answer to a plan will be tagged with, known before it is made."""
    return f"{plan.fingerprint}-{plan.data_version}-{__version__}"


def _etag(plan: Plan, account: Account) -> str:
    # A picture with a hole must not be taken for the whole one.
    return "" if account.skipped else etag(plan)


def heads(plan: Plan) -> Response:
    """The headers of a coverage, as far as they are known without its pixels; no body."""
    media_type = plan.request.output.container or find_format(plan.request.output.media_type, "coverage").media_type
    headers = (*notes(plan), ("Cache-Control", cache_control(plan)))
    return Response(media_type=media_type, headers=headers, etag=etag(plan))


def cache_control(plan: Plan) -> str:
    """How long the answer may be kept (the newest time changes, a named one does not)."""
    pinned = all(layer.layer.pinned for layer in plan.layers)
    if pinned:
        return f"public, max-age={PINNED_S}, stale-while-revalidate=604800"
    return f"public, max-age={DEFAULT_S}"


def _headers(plan: Plan, account: Account) -> tuple[tuple[str, str], ...]:
    headers = notes(plan)
    headers += [("Warning", text) for text in losses(plan, account)]
    headers.append(("Cache-Control", "no-store" if account.skipped else cache_control(plan)))
    headers.append(("X-Source-Items", str(len(account.used))))
    taken = span(list(account.used.values()))
    if taken:
        headers.append(("X-Source-Time", taken))
    return tuple(headers)


def losses(plan: Plan, account: Account) -> list[str]:
    """What is told of scenes that could not be read, and of older ones in their place."""
    if not account.skipped:
        return []
    older = [scene for layer in plan.layers if layer.below for scene in layer.scenes[layer.below[0] :]]
    shown = [scene for scene in older if scene.item.id in account.used]
    found = []
    if shown:
        names = ", ".join(shorten(scene.item.id) for scene in shown[:_NAMED]) + (", ..." if shown[_NAMED:] else "")
        found.append(warning(f"older scenes take the place of some that cannot be read: {names} of {span(shown)}"))
    return found + [
        warning(f"scene {shorten(name)} was left out: {reason}") for name, reason in account.skipped.items()
    ]


def notes(plan: Plan) -> list[tuple[str, str]]:
    """What was decided for the client: a default time, the nearest one."""
    told = dict.fromkeys((layer.layer.name, note) for layer in plan.layers for note in layer.layer.notes)
    return [("Warning", note) for _, note in told]


def span(scenes: Sequence[SceneRead]) -> str:
    """From the first acquisition of some scenes to their last, ISO 8601; empty where none has a time."""
    moments = sorted(m for scene in scenes for m in (scene.item.time.start, scene.item.time.end) if m is not None)
    if not moments:
        return ""
    first, last = isoformat(moments[0]), isoformat(moments[-1])
    return first if first == last else f"{first}/{last}"


def _file_name(name: str, account: Account, grid: Grid, extension: str) -> str:
    """What a coverage is saved as: its name, the days of its scenes, its size."""
    return f"{file_name(name)}{_dates(account)}_{grid.width}x{grid.height}.{extension}"


def _dates(account: Account) -> str:
    """The part of a file's name that tells the days of its scenes: `_20230614`, `_20230604-20230614`."""
    starts = (scene.item.time.start for scene in account.used.values())
    days = sorted({start.isoformat()[:10].replace("-", "") for start in starts if start})
    return f"_{'-'.join(dict.fromkeys((days[0], days[-1])))}" if days else ""


def _tags(plan: Plan, account: Account) -> dict[str, str]:
    """What a coverage says of itself, for reproducing it."""
    layer, combine = plan.layers[0], plan.request.combine
    source = layer.layer.program.source if combine is None else combine.source
    names = ", ".join(dict.fromkeys(each.layer.name for each in plan.layers))
    planned = [scene.item.id for each in plan.layers for scene in each.scenes]
    scenes = list(account.used.values())
    moments = sorted(m for scene in scenes for m in (scene.item.time.start, scene.item.time.end) if m is not None)
    tags = {
        "TIFFTAG_SOFTWARE": f"Bandstand {__version__}",
        "TIFFTAG_IMAGEDESCRIPTION": f"{names}: {source}",
        "EXPRESSION": source,
        "RESAMPLING": layer.layer.selection.resampling,
        # Best first, whichever strip took them first.
        "SOURCE_ITEMS": ",".join(dict.fromkeys(name for name in planned if name in account.used)),
    }
    if moments:
        tags["TIFFTAG_DATETIME"] = moments[0].isoformat(" ")[:19].replace("-", ":")
        tags["SOURCE_TIME_START"] = isoformat(moments[0])
        tags["SOURCE_TIME_END"] = isoformat(moments[-1])
    return tags
