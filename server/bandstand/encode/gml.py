"""GML (OGC 09-146r2, GMLCOV 1.0): a coverage as one XML document, its numbers inline or in a file beside it."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from lxml import etree
from numpy.typing import NDArray

from bandstand.cis.coverage import (
    NAMESPACES,
    SUBTYPE,
    add,
    bounded_by,
    coverage_function,
    domain_set,
    nil_value,
    qualified,
    range_type,
    serialised,
)
from bandstand.encode.base import Parts
from bandstand.encode.fill import holds
from bandstand.errors import InvalidParameter
from bandstand.model.field import Field
from bandstand.model.grid import Grid
from bandstand.model.raster import Image, Raster
from bandstand.model.request import Output
from bandstand.model.turn import checkpoint

_SCHEMA = "http://www.opengis.net/gmlcov/1.0 http://schemas.opengis.net/gmlcov/1.0/gmlcovAll.xsd"
_END = b"</gml:tupleList>"


class Gml:
    """A `gmlcov:RectifiedGridCoverage`; takes no options."""

    media_type = "application/gml+xml"
    # A plus that came unescaped in a query is a blank, and blanks are left out before names are compared.
    aliases = ("application/gmlxml", "gml", "text/gml")
    extension = "gml"
    kinds = frozenset({"coverage"})
    rank = 80

    def picture(self, image: Image, output: Output, grid: Grid | None) -> bytes:  # noqa: ARG002 - the protocol's signature
        """Refuse: the registry offers this format for numbers alone.

        Raises:
            InvalidParameter: Always.
        """
        raise InvalidParameter("GML carries numbers, not pictures; ask for image/png.", locator="format")

    def data(self, raster: Raster, output: Output, tags: Mapping[str, str]) -> bytes | Parts:  # noqa: ARG002 - GML has no place for tags
        """All bands as a list of tuples, cell by cell, row by row; invalid values as the nil value of their field."""
        fields = _with_nil(raster)
        root = _located(output, raster.grid)
        block = add(_range_set(root), "gml:DataBlock")
        add(block, "gml:rangeParameters")
        add(block, "gml:tupleList", "-", decimal=".", cs=",", ts=" ")
        head, _, tail = _serialise(root, fields, output).partition(_END)
        return b"".join([head[:-1], " ".join(_tuples(raster, fields)).encode(), _END, tail])


def _located(output: Output, grid: Grid) -> etree._Element:
    """The coverage without range set and range type: identity, box, domain."""
    name = output.element or qualified(f"gmlcov:{SUBTYPE}")
    root = etree.Element(name, nsmap={k: v for k, v in NAMESPACES.items() if k != "wcs"})
    root.set(qualified("gml:id"), output.name or "coverage")
    root.set(qualified("xsi:schemaLocation"), _SCHEMA)
    bounded_by(root, grid.crs, grid.bbox)
    domain_set(root, output.name or "coverage", grid)
    return root


def beside(output: Output, raster: Raster, reference: str, media_type: str, role: str) -> bytes:
    """The document of a coverage whose numbers lie in a file beside it (GMLCOV 1.0, class multipart).

    Args:
        output: Its `name` is the coverage's id.
        raster: Its grid and fields are described.
        reference: URI of the file: `cid:…`.
        media_type: Of the file.
        role: URI of the specification that the file follows; empty for none.
    """
    fields = _with_nil(raster)
    root = _located(output, raster.grid)
    file = add(_range_set(root), "gml:File")
    links = {"xlink__role": role} if role else {}
    add(file, "gml:rangeParameters", xlink__href=reference, xlink__arcrole="fileReference", **links)
    add(file, "gml:fileReference", reference)
    add(file, "gml:fileStructure", "inapplicable")
    add(file, "gml:mimeType", media_type)
    return _serialise(root, fields, output)


def _range_set(root: etree._Element) -> etree._Element:
    return add(root, "gml:rangeSet")


def _serialise(root: etree._Element, fields: tuple[Field, ...], output: Output) -> bytes:
    coverage_function(root)
    range_type(root, fields)
    if output.appendix:
        root.extend(etree.fromstring(f"<appendix>{output.appendix}</appendix>"))
    return serialised(root)


def _with_nil(raster: Raster) -> tuple[Field, ...]:
    """The fields, each with a nil value of its own where something is invalid: one that no valid cell holds."""
    return tuple(_field_with_nil(raster, i, field) for i, field in enumerate(raster.fields))


def _field_with_nil(raster: Raster, number: int, field: Field) -> Field:
    valid = raster.valid[number if len(raster.valid) > 1 else 0]
    values = raster.values[number]
    nil = field.nodata
    # Another scene may hold what is nodata of the first, and a file with a mask its own.
    if valid.all() or nil_value(field) == "NaN" or (nil is not None and not holds(values, valid, nil)):
        return field
    kind = np.dtype(np.uint8) if values.dtype.kind == "b" else values.dtype
    limits = np.iinfo(kind) if kind.kind in "iu" else None
    return replace(field, nodata=_free(set(values[valid].tolist()), limits))


def _free(held: set[float], limits: Any) -> float:
    """A number that no valid cell holds; a text is not bound to the range of the stored type."""
    if limits is None:
        return math.nan
    usual = (0 if limits.min == 0 else limits.min, limits.max, limits.max + 1)
    return int(next(number for number in usual if number not in held))


def _tuples(raster: Raster, fields: tuple[Field, ...]) -> Iterator[str]:
    """The text of each row."""
    nils = [nil_value(field) or "" for field in fields]
    for row in range(raster.grid.height):
        checkpoint()
        columns = []
        for band, nil in enumerate(nils):
            texts = _texts(raster.values[band, row])
            valid = raster.valid[band if len(raster.valid) > 1 else 0, row]
            if not valid.all():
                texts = [text if ok else nil for text, ok in zip(texts, valid.tolist(), strict=True)]
            columns.append(texts)
        cells = columns[0] if len(columns) == 1 else [",".join(cell) for cell in zip(*columns, strict=True)]
        yield " ".join(cells)


def _texts(values: NDArray[Any]) -> list[str]:
    """Numbers as XML Schema writes them; floats as the shortest text that reads back as the same number."""
    if values.dtype.kind in "iu":
        return list(map(str, values.tolist()))
    if values.dtype.kind == "b":
        return ["1" if value else "0" for value in values.tolist()]
    plain = values.astype(np.float64)
    texts = list(map(repr, plain.tolist())) if values.dtype.itemsize > 4 else _short(values, plain.tolist())
    if np.isfinite(plain).all():
        return [text.removesuffix(".0") for text in texts]
    return [_SPECIAL.get(text, text.removesuffix(".0")) for text in texts]


_SPECIAL = {"nan": "NaN", "inf": "INF", "-inf": "-INF"}


def _short(values: NDArray[Any], plain: list[float]) -> list[str]:
    """Single precision: seven digits where they say the number, else nine, which always do."""
    texts = [f"{value:.7g}" for value in plain]
    said = np.fromiter(map(float, texts), np.float64, len(texts)).astype(values.dtype)
    for i in np.flatnonzero((said != values) & ~np.isnan(values)).tolist():
        texts[i] = f"{plain[i]:.9g}"
    return texts


FORMAT = Gml()
