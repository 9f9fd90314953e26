"""One scene on offer and the headers of its files, put together to an item of the catalogue."""

import dataclasses
import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Protocol

from bandstand.catalog.base import Catalog
from bandstand.config.profiles import Profile, ProfileBand
from bandstand.config.profiles import field as typical
from bandstand.config.schema import Collection as CollectionSection
from bandstand.engine.bandnames import apart
from bandstand.engine.candidates import STRANGE, Announced, Candidate, Entry, LeftOut, strangeness
from bandstand.engine.dates import time_in
from bandstand.engine.footprints import footprint
from bandstand.engine.naming import no_band
from bandstand.engine.placing import Unplaced, place
from bandstand.engine.radiometry import Decision, baseline, decide
from bandstand.engine.spread import measure
from bandstand.engine.strange import beginning_of
from bandstand.engine.units import ucum
from bandstand.errors import BandstandError
from bandstand.model.field import is_offset, is_scale
from bandstand.model.item import Asset, Item
from bandstand.model.time import TimeSpan
from bandstand.read.base import FileReport
from bandstand.read.glance import Glance
from bandstand.read.header import parse_nodata

_METHOD = 8
"""Grows when the same source would now give another item: those of an older method are made anew."""


@dataclass(frozen=True, slots=True)
class Unchanged:
    """The catalogue has this scene as it is."""

    faults: tuple[str, ...] = ()
    """What is still wrong with single files of it, which are left out."""


@dataclass(frozen=True, slots=True)
class Failed:
    """The scene is left out."""

    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Foreign:
    """The files are sound, but none holds a band of the collection."""

    left_out: LeftOut


@dataclass(frozen=True, slots=True)
class Made:
    """A new or changed item, to be written."""

    item: Item
    warnings: tuple[str, ...]
    """What will make its files slow."""
    faults: tuple[str, ...] = ()
    """What is wrong with single files of it, which are left out."""
    left_out: LeftOut | None = None
    """Files of it that hold no band."""


Outcome = Unchanged | Failed | Foreign | Made


class Headers(Protocol):
    """Whoever reads the headers of files; the reader's `Library` does."""

    def describe(self, href: str) -> FileReport:
        """What a file says of itself.

        Raises:
            SourceUnavailable: It is missing, cut off or no raster.
        """
        ...

    def glance(self, report: FileReport, plane: int, *, nodata: float | None) -> Glance | None:
        """A thin sample of one plane; None where the file's own statistics tell more than it would."""
        ...


class _Unusable(Exception):
    """Why a scene is left out."""


