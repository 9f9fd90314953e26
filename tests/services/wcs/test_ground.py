"""How large pixels leave in another system: also where meridians meet, and where their numbers jump."""

import pytest

from bandstand.model.crs import CRS84, parse_crs, transformer
from bandstand.model.grid import Affine, Grid
from bandstand.services.wcs.ground import pixel_size

GLOBE = Grid(parse_crs("EPSG:4326"), Affine(0.25, 0, -180, 0, -0.25, 90), 1440, 720)
DEGREE_M = 111_320.0


@pytest.mark.parametrize(
    ("code", "middle"), [(3413, (0, 0)), (3031, (0, 0)), (3413, (60_000, -80_000)), (32661, (2e6, 2e6))]
)
def test_around_a_pole_pixels_stay_about_as_long_as_on_the_ground(code, middle):
    x, y = middle
    for side in pixel_size(GLOBE, parse_crs(f"EPSG:{code}"), (x - 3e6, y - 3e6, x + 3e6, y + 3e6)):
        # Meridians are closer than parallels, at 3000 km from the pole half as far apart as those are.
        assert 0.2 * 0.25 * DEGREE_M < side < 1.1 * 0.25 * DEGREE_M


@pytest.mark.parametrize(("code", "lat"), [(3832, 0.0), (3460, -17.0), (32601, 52.0)])
def test_over_the_antimeridian_pixels_are_as_long_as_beside_it(code, lat):
    crs = parse_crs(f"EPSG:{code}")
    x, y = transformer(CRS84, crs).transform(180.0, lat)
    beside = pixel_size(GLOBE, crs, (x - 1000, y, x - 1000, y))
    assert pixel_size(GLOBE, crs, (x - 1000, y, x + 1000, y)) == pytest.approx(beside, rel=1e-3)
