"""Tags in plain text: what each sets, where it ends, and which brackets stay text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.text import read_text
from app.text.tags.words import inflect
from app.types import InputFormat
from tests.growth import count_calls, grows_linearly
from tests.tables import check_rows
from tests.text.ssml_reading import check_inner, check_places
from tests.text.tag_reading import describe, has_tags, read, read_clauses

CASES = [
    (
        '<emotion value="sad">One [happy] two [normal] three</emotion> four.',
        "<sadness> One | <joy> two | <sadness> three | four.",
    ),
    ("[rate:1.5] Fast. Go on.", "<speed 1.5> Fast. | <speed 1.5> Go on."),
    (
        "[speed: 80%] One [volume=0.5] two [rate: slow] three.",
        "<speed 0.8> One | <volume 0.5> two | <speed 0.8> three.",
    ),
    ("<prosody rate='1.5'>Quick</prosody> now.", "<speed 1.5> Quick | now."),
    ("[laughs] [softly] Come in. Sit down.", "<joy volume 0.6> Come in. | <volume 0.6> Sit down."),
    ("<whisper>They sleep.</whisper> <slow>Go.</slow> Stop.", "<volume 0.35> They sleep. | <speed 0.8> Go. | Stop."),
    ("And [pause for effect] it was gone.", "And (0.75s) | it was gone."),
    (
        '[sad] He left. "[angry] Go," she said, "[happy] and stay away." The end.',
        '<sadness> He left. | <anger> "Go," | <sadness> she said, | <joy> "and stay away." | <sadness> The end.',
    ),
    ("[excited] We found it! Come and see.", "<joy> We found it! | <joy> Come and see."),
    ("[Excited] We found it!", "<joy> We found it!"),
    ("[EXCITED]We found it!", "<joy> We found it!"),
    (
        "It was late. [sad] Nobody came. Nobody called.",
        "It was late. | <sadness> Nobody came. | <sadness> Nobody called.",
    ),
    ("[sad] Nobody came.\n\nThe next day was better.", "<sadness> Nobody came. | The next day was better."),
    (
        "[sad] Nobody came. [happy] Then Tom came! [normal] He sat down.",
        "<sadness> Nobody came. | <joy> Then Tom came! | He sat down.",
    ),
    ("[sad] Nobody came. [auto] He sat down.", "<sadness> Nobody came. | He sat down."),
    ("[very angry] Leave it.", "<anger 1.5> Leave it."),
    ("[slightly sad] I see.", "<sadness 0.5> I see."),
    ("[a bit nervous] Is it safe?", "<fear 0.5> Is it safe?"),
    ("[extremely happy] Yes!", "<joy 2.0> Yes!"),
    ("[in a sad voice] It broke.", "<sadness> It broke."),
    ("[angrily] Sit.", "<anger> Sit."),
    ("[sad tone] It broke.", "<sadness> It broke."),
    ("[emotion: scared] Who is it?", "<fear> Who is it?"),
    ("[emotion=joy] Come in.", "<joy> Come in."),
    (
        "[furious] No. [terrified] Run! [disgusted] That smell. [shocked] You? [calm] Sit.",
        "<anger> No. | <fear> Run! | <disgust> That smell. | <surprise> You? | <neutral> Sit.",
    ),
    ("[whispers] They sleep.", "<volume 0.35> They sleep."),
    ("[excited][whispers] They sleep.", "<joy volume 0.35> They sleep."),
    ("[excited] [whispers] They sleep. [sad] I woke them.", "<joy volume 0.35> They sleep. | <sadness> I woke them."),
    (
        "[softly] Hush. [loudly] Wake up! [slowly] One. [quickly] Two.",
        "<volume 0.6> Hush. | <volume 1.4> Wake up! | <speed 0.8> One. | <speed 1.25> Two.",
    ),
    ("[speaks slowly] Think about it.", "<speed 0.8> Think about it."),
    ("[happy]Tom came.[/happy] He sat down.", "<joy> Tom came. | He sat down."),
    ("He said it [angry] twice and left.", "He said it | <anger> twice and left."),
    ('"[angry] Get off my lawn," he said.', '<anger> "Get off my lawn," | he said.'),
    ("“[scared] Who is there?” she asked.", "<fear> “Who is there?” | she asked."),
    ("Wait [pause:1s] here.", "Wait (1s) | here."),
    ("Wait [pause 500ms] here.", "Wait (0.5s) | here."),
    (
        "Wait [pause] here. [short pause] And here. [long pause] Go.",
        "Wait (0.75s) | here. (0.5s) | And here. (1.25s) | Go.",
    ),
    ("Wait. [pause: 1.5 seconds] Go.", "Wait. (1.5s) | Go."),
    ("Wait. [pause=2] Go.", "Wait. (2s) | Go."),
    ("Wait. [2s pause] Go.", "Wait. (2s) | Go."),
    ("Wait. [silence 300 ms] Go.", "Wait. (0.3s) | Go."),
    ("[pause:1s] Go.", " (1s) | Go."),
    ("Go. [pause:1s]", "Go. (1s)"),
    ("One. [pause:1s] [pause:2s] Two.", "One. (3s) | Two."),
    ('Wait. <break time="1s"/> Go.', "Wait. (1s) | Go."),
    ("Wait. <break time='250ms'> Go.", "Wait. (0.25s) | Go."),
    ('Wait. <break/> Go. <break strength="weak" /> Stop.', "Wait. (0.75s) | Go. (0.5s) | Stop."),
    ("[laughs] That tickles. Now work.", "<joy> That tickles. | Now work."),
    ("That tickles [laughs], stop it. Now work.", "That tickles, | <joy> stop it. | Now work."),
    ("That tickles. [laughs]\n\nNow work.", "That tickles. | Now work."),
    ("[sighs] It is over. Go home.", "<sadness 0.5> It is over. | Go home."),
    (
        "[sad] It is over. [laughs] Not quite. Go home.",
        "<sadness> It is over. | <sadness> Not quite. | <sadness> Go home.",
    ),
    ("[sobbing] It is over.", "<sadness> It is over."),
    ("[gasps] You are here! Sit down.", "<surprise> You are here! | Sit down."),
    ("[clears throat] Dear guests.", "Dear guests."),
    ("[coughs] Dear guests.", "Dear guests."),
    ("[takes a deep breath] Dear guests.", "Dear guests."),
    ("[laughs nervously] I am fine. Go on.", "<fear> I am fine. | Go on."),
    ("[chuckles softly] I am fine.", "<joy 0.5> I am fine."),
    ("<laugh> I am fine. Go on.", "<joy> I am fine. | Go on."),
    ("(sad) The cat is gone.", "<sadness> The cat is gone."),
    (
        "It rained. (angry) Who left the door open? He was (sad) to say so.",
        "It rained. | <anger> Who left the door open? | <anger> He was (sad) to say so.",
    ),
    ("Ann: (laughs) Never. Bob: (angry) Always.", "Ann: | <joy> Never. | Bob: | <anger> Always."),
    ('"(scared) Who is there?" she asked.', '<fear> "Who is there?" | she asked.'),
    ("(sad)(softly) The cat is gone.", "<sadness volume 0.6> The cat is gone."),
    ("(very happy) The cat is back!", "<joy 1.5> The cat is back!"),
    ("- (happy) The cat is back.", "<joy> - The cat is back."),
    (
        '<emotion value="angry"/> I said no. <emotion value="sad" /> I hoped you would listen.',
        "<anger> I said no. | <sadness> I hoped you would listen.",
    ),
    ('<emotion value="angry">I said no.</emotion> We left.', "<anger> I said no. | We left."),
    ('He <emotion value="sad">never came</emotion> home.', "He | <sadness> never came | home."),
    ('<emotion value="sad">One.\n\nTwo.</emotion> Three.', "<sadness> One. | <sadness> Two. | Three."),
    (
        '<emotion value="sad">One <emotion value="joy">two</emotion> three.</emotion> Four.',
        "<sadness> One | <joy> two | <sadness> three. | Four.",
    ),
    ('<expr type="expression" label="excited"/> It works!', "<joy> It works!"),
    ('<expr type="expression" label="say it with quiet anger"/> It works.', "<anger volume 0.6> It works."),
    ('<expr type="break" label="500ms"/> It works.', " (0.5s) | It works."),
    ('<expr type="sound" label="laugh"/> It works. It does.', "<joy> It works. | It does."),
    ('<expr type="prosody" label="whisper">It works.</expr> It does.', "<volume 0.35> It works. | It does."),
    ('<expression value="soft and slow"/> It works.', "<speed 0.8 volume 0.6> It works."),
    ('<speed ratio="1.5"/> It works. <volume ratio="0.5"/> It does.', "<speed 1.5> It works. | <volume 0.5> It does."),
    ("[Leicester](/lˈɛstɚ/) is far.", "Leicester is far."),
    ("We saw [Nice](/nˈis/), [Cannes](/kˈæn/) and home.", "We saw Nice, Cannes and home."),
    ("[British accent] Good day. [sarcastic] How nice.", "Good day. | How nice."),
    ("[gunshot] He fell. [applause] He rose.", "He fell. | He rose."),
    ("See [12], [sic], [Chorus] and [x].", "See [12], [sic], [Chorus] and [x]."),
    ("Call [your name] at [555-1234] or [e-mail].", "Call [your name] at [555-1234] or [e-mail]."),
    (
        "Read [the docs](https://example.org/a) or [happy](https://example.org/b).",
        "Read [the docs](https://example.org/a) or [happy](https://example.org/b).",
    ),
    (
        "The result (happy or sad) is here, (see above) and (12).",
        "The result (happy or sad) is here, (see above) and (12).",
    ),
    ("He was (sad) to say it.", "He was (sad) to say it."),
    (
        "An [angry-looking] dog, an [unknown word] and a [not sad] face.",
        "An [angry-looking] dog, an [unknown word] and a [not sad] face.",
    ),
    ("if a[0] < b and c > d: print(x)", "if a[0] < b and c > d: print(x)"),
    ("<b>Bold</b> and <unknown/> stay.", "<b>Bold</b> and <unknown/> stay."),
    ("Press [Enter] or [Esc], then [very] and [voice].", "Press [Enter] or [Esc], then [very] and [voice]."),
    ("[pause:-1s] and [pause:x] stay.", "[pause:-1s] and [pause:x] stay."),
    (
        "(Note) and (see page 3) stay. (Happy to help!) stays.",
        "(Note) and (see page 3) stay. | (Happy to help!) stays.",
    ),
    ("[TODO: sad] stays.", "[TODO: sad] stays."),
    ("[sad", "[sad"),
]
UNTAGGED = [
    "",
    "  ",
    "He said (quietly enough) that [1] is fine.",
    "One.\n\nTwo <three> four.",
    "a < b > c [d] (e)",
    "“Who?” she asked. [citation needed]",
]


@check_rows(("text", "expected"), CASES)
def test_a_text_with_tags_is_read_as_expected(text: str, expected: str) -> None:
    assert describe(text) == expected


@check_rows("text", [text for text, _ in CASES])
def test_spans_refer_to_the_text_with_its_tags(text: str) -> None:
    sentences, _ = read(text)
    check_places(text, sentences, "<[(")
    for sentence in sentences:
        for clause in sentence.clauses:
            check_inner(clause)


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("[excited] Yes. [pause] No.", []),
        ("[laughs] Yes.", ["tag_ignored"]),
        ("[whispers] Yes.", ["whisper_quiet"]),
        ("[sarcastic] Yes.", ["tag_ignored"]),
        ("[British accent] Yes.", ["tag_ignored"]),
        ('<expr type="expression" label="like a pirate"/> Yes.', ["tag_ignored"]),
        ("[pause:60s] Yes.", ["value_limited"]),
        ("[pause:99999s] Yes.", ["value_limited"]),
        ("[rate:99] Yes.", ["value_limited"]),
        ("[rate:0] Yes.", ["invalid_value"]),
        ("[pitch:200hz] Yes.", ["invalid_value"]),
        ("[voice:bob] Yes.", ["tag_ignored"]),
        ("<voice name='bob'>Yes.</voice>", ["tag_ignored"]),
        ("[lang: de] Yes.", ["tag_ignored"]),
        ("One. [pause:15s] [pause:15s] Two.", ["value_limited"]),
        ('<break time="soon"/> Yes.', ["invalid_value"]),
        ('<speed ratio="fast!"/> Yes.', ["invalid_value"]),
        ('<speed ratio="90"/> Yes.', ["value_limited"]),
        ("[Bonn](/b§n/) Yes.", ["unsupported_phoneme"]),
        ("[12] and [sic] Yes.", []),
    ],
)
def test_what_the_voice_does_not_do_is_reported(text: str, codes: list[str]) -> None:
    assert [warning.code for warning in read(text)[1]] == codes


def test_the_origin_of_an_emotion_is_its_tag() -> None:
    origins = [clause.manner.origin for clause in read_clauses("[excited] Yes. (sad) Never. [laughs] Oh.")]
    assert origins == ["tag [excited]", "tag (sad)", "tag (sad)"]


def test_phonemes_of_kokoro_are_read_as_ipa() -> None:
    (clause,) = read_clauses("[Kokoro](/kˈOkəɹO/) speaks.")
    assert clause.spoken == "⟦kˈoʊkəɹoʊ|Kokoro⟧ speaks."
    assert clause.ssml == '<phoneme alphabet="ipa" ph="kˈoʊkəɹoʊ">Kokoro</phoneme> speaks.'


def test_a_text_of_tags_alone_is_silent() -> None:
    (sentence,) = read("[laughs]")[0]
    assert [(clause.text, clause.pause_after) for clause in sentence.clauses] == [("", 0.0)]


@pytest.mark.parametrize("text", UNTAGGED)
def test_a_text_without_tags_is_no_tagged_text(text: str) -> None:
    assert not has_tags(text)
    assert read(text)[0] == list(read_text(text))


MARKDOWN = [
    ("```\n[sad] make\n```\nHello *you*.", "Hello you."),
    ("Write `[sad]` **there**.", "Write [sad] there."),
    ("**[excited] We won!** Come.\n\nThen _it_ rained.", "<joy> We won! | <joy> Come. | Then it rained."),
    ("# [sad] Farewell\n\nHe left.", "<sadness> Farewell | He left."),
    ("- [happy] one\n- two **three**", "<joy> one | <joy> two three"),
    ('**Ann:** (sad) "[angry] Go," **now**.', 'Ann: | <anger> "Go," | <sadness> now.'),
    ("*Wait* [pause:1s] here. [laughs] Fine.", "Wait (1s) | here. | <joy> Fine."),
    ("*See* [Leicester](/lˈɛstɚ/) and [the docs](https://example.org).", "See Leicester and the docs."),
    ('*One* <break time="1s"/> two <emotion value="sad">three</emotion>.', "One (1s) | two | <sadness> three."),
]


@pytest.mark.parametrize(("text", "expected"), MARKDOWN)
def test_tags_are_read_within_markdown(text: str, expected: str) -> None:
    assert describe(text, InputFormat.AUTO) == expected


def test_tags_are_read_within_html() -> None:
    text = "<html><p>[sad] One.</p><p>Two. [pause:1s]</p></html>"
    assert describe(text, InputFormat.AUTO) == "<sadness> One. | Two. (1s)"


@given(st.text(st.sampled_from("aB. ,!?\n“”[]():1"), max_size=80))
def test_a_tag_at_the_end_changes_nothing_before_it(text: str) -> None:
    if has_tags(text) or not text.strip():
        return
    plain = list(read_text(text))
    tagged = read(f"{text}\n\n[pause:0s]")[0]
    assert [one.text for one in tagged] == [one.text for one in plain]
    assert [(one.start, one.end, one.ends_paragraph) for one in tagged] == [
        (one.start, one.end, one.ends_paragraph) for one in plain
    ]
    assert [one.spoken for sentence in tagged for one in sentence.clauses] == [
        one.spoken for sentence in plain for one in sentence.clauses
    ]


TAGS = st.sampled_from(
    "[sad]|(happy)|[laughs]|[pause:1s]|<break/>|<emotion value='joy'>|</emotion>|[/sad]|[x](/a/)|[x](y)|[12]| |\n\n|"
    "Yes.|“No,”|he said|[|]|(|<|\ue000".split("|")
)


@given(st.lists(TAGS, max_size=12).map("".join))
def test_any_text_is_read_with_correct_places(text: str) -> None:
    check_places(text, read(text)[0], "<[(")


TAG_FLOODS = (
    *(
        "[",
        "(",
        "<",
        "[a",
        "(a",
        "<a ",
        "[sad]",
        "[sad] a. ",
        "(sad) ",
        "[laughs] a. ",
        "[pause]",
        "[a](",
        "[a](/a/)",
        "[a](",
    ),
    *(
        "<emotion value='joy'>",
        "<emotion value='joy'>a</emotion>",
        "</emotion>",
        "<break/>",
        "\n\n[sad] a",
        "[sad]   ",
        "`",
        "``` ",
        "`[sad]",
    ),
)


@pytest.mark.parametrize("unit", TAG_FLOODS)
def test_hostile_tags_are_read_with_linear_work(unit: str) -> None:
    def count_calls_to_read(length: int) -> int:
        text = (unit * length)[:length]
        return count_calls(lambda: read(text))

    assert grows_linearly(count_calls_to_read, 4_000)


@pytest.mark.parametrize(
    ("verb", "forms"),
    [
        ("laugh", "laugh laughs laughing laughed"),
        ("sob", "sob sobs sobbing sobbed"),
        ("cry", "cry cries crying cried"),
        ("giggle", "giggle giggles giggling giggled"),
        ("yawn", "yawn yawns yawning yawned"),
        ("kiss", "kiss kisses kissing kissed"),
    ],
)
def test_the_forms_of_a_sound_are_regular(verb: str, forms: str) -> None:
    assert inflect(verb) == tuple(forms.split())


def test_spelled_text_is_read_letter_by_letter() -> None:
    spoken = [clause.spoken for clause in read_clauses("My code is <spell>B1c</spell>, ok?")]
    assert spoken == ["My code is B one C, ok?"]
