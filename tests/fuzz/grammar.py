"""Good requests as tables of keys, and every way to spoil them: the malformed requests of a protocol."""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

from tests.fuzz.values import wrong_values

SEED = 20220719


@dataclass(frozen=True, slots=True)
class Key:
    """A parameter of an operation."""

    name: str
    kind: str
    """One of `values.KINDS`."""
    good: str
    needed: bool = True
    """Whether the operation cannot do without it."""
    may_be_empty: bool = False
    """Whether an empty value of a needed key is allowed (STYLES of WMS)."""
    repeats: bool = False
    other: str = ""
    """Another good value, for a key that is given twice."""


@dataclass(frozen=True, slots=True)
class Operation:
    """A good request: its keys, in the order in which a client sends them."""

    name: str
    keys: tuple[Key, ...]
    hidden: frozenset[tuple[str, str]] = frozenset()
    """Key and class that this operation takes by its standard (a GetCapabilities negotiates any VERSION)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol:
    """A service in one version and encoding."""

    name: str
    path: str
    form: str
    """Of its exception reports: one of `reports.FORMS`."""
    operations: tuple[Operation, ...]
    codes: Mapping[object, str | frozenset[str]]
    """Expected code by (kind, class), else by class, else by kind, else by `*`; a set where it is left open."""
    most: int
    """Values drawn of each kind and class."""
    template: str = ""
    """Of the path, for requests without keys: `/xyz/{Layer}/…`."""
    locators: bool = True
    """Whether a report names the key at fault (WCS 2.0 often names the value, a path names nothing)."""


@dataclass(frozen=True, slots=True)
class Malformed:
    """One bad request and what has to come back."""

    why: str
    """Operation, key and class."""
    url: str
    codes: frozenset[str]
    locator: str = field(default="")
    """The key at fault; empty where no single one is."""


def malformed(protocol: Protocol) -> list[Malformed]:
    """Every bad request of a protocol; the same list in every run."""
    seed = random.Random(f"{SEED} {protocol.name}")
    found: dict[str, Malformed] = {}
    for operation in protocol.operations:
        for case in _spoiled(protocol, operation, seed):
            found.setdefault(case.url, case)
    return list(found.values())


def good_url(protocol: Protocol, operation: Operation) -> str:
    """The request that nothing is wrong with."""
    return _url(protocol, operation, {key.name: quote(key.good, safe="") for key in operation.keys})


def _spoiled(protocol: Protocol, operation: Operation, seed: random.Random) -> Iterator[Malformed]:
    good = {key.name: quote(key.good, safe="") for key in operation.keys}

    def case(key: Key, kind: str, changed: Mapping[str, str | None], tail: str = "") -> Malformed:
        values = {**good, **changed}
        kept = {name: text for name, text in values.items() if text is not None}
        url = _url(protocol, operation, kept, tail)
        return Malformed(f"{operation.name} {key.name} {kind}", url, _codes(protocol, key.kind, kind), key.name)

    for key in operation.keys:
        hidden = {name for k, name in operation.hidden if k == key.name}
        ways = {} if protocol.template else _absences(key)
        ways.update(wrong_values(key.kind, seed, protocol.most))
        for kind, texts in ways.items():
            if kind not in hidden:
                yield from (case(key, kind, {key.name: text}) for text in texts)
        if not key.repeats and not protocol.template and "twice" not in hidden:
            # Under another spelling of the name as well: names are the same in any case.
            for name in (key.name, key.name.lower(), key.name.swapcase()):
                yield case(key, "twice", {}, f"&{name}={quote(key.other or 'other', safe='')}")


def _absences(key: Key) -> dict[str, list[str | None]]:
    """Ways to leave out what an operation cannot do without."""
    if not key.needed:
        return {}
    return {"missing": [None]} if key.may_be_empty else {"missing": [None], "empty": ["", "%20"]}


def _codes(protocol: Protocol, kind: str, spoiled: str) -> frozenset[str]:
    for known in ((kind, spoiled), spoiled, kind, "*"):
        if known in protocol.codes:
            found = protocol.codes[known]
            return found if isinstance(found, frozenset) else frozenset({found})
    raise LookupError(f"{protocol.name}: no code for {kind} {spoiled}")


def _url(protocol: Protocol, operation: Operation, values: Mapping[str, str], tail: str = "") -> str:
    if protocol.template:
        return operation.name.split(" ")[-1].format_map(values)
    return f"{protocol.path}?{'&'.join(f'{name}={text}' for name, text in values.items())}{tail}"
