"""Choose a reading of words with one spelling and two sounds by the words around them.

espeak-ng has rules of its own, which read most of them rightly. The table holds only contexts in which it is wrong, and
only those in which hardly any other reading is possible.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from app.text.normalization.numerals import LETTER_A
from app.text.phonetic import mark_reading

CONTEXT = 70
"""Characters before and after a word that its rules read."""


class Rule(NamedTuple):
    """Context in which a word has a reading; each pattern may be empty."""

    phonemes: str
    """Reading in espeak-ng's notation."""
    unless: re.Pattern[str] | None
    """Pattern that must not end right before the word."""
    before: re.Pattern[str]
    """Pattern that must end right before the word."""
    after: re.Pattern[str]
    """Pattern that must match right after the word."""

    def fits(self, before: str, after: str) -> bool:
        """Return whether a word stands in this context."""
        return bool(
            self.after.match(after) and self.before.search(before) and not (self.unless and self.unless.search(before))
        )


def read_rules() -> dict[str, list[Rule]]:
    """Return the rules of each word, in order; words in capitals are parts of later patterns, such as `<START>`."""
    parts: dict[str, str] = {}
    rules: dict[str, list[Rule]] = {}
    for row in Path(__file__).with_name("heteronym_contexts.tsv").read_text(encoding="utf-8").splitlines()[1:]:
        word, phonemes, *patterns = row.split("\t")
        unless, before, after = (re.sub("<([A-Z_]+)>", lambda part: parts[part[1]], one) for one in patterns)
        if word.isupper():
            parts[word] = before
            continue
        unlike = re.compile(f"(?:{unless})$", re.IGNORECASE) if unless else None
        found = Rule(phonemes, unlike, re.compile(f"(?:{before})$" if before else ""), re.compile(after))
        rules.setdefault(word, []).append(found)
    return rules


RULES = read_rules()
"""Rules of each word; the first that fits decides."""
HETERONYMS = frozenset(RULES)
WORD = re.compile("[a-z]{3,}")
HETERONYM = re.compile(rf"(?<![\w'@.⟦|]){'(?:' + '|'.join(RULES) + ')'}(?![\w'@⟧]|\.\w|-\w)", re.IGNORECASE)


def mark_heteronyms(text: str) -> str:
    """Mark words with the phonemes of the reading that their context requires."""
    if HETERONYMS.isdisjoint(WORD.findall(text.lower())):
        return text
    return HETERONYM.sub(mark_heteronym, text)


def mark_heteronym(match: re.Match[str]) -> str:
    """Return a word with its phonemes if one of its rules fits, else the word."""
    text, start, end = match.string, match.start(), match.end()
    before, after = text[max(0, start - CONTEXT) : start], text[end : end + CONTEXT]
    if match[0].isupper() and len(match[0]) > 1:
        before, after = before.lower(), after.lower()
    for rule in RULES[match[0].lower()]:
        if rule.fits(before, after):
            return mark_reading(rule.phonemes, match[0])
    return match[0]


CAPITAL_A = re.compile(r"(?<![\w'@.|/&-])A(?:\.(?= [A-Z])|(?![\w'@⟧-]|\.\w))")
"""A capital A that stands alone, or begins a name or an item."""
LETTER_AFTER = re.compile(
    r" (?:(?:and|or|to|is|was|are|were|has|had|than|from|with|of|at|for|equals|does|plus|minus|times|mod|"
    r"pipe|arrow|dot)(?![\w'-])|[A-Z]\b(?!['.-]\w))"
)
"""What follows the letter A, and hardly ever the article."""
ARTICLE_AFTER = re.compile(r" [B-HJ-Z] [a-z]{2}")
"""A letter that names a thing, after the article at the beginning: `A B movie is`."""
LETTER_BEFORE = re.compile(r"\b[A-HJ-Z]⟧? $|\b[A-Z] [A-Z]⟧? $")
LABEL_BEFORE = re.compile(
    r"\b(?:an|the|plan|type|grade|class|group|level|point|letter|option|choice|answer|vitamin|section|hepatitis|appendix"
    r"|exhibit|model|series|side|team|block|unit|room|gate|hall|part|apartment|session) $",
    re.IGNORECASE,
)
"""Words after which A is a letter before any other word."""


def mark_letters(text: str) -> str:
    """Mark an A with the name of the letter if it is not the article: `ten A M`, `Plan A is`, `A380`."""
    for letter, sign in LETTER_A.items():
        text = text.replace(sign, mark_reading("'eI", letter))
    return CAPITAL_A.sub(mark_letter, text) if "A" in text else text


def mark_letter(match: re.Match[str]) -> str:
    """Return the letter A with its phonemes, or the article unchanged."""
    text, start, end = match.string, match.start(), match.end()
    before, after = text[max(0, start - CONTEXT) : start], text[end : end + CONTEXT]
    if match[0] == "A." or LETTER_BEFORE.search(before):
        is_letter = after[:1] == " "
    elif LETTER_AFTER.match(after):
        is_letter = before.endswith(" ") or not ARTICLE_AFTER.match(after)
    else:
        is_letter = LABEL_BEFORE.search(before) is not None and after[:1] == " "
    return mark_reading("'eI", "A") if is_letter else match[0]
