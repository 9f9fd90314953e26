"""What the path of one raster tells: its band, its time, its pixel size, and the scene that it belongs to."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import translate
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

from bandstand.config.profiles import Profile
from bandstand.engine.dates import Dated, counted, date_in, time_in, time_of
from bandstand.model.time import TimeSpan

_TOKEN = re.compile(r"[^_\-. ]+")
_SIZE = re.compile(r"r?(\d+)m", re.IGNORECASE)
_MARKS = frozenset({"a", "d", "y", "doy", "date"})
"""What stands right before a date: `A2022123`, `doy2022123`."""
_INNER = re.compile(
    r"img_data|granule|measurement|r?\d{2,4}m|l[12][ac]_t\d\d[a-z]{3}_a\d{6}_\d{8}t\d{6}", re.IGNORECASE
)
"""Folders of a product that tell no scenes apart (Sentinel-2 SAFE, files sorted by pixel size)."""
_ASIDE = frozenset({"qi_data", "aux_data", "auxfiles", "datastrip", "html", "rep_info", "preview"})
"""Folders of a product that hold no bands, but masks with bands in their names, and pictures."""
_PRODUCT = re.compile(r".+\.safe|s[123][a-d]_.*|copernicus_dsm_.*", re.IGNORECASE)
_PLACE = re.compile(
    r"\d+|\d+x\d+|v\d+|t?\d\d[c-hj-np-x][a-hj-np-z]{2}|h\d\dv\d\d|[nsew]\d+|\d+[nsew]|[ns]\d+[ew]\d+|[xyrczq]\d+|[xrc]\d+[yc]\d+"
    r"|(?:tile|part|chunk|block|row|col|zone|path|utm|no|nr)\d*|\w*\d{3,}\w*",
    re.IGNORECASE,
)
"""Words that tell where, or which of many: tiles, rows and columns, numbers."""
_BAND = re.compile(
    r"b\d{1,2}a?|band_?\d{1,2}|(?:sr|st|bt|toa|boa|rho[ts]|sur_refl)_b\d{1,2}a?|oa\d\d|[vh][vh]"
    r"|red|green|blue|(?:nir|swir|tir|lwir|red_?edge|vre|coastal|pan|cirrus|thermal)_?\d{0,2}"
    r"|[gk]?ndvi|[rd]vi|evi2?|[a-z]{0,2}savi\d?|m?ndwi\d?|ndmi|ndre\d?|ndsi|nbr2?|bsi|lai|fapar|fpar|fcover|fvc"
    r"|gpp|npp|lst|sst|albedo|chl|tsm|aod|aot|wvp|scl|cl[dpm]|f?mask|cloud_?mask|udm2?|usable|qa|bqa|qa_pixel|qa_radsat"
    r"|sr_qa_aerosol|sr_cloud_qa|sr_atmos_opacity|st_(?:atran|cdist|drad|emis|emsd|qa|trad|urad)"
    r"|(?:vi_)?quality|s[az]a|v[az]a|pixel_reliability|tci|rgb|dem|dsm|dtm|slope|aspect|hillshade|elevation"
    r"|t2m|tp|u10|v10|ppt|prec|precip(?:itation)?|tas(?:min|max)?|rain(?:fall)?|temp(?:erature)?|t(?:min|max|mean|avg)|wind|humidity",
    re.IGNORECASE,
)
"""Words that everybody uses for bands: numbers, colours, polarisations, indices, quality, terrain, weather."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """What a path tells, before the file is opened."""

    path: Path
    root: Path
    """Names above it do not count."""
    folders: tuple[str, ...]
    """Below the root, outermost first, without those that tell no scenes apart."""
    time: TimeSpan | None
    dated: bool
    """Whether the file's own name tells it."""
    band: str
    """As it is spelled; empty where nothing is known to be one."""
    rest: str
    """The name without band, pixel size and ending."""
    words: tuple[str, ...]
    """Of the rest, without its date: those that may name a band."""
    places: tuple[str, ...]
    """Of the rest, without its date: those that tell where, or which of many."""
    size_m: float = 0.0
    """Pixel size that the name tells, metres; 0: none."""
    rank: int = 0
    """Place of its variant among those that the profile prefers."""

    @property
    def below(self) -> tuple[str, ...]:
        """All folders below the root, outermost first."""
        return self.path.relative_to(self.root).parts[:-1] if self.path.is_relative_to(self.root) else ()

    @property
    def preference(self) -> tuple[float, ...]:
        """Of several files of one band the smallest is taken: the variant preferred, the finest, the GeoTIFF."""
        return self.rank, self.size_m, self.path.suffix.casefold() not in {".tif", ".tiff"}


