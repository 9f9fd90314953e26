"""`bandstand version`: what runs here."""

import platform
import sqlite3
from importlib.metadata import PackageNotFoundError, version

import click
import pyproj

from bandstand.cli.console import json_option, put, put_json

_PACKAGES = ("rasterio", "numpy", "numba", "imagecodecs", "flask", "httptools")


@click.command("version")
@json_option
def command(as_json: bool) -> None:
    """Print the versions of Bandstand and of what it stands on.

    \b
    bandstand version
    bandstand version --json
    """  # noqa: D301 - click wants its mark
    found = {"bandstand": _version("bandstand"), "python": platform.python_version()}
    found |= {"proj": str(pyproj.proj_version_str), "sqlite": sqlite3.sqlite_version}
    found |= {name: _version(name) for name in _PACKAGES}
    if as_json:
        put_json(found)
        return
    for name, text in found.items():
        put(f"{name:<12} {text}")


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "unknown"


COMMAND = command
