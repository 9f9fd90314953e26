"""`bandstand cite`: the instance that the OGC compliance suites are run against."""

from pathlib import Path

import click

from bandstand.cli.console import fail, open_config, say
from bandstand.cli.register import register_missing
from bandstand.cli.server import run_server
from bandstand.conformance import CONFIG_NAME, collection_names, generate


@click.command("cite")
@click.argument("folder", metavar="[DIR]", default="bandstand-cite", type=click.Path(path_type=Path, file_okay=False))
@click.option("--port", type=click.IntRange(0, 65535), help="Port; 0: any that is free.  [default: 8080]")
@click.option("--host", help="Address to listen on.  [default: 127.0.0.1]")
@click.option("--no-serve", is_flag=True, help="Make and register the data, and leave it at that.")
def command(folder: Path, port: int | None, host: str | None, no_serve: bool) -> None:
    """Make the data of the OGC compliance suites in DIR, register and serve them at /wms, /wmts and /wcs.

    Anyone can certify an installation with it: the server is that of `serve`.

    \b
    bandstand cite
    bandstand cite /tmp/cite --port 9000
    """  # noqa: D301 - click wants its mark
    _check(folder / CONFIG_NAME)
    try:
        path = generate(folder, progress=lambda text: say(f"cite     {text}"))
    except OSError as error:
        fail(f"cannot write the conformance instance to {folder}: {error.strerror or error}")
    config = open_config(path)
    register_missing(config, jobs=4)
    if not no_serve:
        run_server(path, config, host=host, port=port, workers=1, threads=None)


def _check(path: Path) -> None:
    """Refuse a folder with the configuration of something else, before anything is written into it."""
    if path.exists() and not collection_names() <= set(open_config(path).collections):
        fail(f"{path} is no configuration of a conformance instance; give another folder")


COMMAND = command
