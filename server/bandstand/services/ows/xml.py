"""XML out through escaping templates, XML in through one hardened parser."""

from decimal import Decimal

import jinja2
from lxml import etree
from markupsafe import Markup

from bandstand.errors import BadRequest, TooLarge

_LOWEST = "\t\n\r"


def _legal(char: str) -> bool:
    # XML 1.0, production 2: what else a string may hold is no character there.
    code = ord(char)
    return char in _LOWEST or 0x20 <= code < 0xD800 or 0xE000 <= code < 0xFFFE or code > 0xFFFF


def legal_text(value: object) -> object:
    """A template value with every character that XML cannot hold made visible."""
    if isinstance(value, Markup) or not isinstance(value, str) or value.isprintable():
        return value
    return "".join(c if _legal(c) else "\ufffd" for c in value)


def plain_number(value: float) -> str:
    """A number in plain decimals that reads back as the same number: no exponent, no needless zero."""
    text = format(Decimal(repr(float(value))), "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def to_ncname(text: str) -> str:
    """A name that XML takes as an element's: other characters become `_`, a digit does not come first."""
    safe = "".join(c if c.isascii() and (c.isalnum() or c in "_-.") else "_" for c in text)
    return safe if safe[:1].isalpha() or safe[:1] == "_" else f"_{safe}"


def templates(package: str) -> jinja2.Environment:
    """The templates of a service: autoescaped, strict about names, those shared by all services included."""
    environment = jinja2.Environment(
        loader=jinja2.ChoiceLoader(
            [jinja2.PackageLoader(package, "templates"), jinja2.PackageLoader("bandstand.services.ows", "templates")]
        ),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=legal_text,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )
    environment.filters["number"] = plain_number
    environment.filters["ncname"] = to_ncname
    return environment


def parse_xml(body: bytes, *, max_bytes: int) -> etree._Element:
    """Read a document that came over the wire: no entities, no DTD, no network, bounded.

    Raises:
        TooLarge: More bytes than allowed.
        BadRequest: It is no well-formed XML, or carries a document type.
    """
    if len(body) > max_bytes:
        raise TooLarge(
            f"The body has {len(body)} bytes; at most {max_bytes} are read (limits.body_max_bytes).", locator="body"
        )
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise BadRequest(f"The body is no well-formed XML: {error}.", locator="body") from error
    if b"<!DOCTYPE" in body:
        raise BadRequest("The body carries a document type declaration; send it without one.", locator="body")
    return root
