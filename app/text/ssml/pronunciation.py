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

from app.text.languages import ENGLISH, get_base_language
from app.text.languages.normalizer import get_normalizer
from app.text.languages.numbers import read_ordinal, spell_digits
from app.text.languages.table import load_language
from app.text.normalization.cleaning import clean
from app.text.normalization.normalize import normalize
from app.text.phonetic import mark_phonemes, remove_phonemes
from app.text.segment import WORD
from app.text.ssml.say_as import KINDS, STRETCH_CHARS, SayAsKind, read_as
from app.text.substitutions import Substitution
from app.text.text_map import WarningCollector, quote

VOWELS = "iyɨʉɯuɪʏʊeøɘɵɤoəɛœɜɞʌɔæɐaɶɑɒɚɝᵻ"
CONSONANTS = "pbtdʈɖcɟkɡqɢʔmɱnɳɲŋɴʙrʀⱱɾɽɸβfvθðszʃʒʂʐçʝxɣχʁħʕhɦɬɮʋɹɻjɰlɭʎʟʍwɥʜʢʡɕʑɺɧɓɗʄɠʛʘǀǃǂǁɫ"
MODIFIERS = "ˈˌːˑʰʷʲˠˤⁿˡʼ˞˥˦˧˨˩↗↘ꜜꜛ "
IPA = frozenset(VOWELS + CONSONANTS + MODIFIERS)
COMBINING = ("\u0300", "\u036f")
"""First and last of the marks above and below letters."""
EQUIVALENTS = str.maketrans(
    dict(zip("g'’:ǝʧʤʦʣʨʥ", "ɡ ˈ ˈ ː ə tʃ dʒ ts dz tɕ dʑ".split(), strict=True)) | dict.fromkeys(".|‖‿\u0361\u035c", "")
)
"""Signs often written for others, obsolete signs, and signs without a sound of their own: syllable breaks and ties."""


def normalize_ipa(written: str) -> str:
    """Return the value of a `ph` attribute in the signs that voices know."""
    letters = unicodedata.normalize("NFD", written).replace("c\u0327", "ç")
    return " ".join(letters.translate(EQUIVALENTS).split())


def find_foreign_signs(letters: str) -> str:
    """Return the signs that do not belong to the IPA, each once."""
    return "".join(dict.fromkeys(sign for sign in letters if not is_ipa(sign)))


def is_ipa(sign: str) -> bool:
    """Return whether a sign belongs to the IPA."""
    return sign in IPA or COMBINING[0] <= sign <= COMBINING[1]


Attributes = Mapping[str, str]
SubstitutionFactory = Callable[[str], list[Substitution]]
"""Function from an element's text, not empty and without blanks at its ends, to substitutions with offsets in it."""

MAX_CHARS = 250
"""Maximum characters read at once: as many as a model speaks well."""
SIGN = re.compile(r"[^\W\d_]|\s")
MAX_SIGN_CHARS = 8
"""Maximum characters of a digit or a sign when it is read, except for rare signs."""


def read_sub(attributes: Attributes, remarks: WarningCollector) -> SubstitutionFactory | None:
    """Return a function that substitutes the alias of `<sub>`; None if it has no effect."""
    alias = attributes.get("alias")
    if alias is None:
        remarks.add("missing_attribute", "<sub> without alias has no effect.")
        return None
    if estimate_length(alias) > MAX_CHARS:
        remarks.add("invalid_value", f"alias={quote(alias)} on <sub> was ignored: it is too long to be read at once.")
        return None
    tag = f"sub alias={quoteattr(alias)}"
    return lambda text: [Substitution(0, len(text), tag, partial(normalize, alias), apart=False)]


def estimate_length(text: str) -> int:
    """Estimate the characters to read of a text without normalizing it."""
    if len(text) > MAX_CHARS:
        return len(text)
    letters = len(SIGN.findall(text))
    return letters + MAX_SIGN_CHARS * (len(text) - letters)


def read_phoneme(attributes: Attributes, remarks: WarningCollector) -> SubstitutionFactory | None:
    """Return a function that substitutes the phonemes of `<phoneme>`; None if it has no effect."""
    alphabet = attributes.get("alphabet", "").strip().lower() or "ipa"
    written = attributes.get("ph", "")
    sounds, what = normalize_ipa(written), f"ph={quote(written)} on <phoneme>"
    if not sounds:
        remarks.add("missing_attribute", "<phoneme> without ph has no effect.")
    elif alphabet != "ipa":
        remarks.add("unsupported_phoneme", f"The alphabet {quote(alphabet)} is not known, only ipa: the text is read.")
    elif find_foreign_signs(sounds):
        remarks.add(
            "unsupported_phoneme", f"{quote(find_foreign_signs(sounds))} in {what} is not IPA: the text is read."
        )
    elif len(sounds) > MAX_CHARS:
        remarks.add("invalid_value", f"{what} was ignored: it is too long to be read at once.")
    else:
        return partial(
            substitute_phonemes, sounds, f"phoneme alphabet={quoteattr(alphabet)} ph={quoteattr(written)}", remarks
        )
    return None


