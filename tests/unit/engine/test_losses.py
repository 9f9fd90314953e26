"""Scenes whose files were deleted are told, and leave the catalogue where that is wanted and sure."""

import json
import shutil

import numpy as np
import pytest
import rasterio

from bandstand.catalog.sqlite import open_catalog
from bandstand.config.profiles import effective, load_profile
from bandstand.config.schema import Collection
from bandstand.engine.ingest import ingest, library

DAYS = ("20200101", "20200102", "20200103")


def write(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    with rasterio.open(
        path, "w", driver="GTiff", width=16, height=16, count=1, dtype="uint8", crs="EPSG:32631",
        transform=rasterio.Affine(10.0, 0.0, 500000.0, 0.0, -10.0, 5000000.0),
    ) as file:  # fmt: skip
        file.write(np.ones((1, 16, 16), "uint8"))


@pytest.fixture
def archive(tmp_path):
    """A folder a day."""
    for day in DAYS:
        write(tmp_path / "archive" / day / f"ndvi_{day}.tif")
    return tmp_path / "archive"


@pytest.fixture
def catalog(tmp_path):
    opened = open_catalog(tmp_path / "catalog.sqlite", writable=True)
    yield opened
    opened.close()


@pytest.fixture
def run(catalog, archive):
    """`run(*sources, …)` ingests, the archive where no source is named."""
    section = Collection(profile="generic", source=(str(archive),))
    profile = effective(load_profile("generic"), section)

    def run(*sources, **rest):
        return ingest([str(s) for s in sources or [archive]], "c", section, profile, catalog, library(), jobs=1, **rest)

    assert run().new == len(DAYS)
    return run


def ids(catalog):
    return [entry.id for entry in catalog.listing("c")]


def test_nothing_is_lost_while_all_is_there(run):
    assert (run().lost, run(prune="all").pruned) == ((), ())


def test_a_scene_that_lost_its_file_is_told_and_stays(run, archive, catalog):
    known = ids(catalog)
    shutil.rmtree(archive / DAYS[2])
    report = run()
    assert report.lost == (known[0],)
    assert ids(catalog) == known


def test_prune_takes_out_what_lost_its_files_and_nothing_else(run, archive, catalog):
    known = ids(catalog)
    shutil.rmtree(archive / DAYS[2])
    report = run(prune="some")
    assert (report.pruned, report.lost) == ((known[0],), ())
    assert ids(catalog) == known[1:]
    assert catalog.faults() == ()


def test_a_dry_run_prunes_nothing(run, archive, catalog):
    shutil.rmtree(archive / DAYS[2])
    assert len(run(prune="some", dry_run=True).pruned) == 1
    assert len(ids(catalog)) == len(DAYS)


@pytest.mark.parametrize("left", ["nothing", "the bare folder"])
def test_a_source_that_has_nothing_left_is_taken_for_a_volume_that_is_away(run, archive, catalog, left):
    shutil.rmtree(archive)
    if left == "the bare folder":
        archive.mkdir()
    report = run(prune="some")
    assert (report.pruned, report.spared, len(report.lost)) == ((), ((str(archive), 3),), 3)
    assert len(ids(catalog)) == len(DAYS)
    assert len(run(prune="all").pruned) == len(DAYS)
    assert ids(catalog) == []


def test_links_to_a_volume_that_is_away_are_no_losses(run, archive, catalog, tmp_path):
    shutil.move(archive / DAYS[2], tmp_path / "volume")
    (archive / DAYS[2]).symlink_to(tmp_path / "volume")
    run()
    shutil.move(tmp_path / "volume", tmp_path / "away")
    assert run(prune="all").lost == ()
    assert len(ids(catalog)) == len(DAYS)


@pytest.mark.parametrize(
    ("source", "pruned"),
    [
        ("{archive}/20200102", 0),
        ("{archive}/2020010[12]", 1),
        ("{archive}/*/ndvi_20200102.tif", 0),
        ("{archive}/**/ndvi_*.tif", 1),
        ("{archive}/*3/*.tif", 0),
        ("file://{archive}", 1),
        ("{archive}/../archive", 1),
    ],
)
def test_only_what_lies_below_the_sources_that_are_named_is_pruned(run, archive, source, pruned):
    shutil.rmtree(archive / DAYS[1])
    assert len(run(source.format(archive=archive), prune="some").pruned) == pruned


def test_a_part_that_is_named_and_gone_is_spared_until_told(run, archive):
    shutil.rmtree(archive / DAYS[1])
    source = archive / DAYS[1]
    assert run(source, prune="some").spared == ((str(source), 1),)
    assert len(run(source, prune="all").pruned) == 1


def test_withdrawn_scenes_lose_their_files_too(run, archive, catalog):
    catalog.withdraw("c", ids(catalog)[:1])
    shutil.rmtree(archive / DAYS[2])
    assert len(run(prune="some").pruned) == 1
    assert len(ids(catalog)) == 2


def test_a_scene_with_one_of_its_files_left_is_no_loss(run, archive, catalog):
    write(archive / DAYS[0] / f"evi_{DAYS[0]}.tif")
    run()
    (archive / DAYS[0] / f"evi_{DAYS[0]}.tif").unlink()
    assert run(prune="some").pruned == ()
    assert len(ids(catalog)) == len(DAYS)


def test_scenes_of_a_stac_catalogue_are_lost_with_their_files_wherever_these_lie(run, archive, catalog, tmp_path):
    place = tmp_path / "stac"
    place.mkdir()
    for day in DAYS[:2]:
        write(tmp_path / "elsewhere" / f"{day}.tif")
        item = {
            "type": "Feature", "stac_version": "1.0.0", "id": f"s{day}", "geometry": None,
            "properties": {"datetime": f"{day[:4]}-{day[4:6]}-{day[6:]}T00:00:00Z"},
            "assets": {"ndvi": {"href": f"../elsewhere/{day}.tif", "type": "image/tiff"}},
        }  # fmt: skip
        (place / f"{day}.json").write_text(json.dumps(item))
    links = [{"rel": "item", "href": f"{day}.json"} for day in DAYS[:2]]
    (place / "catalog.json").write_text(json.dumps({"type": "Catalog", "stac_version": "1.0.0", "links": links}))
    roots = [tmp_path / "elsewhere"]
    assert run(place / "catalog.json", roots=roots).new == 2
    (tmp_path / "elsewhere" / f"{DAYS[0]}.tif").unlink()
    assert run(place / "catalog.json", roots=roots, prune="some").pruned == (f"s{DAYS[0]}",)
