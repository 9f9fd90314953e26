"""Operations of WCS 2.0.1."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from urllib.parse import urlencode

from lxml import etree

from bandstand.engine.engine import Engine
from bandstand.errors import (
    BandstandError,
    InternalError,
    MissingParameter,
    Unavailable,
    UnknownOperation,
    shorten,
    suggest,
)
from bandstand.model.exchange import Arguments, Call, Response
from bandstand.services.ows.kept import read_kept
from bandstand.services.wcs.operations import read_ids
from bandstand.services.wcs.v20 import describe, descriptions, soap
from bandstand.services.wcs.v20.coveragesets import describe_set
from bandstand.services.wcs.v20.faults import fault
from bandstand.services.wcs.v20.parse import coverage_id, parse_coverage
from bandstand.services.wcs.v20.process import process
from bandstand.services.wcs.v20.xmlrequest import checked, keys_of, with_keys

_SECRET = re.compile(r"(?i)token|password|secret|key|signature")
"""In names of parameters that no lineage should tell."""
Operation = Callable[[Call, Arguments, Engine], Response]


def _describe_coverage(call: Call, args: Arguments, engine: Engine) -> Response:
    ids = [coverage_id(name) for name in read_ids(args.get("COVERAGEID"), "COVERAGEID")]
    if not ids:
        raise MissingParameter("COVERAGEID is missing; give the id of a coverage.", locator="COVERAGEID")
    return descriptions.coverages(ids, read_kept(call, args, data=True).ask, engine)


def _get_coverage(call: Call, args: Arguments, engine: Engine) -> Response:
    address = f"{call.base_url}/wcs?{urlencode([pair for pair in call.args if not _SECRET.search(pair[0])])}"
    request, wishes = parse_coverage(args, engine, address=address, message=bool(soap.spoken(call)))
    answer = engine.run(request, if_none_match=call.headers.get("if-none-match", ""))
    warnings = tuple(("Warning", text) for text in wishes.warnings)
    return replace(answer, headers=answer.headers + warnings) if warnings else answer


def _get_capabilities(call: Call, args: Arguments, engine: Engine) -> Response:
    return describe.capabilities(call, args, engine, tuple(OPERATIONS))


OPERATIONS: Mapping[str, Operation] = {
    "GetCapabilities": _get_capabilities,
    "DescribeCoverage": _describe_coverage,
    "GetCoverage": _get_coverage,
    "DescribeEOCoverageSet": describe_set,
    "ProcessCoverages": process,
}


class Wcs20:
    """Version 2.0.1, and 2.0.0, which it corrects."""

    versions: tuple[str, ...] = ("2.0.1", "2.0.0")
    keys = frozenset({"coverageid", "subset", "outputcrs", "subsettingcrs", "scalefactor", "scalesize"})
    namespaces = frozenset(
        {
            "http://www.opengis.net/wcs/2.0",
            "http://www.opengis.net/wcs/processing/2.0",
            # As the compliance suite has it.
            "http://www.opengis.net/wcs_service-extension_processing/2.0",
            "http://www.opengis.net/wcs/wcseo/1.0",
            "http://www.opengis.net/wcseo/1.0",
            *soap.NAMESPACES,
        }
    )

    def from_xml(self, root: etree._Element, call: Call) -> Call:
        """The same call with the parameters of its document as keys; a SOAP envelope is taken off.

        Raises:
            UnknownOperation, InvalidEncodingSyntax: It is none of our requests.
        """
        request = soap.unwrapped(root) if soap.spoken(call) else root
        return replace(call, args=with_keys(checked(keys_of(request)), call.args))

    def answer(self, call: Call, args: Arguments, version: str, engine: Engine) -> Response:  # noqa: ARG002 - answers are 2.0.1
        """Answer one of the operations."""
        operation = args.get("REQUEST")
        if not operation:
            raise MissingParameter(f"REQUEST is missing; give one of {', '.join(OPERATIONS)}.", locator="REQUEST")
        known = next((name for name in OPERATIONS if name.casefold() == operation.casefold()), None)
        if known is None:
            raise UnknownOperation(
                f'REQUEST "{shorten(operation)}" is not offered; offered: {", ".join(OPERATIONS)}.'
                f"{suggest(operation, OPERATIONS)}",
                locator="REQUEST",
            )
        answer = OPERATIONS[known](call, args, engine)
        space = soap.spoken(call)
        return soap.wrapped(answer, space) if space else answer

    def fault(self, call: Call, error: BandstandError, version: str) -> Response:  # noqa: ARG002 - reports are 2.0.1
        """Word an error as an exception report, or as a SOAP fault with such a report."""
        report = fault(call, error)
        space = soap.spoken(call)
        return soap.fault(report, space, sender=not isinstance(error, Unavailable | InternalError)) if space else report


DIALECT = Wcs20()
