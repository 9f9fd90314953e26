"""The sample archive and a configuration for it."""

from pathlib import Path

from bandstand.cli.console import fail, say
from bandstand.demo import generate
from bandstand.share import shipped

_PLACE = "${BANDSTAND_DEMO:-./demo-archive}"


def make_archive(folder: Path) -> None:
    """Make the sample archive unless it is there; about a minute the first time."""
    try:
        generate(folder, progress=lambda text: say(f"demo     {text}"))
    except OSError as error:
        fail(f"cannot write the sample archive to {folder}: {error.strerror or error}")


def write_config(folder: Path) -> Path:
    """Write config.yml for an archive in the same folder, unless there is one already.

    Returns:
        Its path.
    """
    path = folder / "config.yml"
    if not path.exists():
        try:
            folder.mkdir(parents=True, exist_ok=True)
            reference = shipped("config.yml").read_text(encoding="utf-8")
            path.write_text(reference.replace(_PLACE, "."), encoding="utf-8")
        except OSError as error:
            fail(f"cannot write {path}: {error.strerror or error}")
    return path
