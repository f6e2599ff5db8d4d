"""Read addresses, paths, codes, telephone numbers and moves of chess."""

from __future__ import annotations

import re

from app.text.normalization.numbers import DIGITS, spell_digits
from app.text.normalization.numerals import letters
from app.text.normalization.rules import RuleTable
from app.text.word_tables import TABLES

SPOKEN_SIGNS = str.maketrans(
    {
        **{".": " dot ", "/": " slash ", "-": " dash ", "_": " underscore ", "@": " at ", ":": " colon "},
        **{"?": " question mark ", "=": " equals ", "&": " and ", "#": " hash ", "%": " percent ", "~": " tilde "},
    }
)
PATH_SIGNS = str.maketrans({"/": " slash ", ".": " dot ", "~": " tilde ", "_": " ", "@": " at ", "+": " plus "})


def verbalize_address(address: str) -> str:
    """Read an address: `https://example.com/a` -> example dot com slash a; keep the punctuation mark after it."""
    bare = address.rstrip(".,;:!?/-")
    closing = "" if address.endswith(("/", "-")) else address[len(bare) :]
    bare = bare.split("://", 1)[-1].removeprefix("www.")
    return bare.translate(SPOKEN_SIGNS).strip() + closing


def verbalize_path(path: str) -> str:
    """Read a path: `/usr/bin` -> slash user slash bin; keep the punctuation mark after it."""
    bare = path.rstrip(".")
    return re.sub(r"\busr\b", "user", bare.translate(PATH_SIGNS)) + path[len(bare) :]


def verbalize_dots(name: str) -> str:
    """Read the dots of the name of a file: `a.b` -> a dot b."""
    return name.replace(".", " dot ")


verbalize_addresses = RuleTable("addresses", verbalize_address, verbalize_path, verbalize_dots)


SEPARATOR = re.compile(r"[ ./()-]+")
MIN_PHONE_DIGITS, MAX_PHONE_DIGITS = 7, 15
"""Digits of a telephone number; the maximum is that of ITU-T E.164."""
WORD_IN_CODE = re.compile(r"(?=[A-Z]{0,12}?[AEIOU])[A-Z]{4,12}(?=\d{1,4}$)")
NUMBER_SIGN = re.compile(r"\bn(?:o|um)\.(?=\W*$)", re.IGNORECASE)


def spell_code(code: str) -> str:
    """Spell a code, with a comma between groups: `DE89 3704` -> D E eight nine, three seven zero four."""
    return ", ".join(spell_group(group) for group in SEPARATOR.split(code.lstrip("+")) if group)


def spell_group(group: str) -> str:
    """Spell a group of a code; keep letters that form a word: `SAVE20` -> SAVE two zero."""
    word = WORD_IN_CODE.match(group)
    letters = word[0] if word else ""
    return " ".join([*([letters] if letters else []), *map(name_sign, group[len(letters) :])])


def name_sign(sign: str) -> str:
    """Return a digit as a word and any other sign as it is; the letter A is no article."""
    return DIGITS[int(sign)] if sign.isdecimal() else TABLES["letter_a"].get(sign, sign.replace(":", ","))


def spell_after_word(match: re.Match[str]) -> str:
    """Spell a code after its word: `PIN 1234` -> PIN one two three four; leave numbers of one or two digits."""
    word, code = match.groups()
    return match[0] if len(code) < 3 else f"{NUMBER_SIGN.sub('number', word).rstrip()} {spell_code(code)}"


def spell_alternatives(numbers: str) -> str:
    """Spell numbers joined by `or` or a slash: `911 or 112` -> nine one one or one one two."""
    return " or ".join(map(spell_digits, re.split(" or |/", numbers)))


def verbalize_vanity(match: re.Match[str]) -> str:
    """Read a number that holds words: `1-800-FLOWERS` -> one eight hundred flowers."""
    country, prefix, words = match.groups()
    digits = f"{DIGITS[int(prefix[0])]} hundred" if prefix.endswith("00") else spell_digits(prefix)
    return ("one " if country else "") + digits + " " + words.replace("-", " ").lower()


def verbalize_national(match: re.Match[str]) -> str:
    """Read a telephone number with a trunk prefix, if it has enough digits."""
    digits = sum(map(str.isdecimal, match[0]))
    return spell_code(match[0]) if MIN_PHONE_DIGITS <= digits <= MAX_PHONE_DIGITS else match[0]


read_signs_of_code = RuleTable("code", letters)


def read_code(code: str) -> str:
    """Return code between backticks as a programmer reads it: `list[0] == a.b` -> list 0 equals a dot b."""
    return code if "://" in code else read_signs_of_code(code)


verbalize_codes = RuleTable(
    "codes", spell_code, spell_after_word, spell_alternatives, verbalize_vanity, verbalize_national
)


PIECES = {"K": "king", "Q": "queen", "R": "rook", "B": "bishop", "N": "knight"}
CASTLING = {"O-O-O": "castles queenside", "O-O": "castles", "0-0-0": "castles queenside", "0-0": "castles"}
MOVE = re.compile(
    r"(?<![\w.'-])(?<!\.\.\d)(?:(?P<number>\d{1,3}\.(?:\.\.)?) ?)?(?:(?P<castling>[O0]-[O0](?:-[O0])?)"
    r"|(?P<piece>[KQRBN])?(?P<origin>[a-h]?[1-8]?)(?P<takes>x?)(?P<square>[a-h][1-8])(?:=(?P<promoted>[QRBN]))?)"
    r"(?P<check>[+#]?)(?![\w'])"
)
"""A move in algebraic notation, perhaps with its number."""
SQUARE = re.compile("[a-h][1-8]|[O0]-[O0]")
MIN_MOVES = 2
"""Fewest moves in a text: a single `Be4` may be something else."""


def verbalize_moves(text: str) -> str:
    """Replace moves of chess with words, if the text has several and one of them has a number or names a piece."""
    if not SQUARE.search(text):
        return text
    moves = list(MOVE.finditer(text))
    if len(moves) < MIN_MOVES or not any(move["number"] or move["piece"] for move in moves):
        return text
    return MOVE.sub(verbalize_move, text)


def verbalize_move(match: re.Match[str]) -> str:
    """Read one move: `Nxe5+` -> knight takes e5 check."""
    number = f"{match['number'].replace('...', '.')} " if match["number"] else ""
    check = {"+": " check", "#": " checkmate"}.get(match["check"], "")
    if match["castling"]:
        return number + CASTLING[match["castling"]] + check
    words = [PIECES[match["piece"]]] if match["piece"] else []
    words += [*match["origin"], *(["takes"] if match["takes"] else []), match["square"]]
    return number + " ".join(words + ([PIECES[match["promoted"]]] if match["promoted"] else [])) + check
