"""The kinds of ground a point may lie on, and the land cover class each of them counts as."""

from typing import NamedTuple

SEA, FRESH, SAND, DUNE, MARSH, PAVED, RED_ROOF, GREY_ROOF, WHITE_ROOF, GARDEN = range(10)
TRACK, MARGIN, PASTURE, ARABLE, BROADLEAF, CONIFER, CLEARING, HEATH, BARE, ORCHARD = range(10, 20)

KIND_COUNT = 20


class CoverClass(NamedTuple):
    """One class of the land cover map."""

    value: int
    """Stored value; 0 is nodata."""
    name: str
    """Short name, as in STAC's classification extension."""
    title: str
    """Name for a legend."""
    colour: tuple[int, int, int]
    """Red, green, blue."""
    kinds: tuple[int, ...]
    """What counts as this class."""


COVER_CLASSES = (
    CoverClass(1, "sea", "Sea", (42, 96, 153), (SEA,)),
    CoverClass(2, "inland_water", "Rivers and lakes", (88, 152, 205), (FRESH,)),
    CoverClass(3, "beach", "Beach and dune", (240, 222, 164), (SAND, DUNE)),
    CoverClass(4, "wetland", "Marsh", (122, 182, 166), (MARSH,)),
    CoverClass(5, "built_up", "Built-up", (208, 74, 64), (RED_ROOF, GREY_ROOF, WHITE_ROOF, GARDEN)),
    CoverClass(6, "transport", "Roads and paved ground", (122, 116, 120), (PAVED,)),
    CoverClass(7, "cropland", "Arable land", (232, 200, 104), (TRACK, MARGIN, ARABLE)),
    CoverClass(8, "grassland", "Pasture and meadow", (166, 208, 98), (PASTURE,)),
    CoverClass(9, "orchard", "Orchard", (196, 142, 190), (ORCHARD,)),
    CoverClass(10, "broadleaf", "Broadleaved forest", (70, 148, 72), (BROADLEAF,)),
    CoverClass(11, "conifer", "Coniferous forest", (28, 94, 74), (CONIFER,)),
    CoverClass(12, "open_land", "Heath, clearings and bare ground", (176, 156, 120), (CLEARING, HEATH, BARE)),
)
