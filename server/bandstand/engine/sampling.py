"""One pixel: what a layer gives there, the bands it came from, and the scene."""

import math
from dataclasses import replace

from bandstand.engine.plan import LayerPlan, Plan
from bandstand.engine.run import Account, compose
from bandstand.model.ask import BandValue, Sample
from bandstand.model.crs import CRS84, transformer
from bandstand.model.field import Field
from bandstand.model.layer import Collection, Layer
from bandstand.model.raster import Raster
from bandstand.model.time import isoformat
from bandstand.read.library import Library


def sample_layer(
    plan: Plan, layer: LayerPlan, published: Layer, collection: Collection, library: Library, account: Account
) -> Sample:
    """The values of one layer under the single pixel of the request's grid."""
    grid = plan.request.grid
    mosaic, sources = compose(layer, grid, library, account)
    labels = dict(collection.classes)
    bands = tuple(_value(mosaic, i, dict(labels.get(f.name, ()))) for i, f in enumerate(mosaic.fields))
    computed = layer.layer.program(mosaic)
    outputs = tuple(
        _computed(_value(computed, i, dict(labels.get(f.name, ()))), bands) for i, f in enumerate(computed.fields)
    )
    x, y = grid.transform(0.5, 0.5)
    lon, lat = transformer(grid.crs, CRS84).transform(x, y)
    number = int(sources[0, 0])
    item = layer.scenes[number].item if number >= 0 else None
    moment = item.time.start if item else None
    return Sample(
        layer=published.name,
        title=published.title,
        lonlat=(float(lon), float(lat)),
        outputs=outputs,
        bands=bands,
        item=item.id if item else "",
        time=isoformat(moment) if moment else "",
        cloud_cover=item.cloud_cover if item else None,
    )


def _value(raster: Raster, band: int, labels: dict[int, str]) -> BandValue:
    field = raster.fields[band]
    valid = bool(raster.valid[min(band, raster.valid.shape[0] - 1), 0, 0])
    stored = raster.values[band, 0, 0].item()
    if not valid or (isinstance(stored, float) and not math.isfinite(stored)):
        return BandValue(field=field, value=None)
    label = labels.get(int(stored), "") if field.categorical else ""
    return BandValue(field=field, value=_physical(stored, field), stored=stored, label=label)


def _computed(output: BandValue, bands: tuple[BandValue, ...]) -> BandValue:
    """An output as what it is: a source band that only passed through, or a number that no file holds."""
    for band in bands:
        if band.field.name == output.field.name and _alike(band.value, output.value):
            return band
    return replace(output, stored=None)


def _alike(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return math.isclose(one, other, rel_tol=1e-6, abs_tol=1e-7)


def _physical(stored: float, field: Field) -> float:
    return stored if field.plain or field.categorical else stored * field.scale + field.offset
