"""What services see: layers, times, extents, and the one way through for every question."""

import copy
import json
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace

from bandstand.caching.memory import CacheStats
from bandstand.caching.purse import Purse
from bandstand.catalog.base import Catalog
from bandstand.compute.compile import compile_expression
from bandstand.compute.expression.parse import parse
from bandstand.compute.indices import index_reports
from bandstand.compute.naming import AnyNames
from bandstand.compute.recipes import Recipes
from bandstand.encode.registry import find_format, formats
from bandstand.engine import answer
from bandstand.engine.combining import Combiner
from bandstand.engine.crowding import least_zoom
from bandstand.engine.domain import native_grid
from bandstand.engine.holdings import Holdings
from bandstand.engine.peak import peak_bytes
from bandstand.engine.plan import Plan, check_cost, check_size, make_plan
from bandstand.engine.process import Process
from bandstand.engine.readiness import Readiness
from bandstand.engine.run import Account
from bandstand.engine.sampling import sample_layer
from bandstand.engine.series import dates, wants_axis
from bandstand.engine.settle import Settler
from bandstand.engine.standins import StandIns
from bandstand.engine.styling import Stylist
from bandstand.engine.times import axis
from bandstand.engine.whereabouts import Whereabouts, whereabouts
from bandstand.errors import UnknownLayer, UnsupportedFormat, suggest
from bandstand.model.ask import Ask, ExpressionReport, IndexReport, Sample, TimeAxis
from bandstand.model.coverage import Domain
from bandstand.model.crs import Crs
from bandstand.model.exchange import Response, holds_tag
from bandstand.model.field import Field
from bandstand.model.grid import BBox, Grid
from bandstand.model.layer import Collection, Extent, Group, Layer, ServiceInfo
from bandstand.model.limits import Limits
from bandstand.model.request import Output, Request, StyledLayer
from bandstand.model.style import Rgba, Style
from bandstand.model.tiling import TileMatrixSet
from bandstand.model.time import TimeSpan
from bandstand.model.turn import Turn, current_turn
from bandstand.read.library import Library
from bandstand.render import legend as legends
from bandstand.render.ramps import ramp_names
from bandstand.render.sheet import PAPER

_SETTLED = 4096
"""Wishes kept as settled layers; a map view asks the same one for every tile."""
_WORLD = Extent(lonlat=BBox(-180.0, -90.0, 180.0, 90.0))

_NUMBER_PX = 4
"""Pixels of a picture that cost as much as one value of a coverage."""


