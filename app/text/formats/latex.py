"""Find the commands of a LaTeX document around its words: sections, styles, environments, references and comments."""

from __future__ import annotations

import re

from app.text.formats.hidden import FILLER
from app.text.text_map import WarningCollector

STYLES = "textbf|textit|textsc|textsf|texttt|textrm|emph|underline|uline|enquote|mbox|text|footnotesize"
SECTIONS = "part|chapter|section|subsection|subsubsection|paragraph|subparagraph|title"
DROPPED = (
    "label|ref|eqref|autoref|cref|Cref|pageref|cite|citep|citet|citeauthor|bibliography|bibliographystyle|usepackage|"
    "documentclass|pagestyle|includegraphics|input|include|vspace|hspace|setlength|setcounter|newcommand|renewcommand"
)
"""Commands whose arguments are not words."""
ALONE = (
    "maketitle|tableofcontents|noindent|indent|newpage|clearpage|pagebreak|linebreak|newline|centering|raggedright|"
    "hfill|vfill|medskip|bigskip|smallskip|par|hline|appendix|item|qed|qedhere|tiny|small|normalsize|large|Large|bfseries|"
    "itshape|sffamily|ttfamily"
)
MATHEMATICS = (
    "equation|align|alignat|aligned|gather|gathered|multline|eqnarray|split|cases|array|smallmatrix|[pbvBV]?matrix|math|"
    "displaymath|flalign"
)
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
    r"(?:\[[^\]\n]{0,60}\])?)"
    rf"|(?P<dropped>\\(?:{DROPPED})\*?(?:\[[^\]\n]{{0,200}}\])?(?:\{{[^{{}}\n]{{0,200}}\}}){{0,2}})"
    rf"|(?P<alone>\\(?:{ALONE})(?![A-Za-z]))"
    r"|(?P<formula>\$\$[^$]{1,2000}+\$\$|\$[^$\n]{1,600}+\$"
    r"|\\begin\{(?P<name>[a-z]{1,12}\*?)\}(?s:.{0,2000}?)\\end\{(?P=name)\})"
    r"|(?P<escaped>\\[{}])|(?P<open>\{)|(?P<close>\})|(?P<tie>~)|(?P<opening>``)|(?P<closing>\'\')"
)


REPLACEMENTS = {"tie": " ", "opening": f'{FILLER}"', "closing": f'"{FILLER}'}
"""Characters of the same number in place of a tie and of quotation marks."""


def hide_commands(text: str, remarks: WarningCollector) -> str:
    """Return a text of the same length with blanks in place of LaTeX's commands; a text of another format itself.

    The words and the formulas stay. Sections and items get the marks of Markdown.
    """
    if "\\" not in text or not LATEX.search(text):
        return text
    pieces: list[str] = []
    position, depth = 0, 0
    hidden_depths: set[int] = set()
    preamble = PREAMBLE.match(text)
    if preamble:
        pieces.append(fill_lines(preamble[0]))
        position = preamble.end()
    for command in COMMAND.finditer(text, position):
        kind, written = command.lastgroup, command[0]
        hidden = fill_lines(written)
        if kind in ("formula", "name", "escaped"):
            continue
        if kind in ("section", "style", "open"):
            depth += 1
            if kind == "open":
                continue
            hidden_depths.add(depth)
            hidden = "## ".ljust(len(written), FILLER) if kind == "section" else hidden
        elif kind == "close":
            is_hidden = depth in hidden_depths
            hidden_depths.discard(depth)
            depth = max(0, depth - 1)
            if not is_hidden:
                continue
        elif kind == "item":
            hidden = "- ".ljust(len(written), FILLER)
        elif kind == "comment":
            remarks.add("dropped_element", "Comments are not read.")
        elif kind in REPLACEMENTS:
            hidden = REPLACEMENTS[kind]
        pieces += [text[position : command.start()], hidden]
        position = command.end()
    return "".join([*pieces, text[position:]])


def fill_lines(text: str) -> str:
    """Return fillers in place of a text, with its line breaks."""
    return re.sub(r"[^\n]", FILLER, text)