@dataclass(frozen=True)
class Assembly:
    """What it takes to make the items of one collection; safe to share between threads."""

    name: str
    section: CollectionSection
    profile: Profile
    catalog: Catalog
    library: Headers
    replace_all: bool
    """Read also what has not changed."""

    def outcome(self, candidate: Candidate) -> Outcome:
        """Make the item, unless the catalogue has it already or it cannot be used."""
        if not candidate.entries:
            return Failed((candidate.problem or f"none of its assets is a band of profile {self.profile.name}",))
        try:
            return self._outcome(candidate)
        except _Unusable as error:
            reason = str(error)
        except BandstandError as error:
            reason = error.message
        except STRANGE as error:
            reason = strangeness(error)
        return Failed((reason,))

    def _outcome(self, candidate: Candidate) -> Outcome:
        signature = self._signature(candidate)
        known = None if self.replace_all else self.catalog.get(self.name, candidate.id, withdrawn=True)
        kept: Mapping[str, object] = {} if known is None else known.properties
        faults = kept.get("bandstand:faults")
        is_alike = kept.get("bandstand:signature") == signature
        if is_alike and not faults:
            return Unchanged()
        made = self._make(candidate, signature)
        # What was broken is tried again each time: it may have been out of reach.
        if is_alike and isinstance(made, Made) and list(made.faults) == faults:
            return Unchanged(made.faults)
        return made

    @cached_property
    def _settings(self) -> object:
        section = self.section.model_dump(mode="json", include={"bands", "radiometry", "crs"})
        profile = self.profile.model_dump(mode="json", include={"bands", "open", "rules", "corrections"})
        return [_METHOD, section, profile]

    def _signature(self, candidate: Candidate) -> str:
        """Changes with the metadata, the files, the configuration and our own method."""
        parts: list[object] = [self._settings, candidate.properties, candidate.footprint, str(candidate.time)]
        for entry in candidate.entries:
            state = _state(entry.href)
            told = [*dataclasses.astuple(entry.announced), *dataclasses.astuple(entry.declared)]
            parts.append([entry.href, entry.band or entry.label, entry.plane, *(state or ()), told])
        text = json.dumps(parts, sort_keys=True, default=str)
        return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()

    def _make(self, candidate: Candidate, signature: str) -> Made | Foreign | Failed:
        reports, faults = self._describe(candidate.entries)
        if candidate.problem:
            faults.append(candidate.problem)
        if not reports:
            return Failed(tuple(faults))
        entries = [entry for entry in candidate.entries if entry.href in reports]
        time = candidate.time or _time_of(reports.values())
        assets: dict[str, Asset] = {}
        decisions: dict[str, Decision] = {}
        colours: dict[str, object] = {}
        labels: dict[str, object] = {}
        for entry, told, plane in apart(self._planes(entries, reports), self.profile, reports):
            report = reports[entry.href]
            band = self._as_in_file(told, report, plane)
            if band.name in assets:
                both = f"{assets[band.name].href} and {entry.href}"
                raise _Unusable(f"asset {band.name}: {both} both hold this band")
            decision = self._decide(band, candidate, time, entry.announced, report, plane)
            assets[band.name] = self._asset(band, entry, report, plane, decision)
            decisions[band.name] = decision
            if band.categorical and entry.classes:
                labels[band.name] = [list(pair) for pair in entry.classes]
            if band.categorical and report.colormap:
                colours[band.name] = {str(value): list(rgba) for value, rgba in sorted(report.colormap.items())}
        used = {asset.href for asset in assets.values()}
        unused = tuple(href for href in reports if href not in used)
        left_out = LeftOut(files=unused, because=no_band(self.profile)) if unused else None
        if not assets:
            return Failed(tuple(faults)) if faults or left_out is None else Foreign(left_out)
        try:
            where, covered, bbox = footprint(candidate.footprint, [asset.grid for asset in assets.values()])
        except ValueError as error:
            raise _Unusable(str(error)) from error
        noted = {"colormap": colours, "classes": labels, "faults": faults}
        noted["statistics"] = measure(self.library, reports, assets)
        properties = self._properties(candidate, decisions, noted)
        properties["bandstand:signature"] = signature
        if candidate.doubt and any(r.planes == 1 and not r.descriptions[0] for r in reports.values()):
            # Only bands that their files do not name are named by us.
            properties["bandstand:doubt"] = candidate.doubt
        item = Item(
            id=candidate.id,
            collection=self.name,
            time=time or TimeSpan(None, None),
            bbox=bbox,
            footprint=where,
            reach=covered,
            assets=assets,
            properties=properties,
        )
        _check_storable(item)
        warnings = [f"{Path(href).name}: {text}" for href in sorted(used) for text in reports[href].warnings]
        return Made(item, tuple(warnings), tuple(faults), left_out)

    @staticmethod
    def _properties(
        candidate: Candidate, decisions: Mapping[str, Decision], noted: Mapping[str, object]
    ) -> dict[str, object]:
        properties = dict(candidate.properties)
        properties["bandstand:radiometry"] = written(decisions, baseline(candidate.id, candidate.properties))
        properties["bandstand:source"] = candidate.source
        return properties | {f"bandstand:{key}": value for key, value in noted.items() if value}

    def _describe(self, entries: Iterable[Entry]) -> tuple[dict[str, FileReport], list[str]]:
        """What the files say of themselves, and what is wrong with those that cannot be used."""
        reports: dict[str, FileReport] = {}
        faults: dict[str, str] = {}
        for entry in entries:
            if entry.href in reports or entry.href in faults:
                continue
            try:
                report = self.library.describe(entry.href)
                report = self._placed(report, entry)
            except BandstandError as error:
                told = error.message.removeprefix(f'"{Path(entry.href).name}" ')
                reason = (beginning_of(Path(entry.href)) or told) if _state(entry.href) else "is not there"
                faults[entry.href] = f"{_subject(entry)}: {entry.href} {reason}"
            except _Unusable as error:
                faults[entry.href] = str(error)
            else:
                reports[entry.href] = report
        return reports, list(faults.values())

    def _placed(self, report: FileReport, entry: Entry) -> FileReport:
        """The report with the place of the file, wherever that is told."""
        placed = place(report, entry.declared, self.section.crs)
        if isinstance(placed, Unplaced):
            raise _Unusable(f"{_subject(entry)}: {entry.href} {placed.reason}")
        return replace(report, grid=placed)

    def _planes(
        self, entries: Sequence[Entry], reports: Mapping[str, FileReport]
    ) -> Iterator[tuple[Entry, ProfileBand, int]]:
        """Every band to be kept, with the plane it lies in."""
        named = {entry.band for entry in entries if entry.band}
        taken: set[str] = set()
        for entry in entries:
            report = reports[entry.href]
            if entry.band and (entry.plane or report.planes == 1):
                if entry.plane > report.planes:
                    raise _Unusable(f"{_subject(entry)}: has {report.planes} planes, plane {entry.plane} is asked")
                known = None if self.profile.open else self.profile.band(entry.band)
                plane = entry.plane or 1
                told = report.descriptions[plane - 1] if entry.plane and entry.label else ""
                yield entry, known or _unprofiled(told or entry.band), plane
                continue
            if self.profile.open:
                told = entry.label if self.profile.resolve(entry.label) and report.planes == 1 else ""
                names = [told] if told else _plane_names(entry, report, taken, alone=len(entries) == 1)
                bands = [_unprofiled(name) for name in names]
                taken.update(band.name for band in bands)
                yield from ((entry, band, plane) for plane, band in enumerate(bands, start=1))
                continue
            for plane, description in enumerate(report.descriptions, start=1):
                known = self.profile.resolve(description) if description else None
                # A file of its own speaks for a band before a picture of several does.
                if known is not None and known.name not in named | taken:
                    taken.add(known.name)
                    yield entry, known, plane

    def _as_in_file(self, band: ProfileBand, report: FileReport, plane: int) -> ProfileBand:
        """The band with what the file says of colours, where nobody else says what its numbers mean."""
        own = self.section.bands.get(band.name)
        known = band.ruled or bool(band.unit) or (own is not None and own.categorical is not None)
        # A colour table belongs to the first band.
        table = plane == 1 and report.colormap is not None and not known
        common = band.common_name or (report.colours[plane - 1] if report.colours else "")
        return band.model_copy(update={"common_name": common, "categorical": band.categorical or table})

    def _decide(
        self,
        band: ProfileBand,
        candidate: Candidate,
        time: TimeSpan | None,
        announced: Announced,
        report: FileReport,
        plane: int,
    ) -> Decision:
        scale, offset = report.scales[plane - 1], report.offsets[plane - 1]
        # A scale of 0 would leave nothing of the numbers: it was left empty.
        speaks = is_scale(scale) and is_offset(offset) and (scale, offset) != (1.0, 0.0)
        return decide(
            band,
            section=self.section,
            profile=self.profile,
            announced=announced,
            in_file=Announced(scale=scale, offset=offset) if speaks else Announced(),
            identity=candidate.id,
            acquired=time.start if time else None,
            properties=candidate.properties,
        )

    def _asset(self, band: ProfileBand, entry: Entry, report: FileReport, plane: int, decision: Decision) -> Asset:
        if report.grid is None:
            raise TypeError("a file that is used has a grid")
        own = self.section.bands.get(band.name)
        stated = (
            own.nodata if own else None,
            report.nodata[plane - 1],
            entry.announced.nodata,
            decision.nodata,
            band.nodata,
        )
        first = next((value for value in stated if value is not None), "none")
        # What the samples cannot be is nodata nowhere, and is told nowhere.
        nodata = None if isinstance(first, str) else parse_nodata(repr(first), report.dtype)
        field = replace(
            typical(band),
            dtype=report.dtype,
            nodata=nodata,
            scale=decision.scale,
            offset=decision.offset,
            unit=self._unit(band, entry, report, plane),
            common_name=band.common_name or entry.announced.common_name,
        )
        return Asset(
            band=band.name,
            href=entry.href,
            plane=plane,
            field=field,
            grid=report.grid,
            version=report.version,
            index=report.index,
        )

    def _unit(self, band: ProfileBand, entry: Entry, report: FileReport, plane: int) -> str:
        """By the configuration, the scene's metadata, the file, the profile; classes have none."""
        own = self.section.bands.get(band.name)
        if own is not None and own.unit is not None:
            return own.unit
        if band.categorical:
            return ""
        return ucum(entry.announced.unit) or ucum(report.units[plane - 1]) or band.unit


