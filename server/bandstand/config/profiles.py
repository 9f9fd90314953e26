"""Profiles: what is known of a kind of collection, as data files that people can copy and change."""

import csv
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import Field as Key
from pydantic import ValidationError, model_validator

from bandstand.config.schema import Collection as CollectionSection
from bandstand.config.schema import Section, TimeSection
from bandstand.model.field import Field
from bandstand.model.item import Item
from bandstand.model.layer import Collection, TimeRules

Labels = Mapping[str, tuple[tuple[int, str], ...]]
"""(value, label) pairs by band."""

_SHIPPED = Path(__file__).parent / "profiles"


class Class(Section):
    """One value of a categorical band."""

    value: int
    label: str
    colour: str = ""
    """`#rrggbb`, empty where the style decides."""


class ProfileBand(Section):
    """A band as its producer describes it."""

    name: str
    title: str = ""
    common_name: str = ""
    aliases: tuple[str, ...] = ()
    """Other spellings: asset keys of providers, short names."""
    dtype: str = "uint16"
    nodata: float | None = None
    scale: float = 1.0
    offset: float = 0.0
    unit: str = ""
    categorical: bool = False
    ruled: bool = False
    """Whether the rules of radiometry speak of it (reflectance bands)."""
    resolution_m: float = 0.0
    """Of the producer's own grid, metres; 0: not known."""
    classes: tuple[Class, ...] = ()


class When(Section):
    """The scenes a rule speaks of; everything given must hold."""

    name: str = ""
    """Regular expression that the scene's id begins with."""
    flags: dict[str, bool | str | float] = Key(default={})
    """Properties of the scene and their values."""
    baseline_from: str = ""
    """Processing baseline at least: `04.00`."""
    baseline_below: str = ""
    acquired_from: date | None = None
    acquired_before: date | None = None
    announced_offset: float | None = None
    """The offset that the scene's own metadata announce."""


class Rule(Section):
    """What stored numbers mean in certain scenes."""

    when: When = When()
    scale: float
    offset: float
    nodata: float | None = None
    """Stored value of nothing where neither file nor metadata name one; None: that of the band."""
    because: str
    """The reason, kept with every scene it was applied to."""
    certain: bool = True
    """False: a guess that `check` warns of."""


class Profile(Section):
    """A kind of collection."""

    name: str
    title: str = ""
    grouping: Literal["scene", "file"] = "scene"
    """How plain files become scenes: the band files of a scene together, or every file for itself."""
    bands: tuple[ProfileBand, ...] = ()
    """Empty: whatever the files contain."""
    open: bool = False
    """Whether files may hold bands that are not listed, as under every profile that lists none."""
    others: tuple[str, ...] = ()
    """Words of names, and names of folders, that mark what is no band: `TCI`, `MSK_*`."""
    prefer: tuple[str, ...] = ()
    """Words of names: of two files of a band the one with the earlier word is taken."""
    rules: tuple[Rule, ...] = ()
    """The first that fits decides, where neither the configuration nor the scene says anything."""
    corrections: tuple[Rule, ...] = ()
    """Over what a scene's own metadata announce, where a provider is known to announce wrongly."""
    time: TimeSection = TimeSection()

    @model_validator(mode="before")
    @classmethod
    def _open_without_bands(cls, values: Any) -> Any:
        return {"open": True, **values} if isinstance(values, dict) and not values.get("bands") else values

    def resolve(self, name: str) -> ProfileBand | None:
        """The band of this name, common name or alias, without regard to case."""
        folded = name.casefold()
        for band in self.bands:
            if band.name.casefold() == folded:
                return band
        for band in self.bands:
            if folded in {band.common_name.casefold(), *(a.casefold() for a in band.aliases)} - {""}:
                return band
        return None

    def band(self, name: str) -> ProfileBand | None:
        """The band of exactly this name."""
        return next((b for b in self.bands if b.name == name), None)


def profile_names() -> tuple[str, ...]:
    """Names of the profiles that ship with Bandstand."""
    return tuple(sorted(path.stem for path in _SHIPPED.glob("*.yml")))


def load_profile(name: str) -> Profile:
    """A shipped profile by name, or one of your own by the path of its file.

    Raises:
        KeyError: No such profile.
        ValueError: The file cannot be read or says what cannot be; the message names file and key.
    """
    path = Path(name) if name.endswith((".yml", ".yaml")) else _SHIPPED / f"{name}.yml"
    if not path.is_file():
        raise KeyError(name)
    return _read(path)


@lru_cache(maxsize=64)
def _read(path: Path) -> Profile:
    try:
        return Profile.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ValueError(f"the profile {path} cannot be read: {error}") from error
    except ValidationError as error:
        faults = [f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors(include_url=False)]
        raise ValueError(f"the profile {path} is not one: {'; '.join(faults)}") from error


