"""RANGESUBSET: `field:method[axis[key,…]]`, fields separated by semicolons (OGC 07-067r5, 10.2.2.1)."""

from dataclasses import dataclass

from bandstand.errors import InvalidParameter, UnknownBand, shorten

_KEY = "RANGESUBSET"
_LONGEST = 4000
_FORBIDDEN = frozenset("[];:,")


@dataclass(frozen=True, slots=True)
class FieldSubset:
    """One field that is asked for."""

    name: str
    method: str | None
    """None when none was asked for."""
    keys: tuple[str, ...]
    """Of its axis; empty for all of them."""


def read_fields(text: str, axis: str) -> tuple[FieldSubset, ...]:
    """Read the fields of a request.

    Args:
        text: As sent.
        axis: The name of the one axis that fields have.

    Raises:
        InvalidParameter: The text has not that form, or names a field twice.
        UnknownBand: There is no such axis.
    """
    if len(text) > _LONGEST:
        raise _unreadable(text)
    found = tuple(_read(part, text, axis) for part in text.split(";"))
    names = [subset.name.casefold() for subset in found]
    if len(set(names)) < len(names):
        raise InvalidParameter(f'{_KEY} "{shorten(text)}" names a field twice; give each once.', locator=_KEY)
    return found


def _read(part: str, whole: str, axis: str) -> FieldSubset:
    head, bracket, rest = part.strip().partition("[")
    name, colon, method = (piece.strip() for piece in head.partition(":"))
    if not name or (colon and not method) or _FORBIDDEN & {*name, *method}:
        raise _unreadable(whole)
    keys: tuple[str, ...] = ()
    if bracket:
        if not rest.endswith("]"):
            raise _unreadable(whole)
        keys = _keys(rest[:-1].strip(), whole, axis)
    return FieldSubset(name, method if colon else None, keys)


def _keys(inside: str, whole: str, axis: str) -> tuple[str, ...]:
    """The keys in `axis[key,…]`."""
    name, bracket, rest = inside.partition("[")
    if not (name.strip() and bracket and rest.endswith("]")) or _FORBIDDEN & {*name}:
        raise _unreadable(whole)
    if name.strip().casefold() not in {axis, axis.removesuffix("s")}:
        raise UnknownBand(f'{_KEY}: there is no axis "{shorten(name)}"; the axis is {axis}.', locator=_KEY)
    # Commas without a key between them are let pass: clients leave them where they know fewer keys than they list.
    keys = tuple(key.strip() for key in rest[:-1].split(",") if key.strip())
    if not keys or any(_FORBIDDEN & {*key} for key in keys):
        raise _unreadable(whole)
    return keys


def _unreadable(text: str) -> InvalidParameter:
    return InvalidParameter(
        f'{_KEY} "{shorten(text)}" cannot be read; expected field:method[axis[key,key]], '
        "such as contents:linear[bands[B04,B08]].",
        locator=_KEY,
    )
