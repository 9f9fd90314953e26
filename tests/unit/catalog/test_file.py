"""The file of the catalogue goes, is replaced, broken, locked or full: it is noticed, told, and healed."""

import os
import shutil
import sqlite3
import subprocess
import sys
import textwrap
import threading

import pytest
from tests.unit.catalog.test_sqlite import names, scene

from bandstand.catalog import file as catalog_file
from bandstand.catalog.sqlite import SqliteCatalog, open_catalog
from bandstand.errors import CatalogUnavailable

pytestmark = pytest.mark.usefixtures("looks_at_once")


@pytest.fixture
def looks_at_once(monkeypatch):
    """Every question looks at the file, as otherwise the first one in each second does."""
    monkeypatch.setattr(catalog_file, "_LOOK_S", 0.0)


def write(path, *ids):
    catalog = open_catalog(path, writable=True)
    catalog.upsert([scene(name) for name in ids])
    catalog.close()
    return path


@pytest.fixture
def path(tmp_path):
    """Of a catalogue with two scenes."""
    return write(tmp_path / "folder" / "catalog.sqlite", "a", "b")


@pytest.fixture
def reader(path):
    opened = open_catalog(path)
    yield opened
    opened.close()


def in_another_thread(work):
    found = []
    thread = threading.Thread(target=lambda: found.append(work()))
    thread.start()
    thread.join()
    return found[0]


def beside(path):
    return sorted(file.name for file in path.parent.iterdir())


def test_a_reader_never_makes_a_file(tmp_path):
    reader = SqliteCatalog(tmp_path / "none" / "catalog.sqlite", writable=False)
    with pytest.raises(CatalogUnavailable, match=r"catalog\.sqlite is not there; `bandstand ingest` makes it"):
        reader.count("s2")
    assert "not there" in reader.trouble()
    assert not (tmp_path / "none").exists()


def test_a_reader_finds_its_file_when_it_comes(tmp_path):
    reader = SqliteCatalog(tmp_path / "catalog.sqlite", writable=False)
    assert reader.trouble()
    write(tmp_path / "catalog.sqlite", "a")
    assert (names(reader.search("s2")), reader.trouble()) == (["a"], "")


def test_a_file_that_went_away_is_told_and_goes_on_in_every_thread(path, reader):
    path.rename(path.with_name("away"))
    assert "is not there" in reader.trouble()
    assert names(reader.search("s2")) == ["a", "b"]
    assert in_another_thread(lambda: names(reader.search("s2"))) == ["a", "b"]
    assert not path.exists()


def test_a_file_that_comes_back_is_taken_again(path, reader):
    away = path.with_name("away")
    path.rename(away)
    assert reader.trouble()
    away.rename(path)
    assert reader.trouble() == ""
    write(path, "c")
    assert names(reader.search("s2")) == ["a", "b", "c"]


def test_another_file_in_its_place_is_taken(path, reader):
    before = (reader.identity, reader.revision("s2"), names(reader.search("s2")))
    write(path.with_name("new.sqlite"), "c").rename(path)
    after = (reader.identity, reader.revision("s2"), names(reader.search("s2")))
    assert (before[2], after[2]) == (["a", "b"], ["c"])
    assert before[0] != after[0]
    assert before[1] != after[1]
    assert in_another_thread(lambda: names(reader.search("s2"))) == ["c"]


def test_a_catalogue_made_anew_is_taken(path, reader):
    assert reader.count("s2") == 2
    for file in list(path.parent.iterdir()):
        file.unlink()
    write(path, "x")
    assert names(reader.search("s2")) == ["x"]


def test_a_backup_that_was_put_back_and_written_to_counts_otherwise(path, reader):
    backup = path.with_name("backup.sqlite")
    shutil.copy(path, backup)
    write(path, "c")
    states = {reader.revision("s2"): names(reader.search("s2"))}
    backup.rename(path)
    states[reader.revision("s2")] = names(reader.search("s2"))
    write(path, "d")
    states[reader.revision("s2")] = names(reader.search("s2"))
    assert list(states.values()) == [["a", "b", "c"], ["a", "b"], ["a", "b", "d"]]


@pytest.mark.parametrize(
    ("content", "told"),
    [(b"this is no database " * 500, "not a database"), (b"", "is empty")],
    ids=["garbage", "empty"],
)
def test_what_is_no_catalogue_in_its_place_is_told_and_not_taken(path, reader, content, told):
    other = path.with_name("other")
    other.write_bytes(content)
    other.rename(path)
    assert told in reader.trouble()
    assert names(reader.search("s2")) == ["a", "b"]
    write(path.with_name("good"), "c").rename(path)
    assert (reader.trouble(), names(reader.search("s2"))) == ("", ["c"])


def test_a_catalogue_of_another_version_in_its_place_is_not_taken(path, reader):
    other = write(path.with_name("other"), "c")
    with sqlite3.connect(other) as plain:
        plain.execute("PRAGMA user_version = 99")
    plain.close()
    other.rename(path)
    assert "version 99" in reader.trouble()
    assert in_another_thread(lambda: names(reader.search("s2"))) == ["a", "b"]


