"""Keys of other servers: what would change pixels or numbers and is not understood here is refused."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

import yaml

from bandstand.errors import InvalidParameter

Kind = Literal["map", "tile", "legend", "values", "coverage", "query", "document"]
"""What a request asks for; `query` is one of WCPS, `document` tells of the service and of what is asked later."""
_FILE = Path(__file__).with_name("foreign_keys.yml")
_LONGEST = 64
"""Characters of the longest key that is looked up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignKey:
    """A key that chooses pixels or changes numbers elsewhere."""

    of: tuple[str, ...]
    """Servers that know it."""
    does: str
    """What it does there: `it …`."""
    ours: tuple[str, ...] = ()
    """The nearest keys of ours, the best first."""
    instead: str = ""
    """How to say it where no key does."""
    innocent: frozenset[str] = frozenset()
    """Values that ask for nothing, in lower case."""
    habit: str = ""
    """The client that sends it with every map and its legend."""
    when: frozenset[str] = frozenset()
    """With these values; empty: with any."""
    where: frozenset[str] = frozenset()
    """Kinds of request that it matters for; empty: all."""

    def matters(self, value: str, kind: Kind) -> bool:
        """Whether an answer of this kind that ignores the value would not be the one asked for."""
        folded = value.casefold()
        if not folded or folded in self.innocent or (self.where and kind not in self.where):
            return False
        return not (kind in {"map", "legend", "document"} and self.habit and (not self.when or folded in self.when))


def _load() -> tuple[Mapping[str, ForeignKey], frozenset[str]]:
    content = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    lists = {"of": tuple, "ours": tuple, "innocent": frozenset, "when": frozenset, "where": frozenset}
    changing = {
        key: ForeignKey(**{name: lists[name](value) if name in lists else value for name, value in entry.items()})
        for key, entry in content["changing"].items()
    }
    return changing, frozenset(content["harmless"])


CHANGING, HARMLESS = _load()
"""Every key that changes something elsewhere, and every key that changes nothing; a `*` at the end stands for any."""
_PREFIXES = tuple(key[:-1] for key in CHANGING if key.endswith("*"))
_HARMLESS_PREFIXES = tuple(key[:-1] for key in HARMLESS if key.endswith("*"))


@lru_cache(maxsize=1024)
def foreign_key(key: str) -> ForeignKey | None:
    """What is known of a key (lower case) that changes something elsewhere; None for every other key."""
    if len(key) > _LONGEST:
        return None
    found = CHANGING.get(key)
    if found is None and key.startswith(_PREFIXES) and key not in HARMLESS:
        found = CHANGING[next(prefix for prefix in _PREFIXES if key.startswith(prefix)) + "*"]
    return found


def is_harmless(key: str) -> bool:
    """Whether a key (lower case) is known to change no pixel."""
    return key in HARMLESS or key.startswith(_HARMLESS_PREFIXES)


def refuse_foreign(
    key: str, values: Sequence[str], kind: Kind, *, own: frozenset[str], vendor: frozenset[str] = frozenset()
) -> None:
    """Refuse a key that would change the answer and is not understood.

    Args:
        key: In lower case; none of `own` or of ours.
        values: As sent.
        kind: Of the request.
        own: The protocol's keys of this operation, in lower case: the nearest of them is named.
        vendor: Ours that the operation understands, in upper case: named where the protocol has none.

    Raises:
        InvalidParameter: Locator is the key.
    """
    known = foreign_key(key)
    if known is None or not any(known.matters(value, kind) for value in values):
        return
    name = key.upper()
    raise InvalidParameter(
        f"{name} is not understood here. In {' and '.join(known.of)} it {known.does}: "
        f"an answer without it would not be the one asked for. {_advice(known, own, vendor)}",
        locator=name,
    )


def _advice(known: ForeignKey, own: frozenset[str], vendor: frozenset[str]) -> str:
    nearest = next((name for name in known.ours if name.casefold() in own), "") or known.instead
    nearest = nearest or next((name for name in known.ours if name in vendor), "")
    return f"Give {nearest} instead." if nearest else "Leave it out."