def _check_storable(item: Item) -> None:
    """Raise now what would stop the catalogue in the middle of many scenes.

    Raises:
        ValueError: A text is no Unicode (JSON may hold half a pair of surrogates), or a number is none.
        OverflowError: A number is out of range.
    """
    texts = (item.id, *(asset.href for asset in item.assets.values()))
    "".join((*texts, json.dumps(dict(item.properties), ensure_ascii=False, allow_nan=False))).encode()
    _ = item.cloud_cover


def written(decisions: Mapping[str, Decision], known_baseline: str) -> dict[str, object]:
    """The radiometric decisions as they are kept with the item, like ones together."""
    alike: dict[Decision, list[str]] = {}
    for band, decision in decisions.items():
        alike.setdefault(decision, []).append(band)
    groups = [
        {
            "bands": sorted(bands),
            "scale": decision.scale,
            "offset": decision.offset,
            "source": decision.source,
            "because": decision.because,
            "certain": decision.certain,
        }
        for decision, bands in alike.items()
    ]
    return {"baseline": known_baseline, "certain": all(d.certain for d in alike), "decisions": groups}


def _state(href: str) -> tuple[int, int] | None:
    """Size and time of change of a file; None where it is not there."""
    try:
        state = Path(href).stat()
    except OSError:
        return None
    return state.st_size, state.st_mtime_ns


