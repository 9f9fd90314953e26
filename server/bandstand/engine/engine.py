"""What services see: layers, times, extents, and the one way through for every question."""

from bandstand.model.ask import Ask, ExpressionReport, IndexReport, Sample, TimeAxis
from bandstand.model.coverage import Domain
from bandstand.model.crs import Crs
from bandstand.model.exchange import Response
from bandstand.model.field import Field
from bandstand.model.layer import Collection, Extent, Layer, ServiceInfo
from bandstand.model.limits import Limits
from bandstand.model.request import Request, StyledLayer
from bandstand.model.tiling import TileMatrixSet


class Engine:
    """The server without its protocols."""

    service: ServiceInfo
    limits: Limits
    layers: tuple[Layer, ...]
    crs: tuple[Crs, ...]
    """Offered for maps, in order of publication."""
    sets: tuple[TileMatrixSet, ...]
    """Offered for tiles; WebMercatorQuad first."""

    def layer(self, name: str, service: str) -> Layer:
        """The published layer of this name in this service (`wms`, `wmts`, `wcs`, `xyz`).

        Raises:
            UnknownLayer: With a suggestion; locator `layer`.
        """
        raise NotImplementedError

    def collection(self, name: str) -> Collection:
        """The collection a layer is made of."""
        raise NotImplementedError

    def ask(self, layer: Layer, ask: Ask) -> StyledLayer:
        """Turn wishes into a layer of a request: compile the expression, resolve time and style.

        Raises:
            InvalidProgram: Locator `expr`, with a column.
            InvalidTime: Locator `time`.
            UnknownStyle: Locator `style`.
            UnknownBand: Locator `bands`.
            InvalidParameter: Locators `range`, `colormap`, `below`, `above`, `nodata_color`.
        """
        raise NotImplementedError

    def outputs(self, layer: Layer, ask: Ask) -> tuple[Field, ...]:
        """The fields of what such a layer of a request gives (the range type of a coverage)."""
        raise NotImplementedError

    def times(self, layer: Layer) -> TimeAxis:
        """The times that exist, as published."""
        raise NotImplementedError

    def extent(self, layer: Layer) -> Extent:
        """Where the layer has scenes."""
        raise NotImplementedError

    def domain(self, layer: Layer) -> Domain:
        """The coverage's native grid and range type.

        Raises:
            UnknownLayer: The layer has no scene yet.
        """
        raise NotImplementedError

    def run(self, request: Request) -> Response:
        """Answer a map or a coverage: bytes, headers (`Warning`, `X-Source-*`, `Cache-Control`) and ETag.

        Raises:
            TooLarge: Refused by the plan, before a block is read.
            SourceUnavailable: A coverage needs a scene that cannot be read.
        """
        raise NotImplementedError

    def sample(self, request: Request) -> tuple[Sample, ...]:
        """The values under a grid of one pixel, a sample a layer (top layer last)."""
        raise NotImplementedError

    def legend(self, styled: StyledLayer, *, media_type: str, width: int | None, height: int | None) -> Response:
        """The legend of a layer as it would be drawn, as a picture or `application/json`."""
        raise NotImplementedError

    def legend_size(self, layer: Layer, style: str) -> tuple[int, int]:
        """Width and height of the legend that `legend` draws by itself."""
        raise NotImplementedError

    def formats(self, kind: str) -> tuple[str, ...]:
        """Media types offered for `map` or `coverage`, first is the default."""
        raise NotImplementedError

    def revision(self) -> str:
        """Changes when layers, styles or the catalogue's extent change (update sequence, ETag of documents)."""
        raise NotImplementedError

    def check_expression(self, expr: str, collection: str) -> ExpressionReport:
        """Read an expression without running it.

        Raises:
            InvalidProgram: With the column.
        """
        raise NotImplementedError

    def indices(self, collection: str | None) -> tuple[IndexReport, ...]:
        """The named indices, with the bands of a collection where one is named."""
        raise NotImplementedError
