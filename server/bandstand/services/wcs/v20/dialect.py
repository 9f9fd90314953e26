"""Operations of WCS 2.0.1."""

from dataclasses import replace

from lxml import etree

from bandstand.engine.engine import Engine
from bandstand.errors import BandstandError, InvalidParameter, MissingParameter, UnknownOperation, shorten, suggest
from bandstand.model.exchange import Arguments, Call, Response
from bandstand.services.wcs.v20 import describe
from bandstand.services.wcs.v20.faults import fault
from bandstand.services.wcs.v20.parse import coverage_id, parse_coverage

_OPERATIONS = ("GetCapabilities", "DescribeCoverage", "GetCoverage")


class Wcs20:
    """Version 2.0.1, and 2.0.0, which it corrects."""

    versions: tuple[str, ...] = ("2.0.1", "2.0.0")
    keys = frozenset({"coverageid", "subset", "rangesubset", "outputcrs", "subsettingcrs", "scalefactor", "scalesize"})
    namespaces = frozenset({"http://www.opengis.net/wcs/2.0"})

    def from_xml(self, root: etree._Element, call: Call) -> Call:  # noqa: ARG002 - the protocol's signature
        """Refuse: XML requests are not offered.

        Raises:
            InvalidParameter: Always.
        """
        raise InvalidParameter(
            f'XML requests ("{shorten(etree.QName(root).localname)}") are not offered; send keys and values.',
            locator="body",
        )

    def answer(self, call: Call, args: Arguments, version: str, engine: Engine) -> Response:  # noqa: ARG002 - answers are 2.0.1
        """Answer one of the three operations."""
        operation = args.get("REQUEST")
        if not operation:
            raise MissingParameter(f"REQUEST is missing; give one of {', '.join(_OPERATIONS)}.", locator="REQUEST")
        known = next((name for name in _OPERATIONS if name.casefold() == operation.casefold()), None)
        if known is None:
            raise UnknownOperation(
                f'REQUEST "{shorten(operation)}" is not offered; offered: {", ".join(_OPERATIONS)}.'
                f"{suggest(operation, _OPERATIONS)}",
                locator="REQUEST",
            )
        if known == "GetCapabilities":
            return describe.capabilities(call, args, engine)
        if known == "DescribeCoverage":
            ids = [coverage_id(part.strip()) for part in args.get("COVERAGEID").split(",") if part.strip()]
            if not ids:
                raise MissingParameter("COVERAGEID is missing; give the id of a coverage.", locator="COVERAGEID")
            return describe.coverages(ids, engine)
        request, wishes = parse_coverage(args, engine)
        answer = engine.run(request, if_none_match=call.headers.get("if-none-match", ""))
        warnings = tuple(("Warning", text) for text in wishes.warnings)
        return replace(answer, headers=answer.headers + warnings) if warnings else answer

    def fault(self, call: Call, error: BandstandError, version: str) -> Response:  # noqa: ARG002 - reports are 2.0.1
        """Word an error as an exception report."""
        return fault(call, error)


DIALECT = Wcs20()
