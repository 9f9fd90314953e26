"""Operations of WCS 1.1.x."""

from lxml import etree

from bandstand.engine.engine import Engine
from bandstand.errors import BandstandError
from bandstand.model.exchange import Arguments, Call, Response
from bandstand.services.wcs.operations import deliver, read_operation
from bandstand.services.wcs.v11 import describe
from bandstand.services.wcs.v11.document import from_xml
from bandstand.services.wcs.v11.faults import fault
from bandstand.services.wcs.v11.manifest import unwrapped, wrapped
from bandstand.services.wcs.v11.parse import parse_coverage
from bandstand.services.wcs.v11.tongue import NAMESPACES, TONGUES, VERSIONS


class Wcs11:
    """Versions 1.1.0, 1.1.1 and 1.1.2, which differ in their namespaces alone."""

    versions: tuple[str, ...] = VERSIONS
    keys = frozenset(
        {
            "identifier",
            "identifiers",
            "boundingbox",
            "timesequence",
            "gridbasecrs",
            "gridoffsets",
            "gridorigin",
            "store",
        }
    )
    namespaces = NAMESPACES

    def from_xml(self, root: etree._Element, call: Call) -> Call:
        """An XML request as keys."""
        return from_xml(root, call)

    def answer(self, call: Call, args: Arguments, version: str, engine: Engine) -> Response:
        """Answer one of the three operations."""
        tongue = TONGUES[version]
        operation = read_operation(args)
        if operation == "GetCapabilities":
            return describe.capabilities(call, args, tongue, engine)
        if operation == "DescribeCoverage":
            return describe.coverages(call, args, tongue, engine)
        request, layer, wishes = parse_coverage(args, engine)
        return wrapped(deliver(unwrapped(call, tongue), request, wishes.warnings, engine), layer, tongue)

    def fault(self, call: Call, error: BandstandError, version: str) -> Response:  # noqa: ARG002 - the protocol's signature
        """Word an error as an exception report."""
        return fault(error, TONGUES[version])


DIALECT = Wcs11()
