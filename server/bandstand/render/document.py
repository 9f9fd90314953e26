"""Reads YAML while remembering where everything stood, so that every complaint has a line."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from bandstand.errors import shorten, suggest

_TAG = "tag:yaml.org,2002:"


@dataclass(slots=True)
class Document:
    """One YAML file and what is wrong with it."""

    path: Path
    problems: list[str] = field(default_factory=list)

    def root(self) -> "Entry | None":
        """The whole file; None after a complaint when it is no YAML."""
        try:
            node = yaml.compose(self.path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
        except yaml.MarkedYAMLError as error:
            self.complain(error.problem_mark, "", error.problem or "this is no YAML")
            return None
        except (yaml.YAMLError, OSError, UnicodeDecodeError):
            self.complain(None, "", "the file cannot be read; expected YAML in UTF-8")
            return None
        return Entry(self, node or yaml.MappingNode(_TAG + "map", []), "")

    def complain(self, mark: yaml.Mark | None, key: str, expected: str) -> None:
        """Note a problem: `file:line:column  error  key: what was expected`."""
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        about = f"{key}: " if key else ""
        self.problems.append(f"{self.path}:{line}:{column}  error  {about}{expected}")


@dataclass(frozen=True, slots=True)
class Entry:
    """A value in a document. Its readers note a problem and return None when it is something else."""

    document: Document
    node: yaml.Node
    key: str
    """Where it stands: `legend.ticks`."""

    def refuse(self, expected: str) -> None:
        """Note that something else was expected."""
        self.document.complain(self.node.start_mark, self.key, expected)

    @property
    def is_list(self) -> bool:
        """Whether it is a sequence."""
        return isinstance(self.node, yaml.SequenceNode)

    @property
    def is_mapping(self) -> bool:
        """Whether it is a mapping."""
        return isinstance(self.node, yaml.MappingNode)

    def items(self) -> Iterator["Entry"]:
        """The values of a sequence; nothing, after a complaint, when it is none."""
        if not isinstance(self.node, yaml.SequenceNode):
            self.refuse("expected a list")
            return
        for i, node in enumerate(self.node.value):
            yield Entry(self.document, node, f"{self.key}[{i}]")

    def pairs(self) -> Iterator[tuple["Entry", "Entry"]]:
        """Key and value of a mapping, in the order of the file."""
        if not isinstance(self.node, yaml.MappingNode):
            self.refuse("expected a mapping (key: value)")
            return
        for key, node in self.node.value:
            yield Entry(self.document, key, self.key), Entry(self.document, node, self._below(key))

    def members(self, known: Iterable[str]) -> dict[str, "Entry"]:
        """A mapping with no keys but the known ones, each once."""
        names = tuple(known)
        found: dict[str, Entry] = {}
        for key, value in self.pairs():
            name = str(key.node.value)
            if name not in names:
                near = suggest(name, names) or f" Known are {', '.join(names)}."
                self.document.complain(key.node.start_mark, value.key, f"there is no such key.{near}")
            elif name in found:
                self.document.complain(key.node.start_mark, value.key, "the key stands here twice")
            else:
                found[name] = value
        return found

    def text(self) -> str | None:
        """A scalar as it is written."""
        if not isinstance(self.node, yaml.ScalarNode) or self.node.tag == _TAG + "null":
            self.refuse("expected a text")
            return None
        return str(self.node.value)

    def number(self) -> float | None:
        """A finite number."""
        text = self.node.value if isinstance(self.node, yaml.ScalarNode) else ""
        try:
            number = float(text)
        except ValueError:
            number = math.nan
        if not math.isfinite(number):
            self.refuse(f'expected a number, not "{shorten(text)}"' if text else "expected a number")
            return None
        return number

    def numbers(self) -> tuple[float, ...] | None:
        """A list of finite numbers."""
        found = [item.number() for item in self.items()]
        good = tuple(number for number in found if number is not None)
        return good if self.is_list and len(good) == len(found) else None

    def _below(self, key: yaml.Node) -> str:
        name = str(key.value) if isinstance(key, yaml.ScalarNode) else "?"
        return f"{self.key}.{name}" if self.key else name