@pytest.mark.parametrize("left", [0, 100, 5000])
def test_a_file_that_is_cut_off_is_told_and_heals(path, reader, left):
    whole = path.read_bytes()
    assert len(whole) > 5000
    os.truncate(path, left)
    assert reader.trouble()
    path.write_bytes(whole)
    assert (reader.trouble(), names(reader.search("s2"))) == ("", ["a", "b"])


def test_a_reader_of_a_file_that_is_cut_off_says_so(path):
    os.truncate(path, 5000)
    with pytest.raises(CatalogUnavailable, match="malformed"):
        open_catalog(path)


def test_another_file_copied_onto_it_is_taken_or_told(path, reader):
    write(path, "c")
    assert reader.count("s2") == 3
    other = write(path.with_name("other"), "x")
    path.write_bytes(other.read_bytes())
    trouble = reader.trouble()
    assert trouble == "" or "written over while it was in use" in trouble
    if not trouble:
        assert names(reader.search("s2")) == ["x"]


def test_a_file_that_another_process_locks_is_told_in_a_second(path):
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("PRAGMA locking_mode = EXCLUSIVE")
    holder.execute("BEGIN EXCLUSIVE")
    reader = SqliteCatalog(path, writable=False)
    # Locks are of processes.
    script = f"""
        import pathlib, sys
        from bandstand.catalog.sqlite import SqliteCatalog
        print(SqliteCatalog(pathlib.Path({str(path)!r}), writable=False).trouble())
    """
    told = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], check=True, capture_output=True, text=True
    ).stdout
    assert "stayed locked for 1 s" in told
    holder.execute("ROLLBACK")
    holder.close()
    assert reader.trouble() == ""
    reader.close()


def unprivileged():
    """What makes the superuser obey permissions, as others do."""
    return ["setpriv", "--bounding-set", "-dac_override"] if os.geteuid() == 0 else []


SERVE_READ_ONLY = """
    import pathlib, sys
    from bandstand.catalog import file
    from bandstand.catalog.sqlite import open_catalog
    file._LOOK_S = 0.0
    reader = open_catalog(pathlib.Path({path!r}))
    for _ in sys.stdin:
        print([item.id for item in reader.search("s2")], reader.trouble(), flush=True)
"""


def test_a_catalogue_where_nobody_may_write_is_read_and_followed(path):
    path.chmod(0o444)
    path.parent.chmod(0o555)
    script = textwrap.dedent(SERVE_READ_ONLY).format(path=str(path))
    process = subprocess.Popen(
        [*unprivileged(), sys.executable, "-c", script], text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )

    def ask():
        process.stdin.write("\n")
        process.stdin.flush()
        return process.stdout.readline().strip()

    try:
        assert ask() == "['a', 'b']"
        assert beside(path) == ["catalog.sqlite"]
        path.parent.chmod(0o755)
        write(path.with_name("new"), "c").rename(path)
        path.parent.chmod(0o555)
        assert ask() == "['c']"
    finally:
        path.parent.chmod(0o755)
        process.communicate("", timeout=20)


def test_a_read_only_catalogue_with_half_of_it_in_the_journal_is_refused(path):
    writer = open_catalog(path, writable=True)
    writer.upsert([scene("c")])
    place = path.parent.parent / "medium"
    place.mkdir()
    for name in ("catalog.sqlite", "catalog.sqlite-wal"):
        shutil.copy(path.with_name(name), place / name)
        (place / name).chmod(0o444)
    writer.close()
    place.chmod(0o555)
    script = f"""
        import pathlib
        from bandstand.catalog.sqlite import open_catalog
        open_catalog(pathlib.Path({str(place / "catalog.sqlite")!r}))
    """
    try:
        said = subprocess.run(
            [*unprivileged(), sys.executable, "-c", textwrap.dedent(script)],
            check=False,
            capture_output=True,
            text=True,
        ).stderr
    finally:
        place.chmod(0o755)
    assert "a part of it is in the journal beside it" in said


def test_what_a_writer_leaves_is_all_in_the_file(path, reader):
    assert reader.count("s2") == 2
    write(path, "c")
    copied = shutil.copy(path, path.with_name("copy.sqlite"))
    copy = open_catalog(copied)
    assert names(copy.search("s2")) == ["a", "b", "c"]
    copy.close()


def test_a_writer_does_not_go_on_in_a_file_that_nobody_finds(path):
    writer = open_catalog(path, writable=True)
    path.unlink()
    with pytest.raises(CatalogUnavailable, match="is not there"):
        writer.upsert([scene("c")])
    assert not path.exists()
    writer.close()


def limit_pages(catalog, more):
    connection = catalog._file.connection()
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages + more}")


