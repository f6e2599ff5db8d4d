"""Where sentences begin in a short stretch of text: what sentencex says, less its known errors and more its misses.

sentencex is Wikimedia's segmenter; docs/segmenters.md tells what it was measured against.
"""

from __future__ import annotations

import re

from sentencex import get_sentence_boundaries

LANGUAGE = "en"
LOOK = 24
"""Code points before and behind an edge that decide about it."""
STARTERS = (
    "A|An|And|Are|As|At|But|Can|Did|Do|Does|For|He|Her|His|How|I|If|In|Is|It|Its|Let|My|No|Not|Now|On|Once|Or|Our|"
    "She|So|That|The|Their|Then|There|These|They|This|Those|We|Were|What|When|Where|Who|Why|Will|Would|Yes|You|Your"
)
"""Words that hardly begin a name, so that a capital letter at their head means a new sentence."""
NO_STARTERS = (
    "Mon|Tues?|Wed|Thu|Thurs|Fri|Sat|Sun|Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sept?|Oct|Nov|Dec|"
    "[ECMP][SD]?T|GMT|UTC|BST|CES?T|London|Paris|Eastern|Central|Pacific|Mountain"
)
"""What stands behind a time of day within the same sentence."""
EMOJI = "\u2600-\u27bf\U0001f300-\U0001faff\ufe0f\u200d"
FALSE_ENDS = (
    (r"(?:^|[\s(])(?:approx|temp|viz|cf|dept|resp|incl|excl|avg)\.\s+$", r""),
    (r"(?:^|[\s(])(?:Ft|Mt|Messrs|Mss|Pvt|Cpl|Cmdr|Brig)\.\s+$", r"[A-Z]"),
    (r"\b[ap]\.m\.\s+$", rf"(?:{NO_STARTERS})"),
    (r"[A-Za-z]\.$", r"[A-Z]{2,}\b"),
    (r"(?:^|[^?\s]\s+)\(?\d{1,2}[.)]\s+$", r"[\"“‘]?[A-Z]"),
)
"""Pairs of what stands before and behind an edge that is none. The last is the number of an item in a list, which is
only looked for where nothing but that number stands between two edges."""
MISSED = re.compile(
    rf"…[\"”’)]{{0,3}}\s{{1,9}}(?=[\"“‘(]?[A-Z])(?!I\b)"
    rf"|[.!?][\"”’]?\)\s{{1,9}}(?=[\"“‘]?[A-Z])"
    rf"|[{EMOJI}]\s{{1,9}}(?=(?:{STARTERS})\b(?!\.))"
    rf"|\b[ap]\.m\.\s{{1,9}}(?=[A-Z])(?!{NO_STARTERS})"
    rf"|\b(?:St|Rd|Ave|Blvd|Inc|Ltd|Corp|Co|Jr|Sr|etc|U\.S|U\.K|D\.C)\.\s{{1,9}}(?=(?:{STARTERS})\b(?!\.))"
    rf"|(?<![\w.])[Oo][Kk]\.\s{{1,9}}(?=[A-Za-z])"
)
"""Ends of sentences that are often not seen, up to where the next one begins."""
NUMBER_ALONE = re.compile(r"\s*\(?\d{1,2}[.)]\s*")
FALSE = tuple((re.compile(before), re.compile(behind)) for before, behind in FALSE_ENDS)


def sentence_starts(text: str) -> list[int]:
    """Places at which second and later sentences begin, in order; the text holds no lone surrogates."""
    found = {boundary["start_index"] for boundary in get_sentence_boundaries(LANGUAGE, text)}
    found |= {match.end() for match in MISSED.finditer(text)}
    starts: list[int] = []
    previous = 0
    for edge in sorted(edge for edge in found if 0 < edge < len(text)):
        if not is_false(text, previous, edge):
            starts.append(edge)
            previous = edge
    return starts


def is_false(text: str, previous: int, edge: int) -> bool:
    """Whether no sentence ends at an edge."""
    before, behind = text[max(0, edge - LOOK) : edge], text[edge : edge + LOOK]
    *rules, (number_before, number_behind) = FALSE
    if NUMBER_ALONE.fullmatch(text, previous, edge):
        rules.append((number_before, number_behind))
    return any(left.search(before) and right.match(behind) for left, right in rules)
