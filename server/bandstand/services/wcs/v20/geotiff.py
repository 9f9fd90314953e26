"""GeoTIFF encoding parameters (OGC 12-100r1, 12-101): read at the door, each refusal with its own code."""

from collections.abc import Callable, Mapping

from bandstand.errors import InvalidParameter, shorten
from bandstand.model.exchange import Arguments

PREFIX = "geotiff:"


class CompressionInvalid(InvalidParameter):
    """No compression that the standard knows."""

    http_status = 404


class CompressionNotSupported(InvalidParameter):
    """A compression of the standard that is not offered here."""

    http_status = 404


class JpegQualityInvalid(InvalidParameter):
    """No whole number from 1 to 100."""

    http_status = 404


class PredictorInvalid(InvalidParameter):
    """No predictor that the standard knows, or none for numbers of this type."""

    http_status = 404


class InterleavingInvalid(InvalidParameter):
    """No interleaving that the standard knows."""

    http_status = 404


class TilingInvalid(InvalidParameter):
    """Tiles of a size that TIFF does not have, or neither yes nor no."""

    http_status = 404


_COMPRESSIONS = ("none", "packbits", "lzw", "deflate", "zstd")
_MISSING = ("jpeg", "huffman")


def _one_of(words: tuple[str, ...], refusal: type[InvalidParameter]) -> Callable[[str, str], None]:
    def check(name: str, text: str) -> None:
        if text not in words:
            raise refusal(
                f'{PREFIX}{name} "{shorten(text)}" is unknown; accepted: {", ".join(words)}.', locator=text[:80]
            )

    return check


def _compression(name: str, text: str) -> None:
    if text in _MISSING:
        raise CompressionNotSupported(
            f'{PREFIX}{name} "{shorten(text)}" is not offered: it would change the numbers or holds two values only. '
            f"Offered: {', '.join(_COMPRESSIONS)}.",
            locator=text,
        )
    _one_of(_COMPRESSIONS, CompressionInvalid)(name, text)


def _whole(low: int, high: int, step: int, refusal: type[InvalidParameter]) -> Callable[[str, str], None]:
    def check(name: str, text: str) -> None:
        number = int(text) if text.isdecimal() and text.isascii() and len(text) < 10 else -1
        if not low <= number <= high or number % step:
            steps = f" that is a multiple of {step}" if step > 1 else ""
            raise refusal(
                f'{PREFIX}{name} "{shorten(text)}" is not accepted; give a whole number from {low} to {high}{steps}.',
                locator=text[:80],
            )

    return check


_CHECKS: Mapping[str, Callable[[str, str], None]] = {
    "compression": _compression,
    "jpeg_quality": _whole(1, 100, 1, JpegQualityInvalid),
    "predictor": _one_of(("none", "horizontal", "floatingpoint", "auto", "1", "2", "3"), PredictorInvalid),
    "interleave": _one_of(("pixel", "band"), InterleavingInvalid),
    "tiling": _one_of(("true", "false", "1", "0", "yes", "no"), TilingInvalid),
    "tilewidth": _whole(16, 4096, 16, TilingInvalid),
    "tileheight": _whole(16, 4096, 16, TilingInvalid),
}
KEYS = frozenset(_CHECKS)
"""In lower case; they are read with and without the prefix."""


def read_options(args: Arguments) -> tuple[tuple[str, str], ...]:
    """The options of the encoder, by name.

    Raises:
        CompressionInvalid, CompressionNotSupported, JpegQualityInvalid, PredictorInvalid, InterleavingInvalid,
        TilingInvalid: The locator is the value.
        InvalidParameter: A parameter with the prefix that GeoTIFF has not.
    """
    found: dict[str, str] = {}
    for key in args.keys():  # noqa: SIM118 - Arguments is no mapping
        name = key.removeprefix(PREFIX)
        if name not in KEYS:
            if name != key and args.get(key):
                raise InvalidParameter(
                    f'"{shorten(key)}" is no parameter of GeoTIFF; there are: {", ".join(KEYS)}.', locator=key[:80]
                )
            continue
        text = args.get(key).casefold()
        if text:
            _CHECKS[name](name, text)
            found[name] = {"1": "true", "0": "false"}.get(text, text) if name == "tiling" else text
    return tuple(sorted(found.items()))
