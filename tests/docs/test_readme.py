"""What the README tells people to type works."""

import re
import shlex
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import rasterio
import yaml

from bandstand.config.load import load_config

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def block(mark):
    """The code after a marker comment."""
    return re.search(rf"<!-- {mark} -->\n```sh\n(.*?)```", README, re.DOTALL)[1]


def curls():
    """Every curl command of the README, its words."""
    text = re.sub(r"\\\n\s*", " ", README)
    return [shlex.split(line) for line in re.findall(r"^curl .*$", text, re.MULTILINE)]


def asked(words):
    """The path and the query that a curl command sends."""
    address = next(word for word in words if word.startswith("http"))
    pairs = [words[i + 1] for i, word in enumerate(words) if word in {"-d", "--data-urlencode"}]
    return urlsplit(address), [tuple(pair.split("=", 1)) for pair in pairs]


def test_the_tests_are_one_command():
    assert "pytest" in block("test-command")
    assert block("test-command").count("\n") == 1


def test_the_server_is_one_command():
    assert block("run-command").rstrip().endswith("bandstand demo")


@pytest.mark.parametrize("words", curls(), ids=lambda words: words[words.index("-o") + 1])
def test_a_curl_line_answers(client, words):
    address, query = asked(words)
    answer = (
        client.get(f"{address.path}?{address.query}") if not query else client.get(address.path, query_string=query)
    )
    assert answer.status_code == 200, answer.text
    if words[words.index("-o") + 1].endswith(".tif"):
        with rasterio.MemoryFile(answer.data) as memory, memory.open() as file:
            assert file.dtypes == ("float32",)
            assert file.read_masks(1).any()
    else:
        assert answer.data.startswith(b"\x89PNG")


def test_the_small_configuration_is_one(tmp_path):
    text = re.search(r"```yaml\n(.*?)```", README, re.DOTALL)[1]
    path = tmp_path / "config.yml"
    path.write_text(text)
    assert [layer.name for _, layer in load_config(path, environment={}).published()] == [
        layer["name"] for layer in yaml.safe_load(text)["layers"]
    ]


@pytest.mark.parametrize("target", re.findall(r"\]\(((?!http)[^)#]+)\)", README))
def test_a_link_leads_somewhere(target):
    assert (ROOT / target).exists()
