"""Values as XML has them: legal characters, plain decimals, names."""

from decimal import Decimal

from markupsafe import Markup

_LOWEST = "\t\n\r"


def _legal(char: str) -> bool:
    # XML 1.0, production 2: what else a string may hold is no character there.
    code = ord(char)
    return char in _LOWEST or 0x20 <= code < 0xD800 or 0xE000 <= code < 0xFFFE or code > 0xFFFF


def legal(text: str) -> str:
    """A text with every character that XML cannot hold made visible."""
    return text if text.isprintable() else "".join(c if _legal(c) else "\ufffd" for c in text)


def legal_text(value: object) -> object:
    """A template value with every character that XML cannot hold made visible; markup stays as it is."""
    return legal(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def plain_number(value: float) -> str:
    """A number in plain decimals that reads back as the same number: no exponent, no needless zero."""
    text = format(Decimal(value if isinstance(value, int) else repr(float(value))), "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def to_ncname(text: str) -> str:
    """A name that XML takes as an element's: other characters become `_`, a digit does not come first."""
    safe = "".join(c if c.isascii() and (c.isalnum() or c in "_-.") else "_" for c in text)
    return safe if safe[:1].isalpha() or safe[:1] == "_" else f"_{safe}"
