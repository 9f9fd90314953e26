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
    """The same bands, those that the profile does not decide on by names of their own: `u`, `u_2`.

    What a file calls a band stays its title, by which it can be asked for, too. A band of which an open profile knows
    details has that name. A name that is a plain word already goes to the band that has it: `B_1` stays that of `B_1`
    beside a `B-1`, which is `B_1_2`.

    Args:
        reports: Of the files, by href: a band that its file does not name makes way for one that has its name.
    """
    found = list(planes)
    closed = [not profile.open and profile.band(band.name) is not None for _, band, _ in found]
    own = {at: band.title or band.name for at, (_, band, _) in enumerate(found) if not closed[at]}
    names = {at: band.name for at, (_, band, _) in enumerate(found) if closed[at]}
    named = [entry.band or reports[entry.href].descriptions[plane - 1] for entry, _, plane in found]
    wishes = (
        {at: name for at, name in own.items() if profile.band(name)},
        {at: known.name for at, name in own.items() if (known := profile.resolve(name))},
        {at: name for at, name in own.items() if named[at] and plain(name, found[at][2]) == name},
    )
    for wished in wishes:
        for at, name in wished.items():
            if at not in names and name not in names.values():
                names[at] = name
    for at, name in own.items():
        if at not in names:
            names[at] = _free(plain(name, found[at][2]), set(names.values()))
    return [
        (entry, band if closed[at] else _renamed(profile.band(names[at]) or band, names[at], own[at]), plane)
        for at, (entry, band, plane) in enumerate(found)
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


def _renamed(band: ProfileBand, name: str, own: str) -> ProfileBand:
    return band.model_copy(update={"name": name, "title": own if own != name else ""})
