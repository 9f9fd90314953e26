"""The parts of a coverage that its description and its GML share: envelope, domain set, range type."""

from collections.abc import Sequence

from lxml import etree

from bandstand.cis.text import legal, plain_number, to_ncname
from bandstand.model.crs import Crs
from bandstand.model.field import Field
from bandstand.model.grid import BBox, Grid

NAMESPACES = {
    "gml": "http://www.opengis.net/gml/3.2",
    "gmlcov": "http://www.opengis.net/gmlcov/1.0",
    "swe": "http://www.opengis.net/swe/2.0",
    "wcs": "http://www.opengis.net/wcs/2.0",
    "xlink": "http://www.w3.org/1999/xlink",
    "xsi": "http://www.w3.org/2001/XMLSchema-instance",
}
"""Of every coverage and description."""
EO_NAMESPACES = {
    "wcseo": "http://www.opengis.net/wcs/wcseo/1.0",
    "eop": "http://www.opengis.net/eop/2.0",
    "om": "http://www.opengis.net/om/2.0",
    "ows": "http://www.opengis.net/ows/2.0",
}
"""Of the Earth observation profile besides."""
_ALL = NAMESPACES | EO_NAMESPACES
SUBTYPE = "RectifiedGridCoverage"
_UNKNOWN = "http://www.opengis.net/def/nil/OGC/0/unknown"
_UNITS = {"metre": "m", "degree": "deg", "grad": "gon", "US survey foot": "[ft_us]", "foot": "[ft_i]"}


def qualified(name: str) -> str:
    """`gml:Envelope` as lxml spells it."""
    prefix, colon, local = name.partition(":")
    return f"{{{_ALL[prefix]}}}{local}" if colon else name


def add(parent: etree._Element, name: str, text: str = "", /, **attributes: str) -> etree._Element:
    """A new last child; in attribute names `__` stands for the colon (`gml__id`)."""
    child = etree.SubElement(parent, qualified(name))
    if text:
        child.text = legal(text)
    for key, value in attributes.items():
        child.set(qualified(key.replace("__", ":")), legal(value))
    return child


def serialised(root: etree._Element, *, members: str = "") -> bytes:
    """The document, a line for each child of a coverage.

    Within these children there is no white space: whoever compares a description with a coverage node by node (as
    the compliance suite does) finds them equal.

    Args:
        root: A coverage, or what holds coverages.
        members: Name of the coverages in the root (`wcs:CoverageDescription`); empty: the root is one.
    """
    found = root.findall(f".//{qualified(members)}") if members else [root]
    for coverage in (root, *found):
        coverage.text = "\n"
        for child in coverage:
            child.tail = "\n"
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + etree.tostring(root, encoding="UTF-8") + b"\n"


def axis_labels(crs: Crs) -> tuple[str, str]:
    """Labels of the x and y axis of a CRS as published: where they point, else just `x` and `y`."""
    if crs.geographic:
        return "Long", "Lat"
    x, y = crs.directions
    # Of Krovak's southing and westing neither runs across.
    return (x[0].upper(), y[0].upper()) if x in {"east", "west"} else ("x", "y")


def ordered_labels(crs: Crs) -> tuple[str, str]:
    """The same in the order of the CRS."""
    x, y = axis_labels(crs)
    return (y, x) if crs.north_first else (x, y)


def unit_of(crs: Crs) -> str:
    """UCUM's word for the unit of both axes; the database's own for units that are rare."""
    name = crs.proj.axis_info[0].unit_name
    return _UNITS.get(name, name.replace(" ", "_"))


def position(crs: Crs, x: float, y: float) -> str:
    """Two coordinates as a text, in the order of the CRS."""
    first, second = (y, x) if crs.north_first else (x, y)
    return f"{plain_number(first)} {plain_number(second)}"


def bounded_by(parent: etree._Element, crs: Crs, box: BBox) -> None:
    """`gml:boundedBy`: the box around all cells."""
    envelope = add(
        add(parent, "gml:boundedBy"),
        "gml:Envelope",
        srsName=crs.uri,
        axisLabels=" ".join(ordered_labels(crs)),
        uomLabels=" ".join([unit_of(crs)] * 2),
        srsDimension="2",
    )
    add(envelope, "gml:lowerCorner", position(crs, box.min_x, box.min_y))
    add(envelope, "gml:upperCorner", position(crs, box.max_x, box.max_y))


def domain_set(parent: etree._Element, identifier: str, grid: Grid) -> None:
    """`gml:domainSet`: a rectified grid with its origin at the centre of the first cell, `i` along rows, `j` down."""
    crs, t = grid.crs, grid.transform
    rectified = add(
        add(parent, "gml:domainSet"),
        "gml:RectifiedGrid",
        gml__id=f"{identifier}.grid",
        dimension="2",
        srsName=crs.uri,
    )
    envelope = add(add(rectified, "gml:limits"), "gml:GridEnvelope")
    add(envelope, "gml:low", "0 0")
    add(envelope, "gml:high", f"{grid.width - 1} {grid.height - 1}")
    add(rectified, "gml:axisLabels", "i j")
    point = add(add(rectified, "gml:origin"), "gml:Point", gml__id=f"{identifier}.origin", srsName=crs.uri)
    add(point, "gml:pos", position(crs, *t(0.5, 0.5)))
    add(rectified, "gml:offsetVector", position(crs, t.a, t.d), srsName=crs.uri)
    add(rectified, "gml:offsetVector", position(crs, t.b, t.e), srsName=crs.uri)


def coverage_function(parent: etree._Element) -> None:
    """`gml:coverageFunction`: values row by row from the first cell."""
    function = add(add(parent, "gml:coverageFunction"), "gml:GridFunction")
    add(function, "gml:sequenceRule", "Linear", axisOrder="+1 +2")
    add(function, "gml:startPoint", "0 0")


def range_type(parent: etree._Element, fields: Sequence[Field]) -> None:
    """`gmlcov:rangeType`: one SWE field a band."""
    record = add(add(parent, "gmlcov:rangeType"), "swe:DataRecord")
    for name, field in zip(field_names(fields), fields, strict=True):
        quantity = add(add(record, "swe:field", name=name), "swe:Quantity")
        add(quantity, "swe:description", field.title or field.name)
        nil = nil_value(field)
        if nil is not None:
            values = add(add(quantity, "swe:nilValues"), "swe:NilValues")
            add(values, "swe:nilValue", nil, reason=_UNKNOWN)
        add(quantity, "swe:uom", code=field.unit or "10^0")


def field_names(fields: Sequence[Field]) -> tuple[str, ...]:
    """What the fields are called in a range type: NCNames."""
    return tuple(to_ncname(field.name) for field in fields)


def nil_value(field: Field) -> str | None:
    """The nodata of what leaves: NaN for every float, whatever the archive's files have."""
    if field.dtype.startswith("float"):
        return "NaN"
    return None if field.nodata is None else plain_number(field.nodata)
