"""Handle elements whose text is read differently from how it is written: say-as, sub and phoneme.

The function of each element reports invalid attributes and returns a function from the element's text to its
substitutions, or None if the text is read as it stands.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import groupby
from xml.sax.saxutils import quoteattr

from app.text.normalization.normalize import normalize
from app.text.phonetic import phonetic
from app.text.segment import WORD
from app.text.ssml.say_as import AT_ONCE, KINDS, Kind, read_as
from app.text.ssml.substitutions import Substitution
from app.text.ssml.text_map import WarningCollector, shown

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
"""Signs often written for others, obsolete signs, and signs without a sound of their own: syllable breaks and ties."""


def phones(written: str) -> str:
    """Return the value of a `ph` attribute in the signs that voices know."""
    letters = unicodedata.normalize("NFD", written).replace("c\u0327", "ç")
    return " ".join(letters.translate(TWINS).split())


def foreign(letters: str) -> str:
    """Return the signs that do not belong to the IPA, each once."""
    return "".join(dict.fromkeys(sign for sign in letters if not is_ipa(sign)))


def is_ipa(sign: str) -> bool:
    """Return whether a sign belongs to the IPA."""
    return sign in IPA or COMBINING[0] <= sign <= COMBINING[1]


Attributes = Mapping[str, str]
Ending = Callable[[str], list[Substitution]]
"""Function from an element's text, not empty and without blanks at its ends, to substitutions with offsets in it."""

LONGEST = 250
"""Maximum characters read at once: as many as a model speaks well."""
SIGN = re.compile(r"[^\W\d_]|\s")
SIGN_LENGTH = 8
"""Maximum characters of a digit or a sign when it is read, except for rare signs."""


def sub(attributes: Attributes, remarks: WarningCollector) -> Ending | None:
    """Return a function that substitutes the alias of `<sub>`; None if it has no effect."""
    alias = attributes.get("alias")
    if alias is None:
        remarks.add("missing_attribute", "<sub> without alias has no effect.")
        return None
    if read_length(alias) > LONGEST:
        remarks.add("invalid_value", f"alias={shown(alias)} on <sub> was ignored: it is too long to be read at once.")
        return None
    tag = f"sub alias={quoteattr(alias)}"
    return lambda text: [Substitution(0, len(text), tag, partial(normalize, alias), apart=False)]


def read_length(text: str) -> int:
    """Estimate the characters to read of a text without normalizing it."""
    if len(text) > LONGEST:
        return len(text)
    letters = len(SIGN.findall(text))
    return letters + SIGN_LENGTH * (len(text) - letters)


def phoneme(attributes: Attributes, remarks: WarningCollector) -> Ending | None:
    """Return a function that substitutes the phonemes of `<phoneme>`; None if it has no effect."""
    alphabet = attributes.get("alphabet", "").strip().lower() or "ipa"
    written = attributes.get("ph", "")
    sounds, what = phones(written), f"ph={shown(written)} on <phoneme>"
    if not sounds:
        remarks.add("missing_attribute", "<phoneme> without ph has no effect.")
    elif alphabet != "ipa":
        remarks.add("unsupported_phoneme", f"The alphabet {shown(alphabet)} is not known, only ipa: the text is read.")
    elif foreign(sounds):
        remarks.add("unsupported_phoneme", f"{shown(foreign(sounds))} in {what} is not IPA: the text is read.")
    elif len(sounds) > LONGEST:
        remarks.add("invalid_value", f"{what} was ignored: it is too long to be read at once.")
    else:
        return partial(sounded, sounds, f"phoneme alphabet={quoteattr(alphabet)} ph={quoteattr(written)}", remarks)
    return None


def sounded(sounds: str, tag: str, remarks: WarningCollector, text: str) -> list[Substitution]:
    """Return the substitution of a text by its phonemes; empty if the text holds no word or is too long."""
    if not WORD.search(text) or len(text) > LONGEST:
        remarks.add("unsupported_phoneme", f"{shown(text)} within <phoneme> is no word: it is read as it stands.")
        return []
    return [Substitution(0, len(text), tag, lambda: phonetic(sounds, normalize(text)), apart=False)]


def say_as(attributes: Attributes, remarks: WarningCollector) -> Ending | None:
    """Return a function that substitutes the words of `<say-as>`; None if it has no effect."""
    name = attributes.get("interpret-as", "").strip().lower()
    if not name:
        remarks.add("missing_attribute", "<say-as> without interpret-as has no effect.")
        return None
    if name not in KINDS:
        remarks.add("unsupported_say_as", f"interpret-as={shown(name)} on <say-as> is not known: the text is read.")
        return None
    form = known_form(KINDS[name], attributes.get("format", ""), remarks)
    return partial(said, KINDS[name], name, form, remarks)


def known_form(kind: Kind, written: str, remarks: WarningCollector) -> str:
    """Return a format as `KINDS` has it (`yyyymmdd` is `ymd`); report an unknown one and return an empty string."""
    form = "".join(letter for letter, _ in groupby(written.strip().lower()))
    if not form or form in kind.formats:
        return form
    if kind.formats:
        remarks.add("invalid_value", f"format={shown(written)} on <say-as> was ignored.")
    else:
        remarks.add("unsupported_attribute", "format on <say-as> has an effect on dates and times only.")
    return ""


def said(kind: Kind, name: str, form: str, remarks: WarningCollector, text: str) -> list[Substitution]:
    """Return the substitutions of a text; several if it is long and read sign by sign."""
    tag = f"say-as interpret-as={quoteattr(name)}" + (f" format={quoteattr(form)}" if form else "")
    speak = read_as(kind, text, form)
    if not speak:
        remarks.add("say_as_unreadable", f"{shown(text)} cannot be read as {name}: it is read as it stands.")
        return []
    signs = kind.signs
    if not signs:
        return [Substitution(0, len(text), tag, speak)]
    return [Substitution(a, b, tag, partial(signs, text[a:b]), continues=a > 0) for a, b in stretches(text)]


def stretches(text: str) -> Iterator[tuple[int, int]]:
    """Yield (start, end) of short pieces of a text that neither begin nor end with a blank."""
    for start in range(0, len(text), AT_ONCE):
        piece = text[start : start + AT_ONCE]
        if piece.strip():
            yield start + len(piece) - len(piece.lstrip()), start + len(piece.rstrip())