def substitute_phonemes(sounds: str, tag: str, remarks: WarningCollector, text: str) -> list[Substitution]:
    """Return the substitution of a text by its phonemes; empty if the text holds no word or is too long."""
    if not WORD.search(text) or len(text) > MAX_CHARS:
        remarks.add("unsupported_phoneme", f"{quote(text)} within <phoneme> is no word: it is read as it stands.")
        return []

    def speak(language: str) -> str:
        return mark_phonemes(sounds, remove_phonemes(normalize(text, language)))

    return [Substitution(0, len(text), tag, speak, apart=False)]


def read_say_as(attributes: Attributes, remarks: WarningCollector) -> SubstitutionFactory | None:
    """Return a function that substitutes the words of `<say-as>`; None if it has no effect."""
    name = attributes.get("interpret-as", "").strip().lower()
    if not name:
        remarks.add("missing_attribute", "<say-as> without interpret-as has no effect.")
        return None
    if name not in KINDS:
        remarks.add("unsupported_say_as", f"interpret-as={quote(name)} on <say-as> is not known: the text is read.")
        return None
    form = read_format(KINDS[name], attributes.get("format", ""), remarks)
    return partial(substitute_words, KINDS[name], name, form, remarks)


def read_format(kind: SayAsKind, written: str, remarks: WarningCollector) -> str:
    """Return a format as `KINDS` has it (`yyyymmdd` is `ymd`); report an unknown one and return an empty string."""
    form = "".join(letter for letter, _ in groupby(written.strip().lower()))
    if not form or form in kind.formats:
        return form
    if kind.formats:
        remarks.add("invalid_value", f"format={quote(written)} on <say-as> was ignored.")
    else:
        remarks.add("unsupported_attribute", "format on <say-as> has an effect on dates and times only.")
    return ""


def substitute_words(kind: SayAsKind, name: str, form: str, remarks: WarningCollector, text: str) -> list[Substitution]:
    """Return the substitutions of a text; several if it is long and read sign by sign."""
    tag = f"say-as interpret-as={quoteattr(name)}" + (f" format={quoteattr(form)}" if form else "")
    speak = read_as(kind, text, form)
    if not speak:
        remarks.add("say_as_unreadable", f"{quote(text)} cannot be read as {name}: it is read as it stands.")
        return []
    signs = kind.signs
    if not signs:
        return [Substitution(0, len(text), tag, partial(speak_as, name, text, speak))]
    return [
        Substitution(a, b, tag, partial(speak_as, name, text[a:b], partial(signs, text[a:b])), continues=a > 0)
        for a, b in split_stretches(text)
    ]


def speak_as(name: str, text: str, speak: Callable[[], str], language: str) -> str:
    """Return the English reading of a text, or its reading as the same kind in another language."""
    return speak() if get_base_language(language) == ENGLISH else read_as_kind(name, text, language)


def split_stretches(text: str) -> Iterator[tuple[int, int]]:
    """Yield (start, end) of short pieces of a text that neither begin nor end with a blank."""
    for start in range(0, len(text), STRETCH_CHARS):
        piece = text[start : start + STRETCH_CHARS]
        if piece.strip():
            yield start + len(piece) - len(piece.lstrip()), start + len(piece.rstrip())


SPELLED = frozenset(("characters", "spell-out"))
BY_DIGITS = frozenset(("digits", "number_digit", "telephone"))


def read_as_kind(name: str, text: str, code: str) -> str:
    """Return the reading of a text as a value of `interpret-as`; what no kind reads is read like any text."""
    language = load_language(code)
    if name in SPELLED:
        return " ".join(name_character(character, code) for character in text if not character.isspace())
    if language.reads_numbers and name in BY_DIGITS:
        return spell_digits(text, language)
    digits = "".join(filter(str.isdecimal, text))
    if language.complete and name == "ordinal" and digits:
        return read_ordinal(digits, language)
    return get_normalizer(code).normalize(clean(text, code))


def name_character(character: str, code: str) -> str:
    """Return a letter as a capital, which is read by its name, a digit as a word, and a sign by its name."""
    if character.isalpha():
        capital = character.upper()
        return capital if len(capital) == 1 else character
    language = load_language(code)
    if character.isdecimal() and language.reads_numbers:
        return spell_digits(character, language)
    return language.signs.get(character) or (language.dot if character == "." else character)
