"""Bands to values: band math."""

from bandstand.compute.bands import Bands
from bandstand.compute.compile import compile_expression
from bandstand.compute.indices import index_reports
from bandstand.compute.program import Expression
from bandstand.compute.recipes import Recipe, Recipes

__all__ = ["Bands", "Expression", "Recipe", "Recipes", "compile_expression", "index_reports"]
