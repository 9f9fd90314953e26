"""Plain rasters, grouped into scenes by what their names and folders say."""

import calendar
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bandstand.config.profiles import Profile
from bandstand.engine.candidates import Candidate, Entry
from bandstand.model.time import TimeSpan

_MOMENT = re.compile(r"(?<!\d)(\d{4})-?(\d{2})-?(\d{2})[T_](\d{2})[:-]?(\d{2})[:-]?(\d{2})(?!\d)")
_DAY = re.compile(r"(?<!\d)(\d{4})([-_]?)(\d{2})\2(\d{2})(?!\d)")
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d{2})(?!\d)")
_DIGITS = re.compile(r"(\d+)", re.ASCII)
_SIZE = re.compile(r"^\d+m?$", re.IGNORECASE)
_SEPARATOR = re.compile(r"[_\-. ]+")


@dataclass
class _Group:
    time: TimeSpan | None
    folder: Path
    entries: list[Entry] = field(default_factory=list)
    properties: dict[str, object] = field(default_factory=dict)


def group(files: Iterable[Path], root: Path, profile: Profile, *, pattern: str = "") -> Iterator[Candidate]:
    """Group files to scenes.

    Args:
        root: Folder they were searched in; names above it do not count.
        pattern: Regular expression with the groups `band`, `date`, `id`, searched in the path below `root`;
            files it does not fit are left out.
    """
    groups: dict[tuple[Path, str], _Group] = {}
    rule = re.compile(pattern) if pattern else None
    for path in sorted(files, key=natural):
        if rule is not None:
            _by_pattern(path, root, rule, profile, groups)
        elif profile.grouping == "file":
            bands = [Entry(href=str(path), band=b.name, plane=n) for n, b in enumerate(profile.bands, start=1)]
            found = groups.setdefault((path, path.stem), _Group(_file_time(path, root), path.parent))
            found.entries.extend(bands)
        else:
            _by_scene(path, root, profile, groups)
    for (_, name), found in groups.items():
        yield Candidate(
            id=name,
            source=str(found.folder),
            time=found.time,
            properties=found.properties,
            entries=tuple(found.entries),
        )


def natural(path: Path) -> tuple[list[str | int], ...]:
    """Sorts paths as people count: B2 before B10."""
    return tuple(
        [int(part) if number % 2 else part for number, part in enumerate(_DIGITS.split(name))] for name in path.parts
    )


def _by_pattern(
    path: Path, root: Path, rule: re.Pattern[str], profile: Profile, groups: dict[tuple[Path, str], _Group]
) -> None:
    match = rule.search(path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name)
    if match is None:
        return
    named = {key: value for key, value in match.groupdict().items() if value}
    band, date = named.pop("band", ""), named.get("date") or named.get("year", "")
    name = named.get("id") or "_".join(named.values()) or path.parent.name
    known = profile.resolve(band) if band else None
    if band and profile.bands and known is None:
        return
    found = groups.setdefault((root, name), _Group(time_in(date) or _file_time(path, root), path.parent))
    found.properties.update({key: value for key, value in named.items() if key not in {"id", "date", "year"}})
    found.entries.append(Entry(href=str(path), band=known.name if known else band, plane=1 if band else 0))


def _by_scene(path: Path, root: Path, profile: Profile, groups: dict[tuple[Path, str], _Group]) -> None:
    tokens = [token for token in _SEPARATOR.split(path.stem) if token]
    band, rest = _band(tokens, profile)
    time = time_in("_".join(rest)) or time_in(path.stem)
    if time is None or not rest:
        # Without a date of its own a file belongs to its folder; a folder of several scenes keeps them apart.
        plain = not band and all(_SIZE.match(token) for token in rest)
        tail = "" if plain or not rest or (not band and not profile.bands) else "_" + "_".join(rest)
        name = (path.parent.name or "scene") + (tail if band else "")
        time = time or _file_time(path, root)
    else:
        # Dates keep their own separators: the name is the stem without its band.
        name = path.stem if not band else _without(path.stem, band)
    found = groups.setdefault((path.parent, name), _Group(time, path.parent))
    known = profile.resolve(band) if band else None
    found.entries.append(Entry(href=str(path), band=known.name if known else "", plane=1 if known else 0))


def _band(tokens: list[str], profile: Profile) -> tuple[str, list[str]]:
    """The part of the name that is a band, and the rest without it and without a pixel size."""
    for width in (3, 2, 1):
        for start in range(len(tokens) - width, -1, -1):
            text = "_".join(tokens[start : start + width])
            if profile.resolve(text) is not None:
                rest = tokens[:start] + [t for t in tokens[start + width :] if not re.fullmatch(r"\d+m", t)]
                return text, rest
    return "", tokens


def _without(stem: str, band: str) -> str:
    spelled = r"[_\-. ]+".join(map(re.escape, band.split("_")))
    cut = re.sub(rf"(^|[_\-. ]+){spelled}(?=$|[_\-. ])([_\-. ]+\d+m$)?", "", stem, count=1)
    return cut.strip("_-. ") or stem


def _file_time(path: Path, root: Path) -> TimeSpan | None:
    names = [path.stem]
    folder = path.parent
    while True:
        names.append(folder.name)
        if folder in (root, folder.parent):
            break
        folder = folder.parent
    for name in names:
        found = time_in(name)
        if found is not None:
            return found
    return None


def time_in(text: str) -> TimeSpan | None:
    """The first time that a name holds: a second, a day (its noon, UTC) or a year; None where there is none.

    A bare day becomes its noon: so it stays the same day over every meridian.
    """
    for match in _MOMENT.finditer(text):
        try:
            return TimeSpan.instant(datetime(*map(int, match.groups()), tzinfo=UTC))  # type: ignore[misc,arg-type]
        except ValueError:
            continue
    for match in _DAY.finditer(text):
        year, month, day = int(match[1]), int(match[3]), int(match[4])
        if 1900 <= year <= 2100 and 1 <= month <= 12 and 1 <= day <= calendar.monthrange(year, month)[1]:
            return TimeSpan.instant(datetime(year, month, day, 12, tzinfo=UTC))
    year_only = _YEAR.search(text)
    if year_only:
        start = datetime(int(year_only[1]), 1, 1, tzinfo=UTC)
        return TimeSpan(start, start.replace(year=start.year + 1) - timedelta(milliseconds=1))
    return None
