"""Names of bands that no profile speaks of: plain words that expressions can hold, each once in a scene."""

import re
import unicodedata
from collections.abc import Iterable, Mapping

from bandstand.config.profiles import Profile, ProfileBand
from bandstand.engine.candidates import Entry
from bandstand.read.base import FileReport

Plane = tuple[Entry, ProfileBand, int]
"""Where a band comes from, what is known of it, and the number of its plane."""
_LONGEST = 60
"""Characters of a name."""


def apart(planes: Iterable[Plane], profile: Profile, reports: Mapping[str, FileReport]) -> list[Plane]:
    """The same bands, those that the profile does not know by names of their own: `u`, `u_2`.

    What a file calls a band stays its title, by which it can be asked for, too. A name that is a plain word already
    goes to the band that has it: `B_1` stays that of `B_1` beside a `B-1`, which is `B_1_2`.

    Args:
        reports: Of the files, by href: a band that its file does not name makes way for one that has its name.
    """
    found = list(planes)
    own = [None if profile.band(band.name) else (band.title or band.name) for _, band, _ in found]
    taken = {band.name for (_, band, _), name in zip(found, own, strict=True) if name is None}
    names: dict[int, str] = {}
    for place, ((entry, _, plane), name) in enumerate(zip(found, own, strict=True)):
        named = entry.band or reports[entry.href].descriptions[plane - 1]
        if named and name is not None and plain(name, plane) == name and name not in taken:
            names[place] = name
            taken.add(name)
    for place, ((_, _, plane), name) in enumerate(zip(found, own, strict=True)):
        if name is not None and place not in names:
            names[place] = _free(plain(name, plane), taken)
            taken.add(names[place])
    return [
        (entry, _renamed(band, names[place], own[place]) if place in names else band, plane)
        for place, (entry, band, plane) in enumerate(found)
    ]


def plain(name: str, plane: int) -> str:
    """A name of ASCII letters, digits and `_`, a letter first; by the number of its plane where nothing is left."""
    letters = unicodedata.normalize("NFKD", name)
    ascii_only = "".join(c for c in letters if not unicodedata.combining(c))
    word = re.sub(r"[^A-Za-z0-9_]+", "_", ascii_only).strip("_")[:_LONGEST].rstrip("_")
    if not word:
        return f"b{plane}"
    return f"b{word}" if word[0].isdigit() else word


def _free(name: str, taken: Iterable[str]) -> str:
    if name not in taken:
        return name
    number = 2
    while f"{name}_{number}" in taken:
        number += 1
    return f"{name}_{number}"


def _renamed(band: ProfileBand, name: str, own: str | None) -> ProfileBand:
    return band.model_copy(update={"name": name, "title": own if own and own != name else ""})
