"""HTML documents: what is read of them and where it stands in the original."""

from __future__ import annotations

import pytest

from app.types import InputFormat
from tests.text.formatted_reading import check_places, read, read_aloud, read_warnings

READINGS = [
    ("<html><body><h1>Log</h1><p>The tide\nwas <b>out</b>.</p></body></html>", "Log // The tide was out."),
    ("<!DOCTYPE html>\n<title>Log</title>Text", "Log // Text"),
    ("<html><head><title>Log</title><style>p{}</style></head><body>Text</body>", "Text"),
    ("<html><ul><li>oats<li>rye</ul>End", "oats / rye // End"),
    ("<html><ol><li>oats</li><li>rye.</li></ol>", "oats / rye."),
    (
        "<html><table><tr><th>Port<th>Ships</tr><tr><td>Kiel </td> <td>12</td></tr></table>",
        "Port, Ships / Kiel, twelve",
    ),
    ("<html><dl><dt>Rye<dd>A grain</dl>", "Rye // A grain"),
    ("<html>One<br>two<hr>three", "One / two // three"),
    ("<html>Half<i>way</i> up<span> the</span><wbr> hill", "Halfway up the hill"),
    ("<html>Salt &amp; &quot;pepper&quot; &copy; &#8364;5 &lt;b&gt;", 'Salt and "pepper" copyright five euros'),
    ('<html><img src="a.png" alt="A tug &amp; a boat"> in port <img alt="">', "A tug and a boat in port"),
    ("<html>One <!-- two <b> --> three", "One three"),
    ("<html>One <script>if (a < b) { x() }</script> two", "One two"),
    ("<html><pre>a = 1\nb = 2</pre>End", "End"),
    ("<html><a title='a > b' href=\"x\">Log</a> of <unknown-element>it</unknown-element>", "Log of it"),
    ("<html>a < b and <b", "a less than b and less than b"),
    ("<html>*stars* and # signs", "stars and number signs"),
    ("<html><div><div><p></div></p>Text</span>", "Text"),
    ("<HTML><P>One<P>Two", "One // Two"),
]


@pytest.mark.parametrize(("text", "aloud"), READINGS)
def test_html_is_read_without_its_tags(text: str, aloud: str) -> None:
    assert read_aloud(text) == read_aloud(text, InputFormat.HTML) == aloud
    check_places(text, list(read(text).sentences))


def test_what_a_browser_does_not_show_is_reported() -> None:
    text = "<html><script>x</script><p>Text</p><pre>a\nb</pre><noscript>y</noscript>"
    assert read_warnings(text) == ["dropped_element", "dropped_element", "dropped_code"]


def test_a_fragment_is_html_if_the_request_says_so() -> None:
    assert read_aloud("<p>*One*</p># two", InputFormat.HTML) == "One // number two"
    assert read_aloud("Text without a tag", InputFormat.HTML) == "Text without a tag"