@pytest.mark.parametrize("more", [0, 1, 3])
def test_a_full_disk_is_told_as_such_and_leaves_what_was_there(path, more, monkeypatch):
    monkeypatch.setattr(catalog_file, "_LOOK_S", 3600.0)
    writer = open_catalog(path, writable=True)
    limit_pages(writer, more)
    with pytest.raises(CatalogUnavailable, match="the disk is full") as told:
        writer.upsert([scene(f"{n}") for n in range(300)])
    assert "rollback" not in told.value.message
    assert names(writer.search("s2")) == ["a", "b"]
    assert writer.faults() == ()
    writer.close()


READ_ON = """
    import pathlib, sys
    from bandstand.catalog import file
    from bandstand.catalog.sqlite import open_catalog
    file._LOOK_S = 0.0
    reader = open_catalog(pathlib.Path({path!r}))
    print("open", flush=True)
    for _ in sys.stdin:
        reader.trouble()
        print(reader.count("s2"), reader.trouble(), flush=True)
"""


@pytest.mark.parametrize("sizes", [(3, 400), (400, 3)])
def test_another_file_is_taken_by_several_processes_whatever_its_size(tmp_path, sizes):
    first, second = sizes
    path = write(tmp_path / "catalog.sqlite", *(f"a{n}" for n in range(first)))
    script = textwrap.dedent(READ_ON).format(path=str(path))
    readers = [
        subprocess.Popen([sys.executable, "-c", script], text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        for _ in range(2)
    ]

    def ask(reader):
        reader.stdin.write("\n")
        reader.stdin.flush()
        return reader.stdout.readline().strip()

    try:
        assert [reader.stdout.readline().strip() for reader in readers] == ["open", "open"]
        write(path, "c")
        assert [ask(reader) for reader in readers] == [str(first + 1)] * 2
        # The journal of the first one stays where it is: only files are moved.
        write(tmp_path / "new.sqlite", *(f"b{n}" for n in range(second))).rename(path)
        assert [ask(reader) for reader in readers] == [str(second)] * 2
        path.rename(tmp_path / "away")
        write(path, "x")
        assert [ask(reader) for reader in readers] == ["1"] * 2
        checked = open_catalog(path)
        assert checked.faults() == ()
        checked.close()
    finally:
        for reader in readers:
            reader.communicate("", timeout=20)


def test_a_journal_without_its_file_is_not_taken_for_that_of_a_new_one(path):
    path.with_name("catalog.sqlite-wal").write_bytes(b"frames")
    path.rename(path.with_name("away"))
    with pytest.raises(CatalogUnavailable, match="the journal of one is"):
        open_catalog(path, writable=True)


def test_a_writer_that_ends_leaves_one_file(path):
    assert beside(path) == ["catalog.sqlite"]


def test_a_disk_that_is_full_at_the_first_ingest_spoils_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(catalog_file, "_LOOK_S", 3600.0)
    path = tmp_path / "catalog.sqlite"
    writer = open_catalog(path, writable=True)
    # All is in the journal, and of that only the first page comes into the file.
    whole = write(tmp_path / "whole.sqlite", "a").read_bytes()
    writer.upsert([scene("a")])
    shutil.copy(f"{path}-wal", tmp_path / "left.sqlite-wal")
    (tmp_path / "left.sqlite").write_bytes(whole[:4096])
    writer.close()
    left = open_catalog(tmp_path / "left.sqlite")
    assert names(left.search("s2")) == ["a"]
    left.close()


def test_a_writer_where_nobody_may_write_says_why(path):
    path.chmod(0o444)
    path.parent.chmod(0o555)
    script = f"""
        import pathlib
        from bandstand.catalog.sqlite import open_catalog
        open_catalog(pathlib.Path({str(path)!r}), writable=True).remove("s2", ["a"])
    """
    try:
        said = subprocess.run(
            [*unprivileged(), sys.executable, "-c", textwrap.dedent(script)],
            check=False, capture_output=True, text=True,
        ).stderr  # fmt: skip
    finally:
        path.parent.chmod(0o755)
    assert "cannot be written: the file or its folder is read-only" in said


@pytest.mark.parametrize("make", [os.mkdir, os.mkfifo, lambda path: path.symlink_to("/dev/zero")])
@pytest.mark.parametrize("writable", [False, True])
def test_what_is_no_file_is_told_as_such_and_left_alone(tmp_path, make, writable):
    make(tmp_path / "catalog.sqlite")
    with pytest.raises(CatalogUnavailable, match=r"The catalogue catalog.sqlite is no file\."):
        open_catalog(tmp_path / "catalog.sqlite", writable=writable)
    assert beside(tmp_path / "catalog.sqlite") == ["catalog.sqlite"]


def test_tables_of_another_version_are_noticed_though_they_are_in_the_journal_alone(path, reader):
    assert reader.trouble() == ""
    other = sqlite3.connect(path)
    other.execute("PRAGMA user_version = 9")
    assert "tables of version 9" in reader.trouble()
    other.execute("PRAGMA user_version = 2")
    assert reader.trouble() == ""
    assert reader.count("s2") == 2
    other.close()
