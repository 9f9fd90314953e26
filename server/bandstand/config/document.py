"""YAML whose every key and value remembers where it stands."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

Path = tuple[str | int, ...]
_VARIABLE = re.compile(r"\$\{(?P<name>[A-Za-z_]\w*)(?::-(?P<default>[^}]*))?\}")


@dataclass
class Document:
    """The plain values of a file, and the places they came from."""

    values: dict[str, Any]
    places: dict[Path, str] = field(default_factory=dict)
    """`file:line:column` of every value, by path."""
    keys: dict[Path, str] = field(default_factory=dict)
    """Likewise of every key."""
    problems: list[str] = field(default_factory=list)

    def place(self, path: Path, *, key: bool = False) -> str:
        """Where a value stands, or the nearest thing around it."""
        for end in range(len(path), -1, -1):
            found = self.keys.get(path[:end]) if key else self.places.get(path[:end])
            if found:
                return found
        return "config"


def read(text: str, name: str, environment: Mapping[str, str]) -> Document:
    """Read a YAML text; `${VAR}` and `${VAR:-default}` are filled in.

    Args:
        name: Of the file, for messages.
    """
    document = Document({})
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"{name}:{mark.line + 1}:{mark.column + 1}" if mark else name
        document.problems.append(f"{where}  error    this is not YAML: {error.problem or error}")
        return document
    except yaml.YAMLError as error:
        document.problems.append(f"{name}:1:1  error    this is not YAML: {error}")
        return document
    document.places[()] = f"{name}:1:1"
    if root is None:
        return document
    if not isinstance(root, yaml.MappingNode):
        document.problems.append(f"{name}:1:1  error    expected keys and values, such as `server:`")
        return document
    document.values = _Builder(name, environment, document).build(root, ())
    return document


class _Builder:
    def __init__(self, name: str, environment: Mapping[str, str], document: Document) -> None:
        self._name = name
        self._environment = environment
        self._document = document
        self._loader = yaml.SafeLoader("")
        self._open: list[yaml.Node] = []
        """What is being built, from the outside in."""

    def build(self, node: yaml.Node, path: Path) -> Any:
        self._document.places[path] = self._at(node)
        if any(node is outer for outer in self._open):
            # An anchor within itself.
            self._complain(node, path, "refers to what it stands in")
            return None
        self._open.append(node)
        try:
            return self._value(node, path)
        except yaml.MarkedYAMLError as error:
            self._complain(node, path, f"this cannot be read: {error.problem or error}")
        except ValueError as error:
            # A date that the calendar lacks.
            self._complain(node, path, f"this cannot be read: {error}")
        finally:
            self._open.pop()
        return None

    def _complain(self, node: yaml.Node, path: Path, text: str) -> None:
        self._document.problems.append(f"{self._at(node)}  error    {dotted(path)}: {text}")

    def _value(self, node: yaml.Node, path: Path) -> Any:
        if isinstance(node, yaml.MappingNode):
            self._refuse_twins(node, path)
            # What `<<` merges comes first, so that the mapping's own keys lie over it.
            self._loader.flatten_mapping(node)
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.build(child, (*path, n)) for n, child in enumerate(node.value)]
        if isinstance(node, yaml.ScalarNode) and "${" in node.value:
            filled = self._fill(node, path)
            return filled if node.style in {"'", '"', "|", ">"} else _plain(filled)
        return self._loader.construct_object(node)

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value)
            self._document.keys[*path, key] = self._at(key_node)
            values[key] = self.build(value_node, (*path, key))
        return values

    def _refuse_twins(self, node: yaml.MappingNode, path: Path) -> None:
        seen: set[str] = set()
        for key_node, _ in node.value:
            key = str(key_node.value)
            if key in seen:
                self._document.problems.append(
                    f"{self._at(key_node)}  error    {dotted((*path, key))}: this key stands here twice"
                )
            seen.add(key)

    def _fill(self, node: yaml.ScalarNode, path: Path) -> str:
        def value(match: re.Match[str]) -> str:
            found = self._environment.get(match["name"], "") or match["default"]
            if found is None:
                self._document.problems.append(
                    f"{self._at(node)}  error    {dotted(path)}: the environment has no variable {match['name']}; "
                    f"set it, or write ${{{match['name']}:-default}}"
                )
                return ""
            return found

        return _VARIABLE.sub(value, node.value)

    def _at(self, node: yaml.Node) -> str:
        mark = node.start_mark
        return f"{self._name}:{mark.line + 1}:{mark.column + 1}"


def _plain(text: str) -> Any:
    """The value of a variable: a number or a word as YAML reads it, else the text as it is."""
    try:
        return yaml.safe_load(text) if text else ""
    except (yaml.YAMLError, ValueError):
        return text


def override(document: Document, environment: Mapping[str, str]) -> None:
    """Put `BANDSTAND_SERVER__PORT=9000` and its like over the values of the file."""
    for variable in sorted(environment):
        if not variable.startswith("BANDSTAND_") or "__" not in variable:
            continue
        path = tuple(part.lower() for part in variable.removeprefix("BANDSTAND_").split("__"))
        place = f"environment:{variable}"
        target: Any = document.values
        for part in path[:-1]:
            inner = target.setdefault(part, {})
            if not isinstance(inner, dict):
                document.problems.append(f"{place}  error    {part} has no keys of its own")
                break
            target = inner
        else:
            target[path[-1]] = _plain(environment[variable]) if environment[variable] else None
            for end in range(1, len(path) + 1):
                document.keys.setdefault(path[:end], place)
                document.places.setdefault(path[:end], place)
            document.keys[path] = document.places[path] = place


def dotted(path: Path) -> str:
    """The path as people write it: `layers[2].style`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text


__all__ = ["Document", "Path", "dotted", "override", "read"]
