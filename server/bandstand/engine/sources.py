"""From what people name as a source to scenes on offer: folders, globs, GeoTIFFs, STAC documents."""

import json
import os
import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from bandstand.config.profiles import Profile
from bandstand.engine.candidates import STRANGE, Candidate, LeftOut, strangeness
from bandstand.engine.naming import group
from bandstand.engine.roots import Roots
from bandstand.engine.stac import candidate, merged, mirrored_names
from bandstand.engine.strange import RASTERS, is_raster, strange_file, strange_folder
from bandstand.read.base import FileReport
from bandstand.read.plain import real

_REMOTE = re.compile(r"^(?!file:)[a-z][a-z0-9+.-]+://", re.IGNORECASE)
_LINES = {".ndjson", ".jsonl", ".geojsonl"}
"""A document a line."""
_OF_SYSTEMS = frozenset({"__MACOSX", "@eaDir", "lost+found", "$RECYCLE.BIN", "System Volume Information"})
_DOCUMENTS = {".json", ".geojson", *_LINES}
Look = Callable[[Path], FileReport | None]
_LARGEST_DOCUMENT = 256_000_000


def find(
    sources: Sequence[str],
    profile: Profile,
    *,
    pattern: str = "",
    homes: Iterable[str] = (),
    roots: Iterable[Path] = (),
    look: Look | None = None,
) -> Iterator[Candidate | LeftOut]:
    """Every scene that the sources offer, each once; what cannot be used comes with its problem.

    Args:
        homes: The collection's own sources: paths below them make the ids of plain files, whichever part is named.
        roots: Folders besides the sources in which the files may lie that documents name.
        look: Reads the header of a file, or gives None; asked only where names do not tell bands from scenes.
    """
    own = tuple(_fixed_part(_path(home).absolute()) for home in homes if not _REMOTE.match(home))
    named = (_fixed_part(_path(source).absolute()) for source in sources if not _REMOTE.match(source))
    search = _Search(profile, own, Roots.of((*own, *named, *roots)))
    yield from _joined(found for source in sources for found in search.source(source))
    if search.rasters:
        yield from group(search.rasters, profile, pattern=pattern, look=look or _nothing)


