"""The command `bandstand`: collects its sub-commands and turns errors into sentences and exit codes."""

import sys

import click

from bandstand import cli
from bandstand.cli.console import say
from bandstand.errors import BandstandError
from bandstand.plugins import members


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
def bandstand() -> None:
    """Serve an archive of Cloud Optimized GeoTIFFs as WMS, WMTS, XYZ and WCS, with band math in every request.

    \b
    bandstand demo                          a sample archive on a map, from nothing
    bandstand ingest ./archive -C s2_l2a    register scenes
    bandstand serve                         serve them, as ./config.yml says

    Exit codes: 0 ok, 1 failure, 2 wrong usage, 3 some scenes failed, 130 interrupted.
    """  # noqa: D301 - click wants its mark


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit."""
    sys.exit(run(arguments))


def run(arguments: list[str] | None = None) -> int:
    """Run the command line.

    Returns:
        The exit code.
    """
    for command in members(cli, "COMMAND", group="bandstand.commands"):
        if isinstance(command, click.Command):
            bandstand.add_command(command)
    try:
        result = bandstand.main(args=arguments, prog_name="bandstand", standalone_mode=False)
    except click.UsageError as error:
        error.show()
        return 2
    except click.ClickException as error:
        say(f"error: {error.message}")
        return 1
    except BandstandError as error:
        say(f"error: {error.message}")
        return 1
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        return 130
    except BrokenPipeError:
        # Whoever read our output has enough.
        sys.stderr.close()
        return 0
    return result if isinstance(result, int) else 0


if __name__ == "__main__":
    main()