class Engine:
    """The server without its protocols. Safe to share between threads."""

    left_out = False
    """Whether a coverage was planned and not computed; see `without_pixels`."""
    computes = True
    """Whether coverages are computed."""
    groups: tuple[Group, ...] = ()
    """Names that stand for several layers of a map; outer before inner."""

    def __init__(
        self,
        *,
        service: ServiceInfo,
        limits: Limits,
        layers: Sequence[Layer],
        groups: Sequence[Group] = (),
        collections: Holdings,
        native_crs: Mapping[str, Crs],
        catalog: Catalog,
        library: Library,
        recipes: Recipes,
        crs: Sequence[Crs],
        sets: Sequence[TileMatrixSet],
        tile_formats: Sequence[str] = ("image/png",),
        native_format: str = "image/tiff",
        configured_ms: int = 0,
        purse: Purse | None = None,
    ) -> None:
        """Wire the rooms together; see `engine.build`."""
        self.service = service
        self.limits = limits
        self.layers = tuple(layers)
        self.groups = tuple(group for group in groups if self.members(group, "wms"))
        self.crs = tuple(crs)
        self.sets = tuple(sets)
        self.tile_formats = tuple(tile_formats)
        self.native_format = native_format
        self.catalog = catalog
        self._collections = collections
        self._native_crs = dict(native_crs)
        self._library = library
        self._recipes = recipes
        self._configured_ms = configured_ms
        self.purse = purse or Purse(sys.maxsize)
        self._by_name = {layer.name: layer for layer in self.layers}
        stylist = Stylist(collections=collections, recipes=recipes, limits=limits)
        self._settler = Settler(
            catalog=catalog, collections=collections, recipes=recipes, limits=limits, stylist=stylist
        )
        self._settled: dict[tuple[str, Ask, int], StyledLayer] = {}
        self._domains: dict[tuple[str, tuple[str, ...], int, Crs | None], Domain] = {}
        self._whereabouts: dict[tuple[str, int], Whereabouts] = {}
        self._boxes: dict[tuple[str, int, Crs], tuple[BBox | None]] = {}
        self._zooms: dict[tuple[str, tuple[TimeSpan, ...], int], int] = {}
        self._lock = threading.Lock()
        self.readiness = Readiness(sorted({layer.collection for layer in self.layers}), catalog, library)
        self._stand_ins = StandIns(catalog=catalog, collections=collections, library=library, limits=limits)
        self.process = Process(
            combiner=Combiner(lambda o: self.ask(self.layer(o.layer, "wcs"), o.ask), self.collection, limits),
            plan=self.plan,
            catalog=catalog,
            library=library,
            purse=self.purse,
            stand_ins=self._stand_ins,
        )

    def layer(self, name: str, service: str) -> Layer:
        """The published layer of this name in this service (`wms`, `wmts`, `wcs`, `xyz`).

        Raises:
            UnknownLayer: With a suggestion; locator `layer`.
        """
        layer = self._by_name.get(name)
        if layer is None or service not in layer.services:
            names = [known.name for known in self.layers if service in known.services]
            if service == "wms":
                names += [group.name for group in self.groups]
            hint = suggest(name, names) or f" There are: {', '.join(names[:20])}."
            inside = [m.name for group in self.groups if group.name == name for m in self.members(group, service)]
            if inside:
                hint = f" It is a group, which maps of WMS alone have; ask for one of: {', '.join(inside[:20])}."
            raise UnknownLayer(f'Unknown layer "{name[:80]}".{hint}', locator="layer")
        return layer

    def members(self, group: Group, service: str) -> tuple[Layer, ...]:
        """The layers of a group that are published in a service, in their order."""
        return tuple(layer for layer in self.layers if group.name in layer.groups and service in layer.services)

    def collection(self, name: str) -> Collection:
        """The collection a layer is made of.

        Raises:
            UnknownLayer: No such collection; locator `collection`.
        """
        found = self._collections.get(name)
        if found is None:
            raise UnknownLayer(
                f'Unknown collection "{name[:80]}".{suggest(name, self._collections)}', locator="collection"
            )
        return found

    def ask(self, layer: Layer, ask: Ask) -> StyledLayer:
        """Turn wishes into a layer of a request: compile the expression, resolve time and style.

        Raises:
            InvalidProgram: Locator `expr`, with a column.
            InvalidTime: Locator `time`.
            UnknownStyle: Locator `style`.
            UnknownBand: Locator `bands`.
            InvalidParameter: Locators `range`, `colormap`, `below`, `above`, `nodata_color`.
        """
        key = (layer.name, ask, self.catalog.revision(layer.collection))
        settled = self._settled.get(key)
        if settled is None:
            settled = self._settler.settle(layer, ask)
            with self._lock:
                if len(self._settled) >= _SETTLED:
                    self._settled.clear()
                self._settled[key] = settled
        return settled

    def outputs(self, layer: Layer, ask: Ask) -> tuple[Field, ...]:
        """The fields of what such a layer of a request gives (the range type of a coverage)."""
        program = self.ask(layer, ask).program
        collection = self.collection(layer.collection)
        return program.describe([collection.field(band) for band in program.inputs])

    def slices(self, layer: Layer, ask: Ask, grid: Grid, media_type: str) -> tuple[StyledLayer, ...]:
        """The layers of a coverage with an axis of time: what `ask` gives for each single date with a scene on `grid`.

        Returns:
            Oldest first; nothing where the coverage has no such axis: a format without one, or a single time.

        Raises:
            TooLarge: More dates than a coverage may have; locator `time`.
            InvalidTime: No scene lies there then; locator `time`.
        """
        if not wants_axis(ask, layer, media_type):
            return ()
        whole = self.ask(layer, ask)
        labels = dates(whole, layer, grid, self.catalog, self.limits, ask.time)
        # Each date stands, but there may be more of them tomorrow.
        return tuple(replace(self.ask(layer, replace(ask, time=label)), pinned=whole.pinned) for label in labels)

    def times(self, layer: Layer, bbox: BBox | None = None) -> TimeAxis:
        """The times that exist, as published; with `bbox` (longitude, latitude) those of scenes that share its area."""
        return axis(self.catalog.moments(layer.collection, bbox), layer.time)

    def extent(self, layer: Layer) -> Extent:
        """Where the layer has scenes; the whole world while it has none."""
        return self.catalog.extent(layer.collection) or _WORLD

    def whereabouts(self, layer: Layer) -> Whereabouts:
        """What the scenes of a layer cover; the whole world while it has none."""
        key = (layer.collection, self.catalog.revision(layer.collection))
        found = self._whereabouts.get(key)
        if found is None:
            found = whereabouts(self.catalog, layer.collection)
            with self._lock:
                self._whereabouts[key] = found
        return found

    def box(self, layer: Layer, crs: Crs) -> BBox | None:
        """The box of a layer in a CRS, x first; None where the layer has nothing in the area the CRS is made for."""
        key = (layer.collection, self.catalog.revision(layer.collection), crs)
        known = self._boxes.get(key)
        if known is None:
            known = (self.whereabouts(layer).box(crs),)
            with self._lock:
                if len(self._boxes) >= _SETTLED:
                    self._boxes.clear()
                    self._whereabouts.clear()
                self._boxes[key] = known
        return known[0]

    def least_zoom(self, layer: Layer) -> int:
        """The first zoom of web Mercator whose tiles hold no more scenes than a map may, without TIME; 0: every one."""
        settled = self.ask(layer, Ask())
        key = (layer.name, settled.selection.times, self.catalog.revision(layer.collection))
        found = self._zooms.get(key)
        if found is None:
            found = least_zoom(self.catalog, settled.selection, self.limits.map_max_items)
            with self._lock:
                if len(self._zooms) >= _SETTLED:
                    self._zooms.clear()
                self._zooms[key] = found
        return found

    def domain(self, layer: Layer, *, crs: Crs | None = None) -> Domain:
        """The coverage's native grid and range type; with `crs` the same in another CRS of its scenes.

        Raises:
            UnknownLayer: The layer has no scene yet.
        """
        styled = self.ask(layer, Ask(data=True))
        wanted = crs or self._native_crs.get(layer.collection)
        key = (layer.name, styled.program.inputs, self.catalog.revision(layer.collection), wanted)
        domain = self._domains.get(key)
        if domain is None:
            grid = native_grid(self.catalog, layer.collection, styled.program.inputs, crs=wanted)
            domain = Domain(grid=grid, fields=self.outputs(layer, Ask(data=True)))
            with self._lock:
                if len(self._domains) >= _SETTLED:
                    self._domains.clear()
                self._domains[key] = domain
        return domain

    def plan(self, request: Request) -> Plan:
        """Decide everything, read nothing.

        Raises:
            TooLarge: Above a limit.
        """
        check_size(request, self.limits)
        plan = make_plan(request, self.catalog, self._collections, self._library, self.limits)
        check_cost(plan, self.limits)
        cost = plan.cost
        # A number goes through more hands than a colour, its encoder's above all.
        weight = cost.pixels * (1 if request.output.kind == "map" else _NUMBER_PX)
        self._turn().weigh(read_bytes=cost.read_bytes, pixels=weight, items=cost.items)
        return plan

    def check(self, request: Request) -> None:
        """Refuse what `run` would refuse before it computes.

        Raises:
            BandstandError: Whatever it would.
        """
        find_format(request.output.media_type, request.output.kind)
        answer.check_format(self.plan(request))

    def without_pixels(self) -> "Engine":
        """The same engine for a question whose answer's body nobody sees: coverages are planned and not computed.

        `left_out` tells afterwards whether there was one.
        """
        view = copy.copy(self)
        view.computes = False
        return view

    def run(self, request: Request, *, if_none_match: str = "") -> Response:
        """Answer a map or a coverage: bytes, headers (`Warning`, `X-Source-*`, `Cache-Control`) and ETag.

        Args:
            request: What is asked.
            if_none_match: The client's `If-None-Match`; when it holds the ETag, nothing is drawn and 304 returned.

        Raises:
            TooLarge: Refused by the plan, before a block is read.
            SourceUnavailable: A coverage needs a scene that cannot be read.
        """
        find_format(request.output.media_type, request.output.kind)
        plan = self.plan(request)
        tag = answer.etag(plan)
        if holds_tag(if_none_match, tag):
            return Response(status=304, headers=(("Cache-Control", answer.cache_control(plan)),), etag=tag)
        if request.output.kind == "coverage" and not self.computes:
            self.left_out = True
            return answer.heads(plan)
        answer.check_format(plan)

        def given(plan: Plan) -> Response:
            account = self._account(tolerant=request.output.kind == "map")
            if request.output.kind == "map":
                account.most_bytes = self.limits.read_max_bytes
            return answer.give(plan, self._library, account, self.purse.take(peak_bytes(plan), account.turn))

        return self._stand_ins.carry_out(plan, given)

    def sample(self, request: Request, *, count: int = 1) -> tuple[Sample, ...]:
        """The values under a grid of one pixel, layer by layer (top layer last).

        Args:
            request: What is asked.
            count: At most so many samples a layer: the scene that is drawn, then those that it covers.
        """

        def sampled(plan: Plan) -> tuple[Sample, ...]:
            samples: list[Sample] = []
            account = self._account(tolerant=False)
            with self.purse.take(peak_bytes(plan), account.turn):
                for layer in plan.layers:
                    published = self._by_name[layer.layer.name]
                    collection = self.collection(published.collection)
                    samples += sample_layer(plan, layer, published, collection, self._library, account, count=count)
            told = tuple(answer.losses(plan, account))
            return tuple(replace(sample, warnings=told) for sample in samples) if told else tuple(samples)

        return self._stand_ins.carry_out(self.plan(request), sampled)

    def legend(
        self,
        *styled: StyledLayer,
        media_type: str,
        width: int | None = None,
        height: int | None = None,
        scale: float = 1.0,
        letters: float = 1.0,
        ground: Rgba = PAPER,
    ) -> Response:
        """The legend of layers as they would be drawn, one below the other, as a picture or `application/json`.

        See `render.legend` for the sizes and the ground.
        """
        cache = (("Cache-Control", "public, max-age=3600"),)
        parts = [(layer.name, *self._painted(layer)) for layer in styled]
        if media_type == "application/json":
            entries = [
                entry
                for name, style, fields in parts
                for entry in legends.legend_json(style, fields, layer=name)["Legend"]
            ]
            text = json.dumps({"Legend": entries}, ensure_ascii=False)
            return Response(media_type=media_type, body=text.encode(), headers=cache)
        format_ = find_format(media_type, "map")
        image = legends.column(
            [
                legends.legend(style, fields, width=width, height=height, scale=scale, letters=letters, ground=ground)
                for _, style, fields in parts
            ]
        )
        body = format_.picture(image, Output(kind="map", media_type=media_type), None)
        return Response(media_type=format_.media_type, body=body, headers=cache)

    def _painted(self, styled: StyledLayer) -> tuple[Style, tuple[Field, ...]]:
        """How a layer is painted, and the fields that are."""
        if styled.style is None:
            raise TypeError("a legend needs a style")
        collection = self.collection(self._by_name[styled.name].collection)
        return styled.style, styled.program.describe([collection.field(band) for band in styled.program.inputs])

    def legend_size(self, layer: Layer, ask: Ask) -> tuple[int, int]:
        """Width and height of the legend that `legend` draws by itself."""
        return legends.legend_size(*self._painted(self.ask(layer, ask)))

    def formats(self, kind: str) -> tuple[str, ...]:
        """Media types offered for `map` or `coverage`, first is the default."""
        names = [known.media_type for known in formats(kind)]
        if kind == "coverage":
            names.sort(key=lambda name: name != self.native_format)
        return tuple(names)

    def format_name(self, text: str, kind: str) -> str:
        """The published media type of a format by any of its names; the text itself where none has that name."""
        try:
            return find_format(text, kind).media_type
        except UnsupportedFormat:
            return text

    def sequence(self) -> int:
        """Milliseconds since 1970 of the last change of scenes or configuration: the update sequence of documents.

        A change that leaves everything as it was may count too.
        """
        return max(self._configured_ms, self.catalog.changed_ms())

    def check_expression(self, expr: str, collection: str) -> ExpressionReport:
        """Read an expression without running it.

        Raises:
            InvalidProgram: With the column.
        """
        program = compile_expression(expr, self.collection(collection), self._recipes, limits=self.limits)
        return ExpressionReport(expr=expr, outputs=program.outputs, bands=program.inputs, operations=program.operations)

    def check_grammar(self, expr: str) -> None:
        """Read an expression whose bands are not known: of a collection without a scene, say.

        Raises:
            InvalidProgram: With the column.
        """
        parse(expr, AnyNames(), self.limits)

    def indices(self, collection: str | None = None) -> tuple[IndexReport, ...]:
        """The named indices, with the bands of a collection where one is named."""
        return index_reports(self._recipes, self.collection(collection) if collection else None)

    def ramps(self) -> tuple[str, ...]:
        """Names of the ramps that `Ask.colormap` takes."""
        return ramp_names()

    def cache(self) -> CacheStats:
        """What the cache of decoded blocks has seen and holds."""
        return self._library.stats()

    def close(self) -> None:
        """Let go of files and the catalogue."""
        self.readiness.close()
        self._library.close()
        self.catalog.close()

    def _account(self, *, tolerant: bool) -> Account:
        return Account(self._turn(), tolerant=tolerant)

    def _turn(self) -> Turn:
        return current_turn(self.limits.timeout_s)
