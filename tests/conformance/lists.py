"""The lists of what a standard asks for, each entry with the tests that check it.

A list is a TOML file in `lists/`; standards that have much in common may share a folder of tests:

    title = "WCS 1.0.0"
    folder = "wcs10"                        where its tests lie, below this folder

    [checks.describe-two]                   its name
    clause = "03-065r6, 8.2.2.1"            OGC document and clause, or requirement
    says = "…"                              what is asked, in our own words
    tests = ["describe::two_names"]         module::function, without their `test_`; of another folder: folder/module::…
"""

import ast
import tomllib
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Check:
    """One thing that a standard asks for."""

    name: str
    clause: str
    says: str
    tests: tuple[str, ...]


@dataclass(frozen=True)
class CheckList:
    """What one standard asks for."""

    name: str
    title: str
    folder: str
    checks: tuple[Check, ...]


def read_lists() -> tuple[CheckList, ...]:
    """Every list."""
    return tuple(_read(path) for path in sorted((HERE / "lists").glob("*.toml")))


def _read(path: Path) -> CheckList:
    document = tomllib.loads(path.read_text(encoding="utf-8"))
    folder = document["folder"]
    checks = (
        Check(name, entry["clause"], entry["says"], tuple(_whole(folder, test) for test in entry["tests"]))
        for name, entry in document["checks"].items()
    )
    return CheckList(path.stem, document["title"], folder, tuple(checks))


def _whole(folder: str, test: str) -> str:
    return test if "/" in test else f"{folder}/{test}"


def written() -> frozenset[str]:
    """All tests in the folders, as lists name them: `folder/module::function`."""
    return frozenset(
        f"{path.parent.name}/{path.stem.removeprefix('test_')}::{node.name.removeprefix('test_')}"
        for path in HERE.glob("*/test_*.py")
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    )
