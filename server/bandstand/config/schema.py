"""Every key of config.yml, with its type, its default and what it means; a quantity carries its unit in its name."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationInfo,
    model_validator,
)

from bandstand.config.values import DefaultTime, Network, Offset, Pattern, Scale, Workers
from bandstand.model.layer import TimeResolution
from bandstand.model.selection import Order, Resampling

ServiceName = Literal["wms", "wmts", "wcs", "xyz"]
TileFormat = Literal["image/png", "image/jpeg", "image/webp"]
TILE_FORMATS: tuple[TileFormat, ...] = ("image/png", "image/jpeg", "image/webp")
SERVICES: tuple[ServiceName, ...] = ("wms", "wmts", "wcs", "xyz")
_NCNAME = re.compile(r"^[A-Za-z_][\w.-]*$", re.ASCII)


def _near_the_file(path: Path, info: ValidationInfo) -> Path:
    base = (info.context or {}).get("folder")
    return path.expanduser() if base is None else Path(base) / path.expanduser()


def _source(text: str, info: ValidationInfo) -> str:
    return text if re.match(r"^[a-z][a-z0-9+.-]*://", text) else str(_near_the_file(Path(text), info))


def _profile(name: str, info: ValidationInfo) -> str:
    return str(_near_the_file(Path(name), info)) if name.endswith((".yml", ".yaml")) else name


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _keywords(value: Any) -> Any:
    return [part.strip() for part in value.split(",")] if isinstance(value, str) else value


def _ncname(name: str) -> str:
    if not _NCNAME.match(name):
        raise ValueError(
            "expected letters, digits, '_', '-' or '.', not starting with a digit, since it becomes an XML name"
        )
    return name


FilePath = Annotated[Path, AfterValidator(_near_the_file)]
Source = Annotated[str, AfterValidator(_source)]
Name = Annotated[str, AfterValidator(_ncname)]
Texts = Annotated[tuple[str, ...], BeforeValidator(_listed)]
Keywords = Annotated[tuple[str, ...], BeforeValidator(_keywords)]
Paths = Annotated[tuple[FilePath, ...], BeforeValidator(lambda v: [v] if isinstance(v, str | Path) else v)]
Networks = Annotated[tuple[Network, ...], BeforeValidator(_listed)]
Sources = Annotated[tuple[Source, ...], BeforeValidator(_listed)]


class Section(BaseModel):
    """A block of the file: unknown keys are refused, values do not change."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True, allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _empty_means_default(cls, values: Any) -> Any:
        # `server:` with nothing but comments below it is an empty section, not a null.
        return {k: v for k, v in values.items() if v is not None} if isinstance(values, dict) else values


class Cors(Section):
    """Which pages of other hosts may use the services."""

    origins: Texts = Field(default=("*",), description="Origins that browsers may call from; * for all.")
    max_age_s: int = Field(
        default=86400, ge=0, description="How long a browser may keep the answer to its question, seconds."
    )


class Server(Section):
    """The HTTP server."""

    host: str = Field(default="127.0.0.1", description="Address to listen on; 0.0.0.0 for every one.")
    port: int = Field(default=8080, ge=0, le=65535, description="Port to listen on.")
    workers: Workers = Field(default="auto", description="Processes; auto: one for every two cores.")
    threads: int = Field(
        default=4,
        ge=1,
        le=256,
        description="Heavy requests that one process computes at a time; small ones have half as many.",
    )
    connections: int = Field(
        default=4096, ge=16, description="Open connections a process; above it the least useful one is closed."
    )
    peer_connections: int = Field(default=2048, ge=4, description="Open connections from one address, likewise.")
    idle_s: float = Field(default=75.0, gt=0, description="Time a connection may stay open between requests, seconds.")
    head_s: float = Field(default=10.0, gt=0, description="Time in which the head of a request has to come, seconds.")
    least_rate_bytes_s: float = Field(
        default=1000.0,
        ge=0,
        description="Bytes a second that a client has to send of a body, and to take of an answer.",
    )
    queue: int = Field(
        default=1000, ge=1, description="Requests that may wait for their turn, small and heavy ones each."
    )
    wait_s: float = Field(
        default=10.0, gt=0, description="Time a request may wait for its turn before it is refused with 503, seconds."
    )
    public_url: str = Field(
        default="", description="Address that clients use, without a slash at the end; empty: from the request."
    )
    trusted_proxies: Networks = Field(
        default=(), description="Addresses or networks whose Forwarded and X-Forwarded headers are believed."
    )
    metrics: Networks = Field(
        default=("127.0.0.0/8", "::1/128"), description="Addresses or networks that may read /metrics; [] for nobody."
    )
    cors: Cors = Field(default=Cors(), description="Which pages of other hosts may use the services.")
    block_cache_bytes: int = Field(
        default=536_870_912, ge=0, description="Decoded blocks kept in memory, bytes a process."
    )
    memory_bytes: int = Field(
        default=2_147_483_648,
        ge=16_777_216,
        description="Held by requests under way, beside that cache, bytes a process.",
    )
    shutdown_grace_s: float = Field(default=20.0, ge=0, description="Time that running requests get to end, seconds.")


