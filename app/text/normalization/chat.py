"""Read what chats write: emoticons, styled letters, abbreviations, words in capitals, interjections and stutters."""

from __future__ import annotations

import re
from itertools import product

from app.text.normalization.abbreviations import match_case
from app.text.normalization.rules import DIGIT
from app.text.phonetic import mark_phonemes, mark_reading
from app.text.word_tables import TABLES, list_alternatives, list_words

FACE = "ツ°□•‿◕ᴥ▽ω´͜͡ʖಠ益∀^><;`"
KAOMOJI = re.compile(
    r"[¯\\_/ヽヾノ╰╯╭╮٩۶ლᕙᕗ]{0,4}"
    rf"(?:[(（](?=[^()（）A-Za-z0-9\n]{{0,11}}[{FACE}])[^()（）A-Za-z0-9\n]{{1,12}}[)）]"
    rf"|ʕ[^ʕʔA-Za-z0-9\n]{{1,8}}ʔ)"
    r"[¯\\_/ヽヾノ╰╯╭╮٩۶ლᕙᕗ︵彡☆]{0,6}"
)
"""A face in brackets with its arms, such as `¯\\_(ツ)_/¯`."""
EMOTICON = re.compile(
    r"(?<![\w:;=/<>\\.^-])(?:"
    r":(?:[+-]1|[a-z][a-z0-9_]{1,29}):(?![\w:])|[:;]['’]?-?(?:[DPpOoSs3Xx@$/\\|*](?![\w/\\:]))|=[DP](?!\w)|>[:;]-?[()DP](?!\w)"
    r"|(?<!\b[A-HJ-Za-z] )<[/\\]?3{1,9}(?=[\s.!?,)]*\Z|[.!?,)]|[^\S\n]*\n)|(?<=\A)<3{1,9}(?=\s)|>_+[<>]|>\.[<>]|<_+<"
    r"|(?:(?<=\S )X|x)D{1,9}(?=[\s.!?,)]{0,9}\Z)|\^[_.-]{0,3}\^|-_{1,3}-|\\[oO]/"
    r"|(?:[oO]_{1,3}[oO]|T_{1,3}T|Q_{1,3}Q|;_{1,3};|[xX]_{1,3}[xX]|u_{1,3}u|@_{1,3}@|~_{1,3}~)(?!\w)"
    r")"
)
"""Emoticons of which a letter, a digit or a sign would be read, and the names of emoji (`:smile:`)."""
EMOTICON_SIGN = re.compile(r"[<>^_~\\@(（ʕ]|[:;=]\S|[xX]D")
"""Without one of these signs, there is no emoticon."""
TILDES = re.compile(r"(?<=[A-Za-z!?])~{1,9}(?=[\s.,!?]|$)")
"""Tildes after a word, which show a singing voice."""
SMALL_CAPITALS = str.maketrans("ᴀʙᴄᴅᴇꜰғɢʜɪᴊᴋʟᴍɴᴏᴘǫꞯʀꜱᴛᴜᴠᴡʏᴢ", "abcdeffghijklmnopqqrstuvwyz")
SMALL_CAPITALS_WORD = re.compile(r"(?<![^\W_])[A-Za-zᴀʙᴄᴅᴇꜰғɢʜɪᴊᴋʟᴍɴᴏᴘǫꞯʀꜱᴛᴜᴠᴡʏᴢ]++(?![^\W_])")
ENCLOSED = {start + number: chr(ord("A") + number) for start in (0x1F150, 0x1F170) for number in range(26)}
"""White letters in black circles and squares; Unicode gives those of other styles a plain equivalent."""


def simplify_letters(text: str) -> str:
    """Replace small capitals and white letters on black by plain letters."""
    if text.isascii():
        return text
    text = text.translate(ENCLOSED)
    # Phonetic notation has some of these signs among other letters; only a whole word of them is styled.
    return SMALL_CAPITALS_WORD.sub(lambda m: m[0].translate(SMALL_CAPITALS), text)


LOVE = re.compile(r"(?<=\b(?:I|i) )<3(?= [A-Za-z])|(?<=\b(?:we|We) )<3(?= [A-Za-z])")


def drop_emoticons(text: str) -> str:
    """Drop emoticons, and tildes after a word; `I <3 you` is `I love you`."""
    if not EMOTICON_SIGN.search(text):
        return text
    return TILDES.sub("", EMOTICON.sub(" ", KAOMOJI.sub(" ", LOVE.sub("love", text))))


CHAT_WORDS, DIGIT_WORDS = TABLES["chat_words"], TABLES["digit_words"]
DIGIT_WORD = re.compile(
    rf"(?<![\w'.@#/$€£-])({'|'.join(DIGIT_WORDS)})(?![\w@/]|[.-]\w)|(?<=[a-z!] )([24])(?= (?:u|ur|urself|me 2)\b)",
    re.IGNORECASE,
)


def expand_digit_words(text: str) -> str:
    """Write the words of chats that contain a digit as usual: `gr8` -> great, `thx 4 ur help` -> thx for ur help."""
    return DIGIT_WORD.sub(expand_digit_word, text) if DIGIT.search(text) else text


