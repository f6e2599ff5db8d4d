"""Formulas in LaTeX in words, and amounts of money beside them."""

from __future__ import annotations

import pytest

from app.text.formats.formula import read_formula
from tests.growth import count_calls, grows_linearly
from tests.tables import check_rows
from tests.text.formatted_reading import read_aloud

FORMULAS = [
    ("F = ma", "F equals m a"),
    ("y = 3x + 7", "y equals 3 x plus 7"),
    ("x^2 - y^3", "x squared minus y cubed"),
    ("x^{-1}", "x to the power of minus 1"),
    ("2^{n+1}", "2 to the power of n plus 1"),
    ("30^\\circ", "30 degrees"),
    ("f'(x) = 0", "f prime x equals 0"),
    ("g(t) \\geq 0", "g of t is greater than or equal to 0"),
    ("x_1 \\neq x_2", "x sub 1 is not equal to x sub 2"),
    ("\\frac{3}{4}", "3/4"),
    ("\\frac{x}{y}", "x over y"),
    ("\\frac{a + b}{c - d}", "a plus b, over c minus d"),
    ("\\frac12", "1/2"),
    ("\\sqrt{y}", "the square root of y"),
    ("\\sqrt[3]{8} = 2", "the cube root of 8 equals 2"),
    ("\\sqrt[n]{y}", "the root of degree n of y"),
    ("\\sum_{k=0}^{n} k", "the sum from k equals 0 to n of k"),
    ("\\int_a^b f(t)\\,dt", "the integral from a to b of f of t d t"),
    ("\\lim_{n \\to \\infty} a_n", "the limit as n goes to infinity of a sub n"),
    ("\\max_i w_i", "the maximum over i of w sub i"),
    ("\\sin^2 \\theta + \\cos^2 \\theta = 1", "sine squared theta plus cosine squared theta equals 1"),
    ("\\alpha \\approx 0.5", "alpha is approximately 0.5"),
    ("\\Delta v = a \\cdot t", "delta v equals a times t"),
    ("x \\in \\mathbb{N}", "x in N"),
    ("A \\cup B \\subseteq C", "A union B is a subset of C"),
    ("\\forall x \\exists y", "for all x there exists y"),
    ("p \\Rightarrow q", "p implies q"),
    ("P(A \\mid B)", "P of A given B"),
    ("P(A|B)", "P of A given B"),
    ("|x| < 5", "the absolute value of x is less than 5"),
    ("\\binom{n}{2}", "n choose 2"),
    ("\\vec{v} + \\hat{w}", "vector v plus w hat"),
    ("v = \\frac{\\text{distance covered}}{\\text{time}}", "v equals distance covered over time"),
    ("\\left( a + b \\right)^2", "a plus b, squared"),
    ("n! = n(n-1)!", "n factorial equals n times n minus 1 factorial"),
    ("\\frac{n(n+1)}{2}", "n times n plus 1, over 2"),
    ("(a + b)(c - d) = 2(a + 1)", "a plus b times c minus d equals 2 times a plus 1"),
    ("x(t) = f(t + 1)", "x t equals f of t plus 1"),
    ("a \\in A. \\blacksquare", "a in A."),
    ("a &= b \\\\ c &= d", "a equals b, c equals d"),
    ("\\begin{cases} 1 \\\\ 2 \\end{cases}", "1, 2"),
    ("5\\% \\pm 1", "5 percent plus or minus 1"),
    ("\\unknown y", "unknown y"),
    ("1, 2, \\dots, n", "1, 2, and so on, n"),
    ("}{", ""),
    ("", ""),
]
SENTENCES = [
    ("Let $n$ be even.", "Let n be even."),
    ("So $v = \\frac{1}{2}$ holds.", "So v equals a half holds."),
    ("So \\(v \\le 3\\), and $$v > 2$$ too.", "So v is less than or equal to three, and v is greater than two too."),
    ("It holds:\n\n$$\nx_1 = 4\n$$\n\nGood.", "It holds: // x sub one equals four // Good."),
    ("It holds:\n\\[\nx = 4\n\\]\nGood.", "It holds: / x equals four / Good."),
    ("\\begin{equation}x = 4\\end{equation}", "x equals four"),
    ("Both are $1$ or $-2$.", "Both are one or minus two."),
    ("It costs $5, **not** $6.", "It costs five dollars, not six dollars."),
    ("**Both** $5+ and up to 10$ a day", "Both five dollars plus and up to ten dollars a day"),
    ("**A** $20 (was $25) and $x = 2$", "A twenty dollars (was twenty-five dollars) and x equals two"),
]


@check_rows(("formula", "words"), FORMULAS)
def test_a_formula_is_read_in_words(formula: str, words: str) -> None:
    assert read_formula(formula) == words


@pytest.mark.parametrize(("text", "aloud"), SENTENCES)
def test_formulas_are_found_and_amounts_stay_amounts(text: str, aloud: str) -> None:
    assert read_aloud(text) == aloud


@pytest.mark.parametrize("unit", ["{", "}", "^", "_", "\\frac", "\\sqrt[", "^{", "\\begin{", "-", "(", "|", "\\text{a"])
def test_a_hostile_formula_is_read_with_linear_work(unit: str) -> None:
    assert grows_linearly(lambda length: count_calls(lambda: read_formula((unit * length)[:length])), 8000)
