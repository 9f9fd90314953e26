"""Coverages and their descriptions as GML (OGC 09-146r2, GML 3.2.1): the parts that requirements speak of."""

from dataclasses import dataclass

import numpy as np
from lxml import etree
from tests.conformance.wcs20.spoken import NS


def numbers(text: str) -> list[float]:
    """Of a list."""
    return [float(number) for number in text.split()]


@dataclass(frozen=True)
class Gml:
    """A `CoverageDescription`, or a coverage."""

    root: etree._Element

    def one(self, path: str) -> etree._Element:
        """The one element at a path."""
        (found,) = self.root.xpath(path, namespaces=NS)
        return found

    def all(self, path: str) -> list:
        """Whatever is at a path."""
        return self.root.xpath(path, namespaces=NS)

    @property
    def envelope(self) -> etree._Element:
        """Of boundedBy."""
        return self.one("gml:boundedBy/*")

    @property
    def srs(self) -> str:
        """Of the envelope."""
        return self.envelope.get("srsName")

    @property
    def labels(self) -> list[str]:
        """Of the axes of the CRS."""
        return self.envelope.get("axisLabels").split()

    @property
    def corners(self) -> tuple[list[float], list[float]]:
        """Of the envelope, lower then upper, in the order of the labels."""
        return tuple(numbers(self.envelope.findtext(f"gml:{name}Corner", namespaces=NS)) for name in ("lower", "upper"))

    @property
    def grid(self) -> etree._Element:
        """The rectified grid."""
        return self.one("gml:domainSet/gml:RectifiedGrid")

    @property
    def limits(self) -> tuple[list[int], list[int]]:
        """Low and high of the grid."""
        return tuple(
            [int(n) for n in self.grid.findtext(f"gml:limits/gml:GridEnvelope/gml:{name}", namespaces=NS).split()]
            for name in ("low", "high")
        )

    @property
    def sizes(self) -> list[int]:
        """Cells along each axis of the grid: both limits are cells."""
        low, high = self.limits
        return [b - a + 1 for a, b in zip(low, high, strict=True)]

    @property
    def origin(self) -> list[float]:
        """Of the first cell's centre."""
        return numbers(self.grid.findtext("gml:origin/gml:Point/gml:pos", namespaces=NS))

    @property
    def vectors(self) -> list[list[float]]:
        """One for each axis of the grid."""
        return [numbers(text) for text in self.all("gml:domainSet//gml:offsetVector/text()")]

    @property
    def fields(self) -> list[str]:
        """Names of the fields."""
        return self.all("gmlcov:rangeType/swe:DataRecord/swe:field/@name")

    @property
    def values(self) -> np.ndarray:
        """(second grid axis, first grid axis, field): the first axis runs fastest (rule Linear, order +1 +2)."""
        rule = self.one("gml:coverageFunction/gml:GridFunction/gml:sequenceRule")
        assert (rule.text, rule.get("axisOrder")) == ("Linear", "+1 +2")
        block = self.one("gml:rangeSet/gml:DataBlock/gml:tupleList")
        cell, part = block.get("ts", " "), block.get("cs", ",")
        cells = [text.split(part) for text in block.text.strip().split(cell)]
        width, height = self.sizes
        return np.array(cells, float).reshape(height, width, len(self.fields))

    @property
    def places(self) -> np.ndarray:
        """(second grid axis, first grid axis, coordinate): centres of cells, in the order of the labels."""
        (low_i, low_j), (high_i, high_j) = self.limits
        i, j = np.meshgrid(np.arange(low_i, high_i + 1), np.arange(low_j, high_j + 1))
        first, second = (np.array(vector) for vector in self.vectors)
        start = np.array(self.origin)
        return start + (i - low_i)[..., None] * first + (j - low_j)[..., None] * second