def expand_digit_word(match: re.Match[str]) -> str:
    """Return a word without its digit; a chess square or a code in capitals such as `B4` unchanged."""
    if match[2]:
        return "for" if match[2] == "4" else "to"
    word = match[1]
    if not word.islower() and len(word) < 3:
        return word
    return match_case(DIGIT_WORDS[word.lower()], word)


CHAT_LETTERS, LETTERS = (frozenset(list_words("words", name)) for name in ("chat_letters", "letters"))
"""Abbreviations that are spelled; the second ones only in upper case, since espeak-ng would read them as words."""
ABBREVIATION = re.compile(r"(?<![\w'.@/-])([A-Za-z]{2,6})(?![\w@/]|\.\w|-\w|'\w)")
ABBREVIATIONS = frozenset(
    word + plural for word in (*CHAT_WORDS, *CHAT_LETTERS, *map(str.lower, LETTERS)) for plural in ("", "s")
)
SHORT_WORD = re.compile("[a-z]{2,}")
PLURAL = re.compile(r"([A-Z]{2,4})s")


def expand_chat(text: str) -> str:
    """Expand abbreviations of chats, and separate the letters of those that are spelled."""
    # Most sentences hold none, and a set of words is faster than a function called for each.
    if ABBREVIATIONS.isdisjoint(SHORT_WORD.findall(text.lower())):
        return text
    return ABBREVIATION.sub(expand_abbreviation, text)


def expand_abbreviation(match: re.Match[str]) -> str:
    """Return how a word is read, if it is one of the abbreviations."""
    word, lower = match[1], match[1].lower()
    if lower not in ABBREVIATIONS:
        return word
    if lower in CHAT_WORDS and (word == lower or len(word) > 2):
        return match_case(CHAT_WORDS[lower], word)
    if word in LETTERS or (lower in CHAT_LETTERS and (word == lower or word.isupper())):
        return spell(word.upper())
    plural = PLURAL.fullmatch(word)
    return f"{spell(plural[1])}'s" if plural and (plural[1] in LETTERS or plural[1].lower() in CHAT_LETTERS) else word


def spell(letters: str) -> str:
    """Return letters with spaces between them; an A among them is not the article."""
    return " ".join(mark_reading("'eI", letter) if letter == "A" else letter for letter in letters)


PRONOUN = re.compile(r"(?<![\w'&/.-])(?:IT|US)(?![\w&/-]|\.\w|'S\b)")
"""Pronouns that espeak-ng spells when they are in capitals."""
LOWER = re.compile(r"[a-z]{2}")
CAPITALS = re.compile(r"[A-Z]{2}")
VERBS_BEFORE = re.compile(rf"\b(?:{'|'.join(list_alternatives('before_pronouns'))}) $")
NOUNS_AFTER = re.compile(rf" (?:{'|'.join(list_alternatives('after_names'))})\b")
COUNTRY_BEFORE = re.compile(r"\bTHE $")


def lower_pronouns(text: str) -> str:
    """Write IT and US small in words in capitals (`STOP IT NOW!`), unless they stand for computers or the country."""
    if "IT" not in text and "US" not in text:
        return text
    shouted = not LOWER.search(text) and len(CAPITALS.findall(PRONOUN.sub("", text))) > 0
    return PRONOUN.sub(lambda m: m[0].lower() if is_pronoun(m, shouted) else m[0], text)


def is_pronoun(match: re.Match[str], shouted: bool) -> bool:
    """Return whether IT or US is a pronoun; `shouted`: whether the whole text is in capitals."""
    text = match.string
    before, after = text[max(0, match.start() - 12) : match.start()], text[match.end() : match.end() + 20]
    if COUNTRY_BEFORE.search(before) or NOUNS_AFTER.match(after):
        return False
    return shouted or VERBS_BEFORE.search(before) is not None


INTERJECTIONS = TABLES["interjections"]
PHONEMES = tuple(INTERJECTIONS.values())
NO_SOUNDS = frozenset({"PST", "SSS", "MM", "NNN", "PHT", "TSK", "TSS", "HM", "AA", "AAA", "AAAA", "MHM", "PFF", "aa"})
"""Abbreviations with the letters of an interjection."""
OUTSIDE = r"(?<![\w'’@./-])"
AFTER = r"(?![\w@/]|'\w|-\w|\.\w)"
BEGINNINGS = r"(?=s[sh]|p[sfh]|b[rz]|gr|h[rmn]|m[mh]|n[gn]|zz|t[sc]|o[wo]|e[we]|a[wahr]|u[gh]|ya)"
"""The first two letters of all interjections: few words need a closer look."""
INTERJECTION = re.compile(
    f"{OUTSIDE}{BEGINNINGS}(?:{'|'.join(f'({spelling})' for spelling in INTERJECTIONS)}){AFTER}", re.IGNORECASE
)


def mark_interjections(text: str) -> str:
    """Mark interjections with their phonemes: `Shhh` -> ʃː."""
    return INTERJECTION.sub(mark_interjection, text)


