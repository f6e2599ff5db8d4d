"""Characters that nobody speaks are dropped; those with a plain twin become it."""

from __future__ import annotations

import re
import unicodedata

TWINS = str.maketrans(
    {
        "’": "'",
        "‘": "'",
        "ʼ": "'",
        "`": "'",
        "´": "'",
        "“": '"',
        "”": '"',
        "„": '"',
        "«": '"',
        "»": '"',
        "‐": "-",
        "‑": "-",
        "‒": "-",
        "−": "-",
        "⁄": "/",
        "∕": "/",
        "•": ",",
        "·": " ",
        "\u00a0": " ",
        "\u2028": " ",
        "\u2029": " ",
        "\t": " ",
        "\r": " ",
        "\n": " ",
        "\v": " ",
        "\f": " ",
        "\x85": " ",
    }
)
KEPT_SYMBOLS = "°+<=>~|^§©®™№$€£¥¢%&@#*/\\"
"""Symbols that later steps read."""
FRACTION_SIGN = re.compile("[¼-¾⅐-⅞]")
MANY_SPACES = re.compile(r"\s+")
SPACE_BEFORE_MARK = re.compile(r" (?=[,.;:!?](?:\s|$))")


def clean(text: str) -> str:
    """Plain quotes, dashes, spaces and letters; no emoji, no control, format or private characters."""
    text = FRACTION_SIGN.sub(spaced_fraction, text.translate(TWINS))
    compatible = "".join(twin(character) for character in text)
    return "".join(character for character in compatible if speakable(character))


def twin(character: str) -> str:
    """Full-width letters and ligatures as usual letters; symbols that have a name of their own stay as they are."""
    if character in KEPT_SYMBOLS or character.isascii():
        return character
    return unicodedata.normalize("NFKC", character).translate(TWINS)


def speakable(character: str) -> bool:
    """Whether a character can matter for the reading: emoji, controls, surrogates and invisible marks cannot."""
    category = unicodedata.category(character)
    if category in ("So", "Sk", "Sm", "Sc"):
        return character in KEPT_SYMBOLS
    return not category.startswith("C") and category != "Me" and not "\ufe00" <= character <= "\ufe0f"


def spaced_fraction(match: re.Match[str]) -> str:
    """`2½` -> `2 1/2`."""
    return " " + unicodedata.normalize("NFKC", match[0]).replace("⁄", "/")


def tidy(text: str) -> str:
    """One space between words, none before a mark."""
    return SPACE_BEFORE_MARK.sub("", MANY_SPACES.sub(" ", text)).strip()
