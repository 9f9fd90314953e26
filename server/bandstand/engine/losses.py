"""Scenes that have lost their files: which they are, below what, and whether rather a volume is not there."""

import os
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from urllib.parse import unquote, urlsplit

from bandstand.catalog.base import Catalog
from bandstand.read.plain import real

_MAGIC = re.compile(r"[*?\[]")
_REMOTE = re.compile(r"^(?!file:)[a-z][a-z0-9+.-]+://", re.IGNORECASE)
_CATALOGUES = {"catalog.json", "collection.json"}
_DOCUMENTS = {".json", ".geojson", ".ndjson", ".jsonl", ".geojsonl"}


@dataclass(frozen=True, slots=True)
class Losses:
    """What a look below some sources found."""

    lost: tuple[str, ...] = ()
    """Ids of scenes none of whose files is there any more."""
    bare: tuple[tuple[str, int], ...] = ()
    """(source, number of its scenes) where every scene is lost: a volume that is not mounted looks the same."""
    bare_ids: frozenset[str] = frozenset()
    """Ids of these."""


def find_losses(sources: Iterable[str], collection: str, catalog: Catalog, seen: Collection[str]) -> Losses:
    """Look for the files of the scenes below some sources.

    Args:
        sources: As for `ingest`.
        collection: Its name.
        catalog: Knows the scenes.
        seen: Ids of scenes whose files were just read: nothing of these is looked at again.
    """
    lost: dict[str, None] = {}
    bare: dict[str, int] = {}
    bare_ids: set[str] = set()
    for source in sources:
        gone: list[str] = []
        others = 0
        for item, hrefs in _below(source, collection, catalog, seen):
            if item not in seen and all(map(is_gone, hrefs)):
                gone.append(item)
            else:
                others += 1
        lost.update(dict.fromkeys(gone))
        if gone and not others:
            bare[source] = len(gone)
            bare_ids.update(gone)
    return Losses(tuple(lost), tuple(bare.items()), frozenset(bare_ids))


def is_gone(href: str) -> bool:
    """Whether a file was taken away; what cannot be looked at, or lies behind a link to nowhere, was not."""
    if _REMOTE.match(href):
        return False
    try:
        os.lstat(href)
    except (FileNotFoundError, NotADirectoryError):
        nearest = next((folder for folder in Path(href).parents if os.path.lexists(folder)), Path("/"))
        return nearest.exists()
    except OSError:
        return False
    return False


def _below(
    source: str, collection: str, catalog: Catalog, seen: Collection[str]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The scenes of a source, as far as their files or documents lie there; of those that were seen one will do."""
    if _REMOTE.match(source):
        return
    path = Path(unquote(urlsplit(source).path)) if source.startswith("file:") else Path(source)
    # As typed, without its `..`, and without its links: files are known in one of these spellings.
    spellings = dict.fromkeys((path.absolute(), Path(os.path.abspath(path)), real(path)))  # noqa: PTH100 - as typed
    for spelled in spellings:
        parts = spelled.parts
        first = next((n for n, part in enumerate(parts) if _MAGIC.search(part)), len(parts))
        root, pattern = Path(*parts[:first]), parts[first:]
        is_document = not pattern and root.suffix.lower() in _DOCUMENTS and not root.is_dir()
        # What a catalogue links to lies around it.
        place = root.parent if root.name in _CATALOGUES else root
        is_one_seen = False
        for name in catalog.below(collection, str(place), documents=is_document):
            if name in seen and is_one_seen:
                continue
            item = catalog.get(collection, name, withdrawn=True)
            hrefs = tuple({asset.href: None for asset in item.assets.values()}) if item else ()
            if is_document or any(_leads(pattern, Path(href).parts[first:]) for href in hrefs):
                is_one_seen |= name in seen
                yield name, hrefs


def _leads(pattern: Sequence[str], parts: Sequence[str]) -> bool:
    """Whether a glob matches a path or a folder that it lies in."""
    if not pattern:
        return True
    if pattern[0] == "**":
        return any(_leads(pattern[1:], parts[n:]) for n in range(len(parts) + 1))
    return bool(parts) and fnmatchcase(parts[0], pattern[0]) and _leads(pattern[1:], parts[1:])
