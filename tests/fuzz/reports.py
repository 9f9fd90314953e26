"""Exception reports read as strictly as their schemas: the form, the code, the parameter at fault."""

from collections.abc import Callable
from dataclasses import dataclass

from lxml import etree

OGC = "{http://www.opengis.net/ogc}"


@dataclass(frozen=True, slots=True)
class Form:
    """How a protocol words an exception."""

    media_types: tuple[str, ...]
    schema: str
    """An XSD or a DTD of the schemas folder."""
    root: str
    version: str
    item: str
    code: str
    """Attributes of the item."""


FORMS = {
    "WMS 1.3.0": Form(
        ("text/xml",), "ogc/wms/1.3.0/exceptions_1_3_0.xsd", f"{OGC}ServiceExceptionReport", "1.3.0",
        f"{OGC}ServiceException", "code",
    ),
    "WMS 1.1.1": Form(
        ("application/vnd.ogc.se_xml",), "ogc/wms/1.1.1/WMS_exception_1_1_1.dtd", "ServiceExceptionReport", "1.1.1",
        "ServiceException", "code",
    ),
    "OWS 1.1": Form(
        ("text/xml", "application/xml"), "ogc/ows/1.1.0/owsExceptionReport.xsd",
        "{http://www.opengis.net/ows/1.1}ExceptionReport", "", "{http://www.opengis.net/ows/1.1}Exception",
        "exceptionCode",
    ),
    "OWS 2.0": Form(
        ("text/xml", "application/xml"), "ogc/ows/2.0/owsExceptionReport.xsd",
        "{http://www.opengis.net/ows/2.0}ExceptionReport", "2.0.1", "{http://www.opengis.net/ows/2.0}Exception",
        "exceptionCode",
    ),
    "WCS 1.0.0": Form(
        ("application/vnd.ogc.se_xml",), "ogc/wcs/1.0.0/OGC-exception.xsd", f"{OGC}ServiceExceptionReport", "1.2.0",
        f"{OGC}ServiceException", "code",
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Report:
    """What an exception report says."""

    code: str
    locator: str
    text: str


def read_report(body: bytes, media_type: str, form: Form, validator: Callable[[str], object]) -> Report:
    """Read a report, which has to be what its standard says.

    Raises:
        AssertionError: It is something else; the message says what.
    """
    assert media_type.partition(";")[0] in form.media_types, f"sent as {media_type}"
    document = etree.fromstring(body, etree.XMLParser(no_network=True, load_dtd=False, resolve_entities=False))
    schema = validator(form.schema)
    assert schema.validate(document), f"invalid: {schema.error_log}"
    assert document.tag == form.root, f"a {document.tag}"
    assert not form.version or document.get("version") == form.version, f"version {document.get('version')}"
    items = document.findall(form.item)
    assert len(items) == 1, f"{len(items)} exceptions"
    (item,) = items
    return Report(item.get(form.code, ""), item.get("locator", ""), "".join(item.itertext()).strip())
