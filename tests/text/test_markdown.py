"""Markdown, and text that only resembles it: what is read, what is not, and where it stands in the original."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.text import read_fragment, read_text
from app.types import InputFormat
from tests.growth import count_calls, grows_linearly
from tests.serving import ROOT
from tests.tables import check_rows
from tests.text.formatted_reading import check_places, read, read_aloud, read_warnings

PAGE = (ROOT / "docs" / "how-to" / "formats.md").read_text(encoding="utf-8")
"""The page that documents the warnings."""

READINGS = [
    # Headings
    ("# The Mill", "The Mill"),
    ("### 4. Oats ###\nSoak them.", "four. Oats // Soak them."),
    ("##Night\nIt rained.", "Night // It rained."),
    ("The Mill\n========\nIt turned.", "The Mill // It turned."),
    ("The Mill\n---\nIt turned.", "The Mill // It turned."),
    ("# The **old** [mill](m.html)\r\n\r\nIt turned.\r\n", "The old mill // It turned."),
    ("**Supplies**\nWe need rope.", "Supplies / We need rope."),
    # Lists
    ("* oats\n* rye\n    * dark rye\n* barley", "oats / rye / dark rye / barley"),
    ("+ oats\n+ rye", "oats / rye"),
    ("- oats\n  - rye\n- corn", "oats / rye / corn"),
    ("1. **Soak** them.\n2. *Cook* them.", "one. Soak them. / two. Cook them."),
    ("- [x] mended\n- [ ] painted", "mended / painted"),
    ("☑ mended\n☐ painted", "mended / painted"),
    ("→ left\n→ right", "left / right"),
    ("Rye\n: A grain", "Rye / A grain"),
    ("- ```sh\n  make\n  ```\n- # Oats\n- rye", "Oats // rye"),
    ("~~~ Night ~~~\nIt rained.\n\n== Day ==\nIt cleared.", "Night // It rained. // Day // It cleared."),
    # Quotes
    ("> The sea\n> was **calm**.\n\nWe slept.", "The sea was calm. // We slept."),
    ("> Are you in?\nYes, I am *in*.", "Are you in? // Yes, I am in."),
    (">> deep\n> less deep", "deep less deep"),
    ("> [!WARNING]\n> Hot pan.", "WARNING / Hot pan."),
    # Tables
    ("| Port | Ships |\n|:---|---:|\n| Kiel | 12 |\n| Hull | 7 |", "Port, Ships / Kiel, twelve / Hull, seven"),
    ("Port | Ships\n---|---\nKiel | 12\n\nEnd.", "Port, Ships / Kiel, twelve // End."),
    ("| Kiel. | a \\| b |\n| Hull | |", "Kiel. / a b / Hull"),
    ("| Port |\n|---|\n| Kiel |", "Port / Kiel"),
    # Emphasis and other marks
    ("She was **very** *late*, ***again***.", "She was very late, again."),
    ("un**believ**able", "unbelievable"),
    ("It was ~~blue~~ green and ==bright==.", "It was blue green and bright."),
    ("||Rosebud|| is a sled. >!Truly!<", "Rosebud is a sled. / Truly"),
    ("C~6~H~6~ and y^2^", "C six H six and y two"),
    ("10^6^ m", "ten to the power of six meters"),
    ("Run `make all` **now**.", "Run make all now."),
    ("\\*not stressed\\* and \\# 5", "not stressed and number five"),
    # Actions
    ("*nods* All right.", "nods / All right."),
    ("good night *yawns*", "good night / yawns"),
    ("*shrugs* whatever", "shrugs / whatever"),
    ('"Stay!" *She shuts the door.* "Please."', '"Stay!" / She shuts the door. / "Please."'),
    ("*Nora* was there.", "Nora was there."),
    ("I like *plums*", "I like plums"),
    # Links and images
    ('Read [the log](http://log.example.com/x_(y) "Log").', "Read the log."),
    ("Read [the *log*][1] or [the log].\n\n[1]: http://a.example.com\n[The Log]: <b>", "Read the log or the log."),
    ("![A tug in the harbour](tug.png)", "A tug in the harbour"),
    ("[![passing](badge.svg)](ci.html) Ready.", "passing Ready."),
    ("Before ![](dot.png) **after**", "Before after"),
    ("Mail <crew@example.com> or see <http://example.com>.", "Mail crew at example dot com or see example dot com."),
    ("[draft] of a **list**", "[draft] of a list"),
    ("See [[Harbour]] and [[Port of Kiel|the port]].", "See Harbour and the port."),
    # Footnotes
    ("It sank.[^1] All lived.\n\n[^1]: See the log.\n    And more.\n\nEnd.", "It sank. / All lived. // End."),
    ("It sank in 1912[4] near Hull,[5][6] at night.[7, 8]", "It sank in nineteen twelve near Hull, at night."),
    ("It sank.² All lived.³", "It sank. / All lived."),
    ("It sank.<sup>2</sup> All lived.【4†log】", "It sank. / All lived."),
    # Code, metadata and thoughts
    ("Do this:\n```sh\nmake\nmake test\n```\nDone.", "Do this: // Done."),
    ("Do this:\n\n    x = 1\n    print(x)\n\nDone.\n**Really.**", "Do this: // Done. / Really."),
    ("Do this:\n```\nmake", "Do this:"),
    ("print(x)\n```\nThat was it.", "print(x) // That was it."),
    ("~~~ruby\nputs 1\n~~~\nDone.", "Done."),
    ("    The tide was *out*.\n\n    We waited.", "The tide was out. // We waited."),
    ("---\ntitle: Log\ntags: [a]\n---\nThe tide was out.", "The tide was out."),
    ("<think>The user\n\n# wants rye.</think>\n\nRye it is.", "Rye it is."),
    ("The user wants rye.</think>Rye it is.", "Rye it is."),
    ("<details>\n<summary>Log</summary>\n\n- secret\n\n</details>\nEnd.", "Log // End."),
    ("The tide <!-- spring\ntide --> was out.", "The tide was out."),
    ("Write `<script>` **here**: <script>x()</script>end", "Write script here: end"),
    # Rows of signs
    ("One.\n*****\nTwo.\n~~~~~\nThree.\n@@@@@\nFour.", "One. // Two. // Three. // Four."),
    ("One.\n-=-=-=-\nTwo.\n- - -\nThree.", "One. // Two. // Three."),
    ("==== Log ====", "Log"),
    # HTML and character references
    ("One!<br>Two?</p>Three<br/>", "One! / Two? // Three"),
    ("<p>One</p><p>Two &amp; three</p>", "One // Two and three"),
    (
        "Salt &amp; pepper &lt; 5&nbsp;g &copy; &#65; &#x42;",
        "Salt and pepper less than five grams copyright ⟦['eI|A⟧ B",
    ),
    ("<b>Half</b>way <i title='a > b'>up</i> <img src=x alt=\"the hill\">", "Halfway up the hill"),
    # Lines
    ("One line\\\nand **another**", "One line / and another"),
    ("One line  \nand **another**", "One line / and another"),
    ("One line\nand **another**", "One line and another"),
]
PLAIN = [
    "2 * 3 * 4",
    "snake_case_name and other_name",
    "5 < 6 and 7 > 6",
    "a < b and c > d",
    "#1 is up, #2 is down.",
    "# of boats: 12",
    "* * *",
    "-5",
    "It costs $5, or $6 with tax.",
    "From $5 to 10$, or 5$ and up to 10$.",
    "$ROPE is up, $SAIL is down.",
    "a*b*c = d",
    "2**3 and 2**4",
    "if x==1 or y==2",
    "a || b && c",
    "~5 and ~6",
    "x^2 + y^2 = z^2",
    "AT&T and R&D; fine",
    "C:\\boats\\list.txt",
    "1. Oats\n2. Rye",
    "- Oats\n- Rye",
    "(see [the list] below)",
    "list[3] = 4",
    "Wait... what?! --no--",
    "The tide\nwas out.",
    "Roses are red,\nViolets are blue.",
    "x <3 y :-)",
    "→ Go on",
    "100% of a/b",
    "from [PORT] [PIER] to sea",
    "Who am I? *Genius!",
]


@check_rows(("text", "aloud"), READINGS)
def test_markdown_is_read_without_its_marks(text: str, aloud: str) -> None:
    assert not read(text).is_plain
    assert read_aloud(text) == aloud


@check_rows(("text", "aloud"), READINGS)
def test_every_character_is_at_its_place(text: str, aloud: str) -> None:
    check_places(text, list(read(text).sentences))


@pytest.mark.parametrize("text", PLAIN)
def test_text_without_markup_is_read_as_plain_text(text: str) -> None:
    assert read(text).is_plain
    assert list(read(text).sentences) == list(read_text(text))


@pytest.mark.parametrize("text", [text for text in PLAIN if text != "* * *"])
def test_signs_that_are_no_markup_are_read_the_same_beside_markup(text: str) -> None:
    read_last = [clause.spoken for sentence in read_text(text) for clause in sentence.clauses]
    beside = [clause.spoken for sentence in read(f"**Log**\n\n{text}").sentences for clause in sentence.clauses]
    assert beside == ["Log", *read_last]


@pytest.mark.parametrize(
    "text",
    [
        "The boats go out at five again\nThe gulls are crying in the rain\nThe nets are heavy, cold and wet",
        "Name: Nora\nAge: 50\nPort: Kiel",
        "We need:\nRope\nOil\nBread",
        "The tide was out and the\nboats lay on the sand.",
    ],
)
def test_lines_are_read_as_in_plain_text(text: str) -> None:
    plain, marked = (
        [(clause.spoken, clause.ends_line) for sentence in sentences for clause in sentence.clauses]
        for sentences in (read_text(text), read(f"**Log**\n\n{text}").sentences)
    )
    assert marked == [("Log", False), *plain]


def test_the_format_can_be_named() -> None:
    assert read_aloud("# Log", InputFormat.TEXT) == "number Log"
    assert read_aloud("The tide *was* out.", InputFormat.TEXT) == "The tide was out."
    assert read_aloud("One\n\n    two words", InputFormat.MARKDOWN) == "One"
    assert read_aloud("One\n\n    two words") == "One // two words"
    assert read_aloud("- One\n\n    two words", InputFormat.MARKDOWN) == "One // two words"


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("```\na\n```\nText", ["dropped_code"]),
        ("<think>a</think>Text <!-- b -->", ["dropped_element", "dropped_element"]),
        ("Text[^1]\n\n[^1]: Note", ["dropped_notes"]),
        ("---\na: b\n---\nText", ["dropped_front_matter"]),
        ("$$" + "x + " * 200 + "y$$ Text", ["dropped_formula"]),
        ("=====", ["nothing_spoken"]),
        ("<style>a</style>" + "".join(f"<svg>{number}</svg>" for number in range(9)), ["dropped_element"] * 2),
        ("**Text**", []),
    ],
)
def test_what_is_not_read_is_reported(text: str, codes: list[str]) -> None:
    assert [code for code in read_warnings(text) if code != "nothing_spoken" or text == "====="] == codes
    assert all(f"| `{code}` |" in PAGE for code in codes)


def test_the_lines_of_code_are_counted() -> None:
    (warning,) = read("```\na\n\nb\n```\nText\n```\nc\n```").warnings
    assert warning.detail == "4 lines of code are not read."


def test_a_quotation_ends_with_its_paragraph() -> None:
    first, second = read('# "Unfinished\n\nThe tide was out.').sentences
    assert first.has_dialogue and not second.has_dialogue


def test_a_formula_in_a_plan_is_read_again_from_its_markup() -> None:
    (sentence,) = read("Energy is $E = mc^2$ and\nnot **less**.").sentences
    (clause,) = sentence.clauses
    inner = read_fragment(clause.ssml)
    assert (inner.text, inner.clauses[0].spoken) == (" ".join(clause.text.split()), clause.spoken)


FRAGMENTS = [
    *(
        "# ",
        "## ",
        "* ",
        "- ",
        "+ ",
        "1. ",
        "> ",
        "| ",
        " | ",
        "|---|---|\n",
        "```\n",
        "~~~\n",
        "    ",
        "---\n",
        "===\n",
    ),
    *("*", "**", "***", "_", "~~", "==", "||", "~", "^", "`", "``", "[", "]", "](u)", "![", "[^1]", "[1]", "[a]: b\n"),
    *("$", "$$", "\\(", "\\)", "\\[", "\\]", "\\frac{1}{2}", "x^2", "<b>", "</b>", "<br>", "<p>", "<td>", "<think>"),
    *("</think>", "<details>", "<summary>", "</summary>", "</details>", "<!--", "-->", "<script>", "</script>"),
    *("<img alt='a&amp;b'>", "<pre>", "</pre>", "&amp;", "&copy;", "&#65;", "&x;", "<http://a.b>", "\\*", "\\\n"),
    *("\n", "\r\n", "\n\n", "  \n", "\u2029", " ", "\t", "\ue000", "word", "Two words.", "“Yes?”", "5", ":", ".", "¹"),
]


@given(st.lists(st.sampled_from(FRAGMENTS), max_size=30), st.sampled_from(list(InputFormat)))
def test_any_mixture_of_marks_is_read_with_correct_places(fragments: list[str], input_format: InputFormat) -> None:
    text = "".join(fragments)
    check_places(text, list(read(text, input_format).sentences))


HOSTILE = [
    *(
        "> ",
        ">",
        "- ",
        "1. ",
        "[",
        "]",
        "![",
        "[a](",
        "](",
        '](a "',
        "[a][b]",
        "[a]: b\n",
        "*",
        "*a ",
        "a* ",
        "*a **b ",
    ),
    *(
        "_a ",
        "~~a ",
        "a~b ",
        "==a ",
        "|",
        "|a",
        "|a|\n",
        "|-",
        "`",
        "`a``b",
        "`a.b(",
        "`a=a-",
        "`<a ",
        "```\n",
        "~~~\n",
        "~~~ abc\n",
        "    a = 1\n\n",
        "$",
    ),
    *("$a $b=", "$=", "$$a", "\\(", "\\[a", "\\frac", "<", "<a ", "<a b=", '<a b="', "<think>", "</think>", "<!--"),
    *(
        "<details><summary>",
        "</summary></details>",
        "&",
        "&a",
        "&amp;",
        "[^a]: b\n",
        ".¹",
        "# a\n",
        "a\n=\n",
        "-=",
        "* ",
    ),
    *(
        "---\na: b\n",
        "- [ ] ",
        ": a ",
        ": ",
        "- # ",
        ">!a ",
        "\n",
        " ",
        "\t",
        "a  \n",
        "→ a\n",
        "<http://a",
        '<img alt="a',
        "<td>",
        "<pre>",
        "a\u2029",
        "00:00:01,000 --> 00:00:02,000\n",
        "1\n00:01.000 --> 00:02.000\na\n\n",
        "NOTE\n",
        "\\item ",
        "\\section{",
        "\\textbf{a}",
        "\\begin{a}",
        "\\begin{align}",
        "%",
    ),
]
HOSTILE_LENGTH = 4000


@check_rows("input_format", [InputFormat.AUTO, InputFormat.MARKDOWN, InputFormat.HTML])
@check_rows("unit", HOSTILE)
def test_hostile_markup_is_read_with_linear_work(unit: str, input_format: InputFormat) -> None:
    def count_calls_to_read(length: int) -> int:
        text = (unit * length)[:length]
        return count_calls(lambda: list(read(text, input_format).sentences))

    assert grows_linearly(count_calls_to_read, HOSTILE_LENGTH)
