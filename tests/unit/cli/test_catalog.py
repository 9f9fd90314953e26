"""`bandstand catalog` and `bandstand ingest --prune`: what leaves the catalogue, and what is told of it."""

import json
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import rasterio

from bandstand.catalog.sqlite import open_catalog
from bandstand.cli.main import run

DAYS = ("20230601", "20230601", "20230602", "20230712")


@dataclass(frozen=True)
class Place:
    """An archive with its configuration; the folder of each scene by id."""

    folder: Path
    catalog: Path
    scenes: dict


def write(path, *, x):
    path.parent.mkdir(parents=True)
    with rasterio.open(
        path, "w", driver="GTiff", width=16, height=16, count=1, dtype="uint8", crs="EPSG:32631",
        transform=rasterio.Affine(10.0, 0.0, x, 0.0, -10.0, 5000000.0),
    ) as file:  # fmt: skip
        file.write(np.ones((1, 16, 16), "uint8"))


@pytest.fixture
def place(tmp_path, monkeypatch, said):
    """Four scenes of three days, and one without a time, in the working folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("BANDSTAND_CONFIG", raising=False)
    scenes = {}
    for number, day in enumerate(DAYS):
        name = f"{day}_0{number}"
        scenes[name] = tmp_path / "ndvi" / name
        write(scenes[name] / "ndvi.tif", x=500000.0 + 160.0 * number)
    write(tmp_path / "dem" / "dem.tif", x=500000.0)
    (tmp_path / "config.yml").write_text(
        "service: {contact: {name: Desk}}\n"
        "collections:\n  ndvi: {profile: generic, source: ndvi}\n  dem: {profile: dem, source: dem}\n"
        "layers: [{name: ndvi, collection: ndvi, bands: ndvi}]\n"
    )
    said("ingest")
    return Place(tmp_path, tmp_path / "catalog.sqlite", scenes)


@pytest.fixture
def said(capsys):
    """`said(*arguments, code=0)` runs a command and gives what it printed, read as JSON where that was asked."""

    def said(*arguments, code=0):
        assert run(list(arguments)) == code, capsys.readouterr()
        out = capsys.readouterr().out
        return json.loads(out) if "--json" in arguments else out.splitlines()

    return said


def ids(said, *more):
    return [entry["id"] for entry in said("catalog", "ls", "-C", "ndvi", "--json", *more)["ndvi"]]


def test_scenes_are_listed_newest_first(place, said):
    listed = said("catalog", "ls", "--json")
    assert {name: len(entries) for name, entries in listed.items()} == {"ndvi": 4, "dem": 1}
    starts = [entry["start"] for entry in listed["ndvi"]]
    assert starts == sorted(starts, reverse=True)
    lines = said("catalog", "ls")
    assert len(lines) == 5
    assert lines[0].split()[:2] == ["ndvi", listed["ndvi"][0]["id"]]


@pytest.mark.parametrize(
    ("time", "expected"), [("2023-06-01", 2), ("2023-06", 3), ("../2023-06-02", 3), ("1999", 0), ("2023-06-02/..", 2)]
)
def test_a_time_narrows_the_list(place, said, time, expected):
    assert len(ids(said, "--time", time)) == expected


@pytest.mark.parametrize("time", ["latest", "2023/current", "2023/2024/P1D"])
def test_a_time_that_needs_the_data_is_refused(place, time, capsys):
    assert run(["catalog", "ls", "--time", time]) == 2
    assert "is no time or interval" in capsys.readouterr().err


def test_a_time_that_is_none_is_told(place, capsys):
    assert run(["catalog", "ls", "--time", "yesterday"]) == 2
    assert 'Cannot read TIME "yesterday"' in capsys.readouterr().err


def test_one_scene_is_shown(place, said):
    first = ids(said)[0]
    told = said("catalog", "show", first, "--json")
    assert (told["collection"], told["withdrawn"], told["item"]["id"]) == ("ndvi", False, first)
    assert told["files"] == [str(place.scenes[first] / "ndvi.tif")]
    lines = said("catalog", "show", first)
    assert lines[0] == f"{first}  ndvi"
    assert any(line.strip().startswith("ndvi  uint8  scale 1 offset 0") for line in lines)


def test_withdraw_and_restore(place, said):
    first, *others = ids(said)
    assert said("catalog", "withdraw", first, "--dry-run") == [f"would be withdrawn  ndvi  {first}"]
    assert said("catalog", "ls", "--withdrawn") == []
    assert said("catalog", "withdraw", first) == ["withdrawn  ndvi  1 scene"]
    assert ids(said, "--withdrawn") == [first]
    reader = open_catalog(place.catalog)
    assert {item.id for item in reader.search("ndvi")} == set(others)
    assert said("catalog", "show", first)[0].endswith("  withdrawn")
    assert "unchanged 4" in said("ingest", "-C", "ndvi")[0]
    assert reader.count("ndvi") == 3
    assert said("catalog", "withdraw", first) == ["withdrawn  ndvi  0 scenes, 1 already"]
    told = said("catalog", "restore", first, "--json")
    assert told == {"dry_run": False, "items": {"ndvi": [first]}, "restored": {"ndvi": 1}}
    assert reader.count("ndvi") == 4
    reader.close()


def test_rm_takes_out_and_an_ingest_brings_back(place, said):
    first, second, *others = ids(said)
    assert said("catalog", "rm", first, "--dry-run") == [f"would be removed  ndvi  {first}"]
    assert said("catalog", "rm", first, second) == ["removed  ndvi  2 scenes"]
    assert ids(said) == others
    assert "new 2" in said("ingest", "-C", "ndvi")[0]
    assert ids(said) == [first, second, *others]


def test_nothing_is_done_where_one_of_the_scenes_is_unknown(place, said, capsys):
    first = ids(said)[0]
    assert run(["catalog", "rm", first, first[:-1]]) == 1
    err = capsys.readouterr().err
    assert f'there is no scene "{first[:-1]}". Did you mean "{first}"' in err
    assert "Nothing was done" in err
    assert first in ids(said)


def test_a_scene_of_two_collections_needs_its_collection(place, said, capsys):
    writer = open_catalog(place.catalog, writable=True)
    (item,) = writer.search("dem")
    writer.upsert([replace(item, collection="ndvi")])
    writer.close()
    assert run(["catalog", "rm", item.id]) == 1
    assert "name one with --collection" in capsys.readouterr().err
    assert said("catalog", "rm", item.id, "-C", "ndvi") == ["removed  ndvi  1 scene"]


def test_an_unknown_collection_is_told(place, capsys):
    assert run(["catalog", "ls", "-C", "ndwi"]) == 2
    assert 'Did you mean "ndvi"?' in capsys.readouterr().err


def test_verify_finds_what_is_missing_changed_or_out_of_reach(place, said):
    assert said("catalog", "verify") == ["0 faults in the catalogue, 0 files not as ingested"]
    first, second, third = ids(said)[:3]
    (place.scenes[first] / "ndvi.tif").unlink()
    (place.scenes[second] / "ndvi.tif").write_bytes(b"short")
    aside = place.scenes[third] / "ndvi.tif"
    aside.unlink()
    aside.symlink_to("/nowhere/ndvi.tif")
    found = said("catalog", "verify", "--json", code=3)
    assert found["catalog"] == []
    assert sorted((fault["item"], fault["problem"]) for fault in found["files"]["ndvi"]) == sorted(
        [(first, "missing"), (second, "changed"), (third, "unreadable")]
    )
    assert said("catalog", "verify", "-C", "ndvi", code=3)[-1].endswith("3 files not as ingested")


def test_stats_count(place, said):
    told = said("catalog", "stats", "--json")
    assert told["bytes"] == place.catalog.stat().st_size
    rows = told["collections"]
    assert (rows["ndvi"]["items"], rows["ndvi"]["withdrawn"], rows["dem"]["files"]) == (4, 0, 1)
    lines = said("catalog", "stats")
    assert lines[-1].startswith("5 scenes in ")


def test_ingest_tells_of_lost_scenes_and_prunes_them(place, said):
    known = ids(said)
    shutil.rmtree(place.scenes[known[0]])
    lines = said("ingest", "-C", "ndvi")
    assert any(line.startswith("lost  1 scene below it has lost all files") for line in lines)
    assert f"would prune  {known[0]}" in said("ingest", "-C", "ndvi", "--prune", "--dry-run")
    assert "pruned  1 scene whose files are gone" in said("ingest", "-C", "ndvi", "--prune")
    assert ids(said) == known[1:]


def test_a_volume_that_is_away_prunes_nothing(place, said):
    known = ids(said)
    (place.folder / "ndvi").rename(place.folder / "away")
    (place.folder / "ndvi").mkdir()
    lines = said("ingest", "-C", "ndvi", "--prune", code=1)
    assert any("not pruned  ndvi: all 4 scenes below it have lost their files" in line for line in lines)
    assert ids(said) == known
    said("ingest", "-C", "ndvi", "--prune-all", code=3)
    assert ids(said) == []


@pytest.mark.parametrize("is_link", [False, True])
def test_a_catalogue_that_is_not_there_is_told_and_not_taken_for_a_sound_one(tmp_path, monkeypatch, capsys, is_link):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.yml").write_text("collections: {c: {source: a}}\nlayers: [{name: c, collection: c}]\n")
    if is_link:
        (tmp_path / "catalog.sqlite").symlink_to(tmp_path / "unmounted" / "catalog.sqlite")
    for command in ("ls", "stats", "verify", "show x", "rm x", "withdraw x", "restore x"):
        assert run(["catalog", *command.split()]) == 1
        assert "catalog.sqlite is not there; `bandstand ingest` makes it" in capsys.readouterr().err
    assert run(["layers"]) == 0
    assert not (tmp_path / "catalog.sqlite").exists()


def test_names_that_are_no_text_are_unknown_and_end_nothing(place, capsys):
    odd = place.folder / "odd"
    shutil.copytree(place.folder / "ndvi" / "20230602_02", odd)
    (odd / "ndvi.tif").rename(odd / "ndvi_20230801.tif")
    shutil.copy(odd / "ndvi_20230801.tif", odd / "ndvi_\udcff_20230802.tif")
    assert run(["ingest", "-C", "ndvi", "odd", "odd/ndvi_\udcff_20230802.tif"]) == 3
    assert "new 1" in capsys.readouterr().out
    for command in ("show", "rm", "withdraw", "restore"):
        assert run(["catalog", command, "\udcff"]) == 1
        assert 'there is no scene "' in capsys.readouterr().err
