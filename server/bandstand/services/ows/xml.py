"""XML out through escaping templates, XML in through one hardened parser."""

import jinja2
from lxml import etree

from bandstand.cis.text import legal_text, plain_number, to_ncname
from bandstand.errors import BadRequest, TooLarge

__all__ = ["legal_text", "parse_xml", "plain_number", "templates", "to_ncname"]

_MOST_TAGS = 100_000
_NO_DOCTYPE = "The body carries a document type declaration; send it without one."


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
        TooLarge: More bytes or tags than allowed.
        BadRequest: It is no well-formed XML, or carries a document type.
    """
    if len(body) > max_bytes:
        raise TooLarge(
            f"The body has {len(body)} bytes; at most {max_bytes} are read (limits.body_max_bytes).", locator="body"
        )
    if body.count(b"<") > _MOST_TAGS:
        raise TooLarge(f"The body has more than {_MOST_TAGS} tags; no request needs so many.", locator="body")
    if b"<!DOCTYPE" in body:
        raise BadRequest(_NO_DOCTYPE, locator="body")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise BadRequest(f"The body is no well-formed XML: {error}.", locator="body") from error
    if root.getroottree().docinfo.internalDTD is not None:
        # In another encoding its bytes read otherwise.
        raise BadRequest(_NO_DOCTYPE, locator="body")
    return root
