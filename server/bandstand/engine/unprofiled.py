"""Rasters that no profile speaks of, grouped to scenes: which words of their names are bands, and which are places."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from bandstand.engine.candidates import Candidate, Entry
from bandstand.engine.names import Named, scene_id, without
from bandstand.errors import shorten
from bandstand.model.grid import Grid
from bandstand.read.base import FileReport

_Scene = tuple[list[Named], str]
"""Its files, and what was doubtful."""
Look = Callable[[Path], FileReport | None]
_MOST_LOOKED_AT = 64
"""Files of one day in one folder whose headers are read to tell bands from scenes; of more, each is a scene."""
_MOST_WORDS = 3
_NUMBER = re.compile(r"\d{1,2}")
_SAME = 0.9
"""Share of the ground that bands of one scene have in common: their pixels may differ, and so their edges."""


def unprofiled(names: Sequence[Named], look: Look) -> Iterator[Candidate]:
    """Group files whose bands nobody has named.

    Files of one folder, one time and one place are bands of a scene where their names hold words that everybody uses
    for bands (`B04`, `ndvi`, `vv`). Where the words are others, the headers decide: what lies on the same ground are
    bands, what lies elsewhere are scenes of one band.

    Args:
        look: Reads a header; None where there is none to be read.
    """
    groups: dict[tuple[object, ...], list[Named]] = {}
    for name in names:
        # Without a date of its own a file has that of its folder.
        time = name.time if name.dated else None
        groups.setdefault((name.root, name.folders, time, name.places), []).append(name)
    seen: dict[Path, FileReport | None] = {}

    def once(path: Path) -> FileReport | None:
        if path not in seen:
            seen[path] = look(path)
        return seen[path]

    scenes: list[_Scene] = [found for members in groups.values() for found in _scenes(_finest(members), once)]
    scenes = _numbered(scenes, once)
    # What cannot be read names nothing.
    loose = [name for name in names if not name.band and seen.get(name.path, name) is not None]
    label = common_label(loose)
    doubt = _nameless(loose) if label == "b1" else ""
    # What is a band beside others is one where it stands alone.
    own = {name.path: name.band for name in names}
    learned = {name.band for scene, _ in scenes for name in scene if name.band not in {"", own[name.path]}}
    spelled: dict[str, str] = {}
    order = {name.path: at for at, name in enumerate(names)}
    for scene, why in scenes:
        named = [_recognised(name, learned) for name in scene]
        # NDVI and ndvi are one band.
        named = [replace(name, band=spelled.setdefault(name.band.casefold(), name.band)) for name in named]
        made = _candidate(named, label, why or ("" if all(name.band for name in named) else doubt))
        yield replace(made, entries=tuple(sorted(made.entries, key=lambda entry: order[Path(entry.href)])))


def _numbered(scenes: Sequence[_Scene], look: Look) -> list[_Scene]:
    """Scenes of which some are one: files of one time that differ in a small number alone, on the same ground."""
    alike: dict[tuple[object, ...], list[int]] = {}
    for at, (scene, _) in enumerate(scenes):
        name = scene[0]
        if len(scene) == 1 and not name.band and name.places and _NUMBER.fullmatch(name.places[-1]):
            time = name.time if name.dated else None
            alike.setdefault((name.root, name.folders, time, name.words, name.places[:-1]), []).append(at)
    found: dict[int, _Scene] = dict(enumerate(scenes))
    for places in alike.values():
        names = [scenes[at][0][0] for at in places]
        if not 1 < len(names) <= _MOST_LOOKED_AT:
            continue
        reports = [look(name.path) for name in names]
        grids = [_grid(report) for report in reports]
        first = grids[0]
        labels = [name.places[-1] for name in names]
        same = first is not None and all(grid is not None and _is_same_ground(first, grid) for grid in grids)
        if same and _are_apart(labels, reports):
            named = [_named(name, label) for name, label in zip(names, labels, strict=True)]
            found[places[0]] = named, _doubt(named)
            for at in places[1:]:
                del found[at]
    return list(found.values())


def common_label(names: Iterable[Named]) -> str:
    """What to call the one band of files that name none: the words that all of them share, else `b1`."""
    shared: list[str] | None = None
    for name in names:
        shared = list(name.words) if shared is None else [word for word in shared if word in name.words]
    return "_".join(shared) if shared and len(shared) <= _MOST_WORDS else "b1"


def _finest(members: Iterable[Named]) -> list[Named]:
    """Of files that differ in nothing but their pixel size or format, the finest."""
    best: dict[tuple[str, str], Named] = {}
    for name in members:
        # Files named by their pixel size alone hold bands of that size.
        key = name.band.casefold(), name.rest if name.band or name.words or name.places else name.path.name
        if key not in best or name.preference < best[key].preference:
            best[key] = name
    return list(best.values())


def _scenes(members: Sequence[Named], look: Look) -> Iterator[tuple[list[Named], str]]:
    """The files of each scene, their bands named, and what was doubtful."""
    known: dict[str, list[Named]] = {}
    loose: list[Named] = []
    for name in members:
        if name.band:
            known.setdefault(name.rest, []).append(name)
        else:
            loose.append(name)
    if len(loose) + len(known) < 2 or len(members) > _MOST_LOOKED_AT:
        yield from ((scene, "") for scene in (*known.values(), *([name] for name in loose)))
    else:
        yield from _by_ground(_widened(list(known.values()), look), loose, look)


def _widened(known: list[list[Named]], look: Look) -> list[list[Named]]:
    """Scenes of the same bands on the same ground are one: the words they differ in belong to the bands' names.

    A mean and a maximum of one index, say, or two reflectances of one product.
    """
    counts = Counter(name.band.casefold() for scene in known for name in scene)
    if max(counts.values(), default=0) < 2:
        return known
    found: list[list[list[Named]]] = []
    for scene in known:
        grid = _grid(look(scene[0].path))
        alike = (c for c in found if grid and (g := _grid(look(c[0][0].path))) and _is_same_ground(g, grid))
        beside = next(alike, None)
        if beside is None:
            found.append([scene])
        else:
            beside.append(scene)
    widened = []
    for scenes in found:
        labels = _labels([scene[0] for scene in scenes])
        if len(scenes) > 1 and len(set(labels)) == len(labels):
            pairs = zip(scenes, labels, strict=True)
            widened.append([_widen(name, label) for scene, label in pairs for name in scene])
        else:
            widened += scenes
    return widened


def _by_ground(known: list[list[Named]], loose: Sequence[Named], look: Look) -> Iterator[tuple[list[Named], str]]:
    """Join files whose names do not tell to the scene on whose ground they lie."""
    grids = [_grid(look(scene[0].path)) for scene in known]
    fresh: list[list[Named]] = []
    for name in loose:
        report = look(name.path)
        grid = _grid(report)
        at = next((n for n, other in enumerate(grids) if grid and other and _is_same_ground(grid, other)), None)
        if at is None:
            grids.append(grid)
            fresh.append([name])
        elif at < len(known):
            own = [word for word in name.words if word not in known[at][-1].words]
            # The planes of a picture of many are b1, b2, …
            is_picture = report is not None and report.planes > 1 and all(other.band for other in known[at])
            known[at].insert(0, replace(name, band="" if is_picture else "_".join(own)))
        else:
            fresh[at - len(known)].append(name)
    yield from ((scene, "") for scene in known)
    for scene in fresh:
        labels = _labels(scene)
        reports = [look(name.path) for name in scene]
        if len(scene) == 1 or not _are_apart(labels, reports):
            yield from (([name], "") for name in scene)
        else:
            named = [_named(name, label) for name, label in zip(scene, labels, strict=True)]
            yield named, _doubt(named)


def _grid(report: FileReport | None) -> Grid | None:
    return report.grid if report is not None else None


def _are_apart(labels: Sequence[str], reports: Sequence[FileReport | None]) -> bool:
    """Whether every band of some files would have a name of its own."""
    bands: list[str] = []
    for label, report in zip(labels, reports, strict=True):
        if report is None or (report.planes > 1 and not all(report.descriptions)):
            return False
        bands += report.descriptions if report.planes > 1 else [label]
    return len(set(bands)) == len(bands)


def _labels(scene: Sequence[Named]) -> list[str]:
    """The words by which files differ: what they share at both ends is left away."""
    words = [list(name.words) for name in scene]
    while all(words) and len({w[0] for w in words}) == 1:
        words = [w[1:] for w in words]
    while all(words) and len({w[-1] for w in words}) == 1:
        words = [w[:-1] for w in words]
    return ["_".join(w) for w in words]


def _named(name: Named, label: str) -> Named:
    """A file with some of its words known to be its band."""
    return replace(name, band=label, rest=without(name.rest, label.split("_")))


def _widen(name: Named, label: str) -> Named:
    """A file whose band is called by some words more."""
    if not label:
        return name
    return replace(name, band=f"{name.band}_{label}", rest=without(name.rest, label.split("_")))


def _recognised(name: Named, labels: Iterable[str]) -> Named:
    """A file with its band, where its words hold one that is known from other files."""
    if name.band:
        more = [label.removeprefix(f"{name.band}_") for label in labels if label.startswith(f"{name.band}_")]
        held = [label for label in more if set(label.split("_")) <= set(name.words)]
        return _widen(name, max(held, key=len)) if held else name
    held = [label for label in labels if set(label.split("_")) <= set(name.words)]
    return _named(name, max(held, key=len)) if held else name


def _is_same_ground(one: Grid, other: Grid) -> bool:
    if one.crs.key != other.crs.key:
        return False
    a, b = one.bbox, other.bbox
    width = min(a.max_x, b.max_x) - max(a.min_x, b.min_x)
    height = min(a.max_y, b.max_y) - max(a.min_y, b.min_y)
    larger = max((g.max_x - g.min_x) * (g.max_y - g.min_y) for g in (a, b))
    return width > 0 and height > 0 and width * height >= _SAME * larger


def _doubt(scene: Sequence[Named]) -> str:
    files = ", ".join(name.path.name for name in scene[:3]) + (", …" if len(scene) > 3 else "")
    bands = ", ".join(name.band for name in scene[:3]) + (", …" if len(scene) > 3 else "")
    return (
        f"{shorten(files, 120)} lie on the same ground and tell no different times: they were taken as the bands "
        f"{shorten(bands, 80)} of one scene. If they are scenes of one band, say pattern: '(?P<id>[^/]+)$'"
    )


def _nameless(names: Sequence[Named]) -> str:
    """What to say of files whose names tell different things that are neither bands nor places."""
    words = list(dict.fromkeys("_".join(name.words) for name in names if name.words))
    if len(words) < 2:
        return ""
    some = ", ".join(words[:3]) + (", …" if len(words) > 3 else "")
    return (
        f"the names do not tell whether {shorten(some, 80)} are bands or places: they were taken as places, and the "
        "files of one plane as the band b1. If they are bands, say pattern: "
        f"'(?P<band>{'|'.join(map(re.escape, words[:3]))})'"
    )


def _candidate(scene: Sequence[Named], label: str, doubt: str) -> Candidate:
    first = scene[-1]  # Named by a band, where one is.
    short, full = scene_id(scene, first.rest if first.band or first.dated else first.path.stem)
    one = label if len(scene) == 1 else ""
    return Candidate(
        id=short,
        long_id=full,
        source=str(first.path if len(scene) == 1 else first.path.parent),
        time=first.time,
        entries=tuple(Entry(href=str(name.path), label=name.band or one) for name in scene),
        doubt=doubt,
    )
