"""Our own parameters and their names on other servers: keys to an `Ask`, the same in every service."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bandstand.errors import BadRequest, InvalidParameter, UnknownStyle, shorten, suggest
from bandstand.model.ask import MOST_NAMES, Ask
from bandstand.model.exchange import Arguments
from bandstand.model.layer import Layer
from bandstand.model.selection import Order, Resampling
from bandstand.services.ows.foreign import Kind, refuse_foreign
from bandstand.services.ows.kvp import boolean, choice, listed, number, number_within, refuse_many, time_text
from bandstand.services.ows.spellings import OURS, SPELLINGS, remark

_RESAMPLINGS: dict[str, Resampling] = {
    "nearest": "nearest",
    "nearest neighbor": "nearest",
    "nearest neighbour": "nearest",
    "nearest-neighbor": "nearest",
    "nearest-neighbour": "nearest",
    "bilinear": "bilinear",
    "linear": "bilinear",
    "cubic": "cubic",
    "bicubic": "cubic",
    "cubic-convolution": "cubic",
    "average": "average",
    "mean": "average",
    "mode": "mode",
}
_ORDERS: dict[str, Order] = {
    "mostrecent": "mostRecent",
    "leastrecent": "leastRecent",
    "leastcc": "leastCC",
    "nearesttime": "nearestTime",
    "leasttimedifference": "nearestTime",
}
_UNITS = {"physical": "physical", "reflectance": "physical", "dn": "stored", "stored": "stored"}

_MAY_REPEAT = frozenset({"rescale", "assets", "bands"})
"""Keys that TiTiler has once a member."""

Reading = tuple[str, object]
"""A field of `Ask` and its value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What a request wishes beyond its protocol's own parameters."""

    ask: Ask
    options: tuple[tuple[str, str], ...] = ()
    """Options of the output format."""
    warnings: tuple[str, ...] = ()
    """Values of `Warning` headers: near misses."""


def read_wishes(args: Arguments, standard: frozenset[str], kind: Kind, *, style: str = "", time: str = "") -> Wishes:
    """Read every vendor parameter.

    Args:
        args: All parameters.
        standard: The protocol's own keys of this operation, in lower case; they are not looked at.
        kind: What is asked for; of coverages and values numbers are wanted, not a picture.
        style: The style asked for.
        time: The time asked for, as text.

    Raises:
        InvalidParameter: A value cannot be read; locator is our key. Or a key of other servers that would change the
            answer is not understood.
        BadRequest: Two spellings of one key disagree.
    """
    given: dict[str, tuple[str, str]] | None = None
    warnings: tuple[str, ...] = ()
    for key in args.keys():  # noqa: SIM118 - Arguments is no mapping
        if key in standard:
            continue
        ours = SPELLINGS.get(key)
        if ours is None:
            refuse_foreign(key, args.all(key), kind, own=standard, vendor=OURS)
            warnings += remark(key)
            continue
        text = _repeated(args, key) if key in _MAY_REPEAT else args.get(key)
        # As clients of ncWMS say that they choose none.
        if text and text.casefold() != "default":
            given = _keep(given or {}, ours, key, text)
    data = kind in {"values", "coverage"}
    fields: dict[str, object] = {}
    options: tuple[tuple[str, str], ...] = ()
    for ours, (key, text) in (given or {}).items():
        if ours == "QUALITY":
            options = (("quality", str(round(number_within(text, "QUALITY", 1, 100)))),)
            continue
        name, value = _READERS[ours](text.replace(" ", ",") if key == "dim_range" else text)
        fields[name] = value
    if fields:
        ask = Ask(style=style, time=time_text(time), data=data, **fields)  # type: ignore[arg-type]
    else:
        ask = Ask(style=style, time=time_text(time), data=data)
    return Wishes(ask=ask, options=options, warnings=warnings)


def read_resampling(text: str, key: str) -> Resampling:
    """A resampling by any of its names, the last part of a URI included.

    Raises:
        InvalidParameter: It is unknown; the known ones are named.
    """
    word = text.rsplit("/", 1)[-1].strip().casefold()
    found = _RESAMPLINGS.get(word)
    if found is None:
        accepted = tuple(dict.fromkeys(_RESAMPLINGS.values()))
        raise InvalidParameter(
            f'{key} "{shorten(text)}" is unknown; accepted: {", ".join(accepted)}.{suggest(word, accepted)}',
            locator=key,
        )
    return found


def drawn_style(layer: Layer, name: str) -> str:
    """The name of the style that a picture would have; an empty one means the layer's own.

    Raises:
        UnknownStyle: The layer lacks it; locator `style`.
    """
    style = layer.style(name)
    if style is None:
        names = [style.name for style in layer.styles]
        raise UnknownStyle(
            f'Layer "{layer.name}" has no style "{shorten(name)}".{suggest(name, names)} '
            f"There are: {', '.join(names)}.",
            locator="style",
        )
    return style.name


def _repeated(args: Arguments, key: str) -> str:
    """The members of a key that may be given one by one, as a list; of names each once."""
    if key == "rescale":
        return ";".join(args.all(key))
    return ",".join(dict.fromkeys(args.all(key)))


def _keep(given: dict[str, tuple[str, str]], ours: str, key: str, text: str) -> dict[str, tuple[str, str]]:
    known = given.get(ours)
    if known is not None and known[1] != text:
        raise BadRequest(
            f'{known[0].upper()} "{shorten(known[1])}" and {key.upper()} "{shorten(text)}" are two names of {ours} '
            "with different values; give one.",
            locator=ours,
        )
    given[ours] = (key, text)
    return given


def _resampling(text: str) -> Reading:
    # One a layer on the server this spelling comes from; ours is one for all.
    return "resampling", read_resampling(next(filter(None, listed(text)), text), "RESAMPLING")


def _gamma(text: str) -> Reading:
    value = number(text, "GAMMA")
    if not 0 < value <= 10:
        raise InvalidParameter(f"GAMMA {value:g} is outside 0 to 10, 0 excluded.", locator="GAMMA")
    return "gamma", value


def _opacity(text: str) -> Reading:
    # ncWMS counts in percent, we in parts of one.
    value = number_within(text, "OPACITY", 0, 100)
    return "opacity", value / 100 if value > 1 else value


def _names(field: str, key: str, what: str) -> Callable[[str], Reading]:
    def read(text: str) -> Reading:
        refuse_many(text, key, most=MOST_NAMES, what=what)
        names = listed(text)
        if not all(names):
            raise InvalidParameter(
                f'{key} "{shorten(text)}" has an empty member; give names, with commas.', locator=key
            )
        return field, names

    return read


_READERS: Mapping[str, Callable[[str], Reading]] = {
    "EXPR": lambda text: ("expr", text),
    "BANDS": _names("bands", "BANDS", "bands"),
    "RANGE": lambda text: ("range", text),
    "COLORMAP": lambda text: ("colormap", text),
    "GAMMA": _gamma,
    "BELOW": lambda text: ("below", text),
    "ABOVE": lambda text: ("above", text),
    "NODATA_COLOR": lambda text: ("nodata_color", text),
    "RESAMPLING": _resampling,
    "PRIORITY": lambda text: ("order", choice(text, "PRIORITY", dict(_ORDERS))),
    "MAXCC": lambda text: ("max_cloud_cover", number_within(text, "MAXCC", 0, 100)),
    "ITEMS": _names("ids", "ITEMS", "scenes"),
    "NEAREST": lambda text: ("nearest", boolean(text, "NEAREST", default=False)),
    "UNITS": lambda text: ("units", choice(text, "UNITS", _UNITS)),
    "OPACITY": _opacity,
}
