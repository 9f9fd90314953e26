"""What stored numbers mean in one scene: decided once, at ingest, and kept with its reason."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bandstand.config.profiles import Profile, ProfileBand, Rule, When
from bandstand.config.schema import Collection as CollectionSection
from bandstand.engine.candidates import Announced

_BASELINE_KEYS = (
    "s2:processing_baseline",
    "sentinel:processing_baseline",
    "sentinel2:processing_baseline",
    "processing:version",
    "processing_baseline",
)
_IN_A_NAME = re.compile(r"_N(\d{2})(\d{2})_")
_NAME_KEYS = ("s2:product_uri", "sentinel:product_id", "s2:granule_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Physical value = stored value × scale + offset."""

    scale: float = 1.0
    offset: float = 0.0
    source: str
    """`configuration`, `metadata`, `correction`, `file`, `profile` or `none`."""
    because: str
    certain: bool = True
    nodata: float | None = None
    """Stored value of nothing in such scenes; None: not known."""


def decide(
    band: ProfileBand,
    *,
    section: CollectionSection,
    profile: Profile,
    announced: Announced,
    in_file: Announced,
    identity: str,
    acquired: datetime | None,
    properties: Mapping[str, object],
) -> Decision:
    """Resolve scale and offset of one band of one scene.

    The order: the configuration, the scene's metadata (with the corrections of the profile), what the file says
    of itself, the profile's rules, the profile's band.

    Args:
        announced: By the scene's metadata.
        in_file: By the file's own tags; None where it does not speak of them.
        identity: Id of the scene; products carry the baseline in their name.
    """
    if band.categorical:
        return Decision(source="none", because="classes are never scaled")
    facts = _Facts(identity, baseline(identity, properties), acquired, properties, announced.offset)
    return (
        _configured(band, section, profile)
        or _announced(band, profile, announced, facts)
        or _in_file(in_file)
        or _known(band, profile, facts)
    )


def _configured(band: ProfileBand, section: CollectionSection, profile: Profile) -> Decision | None:
    own = section.bands.get(band.name)
    if own is not None and (own.scale is not None or own.offset is not None):
        scale = 1.0 if own.scale is None else own.scale
        because = f"bands.{band.name} of the configuration"
        return Decision(scale=scale, offset=own.offset or 0.0, source="configuration", because=because)
    fixed = section.fixed_radiometry
    if fixed is not None and (band.ruled or not profile.rules):
        because = "radiometry of the configuration"
        return Decision(scale=fixed.scale, offset=fixed.offset, source="configuration", because=because)
    return None


def _announced(band: ProfileBand, profile: Profile, announced: Announced, facts: "_Facts") -> Decision | None:
    if announced.scale is None and announced.offset is None:
        return None
    correction = next((r for r in profile.corrections if band.ruled and facts.fit(r.when)), None)
    if correction is not None:
        return _by_rule(correction, "correction")
    scale = band.scale if announced.scale is None else announced.scale
    because = "scale and offset of the scene's metadata"
    return Decision(scale=scale, offset=announced.offset or 0.0, source="metadata", because=because)


def _in_file(in_file: Announced) -> Decision | None:
    if in_file.scale is None and in_file.offset is None:
        return None
    scale = 1.0 if in_file.scale is None else in_file.scale
    return Decision(scale=scale, offset=in_file.offset or 0.0, source="file", because="scale and offset of the file")


def _known(band: ProfileBand, profile: Profile, facts: "_Facts") -> Decision:
    rule = next((r for r in profile.rules if band.ruled and facts.fit(r.when)), None)
    if rule is not None:
        return _by_rule(rule, "profile")
    plain = band.scale == 1.0 and band.offset == 0.0
    reason = "stored values are physical values" if plain else f"band {band.name} of profile {profile.name}"
    return Decision(scale=band.scale, offset=band.offset, source="none" if plain else "profile", because=reason)


def baseline(identity: str, properties: Mapping[str, object]) -> str:
    """The processing baseline as `04.00`, empty where nothing tells it."""
    for key in _BASELINE_KEYS:
        value = properties.get(key)
        if isinstance(value, str | int | float) and re.match(r"^\d{1,2}(\.\d+)?$", str(value)):
            whole, _, part = str(value).partition(".")
            return f"{int(whole):02d}.{part.ljust(2, '0')}"
    for name in (identity, *(str(properties.get(key, "")) for key in _NAME_KEYS)):
        found = _IN_A_NAME.search(f"{name}_")
        # N9999 marks products of test processors, which no rule speaks of.
        if found and found[1] != "99":
            return f"{found[1]}.{found[2]}"
    return ""


@dataclass(frozen=True, slots=True)
class _Facts:
    identity: str
    baseline: str
    acquired: datetime | None
    properties: Mapping[str, object]
    announced_offset: float | None

    def fit(self, when: When) -> bool:
        return (
            re.match(when.name, self.identity) is not None
            and all(self.properties.get(key) == value for key, value in when.flags.items())
            and when.announced_offset in {None, self.announced_offset}
            and self._fits_baseline(when)
            and self._fits_day(when)
        )

    def _fits_baseline(self, when: When) -> bool:
        if not (when.baseline_from or when.baseline_below):
            return True
        below = not when.baseline_below or self.baseline < when.baseline_below
        return bool(self.baseline) and self.baseline >= when.baseline_from and below

    def _fits_day(self, when: When) -> bool:
        if when.acquired_from is None and when.acquired_before is None:
            return True
        if self.acquired is None:
            return False
        day = self.acquired.date()
        early = when.acquired_from is not None and day < when.acquired_from
        return not early and (when.acquired_before is None or day < when.acquired_before)


def _by_rule(rule: Rule, source: str) -> Decision:
    return Decision(
        scale=rule.scale,
        offset=rule.offset,
        source=source,
        because=rule.because,
        certain=rule.certain,
        nodata=rule.nodata,
    )