@dataclass
class _Search:
    profile: Profile
    homes: tuple[Path, ...]
    roots: Roots
    documents: set[Path] = field(default_factory=set)
    """Read already."""
    unread: set[Path] = field(default_factory=set)
    """Documents that are broken."""
    claimed: set[str] = field(default_factory=set)
    """Rasters that belong to a STAC item."""
    mirrors: dict[Path, dict[str, set[str]]] = field(default_factory=dict)
    """By folder: what its documents name as remote files, and the folders of these."""
    rasters: dict[Path, Path] = field(default_factory=dict)
    """Plain rasters, each with the folder that its name starts from."""

    def source(self, source: str) -> Iterator[Candidate | LeftOut]:
        if _REMOTE.match(source):
            problem = "remote sources cannot be read yet; name a local folder or file"
            yield Candidate(id=source, source=source, problem=problem)
            return
        path = _path(source)
        if path.is_dir():
            yield from self._folder(path)
        elif path.is_file():
            yield from self._file(path)
        else:
            root, matched = _expand(path)
            if not matched:
                yield Candidate(id=source, source=source, problem="there is no such file or folder")
            for folder in (m for m in matched if m.is_dir()):
                yield from self._folder(folder)
            files = [m for m in matched if _is_file(m)]
            if files:
                yield from self._files(files, root)

    def _folder(self, root: Path) -> Iterator[Candidate | LeftOut]:
        locked: list[OSError] = []
        files = sorted(_below(root, locked.append))
        for error in locked:
            name = str(error.filename)
            yield Candidate(id=name, source=name, problem=f"{name} cannot be searched: {error.strerror}")
        yield from self._files(files, root)

    def _file(self, path: Path) -> Iterator[Candidate | LeftOut]:
        if path.suffix.lower() in _DOCUMENTS:
            yield from self._document(path, asked=True)
        elif path.suffix.lower() in RASTERS or is_raster(path):
            self._keep(path.absolute(), path.parent.absolute())
        else:
            yield strange_file(path)

    def _files(self, files: list[Path], root: Path) -> Iterator[Candidate | LeftOut]:
        """Scenes of the documents among some files; rasters are kept for when all are known."""
        described: set[Path] = set()
        strange: list[Path] = []
        unsaid: list[str] = []
        is_used = False
        for path in (file for file in files if file.suffix.lower() in _DOCUMENTS):
            for found in self._document(path, asked=False):
                # A document that cannot be read speaks for no file.
                if Path(found.source) not in self.unread:
                    described.add(path.parent)
                yield found
        for path in files:
            if path.suffix.lower() in RASTERS:
                is_used = True
                if path.parent not in described:
                    self._keep(path.absolute(), root.absolute())
                elif not self._is_claimed(path):
                    unsaid.append(str(path.absolute()))
            elif path.suffix.lower() not in _DOCUMENTS:
                strange.append(path)
        if unsaid:
            yield LeftOut(files=tuple(unsaid), because="no band by the STAC documents beside")
        yield from strange_folder(root, strange, is_used=is_used or bool(described))

    def _is_claimed(self, path: Path) -> bool:
        # Documents are known by their real folder; a file of theirs may be a link.
        here = real(path.parent) / path.name
        return str(here) in self.claimed or str(real(here)) in self.claimed

    def _keep(self, path: Path, root: Path) -> None:
        if str(path) not in self.claimed:
            self.rasters.setdefault(path, self._home(path, root))

    def _home(self, path: Path, root: Path) -> Path:
        """The folder that the name of a file starts from: above a whole product, since that has a name of its own."""
        homes = [home for home in self.homes if path.is_relative_to(home)]
        start = min(homes, key=lambda home: len(home.parts)) if homes else root
        product = next((folder for folder in (start, *start.parents) if folder.suffix.upper() == ".SAFE"), None)
        return product.parent if product else start

    def _document(self, path: Path, *, asked: bool) -> Iterator[Candidate]:
        path = real(path)
        if path in self.documents:
            return
        self.documents.add(path)
        try:
            contents = list(_contents(path))
        except (OSError, ValueError) as error:
            self.unread.add(path)
            yield Candidate(id=path.stem, source=str(path), problem=f"{path} cannot be read: {error}")
            return
        except STRANGE as error:
            self.unread.add(path)
            yield Candidate(id=path.stem, source=str(path), problem=f"{path} cannot be read: {strangeness(error)}")
            return
        recognised = False
        for content in contents:
            kind = content.get("type")
            if kind == "Feature" and isinstance(content.get("assets"), Mapping):
                recognised = True
                yield self._claim(self._item(content, path))
            elif "links" in content and (kind in ("Collection", "Catalog") or "stac_version" in content):
                recognised = True
                yield from self._linked(content, path)
        if asked and not recognised:
            yield Candidate(
                id=path.stem, source=str(path), problem=f"{path} holds no STAC item, collection or catalogue"
            )

    def _linked(self, content: Mapping[str, Any], path: Path) -> Iterator[Candidate]:
        listed = content["links"] if isinstance(content["links"], list) else []
        links = [link for link in listed if isinstance(link, Mapping)]
        home = next((str(link.get("href", "")) for link in links if link.get("rel") == "self"), "")
        for link in links:
            if link.get("rel") not in ("item", "child"):
                continue
            href = str(link.get("href", ""))
            try:
                target = path.parent / unquote(urlsplit(_beside(href, home)).path)
                refusal = self.roots.refusal(target, path)
                there = not refusal and target.is_file()
            except STRANGE as error:
                yield Candidate(id=href, source=str(path), problem=f"{path} links to it: {strangeness(error)}")
                continue
            if there:
                yield from self._document(target, asked=True)
                continue
            remote = "remote items cannot be read yet; name a local copy"
            elsewhere = f"{path} links to it; {refusal}" if refusal else f"{path} links to it, but it is not there"
            problem = remote if _REMOTE.match(href) else elsewhere
            yield Candidate(id=href, source=str(path), problem=problem)

    def _item(self, content: Mapping[str, Any], path: Path) -> Candidate:
        try:
            return candidate(content, path, self.profile, self._rivals, self.roots)
        except STRANGE as error:
            return Candidate(id=str(content.get("id") or path.stem), source=str(path), problem=strangeness(error))

    def _claim(self, found: Candidate) -> Candidate:
        self.claimed.update(entry.href for entry in found.entries)
        return found

    def _rivals(self, folder: Path, name: str) -> set[str]:
        if folder not in self.mirrors:
            found = self.mirrors[folder] = {}
            for path in (p for p in sorted(folder.iterdir()) if p.suffix.lower() in _DOCUMENTS):
                try:
                    names = [pair for content in _contents(path) for pair in mirrored_names(content)]
                except STRANGE:
                    # It is told when its own turn comes.
                    continue
                for file, parent in names:
                    found.setdefault(file, set()).add(parent)
        return self.mirrors[folder].get(name, set())