class Provider(Section):
    """Who runs the service."""

    name: str = Field(default="", description="Of the organisation.")
    url: str = Field(default="", description="Its address in the web.")


class Contact(Section):
    """Whom to ask."""

    name: str = Field(default="", description="Of a person or a desk.")
    email: str = Field(default="", description="Electronic mail.")
    phone: str = Field(default="", description="Telephone.")


class Service(Section):
    """What every capabilities document says of the service as a whole."""

    title: str = Field(default="Bandstand", description="One line.")
    abstract: str = Field(default="", description="A paragraph.")
    keywords: Keywords = Field(default=(), description="A list, or a text with commas.")
    provider: Provider = Field(default=Provider(), description="Who runs it.")
    contact: Contact = Field(default=Contact(), description="Whom to ask.")
    fees: str = Field(default="none", description="What it costs.")
    access_constraints: str = Field(default="none", description="Who may use it.")
    attribution: str = Field(default="", description="Credit line of maps that name none themselves.")


class Folders(Section):
    """Where files of your own lie; they are searched before those that ship with Bandstand."""

    styles: Paths = Field(default=(), description="Folders with style files, relative to this file.")
    evalscripts: Paths = Field(default=(), description="Folders with recipes, named indices among them.")


class Archive(Section):
    """What may be read of an archive, which is not trusted."""

    roots: Paths = Field(
        default=(), description="Folders, besides the sources, in which the files may lie that STAC documents name."
    )
    file_timeout_s: float = Field(default=60.0, gt=0, description="Time that ingest gives one file, seconds.")
    file_memory_bytes: int = Field(
        default=4_000_000_000, ge=1_000_000_000, description="Address space of a process that reads files for ingest."
    )


class CatalogSection(Section):
    """Where the scenes are remembered."""

    path: FilePath = Field(
        default=Path("catalog.sqlite"), description="The file of the catalogue, relative to this file."
    )


class Band(Section):
    """A band that the profile lacks, or what differs from the profile."""

    title: str | None = Field(default=None, description="For people: Near infrared 842 nm.")
    common_name: str | None = Field(default=None, description="STAC common name: nir.")
    aliases: Texts | None = Field(default=None, description="Other names it may be asked by.")
    unit: str | None = Field(default=None, description="UCUM unit of the physical value.")
    nodata: int | Annotated[float, Field(allow_inf_nan=True)] | Literal["none"] | None = Field(
        default=None,
        description="Stored value that means nothing was measured, in place of the file's; none: every value counts.",
    )
    categorical: bool | None = Field(default=None, description="Classes or flags: never scaled, never interpolated.")
    scale: Scale | None = Field(
        default=None, description="Physical value = stored value x scale + offset, for every scene."
    )
    offset: Offset | None = Field(default=None, description="See scale.")


class Radiometry(Section):
    """What the stored numbers mean, for every scene and whatever its metadata say."""

    scale: Scale = Field(default=1.0, description="Physical value = stored value x scale + offset.")
    offset: Offset = Field(default=0.0, description="See scale.")


class TimeSection(Section):
    """How scenes are grouped and chosen in time."""

    resolution: TimeResolution = Field(
        default="solar-day", description="instant, solar-day, day, month or year: what one published time stands for."
    )
    default: DefaultTime = Field(
        default="latest", description="Without TIME: latest, earliest, all, or one ISO 8601 time."
    )
    missing: Literal["error", "blank", "nearest"] = Field(
        default="error", description="What a time without scenes gives."
    )
    tolerance_days: float = Field(default=5.0, ge=0, description="How far nearest reaches, days.")


