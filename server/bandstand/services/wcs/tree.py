"""XML requests read by local names: prefixes and the namespaces of drafts differ between clients, the names do not."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from lxml import etree

from bandstand.errors import InvalidParameter, shorten
from bandstand.model.exchange import Call


def local(element: etree._Element) -> str:
    """The name of an element without its namespace."""
    return etree.QName(element).localname


def children(element: etree._Element | None, name: str) -> list[etree._Element]:
    """The children of this local name; none of an element that is not there."""
    if element is None:
        return []
    return [child for child in element if isinstance(child.tag, str) and local(child) == name]


def find(element: etree._Element | None, *path: str) -> etree._Element | None:
    """The first descendant along a path of local names."""
    for name in path:
        found = children(element, name)
        if not found:
            return None
        element = found[0]
    return element


def text(element: etree._Element | None, *path: str) -> str:
    """The text of the descendant along a path, blanks folded; empty when there is none.

    Raises:
        InvalidParameter: There are several: which one is meant cannot be told.
    """
    parent = find(element, *path[:-1])
    if path and len(several := children(parent, path[-1])) > 1:
        raise InvalidParameter(f'"{path[-1]}" stands {len(several)} times; give it once.', locator=path[-1])
    found = find(parent, *path[-1:])
    return "" if found is None else " ".join("".join(map(str, found.itertext())).split())


def texts(element: etree._Element | None, name: str) -> list[str]:
    """The texts of all children of this name."""
    return [text(child) for child in children(element, name)]


def refuse_strangers(element: etree._Element | None, *known: str) -> None:
    """Refuse an element with children that nobody reads: an answer without them would not be the one asked for.

    Raises:
        InvalidParameter: Locator is the child.
    """
    if element is None:
        return
    for child in element:
        if isinstance(child.tag, str) and local(child) not in known:
            name = shorten(local(child))
            raise InvalidParameter(
                f'"{name}" is not understood within "{local(element)}"; understood: {", ".join(known)}.', locator=name
            )


def as_keys(call: Call, pairs: Iterable[tuple[str, str]], replaced: Sequence[str] = ()) -> Call:
    """The call with the pairs of a document instead of its body.

    Args:
        call: Parameters of its address stay, unless the document speaks of them.
        pairs: Key and value; those that are empty are left out.
        replaced: Further keys of the address that do not count.
    """
    spoken = [(key, value) for key, value in pairs if value]
    gone = {key.casefold() for key, _ in spoken} | {key.casefold() for key in replaced}
    kept = tuple((key, value) for key, value in call.args if key.casefold() not in gone)
    return replace(call, args=(*spoken, *kept), body=b"")
