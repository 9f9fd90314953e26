"""The command line says what the manual says, and ends with the code it promises."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request

import numpy as np
import pytest
import rasterio

from bandstand.cli.main import run


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty working folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("BANDSTAND_CONFIG", raising=False)
    return tmp_path


@pytest.fixture
def configured(here, shared):
    """A configuration for three real scenes, in the working folder."""
    (here / "config.yml").write_text(
        "service: {contact: {name: Desk}}\n"
        "collections:\n"
        f"  s2: {{profile: sentinel-2-l2a, source: {shared}/data/stac/local-catalog/collection.json}}\n"
        "layers:\n  - {name: rgb, title: Colours, collection: s2, style: true_color}\n"
    )
    return here


def test_an_ingest_counts_what_it_found(configured, capsys):
    assert run(["ingest"]) == 0
    assert re.search(
        r"collection\.json   found 3   new 3   updated 0   unchanged 0   failed 0   [\d.]+ s\n", capsys.readouterr().out
    )


def test_a_second_ingest_finds_all_unchanged(configured, capsys):
    run(["ingest"])
    assert run(["ingest", "-C", "s2"]) == 0
    assert "found 3   new 0   updated 0   unchanged 3   failed 0" in capsys.readouterr().out


def test_a_broken_scene_is_told_and_ends_with_three(configured, capsys, shared):
    broken = configured / "archive/2020-01-01"
    broken.mkdir(parents=True)
    whole = (shared / "data/sentinel2/earthsearch-29RKH-20200219/B04.tif").read_bytes()
    (broken / "B04.tif").write_bytes(whole[:100])
    shutil.copytree(
        shared / "data/timeseries/s2-31UDS-2017-2018/20170804T105328", configured / "archive/20170804T105328"
    )
    assert run(["ingest", "archive"]) == 3
    out = capsys.readouterr().out
    assert "archive   found 2   new 1   updated 0   unchanged 0   failed 1" in out
    assert re.search(r"^failed  2020-01-01   asset B04: ", out, re.MULTILINE)


def write_soil(folder, *, x=500000.0, crs="EPSG:32631"):
    """Two files whose names tell neither band nor place nor time."""
    folder.mkdir()
    for number, name in enumerate(("clay", "sand"), start=1):
        with rasterio.open(
            folder / f"{name}.tif", "w", driver="GTiff", width=16, height=16, count=1, dtype="uint8", crs=crs,
            transform=rasterio.Affine(10.0, 0.0, x, 0.0, -10.0, 5000000.0),
        ) as file:  # fmt: skip
            file.write(np.full((1, 16, 16), number, "uint8"))


def test_a_doubt_is_told_by_ingest_and_by_check_with_its_cure(here, capsys):
    write_soil(here / "soil")
    layer = "layers: [{name: soil, collection: soil, bands: clay}]\nservice: {contact: {name: Desk}}\n"
    (here / "config.yml").write_text(f"collections: {{soil: {{profile: generic, source: soil}}}}\n{layer}")
    assert run(["ingest"]) == 0
    told = (
        "clay.tif, sand.tif lie on the same ground and tell no different times: they were taken as the bands clay, sand"
    )
    cure = "If they are scenes of one band, say pattern: '(?P<id>[^/]+)$'"
    err = capsys.readouterr().err
    assert told in err
    assert cure in err
    assert run(["check"]) == 0
    (line,) = (line for line in capsys.readouterr().out.splitlines() if "  warning  " in line)
    assert line.startswith("config.yml:1:21  warning  collections.soil: soil: ")
    assert told in line
    assert cure in line
    pattern = "pattern: '(?P<id>[^/]+)$'"
    (here / "config.yml").write_text(f"collections: {{soil: {{profile: generic, source: soil, {pattern}}}}}\n{layer}")
    (here / "catalog.sqlite").unlink()
    assert run(["ingest"]) == 0
    assert "doubt" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("names", "pattern", "times"),
    [
        (("ndvi_2020_1", "ndvi_2020_2"), r"(?P<year>\d{4})_(?P<month>\d+)", "2020-01 to 2020-02 (2)"),
        (("north/ndvi", "south/ndvi"), "(?P<id>[^/]+)/ndvi", ""),
    ],
)
def test_a_scene_that_hides_another_is_a_doubt_until_a_pattern_says_more(here, capsys, names, pattern, times):
    write_soil(here / "made")
    for name in names:
        path = here / "own" / f"{name}.tif"
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(here / "made" / "clay.tif", path)
    text = "layers: [{name: ndvi, collection: own}]\ncollections: {own: {profile: generic, source: own%s}}\n"
    (here / "config.yml").write_text(text % "")
    assert run(["ingest"]) == 0
    assert "the same bands on the same ground and tell no different times" in capsys.readouterr().err
    assert run(["check"]) == 0
    assert "  warning  collections.own: " in capsys.readouterr().out
    (here / "config.yml").write_text(text % f", pattern: '{pattern}'")
    (here / "catalog.sqlite").unlink()
    assert run(["ingest"]) == 0
    assert "doubt" not in capsys.readouterr().err
    assert run(["layers"]) == 0
    assert times in capsys.readouterr().out


def test_tiles_of_one_time_are_no_doubt(here, capsys):
    for number in range(2):
        write_soil(here / f"own{number}", x=500000.0 + 160 * number)
        (here / f"own{number}/sand.tif").unlink()
    (here / "config.yml").write_text("collections: {own: {profile: generic, source: [own0, own1]}}\n")
    assert run(["ingest"]) == 0
    assert "doubt" not in capsys.readouterr().err


def test_a_configuration_named_as_a_source_is_told_as_one(configured, capsys):
    assert run(["ingest", "config.yml"]) == 3
    assert "config.yml is a configuration and no raster; name it with -c or --config" in capsys.readouterr().out


def test_a_system_without_a_code_is_listed_by_its_name(here, capsys):
    write_soil(here / "own", crs="+proj=laea +lat_0=40 +lon_0=3 +datum=WGS84")
    (here / "config.yml").write_text(
        "collections: {own: {profile: generic, source: own}}\nlayers: [{name: own, collection: own}]\n"
    )
    assert run(["ingest"]) == 0
    capsys.readouterr()
    assert run(["layers"]) == 0
    (line,) = (line for line in capsys.readouterr().out.splitlines() if "extent" in line)
    assert line.endswith(' "unknown"')


def test_what_is_no_band_is_told_in_one_line_and_ends_with_zero(here, capsys):
    write_soil(here / "soil")
    (here / "soil/clay.tif").rename(here / "soil/S2_20220101_B04.tif")
    (here / "soil/sand.tif").rename(here / "soil/S2_20220101_TCI.tif")
    (here / "config.yml").write_text("collections: {s2: {profile: sentinel-2-l2a, source: soil}}\n")
    assert run(["ingest"]) == 0
    out = capsys.readouterr().out
    assert "found 1   new 1   updated 0   unchanged 0   failed 0" in out
    assert "left out  1 file, no band of profile sentinel-2-l2a: S2_20220101_TCI.tif\n" in out


def test_an_archive_of_another_kind_is_a_failure(here, capsys):
    write_soil(here / "soil")
    (here / "config.yml").write_text("collections: {s2: {profile: sentinel-2-l2a, source: soil}}\n")
    assert run(["ingest"]) == 3
    assert "failed  soil   no band of profile sentinel-2-l2a in clay.tif, sand.tif\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "begins", "cure"),
    [("a.nc", b"CDF\x01", "gdal_translate -of COG makes a GeoTIFF"), ("a.zip", b"PK\x03\x04", "unpack it and name")],
)
def test_a_source_that_cannot_be_read_ends_with_three_and_says_what_to_do(configured, capsys, name, begins, cure):
    (configured / name).write_bytes(begins)
    assert run(["ingest", name]) == 3
    out = capsys.readouterr().out
    assert f"failed  {name}   " in out
    assert cure in out


def test_a_dry_run_lists_scenes_and_writes_nothing(configured, capsys):
    assert run(["ingest", "--dry-run"]) == 0
    out = capsys.readouterr().out
    assert re.search(r"^openEO_2023-06-01Z\S*  2023-06-01T00:00:00Z  EPSG:32631  B04 B03 B02$", out, re.MULTILINE)
    assert run(["layers", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["scenes"] == 0


def test_machines_get_json_alone(configured, capsys):
    assert run(["ingest", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["s2"]["new"] == 3


def test_an_unknown_collection_is_wrong_usage(configured, capsys):
    assert run(["ingest", "x", "-C", "s3"]) == 2
    assert 'unknown collection "s3". Known: s2.' in capsys.readouterr().err


def test_layers_lists_times_and_extent(configured, capsys):
    run(["ingest"])
    capsys.readouterr()
    assert run(["layers"]) == 0
    out = capsys.readouterr().out
    assert "rgb  Colours" in out
    assert "times       2023-06-01 to 2023-06-06 (3), default 2023-06-06" in out
    assert "EPSG:32631" in out


def test_a_good_configuration_is_ok(configured, capsys):
    run(["ingest"])
    capsys.readouterr()
    assert run(["check"]) == 0
    assert capsys.readouterr().out == "config.yml ok\n"


def test_an_empty_collection_is_a_warning_and_strictly_an_error(configured, capsys):
    assert run(["check"]) == 0
    assert run(["check", "--strict"]) == 1
    assert "config.yml:3:7  warning  collections.s2: the catalogue has no scene of it" in capsys.readouterr().out


def test_a_wrong_expression_is_told_with_its_place_and_column(configured, capsys):
    text = (configured / "config.yml").read_text()
    (configured / "config.yml").write_text(
        f'{text}  - {{name: x, collection: s2, expression: "B04 - B3x", style: ndvi}}\n'
    )
    assert run(["check"]) == 1
    out = capsys.readouterr().out
    line = next(text for text in out.splitlines() if text.startswith("config.yml:6:43"))
    assert 'error    layers[1].expression: unknown band "B3x" at column 7' in line
    assert 'Did you mean "B3" or "B03"?' in line
    assert "1 error" in out


def test_a_wrong_key_ends_with_one(here, capsys):
    (here / "config.yml").write_text("sever: {}\n")
    assert run(["check"]) == 1
    assert capsys.readouterr().out == (
        'config.yml:1:1  error    file: unknown key "sever". Did you mean "server"?\n1 error, 0 warnings\n'
    )


def test_without_a_configuration_it_says_what_to_do(here, capsys):
    assert run(["layers"]) == 1
    assert "error: there is no config.yml here" in capsys.readouterr().err


def test_version_names_what_it_stands_on(here, capsys):
    assert run(["version", "--json"]) == 0
    assert {"bandstand", "python", "proj", "numpy", "httptools"} <= set(json.loads(capsys.readouterr().out))


@pytest.mark.parametrize("command", ["serve", "ingest", "check", "layers", "version", "demo", "cite"])
def test_help_shows_two_examples(command, capsys):
    assert run([command, "--help"]) == 0
    assert len(re.findall(rf"^  bandstand {command}", capsys.readouterr().out, re.MULTILINE)) >= 2


def test_wrong_usage_ends_with_two(capsys):
    assert run(["serve", "--prt", "1"]) == 2
    assert "--port" in capsys.readouterr().err


def test_a_port_in_use_is_told(configured, capsys):
    run(["ingest"])
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert run(["serve", "--port", str(port)]) == 1
    assert f"error: port {port} is already in use (try --port {port + 1})" in capsys.readouterr().err


def test_serving_ingests_what_is_missing_answers_and_ends_quietly(configured):
    command = [sys.executable, "-m", "bandstand.cli.main", "serve", "--port", "0", "--workers", "1"]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as process:
        try:
            lines = []
            for line in process.stderr:
                lines.append(line)
                if line.startswith(("ready", "server")):
                    break
            assert lines[-1].startswith("ready"), lines
            address = re.search(r"http://127\.0\.0\.1:\d+/", lines[-1])[0]
            with urllib.request.urlopen(f"{address}healthz", timeout=30) as answer:
                assert answer.status == 200
            process.send_signal(signal.SIGINT)
            rest = process.stderr.read()
            assert process.wait(timeout=30) == 0
            assert [json.loads(line)["url"] for line in rest.splitlines()] == ["/healthz"]
        finally:
            process.kill()
    text = "".join(lines)
    assert "ingest   s2: 3 of 3 scenes" in text
    assert "config   config.yml ok (1 collection, 1 layer)" in text
    assert "catalog  3 items, newest 2023-06-06T00:00:00Z" in text


def test_the_conformance_instance_is_made_once_and_is_in_order(here, capsys):
    assert run(["cite", "site", "--no-serve"]) == 0
    assert "cite_lakes: 1 of 1 scenes" in capsys.readouterr().err
    assert run(["cite", "site", "--no-serve"]) == 0
    assert "ingest" not in capsys.readouterr().err
    assert run(["check", "site/config.yml", "--strict"]) == 0


@pytest.mark.parametrize("text", ["version: 1\ncollections: {s2: {profile: generic}}\n", "no: configuration\n"])
def test_the_folder_of_another_configuration_stays_as_it_is(here, capsys, text):
    (here / "site").mkdir()
    (here / "site" / "config.yml").write_text(text)
    assert run(["cite", "site", "--no-serve"]) == 1
    assert "site/config.yml" in capsys.readouterr().err
    assert [path.name for path in (here / "site").iterdir()] == ["config.yml"]
    assert (here / "site" / "config.yml").read_text() == text


def test_a_configuration_of_another_instance_is_told_with_a_way_out(here, capsys):
    (here / "site").mkdir()
    (here / "site" / "config.yml").write_text("version: 1\ncollections: {s2: {profile: generic}}\n")
    run(["cite", "site", "--no-serve"])
    assert "is no configuration of a conformance instance; give another folder" in capsys.readouterr().err


def test_a_conformance_instance_that_cannot_be_written_is_told(here, capsys):
    (here / "site").write_text("a file")
    assert run(["cite", "site/inner", "--no-serve"]) == 1
    assert "cannot write the conformance instance to site/inner: Not a directory" in capsys.readouterr().err
