"""Which version of WCS a call speaks (OGC 03-065r6, 6.2.4; OGC 06-121r9, 7.3.2)."""

from collections.abc import Sequence
from typing import Protocol

from lxml import etree

from bandstand.engine.engine import Engine
from bandstand.errors import BandstandError, InvalidParameter, MissingParameter, UnsupportedVersion, shorten
from bandstand.model.exchange import Arguments, Call, Response
from bandstand.services.ows.kvp import listed
from bandstand.services.ows.versions import version_numbers


class Dialect(Protocol):
    """One version of the protocol (or several that differ by a number alone). Its package exports it as `DIALECT`."""

    versions: tuple[str, ...]
    """Spoken, newest first: `1.1.2`, `1.1.1`, `1.1.0`."""
    keys: frozenset[str]
    """Parameters that no other version has, in lower case: a call without a version is known by them."""
    namespaces: frozenset[str]
    """Of the root elements of its XML requests."""

    def from_xml(self, root: etree._Element, call: Call) -> Call:
        """The same call with the parameters that an XML request holds, as if they had been sent as keys.

        Raises:
            BandstandError: The document is none of this version's requests.
        """
        ...

    def answer(self, call: Call, args: Arguments, version: str, engine: Engine) -> Response:
        """Answer an operation in this version, or raise a `BandstandError`."""
        ...

    def fault(self, call: Call, error: BandstandError, version: str) -> Response:
        """Word an error as this version has it."""
        ...


Choice = tuple[Dialect, str]
"""A dialect and the version of it that is meant."""


def choose(args: Arguments, dialects: Sequence[Dialect]) -> Choice:
    """The dialect of a call.

    GetCapabilities negotiates: ACCEPTVERSIONS names the acceptable ones in order of preference, VERSION (as WCS 1.0
    has it) takes the highest spoken that is not above it, and nothing at all means the newest. Every other operation
    has to name its version.

    Raises:
        UnsupportedVersion: None of ACCEPTVERSIONS is spoken.
        MissingParameter: An operation without VERSION.
        InvalidParameter: A VERSION that is not spoken.
    """
    spoken = {version: dialect for dialect in dialects for version in dialect.versions}
    version = args.get("VERSION")
    if args.get("REQUEST").casefold() == "getcapabilities":
        return _negotiated(args.get("ACCEPTVERSIONS"), version, spoken)
    if not version:
        raise MissingParameter(f"VERSION is missing; give one of {', '.join(spoken)}.", locator="VERSION")
    found = spoken.get(version)
    if found is None:
        raise InvalidParameter(
            f'VERSION "{shorten(version)}" is not spoken here; spoken: {", ".join(spoken)}.', locator="VERSION"
        )
    return found, version


def _negotiated(accepted: str, version: str, spoken: dict[str, Dialect]) -> Choice:
    for wish in listed(accepted):
        if wish in spoken:
            return spoken[wish], wish
    if accepted:
        raise UnsupportedVersion(
            f'None of the versions "{shorten(accepted)}" is spoken here; spoken: {", ".join(spoken)}.', locator=None
        )
    ours = sorted(spoken, key=_ordered)
    wish_numbers = version_numbers(version) if version else None
    if wish_numbers is None:
        return spoken[ours[-1]], ours[-1]
    below = [known for known in ours if _ordered(known) <= wish_numbers]
    chosen = below[-1] if below else ours[0]
    return spoken[chosen], chosen


def _ordered(version: str) -> tuple[int, int, int]:
    return version_numbers(version) or (0, 0, 0)


def likely(args: Arguments, dialects: Sequence[Dialect]) -> Choice:
    """The dialect to word an error in, whatever was sent: by version, else by the parameters, else the newest."""
    try:
        return choose(args, dialects)
    except BandstandError:
        numbers = version_numbers(_first(args.all("VERSION") or args.all("ACCEPTVERSIONS")))
    for dialect in dialects:
        same = (version_numbers(version) or () for version in dialect.versions)
        if numbers and any(numbers[:2] == known[:2] for known in same):
            return dialect, dialect.versions[0]
    for dialect in dialects:
        if dialect.keys & set(args.keys()):
            return dialect, dialect.versions[0]
    return dialects[0], dialects[0].versions[0]


def _first(texts: Sequence[str]) -> str:
    return texts[0].split(",")[0].strip() if texts else ""


def by_document(root: etree._Element, dialects: Sequence[Dialect]) -> Dialect:
    """The dialect of an XML request: by its namespace, since every version has its own (SOAP came with 2.0).

    Raises:
        InvalidParameter: No version has such a namespace.
    """
    name = etree.QName(root)
    for dialect in dialects:
        if (name.namespace or "") in dialect.namespaces:
            return dialect
    known = ", ".join(sorted(uri for dialect in dialects for uri in dialect.namespaces))
    raise InvalidParameter(
        f'The body is a "{shorten(name.localname)}" of the namespace "{shorten(name.namespace or "")}"; '
        f"expected a request of one of {known}.",
        locator="body",
    )
