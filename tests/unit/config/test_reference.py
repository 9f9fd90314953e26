"""The config.yml at the root shows every key, with the default that the schema has."""

import re
from pathlib import Path
from typing import get_args, get_origin

import pytest
import yaml
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from bandstand.config.load import load_config
from bandstand.config.profiles import effective, load_profile
from bandstand.config.schema import Config
from bandstand.share import shipped

REFERENCE = shipped("config.yml")
TEXT = REFERENCE.read_text(encoding="utf-8")


def spelled_out():
    """The text with every key that stands behind a `#` taken in."""
    return re.sub(r"^(\s*)#(?=[a-z_]+:)", r"\1", TEXT, flags=re.MULTILINE)


def keys(model=Config, path=()):
    """(path, field) of every key; `*` stands for names and positions."""
    for name, field in model.model_fields.items():
        yield (*path, name), field
        if (*path, name) == ("layers", "*", "layers"):
            # Folders hold layers with the same keys again.
            continue
        annotation, inner = field.annotation, (*path, name)
        while get_origin(annotation) in {dict, tuple}:
            annotation = get_args(annotation)[1 if get_origin(annotation) is dict else 0]
            inner = (*inner, "*")
        for option in get_args(annotation) or (annotation,):
            # The time of a layer is the time of its collection.
            if isinstance(option, type) and issubclass(option, BaseModel) and inner != ("layers", "*", "time"):
                yield from keys(option, inner)


def places():
    """Line numbers of every key in the text, by path."""
    found = {}

    def walk(node, path):
        if isinstance(node, yaml.MappingNode):
            named = path[-1:] in {("collections",), ("tile_matrix_sets",), ("bands",)} and path != (
                "layers",
                "*",
                "bands",
            )
            for key, value in node.value:
                name = "*" if named else key.value
                found.setdefault((*path, name), []).append((key.start_mark.line, value))
                inner = (*path, name)
                walk(value, ("layers",) if inner == ("layers", "*", "layers") else inner)
        elif isinstance(node, yaml.SequenceNode):
            for value in node.value:
                walk(value, (*path, "*"))

    walk(yaml.compose(spelled_out()), ())
    return found


PLACES = places()
LINES = TEXT.splitlines()
KEYS = [(path, field) for path, field in keys() if path[:4] != ("collections", "*", "radiometry", "scale")]
KEYS = [(p, f) for p, f in KEYS if p[:3] != ("collections", "*", "radiometry") or len(p) == 3]


@pytest.mark.parametrize("path", [path for path, _ in KEYS], ids=".".join)
def test_every_key_stands_in_the_reference(path):
    assert path in PLACES


def is_plain(field):
    return field.default is PydanticUndefined or not isinstance(field.default, BaseModel | dict)


@pytest.mark.parametrize(
    ("path", "field"),
    [(p, f) for p, f in KEYS if is_plain(f)],
    ids=lambda v: ".".join(v) if isinstance(v, tuple) else "",
)
def test_every_documented_default_is_the_one_of_the_schema(path, field):
    if path in {("layers",), ("version",)}:
        return
    told = [shown(line, value) for line, value in PLACES[path]]
    if field.is_required():
        assert "(needed)" in told
    else:
        assert normal(field.default) in [normal(value) for value in told if value != "(needed)"], (path, told)


def shown(line, node):
    """The default a line tells: in brackets, or as the value itself."""
    text = LINES[line]
    if "(needed)" in text:
        return "(needed)"
    bracket = re.search(r"\(default: (.*)\)\s*$", text)
    return yaml.safe_load(bracket[1]) if bracket else yaml.SafeLoader("").construct_object(node, deep=True)


def normal(value):
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, tuple | list):
        return [normal(v) for v in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def test_every_key_is_described():
    assert [path for path, field in keys() if not field.description] == []


def test_the_reference_loads_as_it_is():
    config = load_config(REFERENCE, {})
    assert list(config.collections) == ["s2_l2a", "landcover", "dem"]
    names = [layer.name for _, layer in config.published()]
    assert names == ["true_color", "false_color", "ndvi", "s2_l2a", "landcover", "elevation"]


def test_the_reference_loads_with_every_key_taken_in(tmp_path):
    (tmp_path / "config.yml").write_text(spelled_out(), encoding="utf-8")
    assert load_config(tmp_path / "config.yml", {}) is not None


def test_the_profiles_of_the_reference_are_effective():
    config = load_config(REFERENCE, {})
    for section in config.collections.values():
        assert effective(load_profile(section.profile), section).bands
