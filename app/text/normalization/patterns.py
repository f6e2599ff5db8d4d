"""Parts of regular expressions that several normalization steps share."""

from __future__ import annotations

import re
from collections.abc import Iterable

NUMBER = r"(\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)"
COUNTED_NOUNS = (
    "people|persons|men|women|children|kids|boys|girls|users|members|students|teachers|doctors|dentists|nurses|patients|"
    "soldiers|workers|employees|passengers|visitors|customers|guests|voters|residents|citizens|refugees|survivors|"
    "followers|subscribers|players|fans|volunteers|families|households|homes|houses|buildings|rooms|seats|schools|"
    "companies|stores|shops|towns|villages|cities|countries|islands|species|animals|birds|cows|sheep|dogs|cats|trees|"
    "books|copies|letters|words|pages|lines|rows|files|photos|pictures|items|units|pieces|points|votes|jobs|cases|"
    "deaths|injuries|cars|trucks|ships|planes|tanks|boxes|bottles|bags|tickets|coins|stars|steps|stairs|tons|tonnes|"
    "miles|acres|gallons|barrels|calories|years|months|weeks|days|nights|hours|minutes|seconds|times|dollars|euros|"
    "pounds|views|viewers|downloads|likes|parameters|tokens|samples|tests|errors|examples|meters|metres|kilometers|feet"
)
"""Plural nouns that are counted: a number before them is a count and neither a year nor a code."""


def join_alternatives(words: Iterable[str]) -> str:
    """Return words as alternatives of a regular expression, longest first."""
    return "|".join(map(re.escape, sorted(words, key=len, reverse=True)))