def effective(profile: Profile, section: CollectionSection) -> Profile:
    """The profile with a collection's own bands, classes and time rules laid over it; an open one stays open.

    Raises:
        ValueError: The classes file cannot be read.
    """
    bands = {band.name: band for band in profile.bands}
    for name, own in section.bands.items():
        base = bands.get(name) or ProfileBand(name=name)
        changes = {key: value for key, value in own.model_dump(exclude_none=True).items() if value is not None}
        if changes.get("nodata") == "none":
            changes["nodata"] = None
        if "aliases" in changes:
            changes["aliases"] = (*base.aliases, *changes["aliases"])
        bands[name] = base.model_copy(update=changes)
    if section.classes_file is not None:
        classes = read_classes(section.classes_file)
        target = next((b for b in bands.values() if b.categorical), None)
        if target is not None:
            bands[target.name] = target.model_copy(update={"classes": classes})
    return profile.model_copy(update={"bands": tuple(bands.values()), "time": section.time or profile.time})


def read_classes(path: Path) -> tuple[Class, ...]:
    """Read a CSV of value,label,colour; a heading is optional, colours are.

    Raises:
        ValueError: It cannot be read; the message names file and line.
    """
    found = []
    try:
        with path.open(encoding="utf-8", newline="") as lines:
            for number, row in enumerate(csv.reader(lines), start=1):
                if not row or row[0].lstrip().startswith("#") or (number == 1 and row[0].strip() == "value"):
                    continue
                try:
                    colour = row[2].strip() if len(row) > 2 else ""
                    found.append(Class(value=int(row[0]), label=row[1].strip(), colour=colour))
                except (ValueError, IndexError) as error:
                    raise ValueError(
                        f"{path}:{number}: expected value,label,colour such as 10,Water,#0000ff"
                    ) from error
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from error
    return tuple(found)


def field(band: ProfileBand) -> Field:
    """The band as a field of a typical scene."""
    return Field(
        name=band.name,
        dtype=band.dtype,
        nodata=band.nodata,
        scale=1.0 if band.categorical else band.scale,
        offset=0.0 if band.categorical else band.offset,
        unit=band.unit,
        title=band.title,
        common_name=band.common_name,
        categorical=band.categorical,
    )


def collection(
    name: str,
    section: CollectionSection,
    profile: Profile,
    *,
    observed: tuple[Field, ...] = (),
    labels: Labels | None = None,
) -> Collection:
    """What the engine knows of a collection.

    Args:
        profile: As `effective` made it.
        observed: Fields of its scenes: their data types and nodata are those of the files, and they are the bands
            of an open profile.
        labels: Of classes, by band, as a scene's metadata name them; they hold where nobody else has any.
    """
    seen = {f.name: f for f in observed}
    known = {band.name: band for band in profile.bands}
    names = [f.name for f in observed] if profile.open and observed else list(known)
    stated = {band for band, own in section.bands.items() if own.unit is not None}
    fields = tuple(
        _seen(field(known[n]), seen.get(n), ruled=known[n].ruled, stated=n in stated) if n in known else seen[n]
        for n in names
    )
    told = [(f.common_name, f.name) for f in fields if f.common_name not in {"", f.name}]
    aliases = [(band.common_name, band.name) for band in profile.bands if band.common_name not in {"", band.name}]
    aliases += [(alias, band.name) for band in profile.bands for alias in band.aliases]
    if profile.open:
        # What their files call them, and what everybody does.
        aliases += [(f.title, f.name) for f in observed if f.title]
        aliases += [(f.common_name, f.name) for f in observed if f.common_name not in {"", f.name}]
    classes = dict(labels or {}) | {
        b.name: tuple((c.value, c.label) for c in b.classes) for b in profile.bands if b.classes
    }
    return Collection(
        name=name,
        title=section.title or name,
        profile=section.profile,
        fields=fields,
        aliases=tuple(dict.fromkeys([*aliases, *told])),
        classes=tuple(classes.items()),
        license=section.license,
    )


def labels_of(item: Item) -> Labels:
    """The labels of classes that ingest found in a scene's metadata, by band."""
    kept = item.properties.get("bandstand:classes")
    if not isinstance(kept, dict):
        return {}
    return {band: tuple((int(value), str(label)) for value, label in pairs) for band, pairs in kept.items()}


def _seen(known: Field, real: Field | None, *, ruled: bool, stated: bool) -> Field:
    if real is None:
        return known
    # Scale and offset of ruled bands differ from scene to scene: the profile's are the typical ones.
    scale, offset = (known.scale, known.offset) if ruled else (real.scale, real.offset)
    return Field(
        name=known.name,
        dtype=real.dtype,
        nodata=real.nodata,
        scale=scale,
        offset=offset,
        unit=known.unit if stated else real.unit or known.unit,
        title=known.title or real.title,
        common_name=known.common_name or real.common_name,
        categorical=known.categorical or real.categorical,
    )


def time_rules(section: TimeSection) -> TimeRules:
    """The section as the resolver takes it."""
    return TimeRules(
        resolution=section.resolution,
        default=section.default,
        missing=section.missing,
        tolerance_days=section.tolerance_days,
    )


__all__ = [
    "Class",
    "Labels",
    "Profile",
    "ProfileBand",
    "Rule",
    "When",
    "collection",
    "effective",
    "field",
    "labels_of",
    "load_profile",
    "profile_names",
    "read_classes",
    "time_rules",
]
