"""One pixel: what a layer gives there, the bands it came from, and the scene."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import islice
from typing import Any

import numpy as np

from bandstand.engine.plan import LayerPlan, Plan, SceneRead, plan_fields, scene_reads
from bandstand.engine.run import Account, compose
from bandstand.model.ask import BandValue, Sample
from bandstand.model.crs import CRS84, transformer
from bandstand.model.field import Field
from bandstand.model.layer import Collection, Layer
from bandstand.model.program import Program
from bandstand.model.raster import Raster
from bandstand.model.time import isoformat
from bandstand.read.library import Library

_Values = tuple[BandValue, ...]


def sample_layer(
    plan: Plan,
    layer: LayerPlan,
    published: Layer,
    collection: Collection,
    library: Library,
    account: Account,
    *,
    count: int = 1,
) -> tuple[Sample, ...]:
    """The values of one layer under the single pixel of the request's grid.

    Args:
        count: At most so many scenes: the one drawn first, then those below it that have a value there, best first.
    """

    def sample(part: LayerPlan) -> Sample:
        return _sample(plan, part, published, collection, library, account)

    drawn = sample(layer)
    if count == 1 or not drawn.item:
        return (drawn,)
    return (drawn, *islice(_hidden(layer, drawn, sample), count - 1))


def _hidden(layer: LayerPlan, drawn: Sample, sample: Callable[[LayerPlan], Sample]) -> Iterator[Sample]:
    """Each scene by itself, without the one that is drawn."""
    for scene in layer.scenes:
        if scene.item.id != drawn.item:
            found = sample(replace(layer, scenes=(scene,), lost=(), below=()))
            if found.item:
                yield found


def _sample(
    plan: Plan, layer: LayerPlan, published: Layer, collection: Collection, library: Library, account: Account
) -> Sample:
    grid = plan.request.grid
    x, y = grid.transform(0.5, 0.5)
    lon, lat = transformer(grid.crs, CRS84).transform(x, y)
    outputs: _Values = ()
    bands: _Values = ()
    scenes: dict[str, SceneRead] = {}
    filed: dict[str, Field] = {}
    for program in (layer.layer.program, *layer.layer.beside):
        part = layer if program is layer.layer.program else _for(layer, program, collection)
        mosaic = compose(part, grid, library, account)
        computed, read = _values(mosaic.raster(), program, collection)
        outputs, bands = (*outputs, *computed), (*bands, *read)
        for place, givers in enumerate(mosaic.givers):
            # One pixel has one giver.
            for number in givers:
                scenes[program.inputs[place]] = scene = part.scenes[number]
                asset = scene.assets[place]
                if asset is not None:
                    filed[program.inputs[place]] = asset.field
    # Told as the scene of the pixel: that of its first band that has one.
    item = next((scene.item for scene in scenes.values()), None)
    moment = item.time.start if item else None
    return Sample(
        layer=published.name,
        title=published.title,
        lonlat=(float(lon), float(lat)),
        outputs=tuple(_as_filed(value, filed) for value in outputs),
        bands=tuple(_as_filed(value, filed) for value in bands),
        item=item.id if item else "",
        time=isoformat(moment) if moment else "",
        cloud_cover=item.cloud_cover if item else None,
    )


def _values(mosaic: Raster, program: Program, collection: Collection) -> tuple[_Values, _Values]:
    """What the program gives, and the bands it takes."""
    labels = dict(collection.classes)
    bands = tuple(_value(mosaic, i, dict(labels.get(f.name, ()))) for i, f in enumerate(mosaic.fields))
    computed = program(mosaic)
    outputs = tuple(
        _computed(_value(computed, i, dict(labels.get(f.name, ()))), bands) for i, f in enumerate(computed.fields)
    )
    return outputs, bands


def _for(layer: LayerPlan, program: Program, collection: Collection) -> LayerPlan:
    """The same scenes with the bands of another program."""
    scenes = scene_reads([scene.item for scene in layer.scenes], program.inputs, collection)
    return replace(layer, scenes=scenes, fields=plan_fields(scenes, program.inputs, collection))


def _value(raster: Raster, band: int, labels: dict[int, str]) -> BandValue:
    field = raster.fields[band]
    valid = bool(raster.valid[min(band, raster.valid.shape[0] - 1), 0, 0])
    stored = raster.values[band, 0, 0].item()
    if not valid or (isinstance(stored, float) and not math.isfinite(stored)):
        return BandValue(field=field, value=None)
    stored = _shortest(stored, raster.values.dtype)
    label = labels.get(int(stored), "") if field.categorical else ""
    return BandValue(field=field, value=_physical(stored, field), stored=stored, label=label)


def _as_filed(value: BandValue, filed: Mapping[str, Field]) -> BandValue:
    """A value of the mosaic, which may count in another radiometry, with the number that the scene's own file holds."""
    field = filed.get(value.field.name)
    if field is None or value.value is None or value.stored is None:
        return value
    if (field.scale, field.offset) == (value.field.scale, value.field.offset):
        return value
    stored = (value.value - field.offset) / field.scale
    return replace(value, field=field, stored=stored if field.dtype.startswith("float") else round(stored))


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
    if field.plain or field.categorical:
        return stored
    # A scale such as 0.0001 is no binary fraction: 2390 times it is 0.23900000000000002.
    return float(f"{stored * field.scale + field.offset:.15g}")


def _shortest(stored: float, dtype: np.dtype[Any]) -> float:
    """A float32 as the shortest decimal number that is this float32: 0.239 and not 0.23899999260902405."""
    return float(str(np.float32(stored))) if dtype == np.float32 else stored
