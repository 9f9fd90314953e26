"""Operations of WCS 1.0.0."""

from lxml import etree

from bandstand.engine.engine import Engine
from bandstand.errors import BandstandError
from bandstand.model.exchange import Arguments, Call, Response
from bandstand.services.wcs.operations import deliver, read_operation
from bandstand.services.wcs.v10 import describe
from bandstand.services.wcs.v10.document import from_xml
from bandstand.services.wcs.v10.faults import fault
from bandstand.services.wcs.v10.parse import parse_coverage


class Wcs10:
    """Version 1.0.0."""

    versions: tuple[str, ...] = ("1.0.0",)
    keys = frozenset({"coverage", "bbox", "crs", "response_crs", "resx", "resy", "section"})
    namespaces = frozenset({"http://www.opengis.net/wcs"})

    def from_xml(self, root: etree._Element, call: Call) -> Call:
        """An XML request as keys."""
        return from_xml(root, call)

    def answer(self, call: Call, args: Arguments, version: str, engine: Engine) -> Response:  # noqa: ARG002 - there is one
        """Answer one of the three operations."""
        operation = read_operation(args)
        if operation == "GetCapabilities":
            return describe.capabilities(call, args, engine)
        if operation == "DescribeCoverage":
            return describe.coverages(call, args, engine)
        request, wishes = parse_coverage(args, engine)
        return deliver(call, request, wishes.warnings, engine)

    def fault(self, call: Call, error: BandstandError, version: str) -> Response:  # noqa: ARG002 - the protocol's signature
        """Word an error as a service exception report."""
        return fault(error)


DIALECT = Wcs10()
