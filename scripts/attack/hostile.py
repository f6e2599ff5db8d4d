"""Make hostile texts, SSML and values: control characters, deep nesting, huge numbers, bombs of markup."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import Any

SECRET = "Quillbramble"
"""Word of every text: a log that contains it has logged what a caller wanted spoken."""
SIGNS = "<[({*_~`$^\\|\"'“«#>&=!@%+-:;,.…—•\u200d\u0301\u202e\ufeff\u2028\u0000\u0007\u001b"
WORDS = (
    "1e999 0x1F 9" + "9" * 60,
    "1/0 ½⅓ ⅷ 10^-9999 3.1.4.1.5.9",
    "Dr. Mr. e.g. St. a.m. U.S.A.",
    "£€¥₿ $1,2,3,4.567.89bn -$0",
    "31.02.2025 99/99/9999 25:61:61",
    "https://[::1]:99999/%00%ff?q=<script>",
    "👩\u200d👩\u200d👧\u200d👦🏽🇩🇪\u20e3",
    "ﷺ﷽ Ǆ ﬃ ẞ İ ı ſ K Å",
    "שלום العربية 漢字 ไทย हिन्दी",
    "Z\u0300\u0301\u0302\u0303\u0304a\u0305l\u0306g\u0307o\u0308",
    "H₂SO₄ C6H12O6 x^{y^{z^{w}}} \\frac{1}{\\frac{2}{3}}",
    "[excited] (sad) [pause:99999999s] [pause:-1] [[whisper]]",
    "--- *** ___ ``` ~~~ ||| $$$ \\[ \\(",
    "&amp;&#0;&#x110000;&#99999999999;&lt;&nosuch;",
    "call 0800 00 11 22 ext. 9; SW1A 1AA; 192.168.1.1; ::ffff:1.2.3.4; 00:11:22:33:44:55",
    "Rs. 5 lakh, 1,00,00,000 and 3rd 2nd 1st 0th -1st IIII MMMMMMMMMM",
)
ELEMENTS = (
    *("break", "phoneme", "say-as", "prosody", "emphasis", "sub", "voice", "lang", "mark", "audio", "p", "s", "w"),
    *("mstts:express-as", "amazon:effect", "lexicon", "lookup", "desc", "metadata", "par", "seq", "nosuch", "speak"),
)
ATTRIBUTES = (
    *("time", "strength", "ph", "alphabet", "interpret-as", "format", "rate", "pitch", "volume", "alias", "name"),
    *("style", "styledegree", "level", "src", "xml:lang", "role", "contour", "range", "duration", "uri", "id", "ref"),
)
VALUES = (
    *("ipa", "x-sampa", "date", "time", "cardinal", "digits", "currency", "telephone", "mdy", "yyyymmdd", "x-strong"),
    *("1e309s", "-5s", "99999999999999ms", "+999999st", "-0%", "NaN", "Infinity", "10000%", "+6dB", "-999dB", "0.5.5"),
    *("file:///etc/passwd", "http://127.0.0.1:1/", "wren", "alloy", "angry", "joy:0.5,fear:0.5", "", " ", "\t"),
    "a" * 999,
    *("tɛ", "tɛ" * 200, "ˈˈˈˈ", "/x/", "həˈloʊ", "☃", "en-US", "zz-ZZ", "(0%,+10Hz)(50%,-99st)", "&#0;", "'\"<"),
)
NAMES = (
    *("wren", "WREN", "alloy", "nova", "", " ", "..", "../wren", "wren\x00", "wren/../..", "%2e%2e", "C:\\", "~root"),
    *("a" * 5000, "joy", "Anger", "auto", "cheerful", "joy:0.6,surprise:0.4", "joy:1e999", "joy:nan", "joy:", ":1"),
    ",",
    *("wav", "MP3", "opus", "aac", "pcm", "ulaw", "ALAW_8000", "flac", "text", "markdown", "html", "fixed", "sse"),
)
NUMBERS = (
    0,
    -1,
    1,
    2,
    0.5,
    -0.0,
    1e308,
    -1e308,
    5e-324,
    2**31,
    2**32 - 1,
    2**53 + 1,
    2**63,
    2**64,
    10**299,
    24000.0,
    7999,
)


def make_text(chance: random.Random) -> str:
    """Return a text that is short to speak, though it may be long to read."""
    kind = chance.randrange(8)
    if kind < 3:
        parts = [chance.choice(WORDS) for _ in range(chance.randrange(1, 3))]
    elif kind < 5:
        parts = ["".join(chance.choices(SIGNS + "ab \n", k=chance.randrange(1, 60)))]
    elif kind == 5:
        parts = [chance.choice(SIGNS) * chance.choice((1, 2, 30, 999, 4000))]
    elif kind == 6:
        opening, closing = chance.choice(
            (("<b>", "</b>"), ("[", "](x)"), ("> ", "\n"), ("**", "*"), ("<!--", "-->"), ("{", "}"))
        )
        depth = chance.choice((1, 50, 900))
        parts = [opening * depth, closing * chance.choice((0, depth, 2 * depth))]
    else:
        parts = [
            "".join(
                chr(chance.choice((chance.randrange(128), chance.randrange(0x2000), chance.randrange(0x20000))))
                for _ in range(20)
            )
        ]
    return f"{SECRET} {''.join(parts)}"


def make_ssml(chance: random.Random) -> str:
    """Return SSML, or what looks like it."""
    bomb = chance.randrange(24)
    if bomb == 0:
        depth = chance.choice((10, 200, 20_000))
        return f"<speak>{'<p>' * depth}{SECRET}{'</p>' * chance.choice((0, depth))}</speak>"
    if bomb == 1:
        entities = "".join(f'<!ENTITY a{n} "' + f"&a{n - 1};" * 10 + '">' for n in range(1, 12))
        return f'<!DOCTYPE s [<!ENTITY a0 "{SECRET}">{entities}]><speak>&a11;</speak>'
    if bomb == 2:
        return f'<!DOCTYPE s [<!ENTITY x SYSTEM "file:///etc/passwd">]><speak>{SECRET} &x;</speak>'
    if bomb == 3:
        attributes = " ".join(f'a{n}="1"' for n in range(3000))
        return f"<speak {attributes}>{SECRET}</speak>"
    if bomb == 4:
        marks = '<mark name="m"/><break time="1ms"/>' * chance.choice((10, 2000))
        return f"<speak>{SECRET}{marks}</speak>"
    if bomb == 5:
        return f'<speak xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="/etc/passwd"/>{SECRET}</speak>'
    if bomb == 6:
        charset = chance.choice(("utf-7", "utf-16", "idna", "zip", "ascii"))
        return f"<?xml version='1.0' encoding='{charset}'?><speak>{SECRET}</speak>"
    inner = "".join(_make_element(chance, 0) for _ in range(chance.randrange(1, 4)))
    document = f"<speak>{SECRET} {inner}</speak>"
    return document if chance.random() < 0.7 else mutate_text(chance, document)


def _make_element(chance: random.Random, depth: int) -> str:
    name = chance.choice(ELEMENTS)
    chosen = chance.sample(ATTRIBUTES, chance.randrange(4))
    quoted = {
        one: chance.choice(VALUES).replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;") for one in chosen
    }
    attributes = "".join(f' {one}="{value}"' for one, value in quoted.items())
    if chance.random() < 0.2:
        return f"<{name}{attributes}/>"
    inner = (
        _make_element(chance, depth + 1)
        if depth < 6 and chance.random() < 0.4
        else chance.choice(("a", "12", "", "Hm. So!"))
    )
    return f"<{name}{attributes}>{inner}</{name}>"


def mutate_text(chance: random.Random, text: str) -> str:
    """Cut, repeat or replace a part of a text."""
    start = chance.randrange(len(text))
    end = min(len(text), start + chance.randrange(1, 20))
    return (
        text[:start]
        + chance.choice(("", text[start:end] * 5, chance.choice(SIGNS), "]]>", "<!--", "<![CDATA["))
        + text[end:]
    )


def make_value(chance: random.Random, depth: int = 0) -> Any:
    """Return a JSON value that hardly any field expects."""
    makers: tuple[Callable[[], Any], ...] = (
        lambda: chance.choice(NUMBERS),
        lambda: chance.choice(NAMES),
        lambda: chance.choice((None, True, False, "true", "null", "\ud800", "1", "0.5", "NaN", [], {}, [[]])),
        lambda: make_text(chance),
        lambda: [make_value(chance, depth + 1) for _ in range(chance.randrange(5))] if depth < 3 else [],
        lambda: {chance.choice(NAMES)[:99]: make_value(chance, depth + 1) for _ in range(3)} if depth < 3 else {},
    )
    return chance.choice(makers)()


def spoil(chance: random.Random, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Replace the value of a field, add an unknown one, or change nothing."""
    spoiled, kind = dict(fields), chance.randrange(4)
    if kind == 0:
        spoiled[chance.choice(list(spoiled))] = make_value(chance)
    elif kind == 1:
        spoiled[chance.choice((*NAMES, "txt", "__proto__"))[:99]] = make_value(chance)
    return spoiled