def mark_interjection(match: re.Match[str]) -> str:
    """Return the phonemes of an interjection with its letters."""
    assert match.lastindex is not None
    return match[0] if match[0] in NO_SOUNDS else mark_phonemes(PHONEMES[match.lastindex - 1], match[0])


STUTTER = re.compile(
    rf"{OUTSIDE}((?:(?:[cstwp]h|[bcdfgpt][lr]|s[cklmnptw]|tw"
    rf"|[a-z])-){{1,6}})([a-z]{{2,40}}(?:'[a-z]{{1,4}})?)(?![\w@]|-\w)",
    re.IGNORECASE,
)
"""The first sounds of a word, repeated before it: `W-w-what`."""
STUTTERED = TABLES["stuttered"]
VOICED_TH = re.compile(r"th(?:e|at|is|ey|em|ere|en|ese|ose|eir|ough|an|ank god)?(?:'\w+|se)?", re.IGNORECASE)
STUTTERED_VOWELS = {"a": "ə", "i": "ɪ", "o": "oʊ", "u": "ʌ"}
"""Vowels with their sound; `e-` is rather a prefix, as in e-everything."""
NO_STUTTERS, DOUBLED = (frozenset(list_words("words", name)) for name in ("no_stutters", "doubled"))
"""Words that often follow their own first letter and a hyphen, and words with a doubled letter that are drawn out."""


def mark_stutters(text: str) -> str:
    """Mark the repeated consonants of a stutter with their sound: `W-w-what` -> wəwəwhat."""
    if "-" not in text:
        return text
    return STUTTER.sub(mark_stutter, text)


def mark_stutter(match: re.Match[str]) -> str:
    """Return a stuttered word with its repeated sounds; other words unchanged."""
    repeated, word = match[1], match[2].lower()
    parts = repeated.lower().rstrip("-").split("-")
    if not all(word.startswith(part) for part in parts) or (len(parts) == 1 and word in NO_STUTTERS):
        return match[0]
    if word[0] in "aeiou":
        vowel = STUTTERED_VOWELS.get(word[0], "") if not word.startswith("i'") else ""
        return mark_phonemes(vowel * len(parts), repeated) + match[2] if vowel else match[0]
    sound = next((STUTTERED[word[:size]] for size in (3, 2) if word[:size] in STUTTERED), "")
    if sound == "θ" and VOICED_TH.fullmatch(word):
        sound = "ð"
    sounds = (sound or "".join(map(STUTTERED.__getitem__, part)) for part in parts)
    return mark_phonemes("".join(f"{one}ə" for one in sounds), repeated) + match[2]


REPEATED = re.compile(r"([a-z])\1\1", re.IGNORECASE)
RUN = re.compile(r"([a-z])\1{2,}", re.IGNORECASE)
LETTERS_ONLY = re.compile(r"(?<![\w@./])[A-Za-z]+(?:'[a-z]{1,2})?(?![\w@/]|\.\w)")
ROMAN = re.compile(r"[IVXLCDM]+")
SUFFIXES = ("", "'s", "s", "y", "ly", "d", "ed", "er", "est", "ing")
"""Endings of those words."""
HYPHENATED = re.compile(r"\b(?!(?-i:I)-)([A-Za-z]{0,8}([aeiou]))(?:-\2){2,9}([a-z]{0,8})\b", re.IGNORECASE)
"""A drawn-out word with hyphens: `So-o-o`, `we-e-ell`."""
SHORT_WORDS = frozenset("NO SO GO HI OH AH UH YO ME WE HE SHE YA UP HA HEY YES NOW YOU TOO SEE WHY WHO".split())
"""Words to which a few drawn-out capitals may be shortened; others are abbreviations, such as IEEE."""


def shorten_words(text: str) -> str:
    """Write drawn-out words as usual: `Sooooo` -> So, `cooool` -> cool."""
    if "-" in text:
        text = HYPHENATED.sub(r"\1\3", text)
    return LETTERS_ONLY.sub(shorten_word, text) if REPEATED.search(text) else text


def shorten_word(match: re.Match[str]) -> str:
    """Return a word without letters repeated three times or more; Roman numerals and abbreviations unchanged."""
    word = match[0]
    runs = list(RUN.finditer(word))
    if not runs or ROMAN.fullmatch(word) or len(set(word.lower())) == 1 or INTERJECTION.fullmatch(word):
        return word
    single = RUN.sub(r"\1", word)
    if word.isupper() and len(word) <= 4 and single not in SHORT_WORDS:
        return word
    if len(runs) > 3:
        return single
    pieces = RUN.split(word)
    plain, letters = pieces[0::2], pieces[1::2]
    for repeats in product((2, 1), repeat=len(runs)):
        spelled = plain[0] + "".join(
            (letter * times if word.isupper() else letter + letter.lower() * (times - 1)) + after
            for letter, times, after in zip(letters, repeats, plain[1:], strict=True)
        )
        if any(spelled.lower().removesuffix(suffix) in DOUBLED for suffix in SUFFIXES):
            return spelled
    return single
