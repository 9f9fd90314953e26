"""Plain rasters, grouped into scenes by what their names and folders say."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from bandstand.config.profiles import Profile
from bandstand.engine.candidates import Candidate, Entry, LeftOut
from bandstand.engine.dates import time_in
from bandstand.engine.names import Named, identity, is_aside, read_name, scene_id
from bandstand.engine.unprofiled import common_label, unprofiled
from bandstand.model.time import TimeSpan
from bandstand.read.base import FileReport

_DIGITS = re.compile(r"(\d+)", re.ASCII)
_WORD = re.compile(r"[^_\-. ]+")
_CALENDAR = ("date", "year", "month", "day", "doy")


def group(
    files: Mapping[Path, Path],
    profile: Profile,
    *,
    pattern: str = "",
    look: Callable[[Path], FileReport | None] = lambda _: None,
) -> Iterator[Candidate | LeftOut]:
    """Group files to scenes.

    Args:
        files: Each with the folder it was searched in; names above that do not count.
        pattern: Regular expression with the groups `band`, `date` and `id`, and others that tell scenes apart,
            searched in the path below the folder; files it does not fit are left out.
        look: Reads the header of a file; asked only where names do not tell bands from scenes.
    """
    paths = sorted(files, key=natural)
    if pattern:
        yield from _by_pattern(paths, files, re.compile(pattern), profile)
        return
    aside = {path: None for path in paths if is_aside(path, files[path], profile)}
    if aside:
        yield LeftOut(files=tuple(map(str, aside)), because=no_band(profile))
    names = [read_name(path, files[path], profile) for path in paths if path not in aside]
    if profile.grouping == "file":
        yield from map(_alone(profile), names)
    elif profile.open:
        yield from unprofiled(names, look)
    else:
        yield from _profiled(names, profile)


def no_band(profile: Profile) -> str:
    """Why files are left out that are no scenes."""
    return "no band" + (f" of profile {profile.name}" if not profile.open else "")


def natural(path: Path) -> tuple[list[str | int], ...]:
    """Sorts paths as people count: B2 before B10."""
    return tuple(
        [int(part) if number % 2 else part for number, part in enumerate(_DIGITS.split(name))] for name in path.parts
    )


def _alone(profile: Profile) -> Callable[[Named], Candidate]:
    def scene(name: Named) -> Candidate:
        short, full = scene_id([name], name.path.stem)
        return Candidate(id=short, long_id=full, source=str(name.path), time=name.time, entries=_planes(name, profile))

    return scene


def _planes(name: Named, profile: Profile) -> tuple[Entry, ...]:
    """All bands of the profile, plane by plane; all planes of the file where they may be others."""
    if profile.open:
        return (Entry(href=str(name.path), label=name.band),)
    return tuple(Entry(href=str(name.path), band=b.name, plane=n) for n, b in enumerate(profile.bands, start=1))


def _profiled(names: Iterable[Named], profile: Profile) -> Iterator[Candidate]:
    groups: dict[tuple[tuple[str, ...], str, Path], list[Named]] = {}
    for name in names:
        # A file without band and date belongs to its folder.
        rest = name.rest if name.band or name.dated else ""
        groups.setdefault((name.folders, rest, name.root), []).append(name)
    hosts: dict[tuple[tuple[str, ...], Path], list[_Key]] = {}
    for key, members in groups.items():
        if any(n.band for n in members):
            hosts.setdefault((key[0], key[2]), []).append(key)
    for key in [key for key, members in groups.items() if not any(n.band for n in members)]:
        host = _host(key[1], hosts.get((key[0], key[2]), ()), dated=groups[key][0].dated)
        if host is not None:
            groups[host].extend(groups.pop(key))
    for (_, rest, _), members in groups.items():
        short, full = scene_id(members, rest)
        yield Candidate(
            id=short,
            long_id=full,
            source=str(members[0].path.parent),
            time=next((n.time for n in members if n.time), None),
            entries=tuple(_entries(members, profile)),
        )


_Key = tuple[tuple[str, ...], str, Path]


def _host(rest: str, beside: Sequence[_Key], *, dated: bool) -> _Key | None:
    """The scene that files without a band in their names lie beside: the one with the most words in common."""
    words = set(_WORD.findall(rest))
    near = [host for host in beside if set(_WORD.findall(host[1])) <= words]
    if near:
        return max(near, key=lambda host: len(host[1]))
    return beside[0] if len(beside) == 1 and not dated else None


def _entries(members: Sequence[Named], profile: Profile) -> Iterator[Entry]:
    best: dict[str, Named] = {}
    for name in members:
        known = profile.resolve(name.band) if name.band else None
        if known is None:
            continue
        other = best.setdefault(known.name, name)
        if name.preference < other.preference:
            best[known.name] = name
    for band, name in best.items():
        yield Entry(href=str(name.path), band=band)
    for name in members:
        if not name.band:
            yield Entry(href=str(name.path))


# Patterns


def _by_pattern(
    paths: Iterable[Path], files: Mapping[Path, Path], rule: re.Pattern[str], profile: Profile
) -> Iterator[Candidate | LeftOut]:
    groups: dict[tuple[str, str], list[tuple[Named, dict[str, str]]]] = {}
    strange: list[Path] = []
    for path in paths:
        name = read_name(path, files[path], profile)
        text = path.relative_to(name.root).as_posix() if path.is_relative_to(name.root) else path.name
        match = rule.search(text)
        told = {key: value for key, value in match.groupdict().items() if value} if match else {}
        if "band" in rule.groupindex:
            name = replace(name, band=told.pop("band", ""))
        if match is None or (name.band and not profile.open and profile.resolve(name.band) is None):
            strange.append(path)
        else:
            groups.setdefault(_scene_of(match, text, told, name, profile), []).append((name, told))
    if strange:
        yield LeftOut(files=tuple(map(str, strange)), because="not as the pattern says")
    label = "" if "band" in rule.groupindex else _one_band([name for scene in groups.values() for name, _ in scene])
    for (short, full), members in groups.items():
        yield _told(short, full, members, profile, label)


def _one_band(names: Sequence[Named]) -> str:
    """The band of files of which the pattern says that they have one."""
    bands = {name.band.casefold() for name in names}
    return names[0].band if len(bands) == 1 and "" not in bands else common_label(names)


def _scene_of(
    match: re.Match[str], text: str, told: Mapping[str, str], name: Named, profile: Profile
) -> tuple[str, str]:
    """Short and full id: as the pattern says, else by path; where it names no band every file is a scene."""
    if "id" in told:
        return told["id"], ""
    if "band" not in match.re.groupindex and (profile.open or not name.band):
        return scene_id([name], name.path.stem)
    start, end = match.span("band") if "band" in match.re.groupindex else (0, 0)
    # A folder that is named by the band tells no scenes apart.
    folders = [part for part in Path(f"{text[:start]}\0{text[end:]}").parts[:-1] if "\0" not in part]
    folders = [part for part in folders if part in name.folders]
    rest = "_".join(told.values())
    short = identity(folders, rest, dated="date" in told) or name.root.name
    return short, "__".join(filter(None, (name.root.name, *folders, rest)))


def _told(
    short: str, full: str, members: Sequence[tuple[Named, dict[str, str]]], profile: Profile, label: str
) -> Candidate:
    properties: dict[str, object] = {}
    for _, told in members:
        properties.update({key: value for key, value in told.items() if key not in {"id", *_CALENDAR}})
    names = [name for name, _ in members]
    entries: list[Entry] = []
    if profile.grouping == "file":
        entries = [entry for name in names for entry in _planes(name, profile)]
    elif not profile.open:
        entries = list(_entries(names, profile))
    else:
        best: dict[str, Named] = {}
        for name in names:
            key = name.band if not label else str(name.path)
            if key not in best or name.preference < best[key].preference:
                best[key] = name
        entries = [Entry(href=str(n.path), band="" if label else n.band, label=label) for n in best.values()]
    first, told = members[0]
    return Candidate(
        id=short,
        long_id=full,
        source=str(first.path if len(members) == 1 else first.path.parent),
        time=_time_told(told) or first.time,
        properties=properties,
        entries=tuple(entries),
    )


def _time_told(told: Mapping[str, str]) -> TimeSpan | None:
    if "date" in told:
        return time_in(told["date"])
    if "year" not in told:
        return None
    if "doy" in told:
        return time_in(f"{told['year']}-{told['doy'].zfill(3)}")
    parts = [told["year"], *(told[key].zfill(2) for key in ("month", "day") if key in told)]
    return time_in("-".join(parts))
