"""Routes and dispatch of WCS 2.0.1."""

from dataclasses import replace

from bandstand.engine.engine import Engine
from bandstand.errors import BandstandError, InvalidParameter, MissingParameter, UnknownOperation, shorten, suggest
from bandstand.model.exchange import Arguments, Call, Response
from bandstand.services.base import Route
from bandstand.services.ows.versions import accept_versions
from bandstand.services.wcs import describe
from bandstand.services.wcs.faults import fault
from bandstand.services.wcs.parse import coverage_id, parse_coverage

VERSIONS = ("2.0.1",)
_OPERATIONS = ("GetCapabilities", "DescribeCoverage", "GetCoverage")


class Wcs:
    """Web Coverage Service."""

    name = "wcs"
    routes = (Route("/wcs"),)

    def answer(self, call: Call, engine: Engine) -> Response:
        """Answer one of the three operations."""
        args = Arguments(call)
        _check_service(args)
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
            accept_versions(args.get("ACCEPTVERSIONS"), VERSIONS)
            return describe.capabilities(call, args, engine)
        _check_version(args)
        if known == "DescribeCoverage":
            ids = [coverage_id(part.strip()) for part in args.get("COVERAGEID").split(",") if part.strip()]
            if not ids:
                raise MissingParameter("COVERAGEID is missing; give the id of a coverage.", locator="COVERAGEID")
            return describe.coverages(ids, engine)
        request, wishes = parse_coverage(args, engine)
        answer = engine.run(request, if_none_match=call.headers.get("if-none-match", ""))
        warnings = tuple(("Warning", text) for text in wishes.warnings)
        return replace(answer, headers=answer.headers + warnings) if warnings else answer

    def fault(self, call: Call, error: BandstandError) -> Response:
        """Word an error as an exception report."""
        return fault(call, error)


def _check_service(args: Arguments) -> None:
    service = args.get("SERVICE")
    if not service:
        raise MissingParameter("SERVICE is missing; give SERVICE=WCS.", locator="SERVICE")
    # The value is case-sensitive (OGC 09-147r3, requirement 11).
    if service != "WCS":
        raise InvalidParameter(f'SERVICE "{shorten(service)}" is not answered here; give WCS.', locator="SERVICE")


def _check_version(args: Arguments) -> None:
    version = args.get("VERSION")
    if not version:
        raise MissingParameter("VERSION is missing; give VERSION=2.0.1.", locator="VERSION")
    if version not in VERSIONS and version != "2.0.0":
        raise InvalidParameter(
            f'VERSION "{shorten(version)}" is not spoken here; spoken: {", ".join(VERSIONS)}.', locator="VERSION"
        )


SERVICE = Wcs()