def _plane_names(entry: Entry, report: FileReport, taken: Iterable[str], *, alone: bool) -> list[str]:
    """Names of the planes of a file that no profile speaks of: as it describes them, else by its own name.

    Args:
        taken: Names that other files of the scene have.
        alone: There are no others.
    """
    label = entry.label or Path(entry.href).stem
    if report.planes == 1:
        name = report.descriptions[0] or label
        return [label if _unprofiled(name).name in taken else name]
    of_many = f"{entry.label}_" if entry.label and not alone else "b"
    names = [text or f"{of_many}{plane}" for plane, text in enumerate(report.descriptions, start=1)]
    if not {_unprofiled(name).name for name in names} & set(taken):
        return names
    return [f"{label}_{text or plane}" for plane, text in enumerate(report.descriptions, start=1)]


def _unprofiled(name: str) -> ProfileBand:
    # Expressions need a plain word.
    plain = re.sub(r"\W+", "_", name.strip(), flags=re.ASCII).strip("_") or "b1"
    return ProfileBand(name=f"b{plain}" if plain[0].isdigit() else plain, title="" if plain == name else name)


def _subject(entry: Entry) -> str:
    return f"asset {entry.band or Path(entry.href).name}"


def _time_of(reports: Iterable[FileReport]) -> TimeSpan | None:
    for report in reports:
        for key, text in report.tags.items():
            if key.casefold().removeprefix("tifftag_") in {"datetime", "acquisitiondatetime"}:
                # TIFF 6.0 spells it 2017:08:04 10:53:28.
                found = time_in(re.sub(r"^(\d{4}):(\d{2}):(\d{2}) ", r"\1-\2-\3T", text))
                if found is not None:
                    return found
    return None