def read_name(path: Path, root: Path, profile: Profile) -> Named:
    """Read a path.

    Args:
        root: Folder that was searched; names above it do not count.
    """
    below = path.relative_to(root).parts[:-1] if path.is_relative_to(root) else ()
    product = next((name for name in below if name.upper().endswith(".SAFE")), "")
    folders = [re.sub(r"\.SAFE$", "", name, flags=re.IGNORECASE) for name in below if not _INNER.fullmatch(name)]
    dated = date_in(path.stem)
    tokens = _tokens(path.stem, dated)
    texts = [path.stem[start:end] for start, end in tokens]
    kept = set(range(len(tokens)))
    found = _band(texts, profile)
    band = "_".join(texts[at] for at in found)
    kept -= set(found)
    sizes = {at for at in kept if _SIZE.fullmatch(texts[at])}
    variants = {at for at in kept if texts[at] in profile.prefer}
    kept -= sizes | variants
    inside = {n for n, (start, end) in enumerate(tokens) if dated and start < dated.end and end > dated.start}
    marks = {
        at for at, (_, end) in enumerate(tokens) if dated and end == dated.start and texts[at].casefold() in _MARKS
    }
    named = [texts[at] for at in sorted(kept - inside - marks)]
    if not band and not named and folders and _is_band(folders[-1], profile):
        band = folders.pop()
    if product:
        # Its name tells all that the names of its files do, and more.
        named, kept, dated = [], set(), None
    return Named(
        path=path,
        root=root,
        folders=tuple(folders),
        time=time_in(product) or time_of((root.name, *below, path.stem)),
        dated=dated is not None,
        band=band,
        rest=_joined(path.stem, [tokens[at] for at in sorted(kept)]),
        words=tuple(text for text in named if not _PLACE.fullmatch(text)),
        places=tuple(text for text in named if _PLACE.fullmatch(text)),
        size_m=_size([texts[at] for at in sizes], below),
        rank=min((profile.prefer.index(texts[at]) for at in variants), default=len(profile.prefer)),
    )


def scene_id(scene: Sequence[Named], rest: str) -> tuple[str, str]:
    """The id of a scene by its path, short, and in full for where two are alike.

    Args:
        scene: Its files.
        rest: Their name, without their bands.
    """
    first = scene[0]
    folders = first.folders or (() if rest else (first.root.name or "scene",))
    whole = (*first.folders, rest) if len(scene) > 1 else (*first.below, first.path.stem)
    return identity(folders, rest, dated=first.dated), "__".join(filter(None, (first.root.name, *whole)))


def without(text: str, words: Sequence[str]) -> str:
    """A name without some of its words, each where it stands last; the others keep the separators before them."""
    tokens = [(match.start(), match.end()) for match in _TOKEN.finditer(text)]
    for word in words:
        last = next((token for token in reversed(tokens) if text[slice(*token)] == word), None)
        tokens = [token for token in tokens if token != last]
    return _joined(text, tokens)


def is_aside(path: Path, root: Path, profile: Profile) -> bool:
    """Whether a file is known to hold no band: a picture or a mask beside them."""
    below = path.relative_to(root).parts[:-1] if path.is_relative_to(root) else ()
    product = False
    for name in below:
        if product and name.casefold() in _ASIDE:
            return True
        product = product or _PRODUCT.fullmatch(name) is not None
    texts = [path.stem[m.start() : m.end()] for m in _TOKEN.finditer(path.stem)]
    others = _any_of(profile.others)
    return any(map(others.match, (*below, *texts, path.stem, *(f"{a}_{b}" for a, b in pairwise(texts)))))


@lru_cache(maxsize=64)
def _any_of(patterns: tuple[str, ...]) -> re.Pattern[str]:
    """What one of some shell patterns fits."""
    return re.compile("|".join(map(translate, patterns)) or "(?!)", re.IGNORECASE)


def identity(folders: Sequence[str], rest: str, *, dated: bool) -> str:
    """A short id: what folders and name say twice is left out, and so are folders of a date that the name tells.

    Args:
        rest: Name of the scene's files, without their bands.
        dated: Whether that tells the date.
    """
    counts = counted(folders)
    tells = dated or date_in("_".join(folders[-1:])) is not None
    names = list(dict.fromkeys(filter(None, (*folders, rest))))
    kept = []
    for at, name in enumerate((*folders, rest)):
        said = tells if at in counts else any(_says(other, name) for other in names)
        if name and not said and (at in counts or name not in kept):
            kept.append(name)
    return "_".join(kept)


def _says(longer: str, name: str) -> bool:
    """Whether a name holds all of another, and more."""
    if len(longer) <= len(name):
        return False
    if name.isdecimal():
        # 31 is said by 31TCJ, but 0 is not by 2021.
        return re.search(rf"(?<!\d){name}(?!\d)", longer) is not None
    return name in longer or set(_TOKEN.findall(name)) <= set(_TOKEN.findall(longer))


def _is_band(name: str, profile: Profile) -> bool:
    return profile.resolve(name) is not None or (profile.open and _BAND.fullmatch(name) is not None)


def _band(texts: Sequence[str], profile: Profile) -> range:
    """Positions of the words that name a band: the longest, of these the last."""
    for width in (3, 2, 1):
        for start in range(len(texts) - width, -1, -1):
            if _is_band("_".join(texts[start : start + width]), profile):
                return range(start, start + width)
    return range(0)


def _tokens(stem: str, dated: Dated | None) -> list[tuple[int, int]]:
    """First and last characters of the words of a name; a date that touches a word is one of its own."""
    cuts = {dated.start, dated.end} if dated else set()
    found = []
    for match in _TOKEN.finditer(stem):
        ends = sorted({match.start(), match.end(), *(cut for cut in cuts if match.start() < cut < match.end())})
        found += list(pairwise(ends))
    return found


def _joined(stem: str, kept: Sequence[tuple[int, int]]) -> str:
    """The words that are kept, each behind the separator that it has in the name."""
    text = ""
    for start, end in kept:
        text += (stem[start - 1] if text and not _TOKEN.match(stem[start - 1]) else "") + stem[start:end]
    return text


def _size(texts: Sequence[str], folders: Sequence[str]) -> float:
    for text in (*texts, *reversed(folders)):
        match = _SIZE.fullmatch(text)
        if match:
            return float(match[1])
    return 0.0
