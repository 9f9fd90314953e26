"""The manual of the language tells all of it, and what it shows works."""

import re
from pathlib import Path
from urllib.parse import unquote

import pytest

from bandstand.compute.expression.functions import FUNCTIONS, OPERATORS

MANUAL = (Path(__file__).parents[3] / "docs" / "expressions.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^EXPR=(.+)$", MANUAL, re.MULTILINE)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_manual_explains_every_function(name):
    assert f"| `{FUNCTIONS[name].usage}` | {FUNCTIONS[name].meaning} |" in MANUAL


def test_the_manual_shows_every_operator():
    signs = set(re.findall(r"[^\s`|\\]+", MANUAL.split("## Operators")[1].split("## Functions")[0]))
    assert set(OPERATORS) - {"neg"} <= signs


def test_the_manual_lists_every_index_with_its_formula(recipes):
    assert [r.name for r in recipes if f"| `{r.name}` | {r.title} | `{r.formula}` |" not in MANUAL] == []


def test_the_manual_has_examples():
    assert len(EXAMPLES) >= 6


@pytest.mark.parametrize("text", EXAMPLES)
def test_every_example_of_the_manual_is_understood(read, text):
    assert read(unquote(text)).inputs
