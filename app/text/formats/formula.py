"""Read formulas in LaTeX as words."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import islice, takewhile

from app.text.word_tables import TABLES

DOLLARS = re.compile(r"(?<![\w$\\])\$(?![\s$])(?P<single>[^$\n]{1,600}+)(?<![\s\\])\$(?![\w$])")
"""What may be a formula between dollar signs, or two amounts of money."""
LONG_WORD = re.compile(r"(?<![\\A-Za-z{])[A-Za-z]{3,}")
STRONG_SIGN = re.compile(r"[\\^_{}]")
WEAK_SIGN = re.compile(r"[=<>+*/|≤≥≠≈×·±-]")
SHORT = re.compile(
    r"[A-Za-z]['′!]?|\d{1,4}|\d{0,3}[a-z]{1,2}|[A-Za-z]['′]?\([A-Za-z0-9, ]{1,12}\)|\([A-Za-z0-9], ?[A-Za-z0-9]\)"
)
MAX_DEPTH = 12
"""Maximum depth of groups that are read; deeper braces have no effect."""
TOKEN = re.compile(r"\\(?:[A-Za-z]+|.)|\d+(?:[.,]\d+)*|\s+|.", re.DOTALL)
WORDS = {name: words for words, names in TABLES["formula_commands"].items() for name in names.split()}
"""Words for commands; any other command is read by its name."""
SIGNS, ACCENTS = TABLES["formula_signs"], TABLES["formula_accents"]
LARGE = frozenset("sum prod int iint oint lim sup inf max min bigcup bigcap".split())
"""Commands whose index and exponent are bounds."""
PLAIN_GROUPS = frozenset("mathbf mathit mathsf mathcal mathbb mathfrak boldsymbol bm boxed".split())
TEXT_GROUPS = frozenset("text textbf textit textrm mbox mathrm operatorname".split())
"""Commands whose argument is words, not signs of a formula."""
FUNCTIONS = frozenset("fghFGHPEp")
"""Letters that are read with `of` before a bracket."""
FACTOR = re.compile(r"[a-zA-Z)}]|\d+")
MAX_FACTOR_TOKENS = 40
"""Maximum tokens of a factor in parentheses that are searched for a plus or minus."""
POWERS = {"2": "squared", "3": "cubed", "prime": "prime", "degrees": "degrees", "*": "star", "times": "star"}


def is_formula(content: str) -> bool:
    """Return whether the text between two dollar signs is a formula, and they are no amounts of money."""
    words = LONG_WORD.search(content)
    if STRONG_SIGN.search(content):
        return not (words and content[0].isdigit())
    return bool(SHORT.fullmatch(content)) or bool(WEAK_SIGN.search(content) and not words and not is_amount(content))


def is_amount(content: str) -> bool:
    """Return whether a text is an amount followed by other words or signs, such as `5 + tip to`."""
    return content[0].isdigit() and " to" in content


class FormulaReader:
    """Reader of one formula."""

    def __init__(self, formula: str) -> None:
        self.tokens = TOKEN.findall(formula)
        self.position = 0
        self.depth = 0
        self.bars = self.tokens.count("|")
        """Number of vertical bars that were not read yet: a single one is read `given`, two are an absolute value."""
        self.has_condition = self.bars == 1

    def read(self) -> str:
        """Return the words of the whole formula."""
        words: list[str] = []
        while self.position < len(self.tokens):
            words += self.read_until("")
            self.position += 1  # a closing brace without an opening one
        return tidy_words(words)

    def peek(self) -> str:
        """Return the next token that is no white space; empty at the end."""
        while self.position < len(self.tokens) and self.tokens[self.position].isspace():
            self.position += 1
        return self.tokens[self.position] if self.position < len(self.tokens) else ""

    def take(self) -> str:
        """Return the next token and move past it; empty at the end."""
        token = self.peek()
        self.position += 1
        return token

    def read_until(self, end: str) -> list[str]:
        """Return the words up to a closing token, or to any closing brace; none if the depth is exceeded."""
        words: list[str] = []
        if self.depth < MAX_DEPTH:
            self.depth += 1
            while (token := self.peek()) and token not in ("}", end):
                words += self.read_term()
            self.depth -= 1
        return words

    def read_term(self) -> list[str]:
        """Return the words of one sign, command, number or group."""
        token = self.take()
        if token.startswith("\\"):
            return self.read_command(token[1:])
        if token == "{":
            return self.read_braces()
        if token == "^":
            return self.read_power()
        if token == "_":
            return ["sub", *self.read_argument()]
        if token in FUNCTIONS and self.peek() == "(":
            return [token, "of"]
        if token == "|":
            return self.read_bar()
        if token == "(" and self.is_factor():
            return ["times"]
        if token in ")]":
            return [","] if self.peek() == "^" else []
        return [SIGNS.get(token, token)]

    def is_factor(self) -> bool:
        """Return whether the parenthesis that was opened right now multiplies: it follows a factor and holds a sum."""
        before = self.tokens[self.position - 2] if self.position > 1 else ""
        if before in FUNCTIONS or not FACTOR.fullmatch(before):
            return False
        inside = islice(self.tokens, self.position, self.position + MAX_FACTOR_TOKENS)
        return not {"+", "-"}.isdisjoint(takewhile(lambda token: token not in ("(", ")"), inside))

    def read_braces(self) -> list[str]:
        """Return the words of a group whose opening brace was read."""
        words = self.read_until("}")
        if self.peek() == "}":
            self.position += 1
        return words

    def read_argument(self) -> list[str]:
        """Return the words of the next group or sign."""
        if self.peek() == "{":
            self.position += 1
            return self.read_braces()
        if self.peek() in ("}", "") or self.depth >= MAX_DEPTH:
            return []
        if self.peek() == "-":
            return [SIGNS[self.take()], *self.read_argument()]
        self.depth += 1
        words = self.read_term()
        self.depth -= 1
        return words

    def read_bar(self) -> list[str]:
        """Return the words of a vertical bar."""
        if self.has_condition:
            return ["given"]
        self.bars -= 1
        return ["the absolute value of"] if self.bars % 2 else []

    def read_raw(self) -> str:
        """Return the text of the next group as it stands, such as words or the name of an environment."""
        if self.peek() != "{":
            return ""
        start = self.position + 1
        ends = (place for place in range(start, len(self.tokens)) if self.tokens[place] == "}")
        end = next(ends, len(self.tokens))
        self.position = end + 1
        return "".join(self.tokens[start:end]).strip()

    def read_power(self) -> list[str]:
        """Return the words of an exponent."""
        exponent = self.read_argument()
        if len(exponent) == 1 and exponent[0] in POWERS:
            return [POWERS[exponent[0]]]
        return ["to the power of", *exponent] if exponent else []

    def read_command(self, name: str) -> list[str]:
        """Return the words of a command with its arguments."""
        if name in LARGE:
            return self.read_bounds(name)
        if name in ACCENTS:
            return [*self.read_argument(), ACCENTS[name]]
        if name in PLAIN_GROUPS:
            return self.read_argument()
        if name in TEXT_GROUPS:
            return self.read_raw().split()
        special = COMMANDS.get(name)
        return special(self) if special else [WORDS.get(name, name if name.isalpha() else "")]

    def read_bounds(self, name: str) -> list[str]:
        """Return the words of a sum, an integral or a limit with its bounds."""
        words, bounds = [WORDS.get(name, name)], {"_": "from", "^": "to"}
        if name == "lim":
            bounds["_"] = "as"
        elif name in ("max", "min", "sup", "inf"):
            bounds["_"] = "over"
        while self.peek() in bounds or self.peek() == "\\limits":
            sign = self.take()
            bound = self.read_argument() if sign in bounds else []
            if name == "lim":
                bound = ["goes to" if word == "to" else word for word in bound]
            words += [bounds[sign], *bound] if sign in bounds else []
        return [*words, "of"]

    def read_fraction(self) -> list[str]:
        """Return the words of a fraction; longer parts are set off by commas."""
        top, bottom = self.read_digit() or self.read_argument(), self.read_digit() or self.read_argument()
        if len(top) == len(bottom) == 1 and top[0].isdigit() and bottom[0].isdigit():
            return [f"{top[0]}/{bottom[0]}"]
        return [*top, *("," for _ in top[2:3]), "over", *bottom, *("," for _ in bottom[2:3])]

    def read_digit(self) -> list[str]:
        """Return the next digit: without braces, an argument has no more."""
        number = self.peek()
        if not number[:1].isdigit() or len(number) == 1:
            return []
        self.tokens[self.position] = number[1:]
        return [number[0]]

    def read_root(self) -> list[str]:
        """Return the words of a root."""
        degree: list[str] = []
        if self.peek() == "[":
            self.position += 1
            degree = self.read_until("]")
            self.position += 1
        names = {"": "the square root of", "3": "the cube root of"}
        kind = names.get(" ".join(degree)) or f"the root of degree {' '.join(degree)} of"
        return [kind, *self.read_argument()]

    def read_binomial(self) -> list[str]:
        """Return the words of a binomial coefficient."""
        return [*self.read_argument(), "choose", *self.read_argument()]

    def read_vector(self) -> list[str]:
        """Return the words of a vector."""
        return ["vector", *self.read_argument()]

    def skip_name(self) -> list[str]:
        """Skip the name of an environment or a label."""
        self.read_raw()
        return []


COMMANDS: dict[str, Callable[[FormulaReader], list[str]]] = {
    **dict.fromkeys(("frac", "dfrac", "tfrac", "cfrac"), FormulaReader.read_fraction),
    **dict.fromkeys(("binom", "dbinom", "tbinom"), FormulaReader.read_binomial),
    **dict.fromkeys(("begin", "end", "label", "tag"), FormulaReader.skip_name),
    **dict.fromkeys(("vec", "overrightarrow"), FormulaReader.read_vector),
    "sqrt": FormulaReader.read_root,
}


def read_formula(formula: str) -> str:
    """Return a formula in words; numbers stay in digits."""
    return FormulaReader(formula).read()


def tidy_words(words: list[str]) -> str:
    """Join words; commas stand after a word and never in a row."""
    joined: list[str] = []
    for word in words:
        if word in (",", ";", ".", ":", "?"):
            if joined and joined[-1][-1] not in ",;.:?":
                joined[-1] += word
        elif word:
            joined.append(word)
    return " ".join(joined).rstrip(",;:")
