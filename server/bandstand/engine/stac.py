"""STAC items, in the spellings of their many providers, to scenes on offer."""

import json
import math
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from bandstand.config.profiles import Profile
from bandstand.engine.candidates import Announced, Candidate, Declared, Entry
from bandstand.engine.roots import Roots
from bandstand.engine.strange import RASTERS
from bandstand.model.field import is_offset, is_scale
from bandstand.model.time import TimeSpan
from bandstand.read.plain import real

Json = Mapping[str, Any]

_REMOTE = re.compile(r"^(?!file:)[a-z][a-z0-9+.-]*:/", re.IGNORECASE)
_RASTER = re.compile(rf"(?:{'|'.join(map(re.escape, sorted(RASTERS)))}|\.vrt)$", re.IGNORECASE)
_JP2 = {"image/jp2", "image/jpx", "image/jpeg2000", "image/x-jp2"}
_TYPES = _JP2 | {
    "image/tiff",
    "image/tif",
    "image/x-tiff",
    "image/geotiff",
    "image/x-geotiff",
    "image/geo+tiff",
    "image/vnd.stac.geotiff",
    "application/geotiff",
    "application/x-geotiff",
}
"""Media types of rasters, in the spellings that are about."""
_ANY_TYPE = {"", "application/octet-stream", "binary/octet-stream"}
"""What says nothing: then the name of the file tells."""
_LEAP = re.compile(r"(.{10}[T ]\d\d:\d\d:)60(\D.*|)$")
_MIDNIGHT = re.compile(r"(.{10}[T ])24(:00:00(?:\D.*|))$")
_NEVER = {"thumbnail", "overview", "metadata", "visual"}
_PICTURES = {"visual", "tci", "preview", "overview", "thumbnail", "rendered_preview", "pvi"}
_RESOLUTION = re.compile(r"[_-](\d+)m$", re.IGNORECASE)


Rivals = Callable[[Path, str], Collection[str]]
"""The folders that the documents of a folder name as those of a file of some name."""


def candidate(item: Json, document: Path, profile: Profile, rivals: Rivals, roots: Roots) -> Candidate:
    """Turn one STAC item into a scene on offer.

    Args:
        document: File it was read from: relative hrefs start there.
        rivals: Asked before a file beside the document is taken for a remote one because of its name alone.
        roots: Where the files may lie.
    """
    identity = str(item.get("id") or document.stem)
    properties = item.get("properties")
    properties = _plain(properties) if isinstance(properties, Mapping) else {}
    geometry = item.get("geometry")
    try:
        time = _time(properties)
    except ValueError as error:
        return Candidate(id=identity, source=str(document), problem=str(error))
    entries, problems = [], []
    for band, plane, named, key, asset in _chosen(item, profile):
        href, refusal = _found(asset, document, rivals, roots)
        if refusal:
            problems.append(f"asset {key}: {refusal}")
        else:
            announced, classes = _announced(asset, plane or 1), _classes(asset, plane or 1)
            label = "" if plane and named else band
            entries.append(
                Entry(
                    href=href,
                    band=band,
                    label=label,
                    plane=plane,
                    announced=announced,
                    classes=classes,
                    declared=_declared((asset, properties)),
                )
            )
    problem = "; ".join(problems[:3]) + (f"; and {len(problems) - 3} more" if len(problems) > 3 else "")
    return Candidate(
        id=identity,
        source=str(document),
        time=time,
        footprint=geometry if isinstance(geometry, Mapping) and geometry.get("coordinates") else None,
        properties=properties,
        entries=tuple(entries),
        problem=problem,
        # Ids are unique in a collection alone.
        long_id=f"{item['collection']}__{identity}" if item.get("collection") else "",
    )


