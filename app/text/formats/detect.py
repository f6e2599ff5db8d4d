"""Detect Markdown and HTML in a text, so that plain text with stars, hashes or dollar signs stays plain text."""

from __future__ import annotations

import re

from app.text.formats.formula import DOLLARS, is_formula
from app.text.formats.hidden import HIDDEN_ELEMENTS, TIMES
from app.text.formats.html import KNOWN_TAG, REFERENCE, is_reference
from app.text.normalization.cleaning import NOT_IN_ARRAY
from app.types import InputFormat

FOOTNOTE_NUMBER = (
    rf"(?:(?<=[.,;:!?)\"”’\]])|(?<=[^\W\d_]{{2}})|(?<=\d{{4}}))\[{NOT_IN_ARRAY}"
    r"\d{1,3}(?:[,–-][ ]?\d{1,3}){0,9}\](?![\w(]|[ ]?=)"
)
"""Number of a footnote after a word or a mark, as an encyclopedia has it."""
SOURCE_NOTE = r"【\d{1,3}(?::\d{1,3})?†[^【】\n]{0,60}】"
RAISED_NOTE = r"(?<=[.!?,;:)\"”’])<sup>\[?\d{1,3}\]?</sup>"
SUPERSCRIPT_NOTE = r"(?:(?<=[.!?,;:\"”’])|(?<=\))(?![²³](?![¹²³⁰⁴-⁹])))[¹²³⁰⁴-⁹]{1,3}(?!\w)"
"""Raised number of a footnote; after a bracket, 2 and 3 are powers."""
HTML_DOCUMENT = re.compile(r"\s*+<(?:!doctype\s++html|html)\b", re.IGNORECASE)
BULLETS = "→☐☑☒✓✔✗✘▪▫◦‣●○■□➤➔▶⁃∙"
"""Signs that begin the items of a list, if at least two lines in a row begin with one."""
ROW_SIGNS = r"=~/@#*_+<>.:^&%$\\-"
SIGN_ROW = rf"(?=[{ROW_SIGNS}]{{0,3}}[^.:>\s])(?![ \t]*+[`~])[{ROW_SIGNS}]{{3,}}+"
"""A line of nothing but signs, which only parts a text; dots are a pause and colons are emoticons."""
PATTERNS = (
    ("#", r"^[ ]{0,3}(?:#{2,6}[ \t]*+[^\s#]|#[ \t]++(?!of\b)\S)"),  # heading
    ("=~/@#*_+<>^&%$\\-", rf"^[ \t]*+{SIGN_ROW}[ \t]*+\r?$"),
    ("=~/@#*_-", r"(?<!\S)(?:={4,}|~{3,}|/{3,}|@{3,}|#{3,}|\*{3,}|_{3,}|-{4,})(?!\S)"),
    ("*", r"(?<![\w*])\*{1,3}(?![\s*])[^*\n]{1,2000}+(?<!\s)\*{1,3}(?![\w*])"),  # emphasis
    ("*", r"(?<![\d*])\*\*(?![\s*])[^*\n]{1,2000}+(?<!\s)\*\*(?![\d*])"),
    ("_", r"(?<!\w)_{1,3}(?![\W_])[^_\n]{1,2000}+(?<!\s)_{1,3}(?!\w)"),
    ("~", r"(?<![\w~])~(?![\s~\d/])[^~\n]{1,2000}+(?<!\s)~(?![\w~])"),
    ("~", r"~~(?![\s~])[^~\n]{1,2000}+(?<!\s)~~|(?<=\w)~[^\s~^]{1,20}+~(?!\d)"),  # strike-through, subscript
    ("=", r"(?<![\w=])==(?![\s=])[^=\n]{1,2000}+(?<!\s)==(?![\w=])"),  # marked text
    ("|", r"(?<![\w|])\|\|(?![\s|])[^|\n]{1,2000}+(?<!\s)\|\|(?![\w|])"),  # spoiler
    ("!", r">!(?!\s)[^!\n]{1,2000}+!<"),
    ("^", r"(?<=\w)\^[^\s~^]{1,20}+\^(?!\d)"),  # superscript
    ("]", r"\]\([^\s()]*+(?:\([^\s()]*+\)[^\s()]*+)?(?:\s++[\"'(][^\"')\n]*+[\"')])?\s*+\)"),  # link
    ("]", r"\]\[[^\[\]\n]*+\]|^[ ]{0,3}\[[^\[\]\n]++\]:[ \t]*+\S|\[\^[^\[\]\s]{1,60}\]"),
    ("]", rf"\[\[[^\[\]\n]++\]\]|{FOOTNOTE_NUMBER}"),
    ("†", SOURCE_NOTE),
    ("=", r"^[ ]{0,3}={2,6}[ \t][^=\n]++={2,6}[ \t]*+\r?$"),
    ("¹²³⁰⁴⁵⁶⁷⁸⁹", SUPERSCRIPT_NOTE),
    ("<", r"<(?:(?:https?|ftp)://|mailto:|[\w.+-]{1,64}@)[^\s<>]++>"),
    ("`~", r"^[ \t>]*+(?:`{3,}|~{3,})"),  # fence
    ("`", r"(?<![\w`])`(?![\s`])[^`\n]{1,200}+(?<!\s)`(?![\w`])"),  # code
    ("*+", r"^[ ]{0,3}(?:\*[ \t]++(?![*\s])|\+[ \t]++[^\W\d])"),  # list
    ("-*+", r"^[ \t]++[-*+][ \t]++[^\s\d]"),
    ("[", r"^[ \t]*+(?:[-*+]|\d{1,9}[.)])[ \t]++\[[ xX]\][ \t]"),
    (BULLETS, rf"^[ \t]*+[{BULLETS}][^\n]++\n[ \t]*+[{BULLETS}]"),
    (">", r"^[ ]{0,3}>(?:[ \t]?>)*+[ \t]?+[^\d\s=<>-]"),  # quote
    ("|", r"^[ \t]*+\|[ \t][^\n]*\|[ \t]*+\r?$|^[ \t]*+\|?+[ \t]*+:?+-{3,}+:?+[ \t]*+\|[-| :\t]*+\r?$"),  # table
    (":", r"^:[ \t]++[^\W\d_]"),  # definition
    ("\\", r"(?<!¯)\\[*_#`~\[\]|<>(]|\\begin\{"),  # escape, formula
    ("$", r"\$\$[^$\s]|^[ \t]*+\$\$"),
    ("<", f"<!--|{KNOWN_TAG}|<(?i:/?(?:{'|'.join(sorted(HIDDEN_ELEMENTS))}))(?=[\\s/>])[^<>]*+>"),
    ("-", r"\A---[ \t]*+\r?\n"),  # front matter
    (">", TIMES.pattern),  # subtitles
)
"""Signs, and the pattern of markup that is searched for if the text contains one of them. Each pattern takes linear
time: a repetition ends at the sign with which the next match could begin, or is bounded."""
COMPILED = tuple(
    (re.compile(f"[{re.escape(signs)}]"), re.compile(pattern, re.MULTILINE)) for signs, pattern in PATTERNS
)


def detect_format(text: str) -> InputFormat:
    """Return the format of a text: HTML if it begins as a document of it, Markdown if there is any markup."""
    if HTML_DOCUMENT.match(text):
        return InputFormat.HTML
    return InputFormat.MARKDOWN if has_markup(text) else InputFormat.TEXT


def has_markup(text: str) -> bool:
    """Return whether a text contains markup of Markdown or HTML, LaTeX or character references."""
    return (
        any(signs.search(text) and pattern.search(text) for signs, pattern in COMPILED)
        or any(is_reference(match[0]) for match in REFERENCE.finditer(text))
        or any(is_formula(match["single"]) for match in DOLLARS.finditer(text))
    )