def _joined(found: Iterable[Candidate | LeftOut]) -> Iterator[Candidate | LeftOut]:
    """Documents that follow one another and speak of one scene become one."""
    held: Candidate | None = None
    for one in found:
        if isinstance(one, LeftOut):
            yield one
            continue
        both = merged(held, one) if held is not None else None
        if held is not None and both is None:
            yield held
        held = both or one
    if held is not None:
        yield held


def _contents(path: Path) -> Iterator[Mapping[str, Any]]:
    if path.stat().st_size > _LARGEST_DOCUMENT:
        raise ValueError(f"larger than {_LARGEST_DOCUMENT} bytes")
    raw = path.read_bytes()
    # UTF-16 and a byte order mark are no JSON for exchange (RFC 8259, 8.1), and are about.
    text = raw.decode(json.detect_encoding(raw))
    if path.suffix.lower() in _LINES:
        roots = [json.loads(line) for line in text.split("\n") if line.strip()]
    else:
        roots = [json.loads(text)]
    for root in chain.from_iterable(root if isinstance(root, list) else [root] for root in roots):
        if isinstance(root, Mapping) and root.get("type") == "FeatureCollection":
            yield from (f for f in root.get("features") or () if isinstance(f, Mapping))
        elif isinstance(root, Mapping):
            yield root


def _beside(href: str, home: str) -> str:
    """An absolute link of a published catalogue as a relative one: its copy lies as the original does.

    Args:
        home: Where the document says that it lies.
    """
    if not _REMOTE.match(href) or not _REMOTE.match(home):
        return href
    there, here = urlsplit(href), urlsplit(home)
    if (there.scheme, there.netloc) != (here.scheme, here.netloc):
        return href
    return posixpath.relpath(there.path, posixpath.dirname(here.path) or "/")


def _path(source: str) -> Path:
    return Path(unquote(urlsplit(source).path)) if source.startswith("file:") else Path(source)


def _nothing(_: Path) -> None:
    """No header."""


def _below(root: Path, onerror: Callable[[OSError], None]) -> Iterator[Path]:
    """Files of a folder to its depths, as GDAL would find them: linked folders count, each once; hidden ones do not."""
    home = real(root)
    seen = {home}
    for folder, folders, files in os.walk(root, onerror=onerror, followlinks=True):
        kept = []
        for name in sorted(folders):
            path = Path(folder, name)
            if _is_hidden(name):
                continue
            if path.is_symlink():
                # What lies below the root anyway is found in its own place; what the root lies in has no end.
                end = real(path)
                if end in seen or end.is_relative_to(home) or home.is_relative_to(end):
                    continue
                seen.add(end)
            kept.append(name)
        folders[:] = kept
        yield from (path for name in files if not _is_hidden(name) and _is_file(path := Path(folder, name)))


def _is_hidden(name: str) -> bool:
    """Whether a file or folder is none of the archive's: hidden, or put there by systems and viewers."""
    return name.startswith(".") or name in _OF_SYSTEMS


def _is_file(path: Path) -> bool:
    """Whether this is a file, or a link to one that is not there; opening anything else might never end."""
    return path.is_file() or (path.is_symlink() and not path.exists())


def _fixed_part(path: Path) -> Path:
    """The folder that a source names, or in which its files are."""
    root, _ = _expand(path)
    return path if root == path.parent and path.is_dir() else root


def _expand(path: Path) -> tuple[Path, list[Path]]:
    parts = path.parts
    first = next((n for n, part in enumerate(parts) if any(c in part for c in "*?[")), len(parts))
    if first == len(parts):
        return path.parent, []
    root = Path(*parts[:first]) if first else Path()
    rest = parts[first:]
    found = sorted(root.glob(str(Path(*rest))))
    if any(part.startswith(".") for part in rest):
        return root, found
    return root, [path for path in found if not any(map(_is_hidden, path.relative_to(root).parts))]
