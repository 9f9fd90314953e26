"""What is written and what is understood: precedence, associativity, names, constants."""

import pytest

from bandstand.compute.expression.parse import parse
from bandstand.compute.expression.tree import spell
from bandstand.compute.naming import CollectionNames
from bandstand.errors import InvalidProgram
from bandstand.model.limits import Limits


@pytest.fixture(scope="module")
def tree(collection, recipes):
    names = CollectionNames(collection, recipes)
    return lambda text: ";".join(spell(output.node) for output in parse(text, names, Limits()))


SAME = [
    ("B02 + B03 * B04", "B02 + (B03 * B04)"),
    ("B02 - B03 - B04", "(B02 - B03) - B04"),
    ("B02 / B03 * B04", "(B02 / B03) * B04"),
    ("B02 // B03 % B04", "(B02 // B03) % B04"),
    ("-B02 ** 2", "-(B02 ** 2)"),
    ("B02 ** B03 ** B04", "B02 ** (B03 ** B04)"),
    ("B02 ^ B03", "B02 ** B03"),
    ("B02 ** -B03", "B02 ** (-B03)"),
    ("B02 * -B03", "B02 * (-B03)"),
    ("+B02", "B02"),
    ("B02 + B03 > B04 * 2", "(B02 + B03) > (B04 * 2)"),
    ("B02 > 1 and B03 > 2", "(B02 > 1) and (B03 > 2)"),
    ("B02 > 1 & B03 > 2", "(B02 > 1) and (B03 > 2)"),
    ("B02 > 1 && B03 > 2", "B02 > 1 and B03 > 2"),
    ("B02 > 1 | B03 > 2", "B02 > 1 or B03 > 2"),
    ("B02 > 1 || B03 > 2", "B02 > 1 or B03 > 2"),
    ("B02 or B03 and B04", "B02 or (B03 and B04)"),
    ("not B02 == B03", "not (B02 == B03)"),
    ("!B02", "not B02"),
    ("not B02 and B03", "(not B02) and B03"),
    ("B02 < B03 < B04", "B02 < B03 and B03 < B04"),
    ("B02 ? B03 : B04", "where(B02, B03, B04)"),
    ("B02 ? B03 : B04 ? B05 : B06", "where(B02, B03, where(B04, B05, B06))"),
    ("B02 > 1 or B03 ? B04 + 1 : B05", "where((B02 > 1) or B03, B04 + 1, B05)"),
    ("nd(B08, B04)", "(B08 - B04)/(B08 + B04)"),
    ("scale(B08, 0.1, B04)", "(B08 - 0.1)/(B04 - 0.1)"),
    ("NDVI", "nd(B08, B04)"),
    ("ndvi*2", "nd(nir, red)*2"),
    ("nir", "B08"),
    ("NIR", "B08"),
    ("b08", "B08"),
    ('"B08"', "B08"),
    ("'B08'", "B08"),
    ("B02*(2+3*4)", "B02*14"),
    ("B02 + pi", "B02 + 3.141592653589793"),
    ("B02 + e", "B02 + 2.718281828459045"),
    ("B02 + 1e-1", "B02 + .1"),
    ("B02 + nan", "B02 + nodata"),
    ("B02 + 1/0", "B02 + nan"),
    ("where(2 > 1, B02, B03)", "B02"),
    ("B02 + min(3, 1, 2) + max(3, 1)", "B02 + 1 + 3"),
    ("B02 + (-7) % 3 + 7 // -2", "B02 + 2 + -4"),
    ("B02 + round(2.5) + round(3.5)", "B02 + 2 + 4"),
    ("a=B02;b=a*2;b+a", "B02;B02*2;B02*2+B02"),
    ("B02;B03;", "B02;B03"),
    (" B02\n\t+ B03 ", "B02+B03"),
    ("mask.snow", "SCL == 11"),
    ("mask.clouds", "SCL == 8 or SCL == 9"),
    ("DATAMASK*B02", "dataMask*B02"),
]


@pytest.mark.parametrize(("text", "plain"), SAME)
def test_two_ways_to_write_it_mean_the_same(tree, text, plain):
    assert tree(text) == tree(plain)


DIFFERENT = [
    ("B02 - B03 - B04", "B02 - (B03 - B04)"),
    ("B02 + B03 * B04", "(B02 + B03) * B04"),
    ("-B02 ** 2", "(-B02) ** 2"),
    ("B02 ** B03 ** B04", "(B02 ** B03) ** B04"),
    ("not B02 == B03", "(not B02) == B03"),
    ("B02 or B03 and B04", "(B02 or B03) and B04"),
]


@pytest.mark.parametrize(("text", "other"), DIFFERENT)
def test_parentheses_change_the_meaning(tree, text, other):
    assert tree(text) != tree(other)


def test_a_name_with_a_space_is_a_band_in_quotes(tree):
    assert tree('"Oa08 radiance"') == "'Oa08 radiance'"


def test_an_earlier_output_hides_an_index_of_its_name(tree):
    assert tree("NDVI=B02;NDVI*2") == tree("B02;B02*2")


def test_a_quoted_name_is_never_an_index(read):
    with pytest.raises(InvalidProgram, match='unknown band "EVI"'):
        read('"EVI"')
