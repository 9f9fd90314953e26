"""`bandstand layers`: layers, dates and extents as the server sees them."""

import re
from pathlib import Path

import click

from bandstand.catalog.sqlite import SqliteCatalog
from bandstand.cli.console import config_option, find_config, json_option, open_config, put, put_json
from bandstand.cli.register import looked_at
from bandstand.config.profiles import effective, load_profile, time_rules
from bandstand.config.schema import Config
from bandstand.engine.times import axis
from bandstand.model.crs import parse_crs


@click.command("layers")
@json_option
@config_option
def command(as_json: bool, config_path: Path | None) -> None:
    """List the layers with their dates and extents.

    \b
    bandstand layers
    bandstand layers --json -c config.yml
    """  # noqa: D301 - click wants its mark
    config = open_config(find_config(config_path))
    with looked_at(config.catalog.path) as catalog:
        rows = _rows(config, catalog)
    if as_json:
        put_json(rows)
        return
    for row in rows:
        times, box = row["times"], row["bbox"]
        count = len(times) if isinstance(times, list) else 0
        put(f"{row['name']}  {row['title']}")
        put(f"    collection  {row['collection']}, {row['scenes']} scene{'' if row['scenes'] == 1 else 's'}")
        if isinstance(times, list) and times:
            span = times[0] if count == 1 else f"{times[0]} to {times[-1]} ({count})"
            put(f"    times       {span}, default {row['default_time']}")
        if isinstance(box, list):
            west, south, east, north = box
            systems = " ".join(_short(str(key)) for key in _listed(row["crs"]))
            put(f"    extent      {west:.5f} {south:.5f} {east:.5f} {north:.5f}  {systems}")


def _short(key: str) -> str:
    """The code of a system, or the name that its WKT begins with."""
    name = re.match(r'\w+\["([^"]*)"', key)
    return f'"{name[1]}"' if name else parse_crs(key).short


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _rows(config: Config, catalog: SqliteCatalog) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for folder, layer in config.published():
        section = config.collections[layer.collection]
        profile = effective(load_profile(section.profile), section)
        times = axis(catalog.moments(layer.collection), time_rules(layer.time or profile.time))
        extent = catalog.extent(layer.collection)
        box = extent and [extent.lonlat.min_x, extent.lonlat.min_y, extent.lonlat.max_x, extent.lonlat.max_y]
        rows.append(
            {
                "name": layer.name,
                "title": layer.title or layer.name,
                "folder": folder,
                "collection": layer.collection,
                "scenes": catalog.count(layer.collection),
                "times": list(times.values),
                "default_time": times.default,
                "bbox": box,
                "crs": list(extent.crs) if extent else [],
                "services": list(layer.services),
            }
        )
    return rows


COMMAND = command
