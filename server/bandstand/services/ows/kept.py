"""Keys of ours that come with a question about the service: the addresses that its answer tells carry them on.

A connection to `…/wms?EXPR=NDWI` thereby means it: clients ask for maps at the addresses of the capabilities.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from urllib.parse import quote, urlencode

from bandstand.engine.engine import Engine
from bandstand.errors import BadRequest, BandstandError, NotFound
from bandstand.model.ask import Ask, TimeAxis
from bandstand.model.exchange import Arguments, Call
from bandstand.model.layer import Layer
from bandstand.model.style import Style
from bandstand.services.ows.spellings import SPELLINGS
from bandstand.services.ows.vendor import read_wishes

_CHOSEN = frozenset({"default_time", "default_style"})
_CREDENTIALS = frozenset({"token", "access_token", "apikey", "api_key", "authkey", "key"})
"""Read by whatever stands in front of us."""
_STANDARD = _CHOSEN | {
    *("time", "style", "styles"),
    *("service", "version", "wmtver", "request", "format", "exceptions", "updatesequence"),
    *("acceptversions", "acceptformats", "acceptlanguages", "section", "sections"),
    *("coverage", "identifier", "identifiers", "coverageid"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What of a question is kept."""

    pairs: tuple[tuple[str, str], ...] = ()
    """As sent; time and style as what counts where a client chooses none."""
    ask: Ask = Ask()  # noqa: RUF009 - a frozen noun
    """What they mean."""

    @property
    def query(self) -> str:
        """The pairs for an address that ends in a question mark; with an `&` behind, so that more may follow."""
        return f"{_encoded(self.pairs)}&" if self.pairs else ""

    @property
    def suffix(self) -> str:
        """The pairs behind an address whose path tells style and time; with the question mark before."""
        pairs = [pair for pair in self.pairs if pair[0].casefold() not in _CHOSEN]
        return f"?{_encoded(pairs)}" if pairs else ""

    @property
    def picture(self) -> tuple[tuple[str, str], ...]:
        """Those that a legend follows, too: all but style and time."""
        return tuple(pair for pair in self.pairs if pair[0].casefold() not in _CHOSEN)

    def styles(self, layer: Layer, engine: Engine) -> tuple[tuple[str, str], ...]:
        """Names and titles of the styles of a layer; first the one that it has if none is asked for.

        With an expression, colours or bands of the connection that is the one that suits them: it goes by the name
        `default`, and of the layer's own ones those are left that can be had with them.
        """
        chosen = layer.style(self.ask.style) if self.ask.style else None
        own = layer.styles if chosen is None else (chosen, *(s for s in layer.styles if s.name != chosen.name))
        if not self.picture:
            return tuple((style.name, style.title or style.name) for style in own)
        fitting = [style for style in own if self._paints(layer, style, engine)]
        named = [(style.name, style.title or style.name) for style in fitting]
        if chosen is not None:
            return tuple(named)
        suited = engine.ask(layer, self.ask).style
        return (("default", (suited.title if suited else "") or layer.title), *named)

    def _paints(self, layer: Layer, style: Style, engine: Engine) -> bool:
        try:
            engine.ask(layer, replace(self.ask, style=style.name))
        except (BadRequest, NotFound):
            return False
        return True

    def default_time(self, axis: TimeAxis) -> str:
        """The default time of a layer: that which is kept, where the layer has it."""
        return self.ask.time if self.ask.time in axis.values else axis.default

    def drawn(self, layers: Iterable[Layer], engine: Engine) -> tuple[Layer, ...]:
        """The layers that can be asked for so.

        Raises:
            BandstandError: None can; the reason of the last one.
        """
        if not self.pairs:
            return tuple(layers)
        found: list[Layer] = []
        reason: BandstandError | None = None
        for layer in layers:
            try:
                engine.ask(layer, self.ask)
            except (BadRequest, NotFound) as error:
                reason = error
            else:
                found.append(layer)
        if reason is not None and not found:
            raise reason
        return tuple(found)


def read_kept(call: Call, args: Arguments, *, data: bool = False) -> Kept:
    """Read what is kept of a question about the service.

    Args:
        call: Its parameters are kept as they were spelled.
        args: The same, indexed.
        data: Whether numbers are described, not pictures.

    Raises:
        BandstandError: A value cannot be read; the locator is the key. Or a key of other servers that changes whatever
            is asked later is not understood.
    """
    wishes = read_wishes(args, _STANDARD, "document", style=args.get("style", "styles"), time=args.get("time"))
    kept = SPELLINGS.keys() | _CREDENTIALS
    pairs = [(key, value) for key, value in call.args if value.strip() and key.casefold() in kept]
    if time := args.get("time"):
        pairs.append(("DEFAULT_TIME", time))
    if (style := args.get("style", "styles")) and not data:
        pairs.append(("DEFAULT_STYLE", style))
    ask = replace(wishes.ask, data=True, style="", time="") if data else wishes.ask
    return Kept(pairs=tuple(pairs), ask=ask)


def _encoded(pairs: Iterable[tuple[str, str]]) -> str:
    return urlencode(list(pairs), quote_via=quote)
