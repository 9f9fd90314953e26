"""`bandstand demo`: from nothing to a map."""

import subprocess
import sys
from pathlib import Path

import click

from bandstand.cli.console import open_config
from bandstand.cli.register import register_missing
from bandstand.cli.sample import make_archive, write_config
from bandstand.cli.server import run_server
from bandstand.demo import is_made


@click.command("demo")
@click.argument("folder", metavar="[DIR]", default="bandstand-demo", type=click.Path(path_type=Path, file_okay=False))
@click.option("--port", type=click.IntRange(0, 65535), help="Port; 0: any that is free.  [default: 8080]")
@click.option("--host", help="Address to listen on.  [default: 127.0.0.1]")
@click.option("--no-serve", is_flag=True, help="Make and register the archive, and leave it at that.")
def command(folder: Path, port: int | None, host: str | None, no_serve: bool) -> None:
    """Make a sample archive in DIR, register it and serve it.

    The archive is made once, in about a minute and without a network: an invented coast in two UTM zones on four
    dates, with land cover and elevation. DIR/config.yml is yours to change afterwards.

    \b
    bandstand demo
    bandstand demo /tmp/coast --port 9000
    """  # noqa: D301 - click wants its mark
    # Two things take a while the first time; on two cores they take it together. Later the server loads what is
    # compiled by itself.
    warming = None
    if not is_made(folder):
        warming = subprocess.Popen([sys.executable, "-m", "bandstand.engine.warm"], stdin=subprocess.DEVNULL)
    make_archive(folder)
    if warming is not None:
        warming.wait()
    path = write_config(folder)
    config = open_config(path)
    register_missing(config, jobs=4)
    if not no_serve:
        run_server(path, config, host=host, port=port, workers=None, threads=None)


COMMAND = command
