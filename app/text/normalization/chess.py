"""Read moves of chess: `2. Nf3 Nc6` -> two. knight f three knight c six."""

from __future__ import annotations

import re

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
