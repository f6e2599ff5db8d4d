"""The signs of the International Phonetic Alphabet (its chart of 2020)."""

from __future__ import annotations

import unicodedata

VOWELS = "iyɨʉɯuɪʏʊeøɘɵɤoəɛœɜɞʌɔæɐaɶɑɒɚɝᵻ"
CONSONANTS = "pbtdʈɖcɟkɡqɢʔmɱnɳɲŋɴʙrʀⱱɾɽɸβfvθðszʃʒʂʐçʝxɣχʁħʕhɦɬɮʋɹɻjɰlɭʎʟʍwɥʜʢʡɕʑɺɧɓɗʄɠʛʘǀǃǂǁɫ"
MODIFIERS = "ˈˌːˑʰʷʲˠˤⁿˡʼ˞˥˦˧˨˩↗↘ꜜꜛ "
IPA = frozenset(VOWELS + CONSONANTS + MODIFIERS)
COMBINING = ("\u0300", "\u036f")
"""First and last of the marks above and below letters."""
TWINS = str.maketrans(
    {
        "g": "ɡ",
        "'": "ˈ",
        "’": "ˈ",
        ":": "ː",
        "ǝ": "ə",
        "ʧ": "tʃ",
        "ʤ": "dʒ",
        "ʦ": "ts",
        "ʣ": "dz",
        "ʨ": "tɕ",
        "ʥ": "dʑ",
        ".": "",
        "|": "",
        "‖": "",
        "‿": "",
        "\u0361": "",
        "\u035c": "",
    }
)
"""Signs that are often written for others, former signs, and what no voice has a sound for: syllables and ties."""


def phones(written: str) -> str:
    """A `ph` attribute in the signs that voices know."""
    letters = unicodedata.normalize("NFD", written).replace("c\u0327", "ç")
    return " ".join(letters.translate(TWINS).split())


def foreign(letters: str) -> str:
    """The signs that are none of the alphabet's, each once."""
    return "".join(dict.fromkeys(sign for sign in letters if not is_ipa(sign)))


def is_ipa(sign: str) -> bool:
    """Whether a sign belongs to the alphabet."""
    return sign in IPA or COMBINING[0] <= sign <= COMBINING[1]
