"""Units in the spellings of providers become codes of UCUM."""

import pytest

from bandstand.engine.units import ucum


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("K", "K"),
        ("Kelvin", "K"),
        ("kelvin", "K"),
        ("degC", "Cel"),
        ("degree_Celsius", "Cel"),
        ("degrees Celsius", "Cel"),
        ("\u00b0C", "Cel"),
        ("metre", "m"),
        ("Meters", "m"),
        ("US survey foot", "[ft_us]"),
        ("m s-1", "m.s-1"),
        ("m s**-1", "m.s-1"),
        ("m s^-1", "m.s-1"),
        ("m/s", "m/s"),
        ("kg m**-2", "kg.m-2"),
        ("kg/m^2", "kg/m2"),
        ("m\u00b2", "m2"),
        ("meter/second", "m/s"),
        ("W m-2 sr-1 um-1", "W.m-2.sr-1.um-1"),
        ("W/(m^2*sr*\u00b5m)", "W/(m2.sr.um)"),
        ("watt/steradian/square_meter/micrometer", "W/sr/m2/um"),
        ("percent", "%"),
        ("decibel", "dB"),
        ("hPa", "hPa"),
        ("10*-6", "10*-6"),
        ("", ""),
        ("1", ""),
        ("none", ""),
        ("Unitless", ""),
        ("\u6e29\u5ea6", ""),
        ("log of: chlorophyll {a}", "{log_of__chlorophyll_a}"),
    ],
)
def test_a_spelling_becomes_its_code(text, code):
    assert ucum(text) == code
