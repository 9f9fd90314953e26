"""Version and update sequence negotiation (OGC 06-042, 6.2.4; OGC 06-121r9, 7.3)."""

import re
from collections.abc import Sequence
from decimal import Decimal

from bandstand.errors import InvalidParameter, UnsupportedVersion, shorten
from bandstand.services.ows.kvp import listed

_NUMBER = re.compile(r"[0-9]{1,40}(\.[0-9]{1,40})?([eE]\+?[0-9]{1,2})?")


class CurrentUpdateSequence(InvalidParameter):
    """The client already has the newest capabilities."""


class InvalidUpdateSequence(InvalidParameter):
    """The client claims capabilities newer than ours."""


def version_numbers(text: str) -> tuple[int, int, int] | None:
    """`1.3.0` as numbers, missing ones zero; None when it is no version."""
    parts = text.split(".")
    if not 1 <= len(parts) <= 3 or not all(p.isdecimal() and p.isascii() and len(p) < 6 for p in parts):
        return None
    numbers = [int(p) for p in parts] + [0, 0]
    return numbers[0], numbers[1], numbers[2]


def negotiate(asked: str, spoken: Sequence[str]) -> str:
    """The version to answer in, as WMS wants it: the highest spoken one that is not above the one asked for.

    Args:
        asked: What the client sent; empty or unreadable means no wish.
        spoken: Our versions.

    Returns:
        The highest of ours without a wish, the lowest when the wish lies below all of them.
    """
    ours = sorted(spoken, key=lambda v: version_numbers(v) or (0, 0, 0))
    wish = version_numbers(asked)
    if wish is None:
        return ours[-1]
    below = [v for v in ours if (version_numbers(v) or (0, 0, 0)) <= wish]
    return below[-1] if below else ours[0]


def accept_versions(text: str, spoken: Sequence[str]) -> str:
    """The first acceptable version in the client's order (OWS Common, AcceptVersions).

    Raises:
        UnsupportedVersion: We speak none of them; without a locator, as the standard has it.
    """
    wanted = listed(text)
    for version in wanted:
        if version in spoken:
            return version
    if not wanted:
        return spoken[0]
    raise UnsupportedVersion(
        f'None of the versions "{shorten(text)}" is spoken here; spoken: {", ".join(spoken)}.', locator=None
    )


def compare_sequence(asked: str, current: str) -> int | None:
    """How the update sequence a client has compares with ours.

    Returns:
        Below, at or above 0; None when either is no integer, which means: send the full document.
    """
    ours, theirs = _integer(current), _integer(asked)
    if ours is None or theirs is None:
        return None
    return (theirs > ours) - (theirs < ours)


def _integer(text: str) -> int | None:
    """An integer however it is spelled: programs that count in floating point write `1.7E12`."""
    match = _NUMBER.fullmatch(text)
    if match is None:
        return None
    value = Decimal(text)
    return int(value) if value == value.to_integral_value() else None


def refuse_higher_sequence(asked: str, current: str) -> None:
    """Refuse a sequence above ours (06-121r9, 7.3.4).

    Raises:
        InvalidUpdateSequence: The client claims a newer document.
    """
    order = compare_sequence(asked, current)
    if order is not None and order > 0:
        raise InvalidUpdateSequence(
            f"UPDATESEQUENCE {shorten(asked)} is above the current one, {current}.", locator="UPDATESEQUENCE"
        )


def refuse_known_sequence(asked: str, current: str) -> None:
    """Refuse a capabilities request whose sequence is ours or above it (WMS 1.3.0, 7.2.3.5).

    Raises:
        CurrentUpdateSequence: The client has this document already.
        InvalidUpdateSequence: The client claims a newer one.
    """
    if compare_sequence(asked, current) == 0:
        raise CurrentUpdateSequence(f"UPDATESEQUENCE {current} is the current one.", locator="UPDATESEQUENCE")
    refuse_higher_sequence(asked, current)
