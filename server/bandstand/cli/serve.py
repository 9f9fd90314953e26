"""`bandstand serve`: the server, as the configuration says."""

from pathlib import Path

import click

from bandstand.cli.console import config_option, is_reference, open_config
from bandstand.cli.register import register_missing
from bandstand.cli.sample import make_archive, write_config
from bandstand.cli.server import run_server


@click.command("serve")
@click.argument("config_argument", metavar="[CONFIG]", required=False, type=click.Path(path_type=Path, dir_okay=False))
@click.option("--host", help="Address to listen on.  [default: server.host]")
@click.option("--port", type=click.IntRange(0, 65535), help="Port; 0: any that is free.  [default: server.port]")
@click.option("--workers", type=click.IntRange(1, 256), help="Processes.  [default: server.workers]")
@click.option("--threads", type=click.IntRange(1, 256), help="Requests a process.  [default: server.threads]")
@click.option("--no-ingest", is_flag=True, help="Leave collections without a scene as they are.")
@config_option
def command(
    config_argument: Path | None,
    host: str | None,
    port: int | None,
    workers: int | None,
    threads: int | None,
    no_ingest: bool,
    config_path: Path | None,
) -> None:
    """Serve WMS, WMTS, XYZ, WCS and the map page.

    Without CONFIG it is ./config.yml, and without that the sample archive of `bandstand demo`. Collections that have
    a source and no scene yet are ingested first.

    \b
    bandstand serve
    bandstand serve config.yml --host 0.0.0.0 --port 9000 --workers 4
    """  # noqa: D301 - click wants its mark
    path = config_argument or config_path or Path("config.yml")
    if not path.exists() and config_argument is None and config_path is None:
        path = write_config(Path("bandstand-demo"))
        make_archive(path.parent)
    config = open_config(path)
    if is_reference(path):
        # The configuration that ships with Bandstand shows the sample archive: it is made at the first use.
        make_archive(config.catalog.path.parent)
    if not no_ingest:
        register_missing(config, jobs=4)
    run_server(path, config, host=host, port=port, workers=workers, threads=threads)


COMMAND = command
