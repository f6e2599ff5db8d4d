"""Read what chats write: emoticons, styled letters, abbreviations, and words in capitals."""

from __future__ import annotations

import re

from app.text.normalization.abbreviations import match_case
from app.text.normalization.rules import DIGIT
from app.text.phonetic import mark_reading
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