def _plain(value: Any) -> Any:
    """Properties as JSON can hold them: NaN and infinities, which Python and JavaScript write, are null."""
    if isinstance(value, Mapping):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [_plain(entry) for entry in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _time(properties: Json) -> TimeSpan | None:
    moments = []
    for key in ("start_datetime", "end_datetime", "datetime"):
        text = properties.get(key)
        moments.append(_moment(str(text), key) if text else None)
    start, end, moment = moments
    if start and end:
        if start > end:
            raise ValueError("start_datetime lies after end_datetime")
        return TimeSpan(start, end)
    alone = moment or start or end
    return TimeSpan.instant(alone) if alone else None


def _moment(text: str, key: str) -> datetime:
    """A time as RFC 3339 spells it: letters of either case, a leap second, which is the first of the next minute."""
    plain, beyond = text.strip().upper(), timedelta(0)
    if match := _LEAP.match(plain):
        plain, beyond = f"{match[1]}59{match[2]}", timedelta(seconds=1)
    elif match := _MIDNIGHT.match(plain):
        plain, beyond = f"{match[1]}00{match[2]}", timedelta(days=1)
    try:
        found = datetime.fromisoformat(plain) + beyond
    except (ValueError, OverflowError) as error:
        raise ValueError(f'{key} "{text[:40]}" is no ISO 8601 time') from error
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _chosen(item: Json, profile: Profile) -> Iterator[tuple[str, int, bool, str, Json]]:
    """Band, plane, whether the asset names it, asset key and asset of everything to be read."""
    best: dict[tuple[str, int, str], tuple[tuple[float, ...], int, bool, str, Json]] = {}
    assets = item.get("assets")
    for key, asset in (assets if isinstance(assets, Mapping) else {}).items():
        if not isinstance(asset, Mapping) or not _is_raster(asset):
            continue
        before: Counter[str] = Counter()
        offers = list(_offers(str(key), asset, profile))
        for name, plane, rank in offers:
            band = name or f"b{plane}"
            score = (rank, *_fineness(str(key), asset))
            # Two planes of one file may have one name; two files with it hold the same band.
            slot = band, before[band], ""
            before[band] += profile.open
            if profile.open and len(offers) > 1 and slot in best and score == best[slot][0]:
                # Files of several bands that nobody tells apart by their fineness: b1, b2 of one and of another.
                slot = band, before[band], str(key)
            if slot not in best or score < best[slot][0]:
                best[slot] = (score, plane, bool(name), str(key), asset)
    for (band, *_), (_, plane, named, key, asset) in best.items():
        yield band, plane, named, key, asset


def _is_raster(asset: Json) -> bool:
    kind = _media_type(asset)
    return kind in _TYPES or (kind in _ANY_TYPE and bool(_RASTER.search(_path_of(str(asset.get("href", ""))))))


def _media_type(asset: Json) -> str:
    """Without its parameters, in lower case (RFC 6838, 4.2)."""
    return str(asset.get("type") or "").partition(";")[0].strip().casefold()


def _offers(key: str, asset: Json, profile: Profile) -> Iterator[tuple[str, int, float]]:
    """(band, plane, rank) of what an asset may stand for; the lowest rank is taken. Of no name: the file may tell."""
    stem = _RESOLUTION.sub("", key.removesuffix("-jp2"))
    stem = _RASTER.sub("", stem)
    names = _band_names(asset)
    roles = {str(role) for role in asset.get("roles") or ()}
    picture = bool(roles & _NEVER) or stem.casefold() in _PICTURES
    if profile.open:
        if not picture:
            count = max(len(names), len(asset.get("raster:bands") or ()))
            if count < 2:
                yield (names[0], 1, 0.0) if any(names) else (stem, 0, 0.0)
            else:
                for plane, name in enumerate((*names, *[""] * (count - len(names))), start=1):
                    yield name, plane, 0.0
        return
    if picture and profile.name != "rgb":
        return
    by_key = profile.resolve(stem)
    if by_key is not None and len(names) < 2:
        yield by_key.name, 1, 0.0 if by_key.name == stem else 1.0
        return
    for plane, name in enumerate(names, start=1):
        known = profile.resolve(name)
        if known is not None:
            yield known.name, plane, 2.0 if len(names) == 1 else 3.0
    if not names and len(profile.bands) == 1 and "data" in roles:
        yield profile.bands[0].name, 1, 4.0


def _band_names(asset: Json) -> list[str]:
    # Since STAC 1.1 an asset of one band may say itself what its band would.
    alone = [asset] if asset.get("eo:common_name") else ()
    bands = asset.get("eo:bands") or asset.get("bands") or alone
    keys = ("eo:common_name",) if bands is alone else ("name", "common_name", "eo:common_name")
    return [str(next(filter(None, map(b.get, keys)), "")) for b in bands if isinstance(b, Mapping)]


def _fineness(key: str, asset: Json) -> tuple[float, ...]:
    """Finest first, GeoTIFF before JPEG 2000."""
    transform = asset.get("proj:transform")
    size = abs(float(transform[0])) if isinstance(transform, list) and transform else 0.0
    named = _RESOLUTION.search(key)
    gsd = asset.get("gsd")
    fineness = size or (float(named[1]) if named else 0.0) or (float(gsd) if isinstance(gsd, int | float) else 0.0)
    jp2 = _media_type(asset) in _JP2 or key.endswith("-jp2")
    return float(jp2), fineness


def _found(asset: Json, document: Path, rivals: Rivals, roots: Roots) -> tuple[str, str]:
    """(absolute path, why not): of the asset itself, else of one of its alternates that is there."""

    def allowed(source: Json) -> tuple[str, str]:
        path, why = _local(str(source.get("href", "")), document, rivals)
        return path, why or roots.refusal(Path(path), document)

    href, refusal = allowed(asset)
    if refusal or not Path(href).is_file():
        alternates = asset.get("alternate")
        for other in alternates.values() if isinstance(alternates, Mapping) else ():
            there, why = allowed(other) if isinstance(other, Mapping) else ("", "none")
            if not why and Path(there).is_file():
                return there, ""
    return href, refusal


def _path_of(href: str) -> str:
    """The path of an address, without its query, as people read it."""
    return unquote(urlsplit(href).path)


def _local(href: str, document: Path, rivals: Rivals) -> tuple[str, str]:
    """(absolute path, why not)."""
    if not href:
        return "", "has no href"
    if _REMOTE.match(href):
        return _mirrored(href, document, rivals)
    # A file may be called what elsewhere is an escape or a query.
    plain = document.parent / href
    path = plain if plain.is_file() else document.parent / _path_of(href)
    return str(real(path)), ""


def _mirrored(href: str, document: Path, rivals: Rivals) -> tuple[str, str]:
    """The copy of a remote file: archives are often mirrored with the provider's item beside the files.

    As much of the address as can be must agree; the name alone does where no other item here means another file by it.
    """
    parts = [part for part in _path_of(href).split("/") if part not in {"", ".", ".."}]
    for start in range(len(parts)):
        beside = document.parent.joinpath(*parts[start:])
        if not beside.is_file():
            continue
        folder = parts[-2] if len(parts) > 1 else ""
        others = [] if start < len(parts) - 1 or folder == document.parent.name else rivals(document.parent, parts[-1])
        if len(others) < 2:
            return str(beside.absolute()), ""
        some = ", ".join(sorted(others)[:3])
        advice = f"put each into a folder of that name beside the items, such as {folder}/{parts[-1]}"
        return "", f"{len(others)} items here have a {parts[-1]} ({some}), and there is one; {advice}"
    return "", f"{href} lies on remote storage, which cannot be read yet; put the file beside the item"


def mirrored_names(item: Json) -> Iterator[tuple[str, str]]:
    """Name and folder of every remote file that an item speaks of."""
    assets = item.get("assets")
    for asset in assets.values() if isinstance(assets, Mapping) else ():
        href = asset.get("href") if isinstance(asset, Mapping) else None
        if isinstance(href, str) and _REMOTE.match(href):
            *_, folder, name = ("", *_path_of(href).split("/"))
            yield name, folder


def merged(one: Candidate, other: Candidate) -> Candidate | None:
    """Two documents of one scene as one; None where they are of two, or name two files for a band."""
    if one.id != other.id or one.source == other.source or (one.time and other.time and one.time != other.time):
        return None
    bands = {entry.band: entry for entry in one.entries}
    if any(entry.href != bands[entry.band].href for entry in other.entries if entry.band in bands):
        return None
    return replace(
        one,
        time=one.time or other.time,
        footprint=one.footprint or other.footprint,
        properties={**other.properties, **one.properties},
        entries=(*one.entries, *(entry for entry in other.entries if entry.band not in bands)),
        problem="; ".join(filter(None, (one.problem, other.problem))),
    )


def _announced(asset: Json, plane: int) -> Announced:
    """Scale, offset and nodata in any of the spellings: raster:bands[], bands[], raster:scale on the asset."""
    layers = _layers(asset, plane)
    values: dict[str, float] = {}
    for name in ("scale", "offset", "nodata"):
        for layer in layers:
            # A bare `scale` on the asset itself belongs to no extension.
            keys = (f"raster:{name}",) if layer is asset and name != "nodata" else (f"raster:{name}", name)
            found = next((layer[k] for k in keys if layer.get(k) is not None), None)
            if name not in values and isinstance(found, int | float | str):
                try:
                    # Whole numbers of 64 bits are more than a float can tell.
                    is_whole = name == "nodata" and re.fullmatch(r"[+-]?\d+", str(found))
                    number = int(found) if is_whole else float(found)
                except (ValueError, OverflowError):
                    continue
                # A scale of 0 would leave nothing of the numbers: nobody means it.
                if name == "nodata" or (is_scale(number) if name == "scale" else is_offset(number)):
                    values[name] = number
    return Announced(
        scale=values.get("scale"),
        offset=values.get("offset"),
        nodata=values.get("nodata"),
        unit=_text(layers, ("unit", "raster:unit")),
        common_name=_text(_layers(asset, plane, "eo:bands", "bands")[:-1], ("common_name", "eo:common_name")),
    )


def _text(layers: Iterable[Json], keys: tuple[str, ...]) -> str:
    """The first text that one of the keys has."""
    found = (layer[key] for layer in layers for key in keys if isinstance(layer.get(key), str))
    return next((text.strip() for text in found if text.strip()), "")


def _declared(layers: Sequence[Json]) -> Declared:
    """Where a file lies (projection extension, 1 and 2), by its asset or by the item."""

    def first(key: str, kind: type | tuple[type, ...]) -> Any:
        return next((layer[key] for layer in layers if isinstance(layer.get(key), kind)), None)

    projjson, epsg = first("proj:projjson", Mapping), first("proj:epsg", int)
    systems = (
        first("proj:code", str),
        f"EPSG:{epsg}" if epsg is not None else "",
        first("proj:wkt2", str),
        json.dumps(projjson) if projjson else "",
    )
    numbers, shape = first("proj:transform", list) or [], first("proj:shape", list) or []
    fits = len(numbers) in {6, 9} and all(isinstance(number, int | float) for number in numbers)
    sides = len(shape) == 2 and all(isinstance(side, int) for side in shape)
    return Declared(
        crs=next(filter(None, systems), ""),
        transform=tuple(map(float, numbers[:6])) if fits else (),
        shape=tuple(shape) if sides else (),
    )


def _layers(asset: Json, plane: int, *lists: str) -> list[Json]:
    """Where an asset may speak of one of its planes: the band lists first, then the asset as a whole."""
    layers: list[Json] = []
    for key in lists or ("raster:bands", "bands"):
        listed = asset.get(key)
        if isinstance(listed, list) and len(listed) >= plane and isinstance(listed[plane - 1], Mapping):
            layers.append(listed[plane - 1])
    return [*layers, asset]


def _classes(asset: Json, plane: int) -> tuple[tuple[int, str], ...]:
    """Labels of classes (STAC classification extension)."""
    for layer in _layers(asset, plane):
        listed = layer.get("classification:classes")
        if isinstance(listed, list):
            labels = {
                entry["value"]: str(entry.get("title") or entry.get("name") or entry.get("description") or "")
                for entry in listed
                if isinstance(entry, Mapping) and isinstance(entry.get("value"), int)
            }
            return tuple(sorted(labels.items()))
    return ()
