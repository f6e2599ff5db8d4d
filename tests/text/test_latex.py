"""LaTeX documents: their words and formulas, without commands and comments."""

from __future__ import annotations

import pytest

from tests.text.formatted_reading import check_places, read, read_aloud, read_warnings

CASES = {
    "\\section*{Proof}\nIt is \\emph{very} short.": "Proof // It is very short.",
    "\\textbf{Problem 1.} Solve it.\n\n\\textit{Solution.} Done.": "Problem one. / Solve it. // Solution. / Done.",
    "\\begin{itemize}\n\\item Milk\n\\item Bread\n\\end{itemize}": "Milk / Bread",
    "\\begin{proof}\nFor $n = 1$ both equal $1$.\n\\end{proof}": "For n equals one both equal one.",
    "\\begin{proof}\nThen\n\\begin{align*}\na &= b\n\\end{align*}\nas $b = c$. \\qed\n\\end{proof}": (
        "Then / a equals b / as b equals c."
    ),
    "\\section{Costs}\nThey rose 5\\%. % check this\nThey fell.": "Costs // They rose five percent. / They fell.",
    "\\section{A}\nSee Figure~\\ref{fig:one} \\cite{lee2020}.\\label{sec:a}": "A // See Figure.",
    "\\documentclass{article}\n\\usepackage{amsmath}\n\\begin{document}\nHello.\n\\end{document}\n": "Hello.",
    "\\section{A}\nSo it is \\citep[p.~3]{lee2020}, says \\citeauthor{lee}.": "A // So it is, says.",
    "\\title{A}\n\\author{Ann Lee}\n\\maketitle\nHi\\footnote{Or not.}.": "A // Ann Lee // Hi Or not..",
    "\\begin{figure}[h]\n\\caption{The cat sat.}\n\\end{figure}": "The cat sat.",
    "\\begin{tabular}{ll}\nTom & 5\n\\end{tabular}": "Tom and five",
    "\\section{A}\n\\href{https://x.org}{Click} \\textcolor{red}{now}, at 5\\,km \\ldots{}": (
        "A // Click now, at five kilometers"
    ),
    "\\section{A}\nThen \\(a = b\\) and\n\\[ \\frac{1}{2} = \\mathrm{c}. \\]": (
        "A // Then a equals b and / a half equals c."
    ),
    "\\section{A}\nThe caf\\'e of Erd\\H{o}s is na\\\"ive.": "A // The café of Erdős is naïve.",
    "\\section{A}\nHe said ``no'' and {left}.": 'A // He said "no" and {left}.',
}


@pytest.mark.parametrize(("text", "aloud"), CASES.items())
def test_a_document_is_read_without_its_commands(text: str, aloud: str) -> None:
    assert read_aloud(text) == aloud


@pytest.mark.parametrize("text", [text for text in CASES if not any(sign in text for sign in ("``", "item", "\\H{"))])
def test_every_character_is_at_its_place(text: str) -> None:
    check_places(text, list(read(text).sentences))


def test_comments_are_reported() -> None:
    assert read_warnings("\\section{A}\nB. % later") == ["dropped_element"]


@pytest.mark.parametrize("text", ["It is 50 % off. % Really.", "If $x \\text{ is } 5$, take 50% of it."])
def test_percent_signs_of_other_texts_are_read(text: str) -> None:
    assert "percent" in read_aloud(text)
    assert not read_warnings(text)
