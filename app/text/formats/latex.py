"""Find the commands of a LaTeX document around its words: sections, styles, environments, references and comments."""

from __future__ import annotations

import re
import unicodedata

from app.text.formats.hidden import FILLER, JOINER
from app.text.text_map import WarningCollector
from app.text.word_tables import list_alternatives

STYLES = "textbf|textit|textsc|textsf|texttt|textrm|emph|underline|uline|enquote|mbox|text"
SECTIONS = "part|chapter|section|subsection|subsubsection|paragraph|subparagraph|title"
DROPPED = "|".join(list_alternatives("latex_dropped"))
"""Commands whose arguments are not words."""
ALONE = "|".join(list_alternatives("latex_alone"))
MATHEMATICS = "|".join(list_alternatives("latex_mathematics"))
"""Environments that are formulas."""
LATEX = re.compile(
    rf"(?m:^)[ \t]*+\\(?:(?:{SECTIONS})\*?\{{|(?:textbf|textit|textsc|emph)\{{|item\b"
    rf"|begin\{{(?!(?:{MATHEMATICS})\*?\}})[A-Za-z]{{1,20}}\*?\}})"
)
"""A command that shows that a text is LaTeX, more than a formula in another text."""
PREAMBLE = re.compile(r"\A\s*+\\documentclass(?s:.*?)\\begin\{document\}")
COMMAND = re.compile(
    rf"(?P<comment>(?<![\\\d])(?<!\d )%[^\n]*)"
    rf"|\\(?P<section>{SECTIONS})\*?\{{"
    rf"|(?P<item>\\item\b(?:\[[^\]\n]{{0,60}}\])?)"
    rf"|(?P<style>\\(?:{STYLES})\{{)"
    rf"|(?P<environment>\\(?:begin|end)\{{(?!(?:{MATHEMATICS})\*?\}})[A-Za-z]{{1,20}}\*?\}}"
    r"(?:\[[^\]\n]{0,60}\])?(?:(?<=tabular\})\{[^{}\n]{0,60}\})?)"
    rf"|(?P<dropped>\\(?:{DROPPED})(?![A-Za-z])\*?(?:\[[^\]\n]{{0,200}}\])?(?:\{{[^{{}}\n]{{0,200}}\}}){{0,2}})"
    rf"|(?P<alone>\\(?:{ALONE})(?![A-Za-z]))"
    r"|(?P<formula>\$\$[^$]{1,2000}+\$\$|\$[^$\n]{1,600}+\$"
    r"|\\\([^\n]{0,600}?\\\)|\\\[(?s:.{0,2000}?)\\\]"
    r"|\\begin\{(?P<name>[a-z]{1,12}\*?)\}(?s:.{0,2000}?)\\end\{(?P=name)\})"
    r"|(?P<accented>\\(?:(?P<accent>['`^\"~=.uvHc])\{(?P<inner>[A-Za-z])\}|(?P<sign>['`^\"~=.])(?P<letter>[A-Za-z])))"
    r"|(?P<other>\\(?:(?:href|textcolor)\{[^{}\n]{0,300}\}"
    r"|(?!frac|sqrt|math|(?:La)?TeX)[A-Za-z]{2,20}\*?(?:\[[^\]\n]{0,60}\])?)\{)"
    r"|(?P<dots>\\l?dots(?![A-Za-z]))|(?P<empty>\{\})"
    r"|(?P<escaped>\\[{}])|(?P<open>\{)|(?P<close>\})|(?P<tie>~|\\[,;: ])|(?P<opening>``)|(?P<closing>\'\')"
)
KEPT = ("formula", "escaped", "open")
ACCENTS = dict(zip("'`^\"~=.uvHc", "\u0301\u0300\u0302\u0308\u0303\u0304\u0307\u0306\u030c\u030b\u0327", strict=True))
"""Combining characters of the commands that put an accent on a letter."""
MARKS = {"section": "## ", "item": "- ", "tie": " ", "dots": "…", "opening": f'{FILLER}"', "closing": '"'}
"""What stands in place of a command, besides fillers; the marks of headings and items are Markdown's."""


def hide_commands(text: str, remarks: WarningCollector) -> str:
    """Return a text of the same length in which fillers hide LaTeX's commands; a text of another format itself.

    The words and the formulas stay. Sections and items get the marks of Markdown.
    """
    if "\\" not in text or not LATEX.search(text):
        return text
    preamble = PREAMBLE.match(text)
    position = preamble.end() if preamble else 0
    pieces = [fill_lines(text[:position])]
    braces: list[bool] = []
    for command in COMMAND.finditer(text, position):
        hidden = replace_command(command, braces)
        if hidden is not None:
            pieces += [text[position : command.start()], hidden]
            position = command.end()
        if command.lastgroup == "comment":
            remarks.add("dropped_element", "Comments are not read.")
    return "".join([*pieces, text[position:]])


def replace_command(command: re.Match[str], braces: list[bool]) -> str | None:
    """Return what stands in place of a command; None if it stays.

    `braces` holds, for each open brace, whether it belongs to a command, and is not read.
    """
    kind, written = command.lastgroup or "", command[0]
    if kind == "close":
        return FILLER if braces and braces.pop() else None
    if kind == "accented":
        return add_accent(command)
    if kind in ("section", "style", "other", "open"):
        braces.append(kind != "open")
    if kind in KEPT:
        return None
    mark = MARKS.get(kind, "")
    return mark + fill_lines(written[len(mark) :])


def add_accent(command: re.Match[str]) -> str:
    """Return a letter with its accent at its place, and joiners around it."""
    letter = "inner" if command["inner"] else "letter"
    place = command.start(letter) - command.start()
    accented = unicodedata.normalize("NFC", command[letter] + ACCENTS[command["accent"] or command["sign"]])
    shown = accented if len(accented) == 1 else command[letter]
    return JOINER * place + shown + JOINER * (len(command[0]) - place - 1)


def fill_lines(text: str) -> str:
    """Return fillers in place of a text, with its line breaks."""
    return re.sub(r"[^\n]", FILLER, text)