class Collection(Section):
    """A set of like scenes."""

    title: str = Field(default="", description="For people; empty: the name.")
    profile: Annotated[str, AfterValidator(_profile)] = Field(
        default="generic",
        description="sentinel-2-l2a, sentinel-2-l1c, landsat-c2-l2, dem, categorical, rgb, generic, or a file.yml.",
    )
    source: Sources = Field(
        default=(), description="Folders, globs, GeoTIFFs or STAC files that `bandstand ingest` reads."
    )
    pattern: Pattern = Field(
        default="",
        description="Regular expression over paths with groups band, date (or year, month, day, doy) and id.",
    )
    bands: dict[str, Band] = Field(
        default={},
        description="By band name: what differs from the profile, or from the files under one that names no bands.",
    )
    classes_file: FilePath | None = Field(
        default=None, description="CSV of value,label,colour for the categorical band."
    )
    radiometry: Radiometry | Literal["auto"] = Field(
        default="auto", description="auto: as the scene, the file or the profile says; else scale and offset."
    )
    time: TimeSection | None = Field(
        default=None, description="For all layers of the collection; empty: the profile's."
    )
    crs: str = Field(default="", description="CRS of files that tell none: EPSG:32631; what a file tells goes before.")
    native_crs: str = Field(default="", description="CRS of the coverage; empty: the most frequent one of the scenes.")
    license: str = Field(default="", description="SPDX identifier or a text.")

    @property
    def fixed_radiometry(self) -> Radiometry | None:
        """Scale and offset of every scene, where the file sets them."""
        return self.radiometry if isinstance(self.radiometry, Radiometry) else None


class Layer(Section):
    """What services publish, or a folder of such layers."""

    name: Name | None = Field(default=None, description="Stable name in requests; a folder with one is a group.")
    title: str = Field(default="", description="For people; empty: the name.")
    abstract: str = Field(default="", description="A paragraph.")
    keywords: Keywords = Field(default=(), description="A list, or a text with commas.")
    layers: "tuple[Layer, ...]" = Field(default=(), description="Makes this entry a folder with these layers.")
    collection: str = Field(default="", description="Name of the collection it is made of.")
    expression: str = Field(default="", description="Band math or a named index; empty: the bands.")
    bands: Texts = Field(default=(), description="Bands offered as data; empty: all of the collection.")
    style: str = Field(default="", description="The only style; or use styles.")
    styles: Texts = Field(default=(), description="Names of style files, the first is the default.")
    resampling: Resampling = Field(
        default="bilinear", description="For pictures: nearest, bilinear, cubic, average, mode."
    )
    priority: Order = Field(
        default="mostRecent", description="Which scene lies on top: mostRecent, leastRecent, leastCC."
    )
    time: TimeSection | None = Field(default=None, description="Differs from the collection's.")
    queryable: bool = Field(default=True, description="Whether GetFeatureInfo answers.")
    services: Annotated[tuple[ServiceName, ...], BeforeValidator(_listed)] = Field(
        default=SERVICES, description="Where it is published: wms, wmts, wcs, xyz."
    )
    attribution: str = Field(default="", description="Credit line; empty: the service's.")

    @property
    def style_names(self) -> tuple[str, ...]:
        """`style` and `styles` together, in order."""
        return tuple(dict.fromkeys((*([self.style] if self.style else []), *self.styles)))


class Wms(Section):
    """Web Map Service."""

    enabled: bool = Field(default=True, description="Whether it answers.")


class Wmts(Section):
    """Web Map Tile Service and XYZ."""

    enabled: bool = Field(default=True, description="Whether it answers.")
    matrix_sets: Texts = Field(
        default=(), description="Sets offered, in order; empty: WebMercatorQuad and all custom ones."
    )
    formats: tuple[TileFormat, ...] = Field(
        default=TILE_FORMATS, min_length=1, description="Formats of tiles, in order; many clients take the first."
    )


class Wcs(Section):
    """Web Coverage Service."""

    enabled: bool = Field(default=True, description="Whether it answers.")
    native_format: Literal["image/tiff", "application/gml+xml"] = Field(
        default="image/tiff",
        description="What a coverage is delivered in when nobody names a format; GML suits tiny coverages only.",
    )


class TileMatrixSet(Section):
    """A tile matrix set of your own."""

    title: str = Field(default="", description="For people; empty: the name.")
    crs: str = Field(description="Its coordinate reference system.")
    origin: tuple[float, float] = Field(description="Upper left corner, x first, CRS units.")
    resolutions: tuple[float, ...] = Field(min_length=1, description="Cell sizes from coarse to fine, CRS units.")
    extent: tuple[float, float, float, float] = Field(description="min x, min y, max x, max y, CRS units.")
    tile_size_px: int = Field(default=256, ge=16, le=4096, description="Side of a tile, pixels.")


