"""Config to engine: the only place that wires the rooms."""

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path

from bandstand.caching.purse import Purse
from bandstand.catalog.base import Catalog
from bandstand.catalog.sqlite import SqliteCatalog
from bandstand.compute.recipes import Recipes
from bandstand.config.load import offered_crs, tile_matrix_sets
from bandstand.config.profiles import Profile, effective, load_profile, time_rules
from bandstand.config.schema import Config
from bandstand.config.schema import Layer as LayerSection
from bandstand.engine.engine import Engine
from bandstand.engine.holdings import Holdings
from bandstand.errors import ConfigError, suggest
from bandstand.model.crs import Crs, parse_crs
from bandstand.model.layer import Group, Layer, ServiceInfo
from bandstand.model.limits import Limits
from bandstand.model.style import Style
from bandstand.read.library import Library
from bandstand.render.load import load_styles
from bandstand.share import shipped


def build_engine(config: Config, *, catalog: Catalog | None = None) -> Engine:
    """Wire everything a configuration asks for.

    Args:
        config: As loaded and checked.
        catalog: Use this one instead of the configured file.

    Raises:
        ConfigError: A style, recipe or collection that the configuration names does not exist.
    """
    # It is opened when first asked: a server without a catalogue starts, says so, and finds it when it comes.
    opened = catalog or SqliteCatalog(config.catalog.path, writable=False)
    profiles = {name: effective(load_profile(c.profile), c) for name, c in config.collections.items()}
    sections = {name: (section, profiles[name]) for name, section in config.collections.items()}
    styles = load_styles([*config.folders.styles, shipped("styles")])
    return Engine(
        service=_service(config),
        limits=Limits(**config.limits.model_dump()),
        layers=[_layer(folder, section, config, profiles, styles) for folder, section in config.published()],
        groups=[_group(section) for section, _ in config.groups()],
        collections=Holdings(opened, sections),
        native_crs=_native_crs(config),
        catalog=opened,
        library=Library(block_bytes=config.server.block_cache_bytes),
        recipes=Recipes.load([*config.folders.evalscripts, shipped("evalscripts")]),
        crs=offered_crs(config),
        sets=tile_matrix_sets(config),
        tile_formats=config.wmts.formats,
        native_format=config.wcs.native_format,
        configured_ms=_configured_ms(config),
        purse=Purse(config.server.memory_bytes, config.server.wait_s),
    )


def _configured_ms(config: Config) -> int:
    """When the newest file that documents are made of was written, milliseconds since 1970; ours among them."""
    folders = [*config.folders.styles, *config.folders.evalscripts, shipped("styles"), shipped("evalscripts")]
    files = [file for folder in folders for file in folder.rglob("*") if file.is_file()]
    newest = max((file.stat().st_mtime_ns for file in (*files, Path(__file__))), default=0)
    return max(config.changed_ms, newest // 1_000_000)


def _service(config: Config) -> ServiceInfo:
    service = config.service
    return ServiceInfo(
        title=service.title,
        abstract=service.abstract,
        keywords=service.keywords,
        provider=service.provider.name,
        provider_url=service.provider.url,
        contact_name=service.contact.name,
        contact_email=service.contact.email,
        contact_phone=service.contact.phone,
        fees=service.fees,
        access_constraints=service.access_constraints,
        attribution=service.attribution,
    )


def _native_crs(config: Config) -> dict[str, Crs]:
    return {name: parse_crs(c.native_crs) for name, c in config.collections.items() if c.native_crs}


def _layer(
    folder: str,
    section: LayerSection,
    config: Config,
    profiles: Mapping[str, Profile],
    styles: Mapping[str, Style],
) -> Layer:
    profile = profiles[section.collection]
    name = section.name or section.collection
    usual = _usual_styles(profile, styles)
    return Layer(
        name=name,
        title=section.title or name,
        abstract=section.abstract,
        keywords=section.keywords,
        folder=folder,
        groups=tuple(group.name or "" for group, members in config.groups() if name in members),
        collection=section.collection,
        expression=section.expression,
        bands=section.bands,
        styles=_styles(name, section.style_names, styles) or usual[:1],
        usual=() if section.style_names else usual,
        resampling=section.resampling,
        order=section.priority,
        time=time_rules(section.time or profile.time),
        queryable=section.queryable,
        services=frozenset(service for service in section.services if _enabled(service, config)),
        attribution=section.attribution or config.service.attribution,
    )


def _group(section: LayerSection) -> Group:
    name = section.name or section.title
    return Group(name=name, title=section.title or name, abstract=section.abstract, keywords=section.keywords)


def _enabled(service: str, config: Config) -> bool:
    return {"wms": config.wms.enabled, "wcs": config.wcs.enabled}.get(service, config.wmts.enabled)


def _styles(layer: str, names: Sequence[str], known: Mapping[str, Style]) -> tuple[Style, ...]:
    found = []
    for name in names:
        style = known.get(name)
        if style is None:
            raise ConfigError([f'layer "{layer}": unknown style "{name}".{suggest(name, known)}'])
        found.append(style)
    return tuple(found)


def _usual_styles(profile: Profile, known: Mapping[str, Style]) -> tuple[Style, ...]:
    """One style of each kind for a layer that names none, the likeliest first.

    Where reflectance is drawn its range is known; all others have none, and take it from the data.
    """
    reflectance = any(band.ruled for band in profile.bands)
    picture = known["true_color"] if reflectance else dataclasses.replace(known["picture"], ranges=())
    # Heights of anywhere: what lies below the range is no sea, and the ticks of the style are elsewhere.
    heights = dataclasses.replace(known["elevation"], ranges=(), below="extend", options=())
    styles = (picture, heights, known["landcover"], dataclasses.replace(known["grey"], ranges=()))
    likeliest = next(style for style in styles if style.name == _usual_name(profile))
    return tuple(sorted(styles, key=lambda style: style is not likeliest))


def _usual_name(profile: Profile) -> str:
    if len(profile.bands) == 1 and profile.bands[0].categorical:
        return "landcover"
    if len(profile.bands) == 1 and profile.bands[0].unit == "m":
        return "elevation"
    if {"red", "green", "blue"} <= {band.common_name for band in profile.bands}:
        return "true_color" if any(band.ruled for band in profile.bands) else "picture"
    return "grey"
