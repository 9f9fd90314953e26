"""From what people name as a source to scenes on offer: folders, globs, GeoTIFFs, STAC documents."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from bandstand.config.profiles import Profile
from bandstand.engine.candidates import STRANGE, Candidate, strangeness
from bandstand.engine.naming import group
from bandstand.engine.stac import candidate

_REMOTE = re.compile(r"^(?!file:)[a-z][a-z0-9+.-]+://", re.IGNORECASE)
_RASTERS = {".tif", ".tiff", ".jp2"}
_DOCUMENTS = {".json", ".geojson", ".ndjson"}
_LARGEST_DOCUMENT = 256_000_000


def find(sources: Iterable[str], profile: Profile, *, pattern: str = "") -> Iterator[Candidate]:
    """Every scene that the sources offer, each once; what cannot be used comes with its problem."""
    search = _Search(profile, pattern)
    for source in sources:
        yield from search.source(source)


@dataclass
class _Search:
    profile: Profile
    pattern: str
    documents: set[Path] = field(default_factory=set)
    """Read already."""
    claimed: set[str] = field(default_factory=set)
    """Rasters that belong to a STAC item."""

    def source(self, source: str) -> Iterator[Candidate]:
        if _REMOTE.match(source):
            problem = "remote sources cannot be read yet; name a local folder or file"
            yield Candidate(id=source, source=source, problem=problem)
            return
        path = Path(unquote(urlsplit(source).path)) if source.startswith("file:") else Path(source)
        if path.is_dir():
            yield from self._folder(path)
        elif path.is_file():
            yield from self._files([path], path.parent)
        else:
            root, matched = _expand(path)
            if not matched:
                yield Candidate(id=source, source=source, problem="there is no such file or folder")
            for folder in (m for m in matched if m.is_dir()):
                yield from self._folder(folder)
            yield from self._files([m for m in matched if m.is_file()], root)

    def _folder(self, root: Path) -> Iterator[Candidate]:
        yield from self._files([p for p in sorted(root.rglob("*")) if p.is_file()], root)

    def _files(self, files: list[Path], root: Path) -> Iterator[Candidate]:
        described: set[Path] = set()
        single = len(files) == 1
        for path in files:
            if path.suffix.lower() in _DOCUMENTS:
                for found in self._document(path, asked=single):
                    described.add(path.parent)
                    yield found
        rasters = [
            path.absolute()
            for path in files
            if path.suffix.lower() in _RASTERS
            and str(path.absolute()) not in self.claimed
            and path.parent not in described
        ]
        yield from group(rasters, root.absolute(), self.profile, pattern=self.pattern)

    def _document(self, path: Path, *, asked: bool) -> Iterator[Candidate]:
        path = path.absolute().resolve()
        if path in self.documents:
            return
        self.documents.add(path)
        try:
            contents = list(_contents(path))
        except (OSError, ValueError) as error:
            yield Candidate(id=path.stem, source=str(path), problem=f"{path} cannot be read: {error}")
            return
        except STRANGE as error:
            yield Candidate(id=path.stem, source=str(path), problem=f"{path} cannot be read: {strangeness(error)}")
            return
        recognised = False
        for content in contents:
            kind = content.get("type")
            if kind == "Feature" and isinstance(content.get("assets"), Mapping):
                recognised = True
                yield self._claim(self._item(content, path))
            elif "links" in content and (kind in {"Collection", "Catalog"} or "stac_version" in content):
                recognised = True
                yield from self._linked(content, path)
        if asked and not recognised:
            yield Candidate(
                id=path.stem, source=str(path), problem=f"{path} holds no STAC item, collection or catalogue"
            )

    def _linked(self, content: Mapping[str, Any], path: Path) -> Iterator[Candidate]:
        for link in content["links"] if isinstance(content["links"], list) else []:
            if not isinstance(link, Mapping) or link.get("rel") not in {"item", "child"}:
                continue
            href = str(link.get("href", ""))
            try:
                target = path.parent / unquote(urlsplit(href).path)
                there = target.is_file()
            except STRANGE as error:
                yield Candidate(id=href, source=str(path), problem=f"{path} links to it: {strangeness(error)}")
                continue
            if _REMOTE.match(href):
                problem = "remote items cannot be read yet; name a local copy"
                yield Candidate(id=href, source=str(path), problem=problem)
            elif not there:
                yield Candidate(id=href, source=str(path), problem=f"{path} links to it, but it is not there")
            else:
                yield from self._document(target, asked=True)

    def _item(self, content: Mapping[str, Any], path: Path) -> Candidate:
        try:
            return candidate(content, path, self.profile)
        except STRANGE as error:
            return Candidate(id=str(content.get("id") or path.stem), source=str(path), problem=strangeness(error))

    def _claim(self, found: Candidate) -> Candidate:
        self.claimed.update(entry.href for entry in found.entries)
        return found


def _contents(path: Path) -> Iterator[Mapping[str, Any]]:
    if path.stat().st_size > _LARGEST_DOCUMENT:
        raise ValueError(f"larger than {_LARGEST_DOCUMENT} bytes")
    text = path.read_text(encoding="utf-8")
    if path.suffix.lower() == ".ndjson":
        roots = [json.loads(line) for line in text.splitlines() if line.strip()]
    else:
        roots = [json.loads(text)]
    for root in roots:
        if isinstance(root, Mapping) and root.get("type") == "FeatureCollection":
            yield from (f for f in root.get("features") or () if isinstance(f, Mapping))
        elif isinstance(root, Mapping):
            yield root


def _expand(path: Path) -> tuple[Path, list[Path]]:
    parts = path.parts
    first = next((n for n, part in enumerate(parts) if any(c in part for c in "*?[")), len(parts))
    if first == len(parts):
        return path.parent, []
    root = Path(*parts[:first]) if first else Path()
    return root, sorted(root.glob(str(Path(*parts[first:]))))