class Limits(Section):
    """How much one request may ask; refused before a block is read."""

    map_max_width_px: int = Field(default=4096, ge=1, description="Width of a map, pixels.")
    map_max_height_px: int = Field(default=4096, ge=1, description="Height of a map, pixels.")
    map_max_items: int = Field(default=10_000, ge=1, description="Scenes that one map may be made of.")
    coverage_max_px: int = Field(default=100_000_000, ge=1, description="Output pixels times outputs of a coverage.")
    coverage_text_max_px: int = Field(
        default=4_000_000, ge=1, description="Output pixels times outputs of a coverage as text (GML, JSON)."
    )
    coverage_max_items: int = Field(default=400, ge=1, description="Scenes of one coverage.")
    coverage_max_dates: int = Field(
        default=100, ge=1, description="Dates of one coverage with a time axis (netCDF, CoverageJSON)."
    )
    read_max_bytes: int = Field(default=4_000_000_000, ge=1, description="Decoded bytes that one request may read.")
    layer_limit: int = Field(default=10, ge=1, description="Layers of one map.")
    expression_max_length: int = Field(default=4000, ge=1, description="Characters of an expression.")
    expression_max_operations: int = Field(default=200, ge=1, description="Operations of an expression.")
    expression_max_depth: int = Field(default=40, ge=1, description="Nesting of an expression.")
    body_max_bytes: int = Field(default=10_000_000, ge=1, description="Size of a POST body, bytes.")
    timeout_s: float = Field(default=60.0, gt=0, description="Time that one request may take, seconds.")


class Logging(Section):
    """What is written to standard error."""

    level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="debug, info, warning or error."
    )
    format: Literal["auto", "text", "json"] = Field(
        default="auto", description="text on a terminal and json elsewhere."
    )
    access: bool = Field(default=True, description="One line a request.")


class Config(Section):
    """The whole file."""

    version: Literal[1] = Field(default=1, description="Of this format.")
    server: Server = Field(default=Server(), description="The HTTP server.")
    service: Service = Field(default=Service(), description="What capabilities documents say.")
    crs: Texts = Field(
        default=("EPSG:3857", "EPSG:4326", "CRS:84"),
        description="Offered for maps, in order; ranges as EPSG:32601..32660.",
    )
    folders: Folders = Field(default=Folders(), description="Files of your own.")
    archive: Archive = Field(default=Archive(), description="What may be read of an archive.")
    catalog: CatalogSection = Field(
        default=CatalogSection.model_construct(path=Path("catalog.sqlite")), description="Where scenes are remembered."
    )
    collections: dict[Name, Collection] = Field(default={}, description="By name.")
    layers: tuple[Layer, ...] = Field(default=(), description="In order of publication.")
    wms: Wms = Field(default=Wms(), description="Web Map Service.")
    wmts: Wmts = Field(default=Wmts(), description="Web Map Tile Service and XYZ.")
    wcs: Wcs = Field(default=Wcs(), description="Web Coverage Service.")
    tile_matrix_sets: dict[Name, TileMatrixSet] = Field(default={}, description="By name.")
    limits: Limits = Field(default=Limits(), description="How much one request may ask.")
    logging: Logging = Field(default=Logging(), description="What is written to standard error.")

    _changed_ms: int = PrivateAttr(default=0)

    @property
    def changed_ms(self) -> int:
        """When the file was written, milliseconds since 1970; 0 for one that was never a file."""
        return self._changed_ms

    def written_at(self, changed_ms: int) -> "Config":
        """The same, known to be read from a file of that age."""
        copy = self.model_copy()
        copy._changed_ms = changed_ms  # noqa: SLF001 - of our own class
        return copy

    def published(self) -> tuple[tuple[str, Layer], ...]:
        """The layers without their folders, each with the title of the folder it lies in."""
        return tuple(_flat(self.layers, ""))

    def groups(self) -> tuple[tuple[Layer, tuple[str, ...]], ...]:
        """The folders that have a name, outer before inner, each with the names of all layers below it."""
        return tuple(_groups(self.layers))


def _groups(layers: tuple[Layer, ...]) -> Iterator[tuple[Layer, tuple[str, ...]]]:
    for folder in layers:
        if folder.layers and folder.name:
            yield folder, tuple(layer.name for _, layer in _flat(folder.layers, "") if layer.name)
        yield from _groups(folder.layers)


def _flat(layers: tuple[Layer, ...], folder: str) -> list[tuple[str, Layer]]:
    found: list[tuple[str, Layer]] = []
    for layer in layers:
        if layer.layers:
            found.extend(_flat(layer.layers, layer.title or layer.name or folder))
        else:
            found.append((folder, layer))
    return found
