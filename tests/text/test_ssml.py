"""The rules of SSML, one by one, and the table that says what is supported."""

from __future__ import annotations

import pytest

from app.errors import InvalidSsml
from app.text import SSML_TABLE, SSML_WARNINGS, read_fragment, read_text
from app.text.phonetic import count_model_chars, remove_phonemes
from app.text.ssml import Support
from app.text.ssml.handlers import START_HANDLERS
from app.text.ssml.table import BREAK_SECONDS, RATES, VOLUMES
from app.types import DEFAULT_PROSODY, NO_SPAN, Emotion, Mark, Prosody
from tests.tables import check_rows
from tests.text.ssml_reading import read_clauses, read_codes, read_document, read_sentences, read_spoken, read_texts

ACCEPTED = [
    (row.name, attribute.name, value)
    for row in SSML_TABLE
    if row.name != "speak"
    for attribute in row.attributes
    for value in attribute.values
]
EXPECTED = {
    "audio": {"audio_ignored"},
    "lexicon": {"unknown_lexicon"},
    "lookup": {"unknown_lexicon"},
    "emphasis": {"emphasis_ignored"},
    ("prosody", "rate", "80%"): {"rate_percent"},
    ("emphasis", "level", "none"): set(),
}
"""The warnings that the table announces."""
NEEDED = {
    "voice": "name='wren'",
    "say-as": "interpret-as='characters'",
    "sub": "alias='two'",
    "phoneme": "ph='ə'",
    "mark": "name='here'",
    "bookmark": "mark='here'",
    "express-as": "style='sad'",
}
"""Attributes without which an element has no effect."""
SPELLED = {
    ("cardinal", "", "1"): "one",
    ("cardinal", "", "12345"): "twelve thousand three hundred and forty-five",
    ("number", "", "-1,234.5"): "minus one thousand two hundred and thirty-four point five",
    ("number", "", "007"): "zero zero seven",
    ("ordinal", "", "1"): "first",
    ("ordinal", "", " 3rd "): "third",
    ("ordinal", "", "1,234"): "one thousand two hundred and thirty-fourth",
    ("characters", "", "can"): "C A N",
    ("characters", "", "A-1 é?"): "A dash one É question mark",
    ("spell-out", "", "ß⟿"): "ß symbol",
    ("characters", "", "★"): "black star",
    ("digits", "", "123456789"): "one two three four five six seven eight nine",
    ("number_digit", "", "1.05"): "one point zero five",
    ("digits", "", "12-34"): "one two three four",
    ("digits", "", "12 ------------ 34"): "one two three four",
    ("fraction", "", "2/9"): "two ninths",
    ("fraction", "", "3+1/2"): "three and a half",
    ("fraction", "", "5 1/4"): "five and one quarter",
    ("fraction", "", "2½"): "two and a half",
    ("fraction", "", "-3/200"): "minus three over two hundred",
    ("fraction", "", "5/1"): "five over one",
    ("telephone", "", "(888) 555-1212"): "eight eight eight, five five five, one two one two",
    ("telephone", "", "+1 202 555 1212"): "plus one, two zero two, five five five, one two one two",
    ("telephone", "", "2025551212x345"): "two zero two five five five one two one two, extension three four five",
    ("currency", "", "$42.01"): "forty-two dollars and one cent",
    ("currency", "", "99.9 USD"): "ninety-nine point nine dollars",
    ("currency", "", "USD45.30"): "forty-five dollars thirty",
    ("currency", "", "€5"): "five euros",
    ("date", "dmy", "10-12-2016"): "the tenth of December twenty sixteen",
    ("date", "mdy", "10/19/2010"): "October nineteenth twenty ten",
    ("date", "mdy", "12-31-1900"): "December thirty-first nineteen hundred",
    ("date", "ymd", "1960-09-10"): "September tenth nineteen sixty",
    ("date", "yyyymmdd", "1960-09-10"): "September tenth nineteen sixty",
    ("date", "ymd", "19600910"): "September tenth nineteen sixty",
    ("date", "ydm", "2005/17/12"): "December seventeenth two thousand and five",
    ("date", "dm", "10-9"): "the tenth of September",
    ("date", "md", "12/17"): "December seventeenth",
    ("date", "my", "12/2005"): "December two thousand and five",
    ("date", "ym", "2005.12"): "December two thousand and five",
    ("date", "d", "21"): "twenty-first",
    ("date", "m", "9"): "September",
    ("date", "y", "1984"): "nineteen eighty-four",
    ("date", "mdy", "Sept. 10, 60"): "September tenth nineteen sixty",
    ("date", "dmy", "1st January 1999"): "the first of January nineteen ninety-nine",
    ("date", "", "10-12-2016"): "October twelfth twenty sixteen",
    ("date", "", "2016-12-10"): "December tenth twenty sixteen",
    ("date", "", "25.12.2016"): "December twenty-fifth twenty sixteen",
    ("date", "", "????0922"): "September twenty-second",
    ("date", "", "May 5, 1999"): "May fifth nineteen ninety-nine",
    ("time", "hms12", "4:00am"): "four A M",
    ("time", "hms12", "2:30pm"): "two thirty P M",
    ("time", "hms24", "14:05"): "fourteen oh five",
    ("time", "", "1:14:32"): "one fourteen and thirty-two seconds",
    ("time", "", "7 p.m."): "seven P M",
    ("time", "", "1'21\""): "one minute and twenty-one seconds",
    ("time", "", "5'"): "five minutes",
}
"""The spoken form of a text with its interpret-as and format."""
UNREADABLE = (
    ("cardinal", "ten"),
    ("cardinal", "1 2"),
    ("ordinal", "first"),
    ("digits", "12a"),
    ("digits", "1 2 3 4 5 6 7 8 ab"),
    ("fraction", "1/2/3"),
    ("telephone", "1-800-FLOWERS"),
    ("telephone", "7"),
    ("currency", "42"),
    ("currency", "five"),
    ("currency", "$5|€6"),
    ("currency", "$5" + " and a penny" * 5),
    ("date", "5/5/2000: a|b"),
    ("date", "foo"),
    ("date", "32.13.2000"),
    ("date", "99999"),
    ("time", "25:99"),
    ("time", "noon"),
    ("cardinal", "9" * 41),
)


# The table


def test_every_row_of_the_table_has_a_handler_and_no_other_element_has_one() -> None:
    assert list(START_HANDLERS) == [row.name for row in SSML_TABLE]


@check_rows(("element", "attribute", "value"), ACCEPTED)
def test_every_value_in_the_table_is_accepted(element: str, attribute: str, value: str) -> None:
    others = "" if attribute in NEEDED.get(element, "") else NEEDED.get(element, "")
    text = "5 May" if element != "say-as" else ("1" if value in ("cardinal", "digits") else "12:30")
    found = set(read_codes(f"<{element} {attribute}='{value}' {others}>{text}</{element}>"))
    # Not every text suits every reading, and a format suits its own kinds alone.
    unsuited = {"say_as_unreadable", "unsupported_attribute"} if element == "say-as" else set()
    assert found - unsuited == EXPECTED.get((element, attribute, value), EXPECTED.get(element, set()))


@pytest.mark.parametrize("row", SSML_TABLE, ids=lambda row: row.name)
def test_the_text_of_every_element_is_spoken_unless_the_table_drops_it(row: object) -> None:
    name, support = row.name, row.support  # type: ignore[attr-defined]
    read = read_spoken(f"one <{name}>two</{name}> three")
    assert " ".join(read) == ("one three" if support is Support.DROPPED else "one two three")


@pytest.mark.parametrize("name", ["amazon:effect", "w", "par", "foo", "BREAK", "Speak"])
def test_the_text_of_an_unknown_element_is_spoken_without_its_markup(name: str) -> None:
    assert read_spoken(f"one <{name} a='b'>two</{name}> three") == ["one two three"]
    assert read_codes(f"one <{name} a='b'>two</{name}> three") == ["unsupported_element"]


def test_every_warning_is_explained() -> None:
    raised = read_codes(
        "<break time='x'/><break time='99s'/><p foo='a'>a</p><x/><audio/><emphasis>a</emphasis><sub>a</sub>"
        "<lang xml:lang='fr'/><lexicon uri='a'/>\ue001"
        "<prosody rate='80%'>a</prosody><say-as interpret-as='date'>a</say-as><say-as interpret-as='a'>a</say-as>"
        "<phoneme ph='1'>a</phoneme><express-as style='chat'>a</express-as><sub alias='b'/>"
    )
    assert set(raised) | {"more_warnings"} == set(SSML_WARNINGS)


# Structure


def test_a_document_without_markup_is_read_like_plain_text() -> None:
    text = "Dr. Smith paid $5. He left; nobody knew why, not even his sister."
    (plain, _), (first, second) = list(read_text(text)), read_sentences(text)
    assert (first.text, [clause.spoken for clause in first.clauses]) == (
        plain.text,
        [clause.spoken for clause in plain.clauses],
    )
    assert (first.start, first.end) == (7, 7 + len("Dr. Smith paid $5."))
    assert second.ends_paragraph and not first.ends_paragraph
    assert first.clauses[0].manner == DEFAULT_PROSODY and first.clauses[0].places is None


def test_white_space_is_collapsed_and_words_stay_separate() -> None:
    assert read_texts("<p>a</p><p>b</p>") == ["a", "b"]
    assert read_texts("<s>one</s><s>two</s>three") == ["one", "two", "three"]
    assert read_texts("  one \n\t two\u00a0\u00a0three  ") == ["one two three"]
    assert read_texts("wor<emphasis>ld</emphasis>s and wor<mark name='a'/>ds") == ["worlds and words"]
    assert read_texts("a<voice name='x'>b</voice>c") == ["a", "b", "c"]
    assert read_texts("<media><speak>One</speak></media><media><speak>two</speak></media>") == ["One", "two"]


def test_paragraphs_end_with_their_elements() -> None:
    read = read_sentences("<p>One. Two.</p><p><s>Three</s><s>Four</s></p>Five. <s>Six</s>")
    assert [(one.text, one.ends_paragraph) for one in read] == [
        ("One.", False),
        ("Two.", True),
        ("Three", False),
        ("Four", True),
        ("Five.", False),
        ("Six", True),
    ]


def test_a_blank_line_ends_no_paragraph_in_markup() -> None:
    assert [one.ends_paragraph for one in read_sentences("One.\n\nTwo.")] == [False, True]


def test_a_sentence_spoken_in_parts_stays_one_sentence() -> None:
    (sentence,) = read_sentences("I am <break/> very <prosody rate='slow'>happy</prosody> today.")
    assert sentence.text == "I am very happy today."
    assert [clause.text for clause in sentence.clauses] == ["I am", "very", "happy", "today."]


def test_punctuation_stays_with_the_adjacent_words() -> None:
    assert read_texts("He said “<prosody rate='slow'>Hello</prosody>.”") == ["He said", "“Hello.”"]
    assert read_texts("<prosody rate='slow'>Hello</prosody>!") == ["Hello!"]
    assert read_texts("“<prosody rate='slow'>Hello</prosody>” she said") == ["“Hello”", "she said"]
    assert read_clauses("“<prosody rate='slow'>Hello</prosody>” she said")[0].manner.speed == 0.64


def test_a_spoken_sign_is_a_word() -> None:
    assert read_texts("one <prosody rate='slow'>&amp;</prosody> two") == ["one", "&", "two"]


def test_long_sentences_are_cut_like_those_of_plain_text() -> None:
    text = ", ".join(["the gulls followed us along the wall"] * 20) + "."
    (sentence,), (plain,) = read_sentences(text), read_text(text)
    assert [clause.text for clause in sentence.clauses] == [clause.text for clause in plain.clauses]


def test_a_document_without_text_has_no_sentences() -> None:
    for inside in ("", " \n ", "<p> </p>", "<mark name='a'/>", "<desc>a</desc>", "<!-- a -->"):
        read = read_document(f"<speak>{inside}</speak>")
        assert list(read.sentences) == [] and read.characters == 0


def test_the_character_count_excludes_markup() -> None:
    assert (
        read_document(
            "<speak> <p>Hello&#33;</p>  <desc>not this</desc> <sub alias='nor this'>you</sub> </speak>"
        ).characters
        == 10
    )


# Places


def test_a_span_is_the_smallest_range_that_holds_the_text_with_the_tags_and_references_inside() -> None:
    document = "<speak><p>Fish &amp; <emphasis>chips</emphasis>&#33;</p> </speak>"
    (sentence,) = read_document(document).sentences
    (clause,) = sentence.clauses
    assert clause.text == "Fish & chips!"
    assert document[clause.start : clause.end] == "Fish &amp; <emphasis>chips</emphasis>&#33;"
    assert (sentence.start, sentence.end) == (clause.start, clause.end)
    assert clause.places is not None
    assert "".join(document[place] for place in clause.places) == "Fish & chips&"


def test_places_count_code_points() -> None:
    document = "<speak>😀é <s>naïve “word”</s></speak>"
    (_, second) = read_document(document).sentences
    assert document[second.start : second.end] == "naïve “word”" == second.text
    assert second.clauses[0].places is None


def test_an_ampersand_in_a_cdata_section_is_one_character() -> None:
    for text in ("a &amp; <b> &", "& a; b", "&"):
        document = f"<speak><![CDATA[{text}]]></speak>"
        ((clause,),) = (sentence.clauses for sentence in read_document(document).sentences)
        assert clause.text == text == document[clause.start : clause.end]


def test_a_document_may_begin_with_white_space_a_byte_order_mark_and_any_declared_encoding() -> None:
    for before in (
        "",
        " \n",
        "\ufeff",
        "\r\n<?xml version='1.0' encoding='UTF-16'?>",
        "<?xml version='1.0'?>\n<!-- a -->",
    ):
        document = f"{before}<speak>é one</speak>"
        (sentence,) = read_document(document).sentences
        assert document[sentence.start : sentence.end] == "é one"


def test_line_endings_of_any_system_preserve_the_places() -> None:
    document = "<speak>\r\none\r\ntwo\rthree</speak>"
    (sentence,) = read_document(document).sentences
    assert sentence.text == "one two three"
    assert document[sentence.start : sentence.end] == "one\r\ntwo\rthree"


# Pauses


@pytest.mark.parametrize(
    ("attributes", "seconds"),
    [
        ("", 0.75),
        *((f"strength='{name}'", seconds) for name, seconds in BREAK_SECONDS.items()),
        ("time='2s'", 2.0),
        ("time='250ms'", 0.25),
        ("time=' .5S '", 0.5),
        ("time='0'", 0.75),
        ("time='3s' strength='none'", 3.0),
        ("time='soon' strength='weak'", 0.5),
        ("time='-1s'", 0.75),
        ("strength='loud'", 0.75),
        ("time='1000s'", 20.0),
    ],
)
def test_a_break_replaces_the_pause_of_the_clause_before(attributes: str, seconds: float) -> None:
    first, second = read_clauses(f"one <break {attributes}/> two")
    assert (first.text, first.pause_after) == ("one", seconds)
    assert (second.text, second.pause_after) == ("two", None)


@pytest.mark.parametrize(
    ("attributes", "code"),
    [
        ("time='soon'", "invalid_value"),
        ("strength='loud'", "invalid_value"),
        ("time='1h'", "invalid_value"),
        ("time='21s'", "value_limited"),
        ("wait='1s'", "unsupported_attribute"),
    ],
)
def test_an_invalid_break_is_reported(attributes: str, code: str) -> None:
    assert read_codes(f"one <break {attributes}/> two") == [code]


def test_consecutive_breaks_add_up_to_at_most_twenty_seconds() -> None:
    assert read_clauses("one<break time='1s'/> <break time='500ms'/><break strength='none'/>two")[0].pause_after == 1.5
    many = "one" + "<break time='9s'/>" * 5 + "two"
    assert read_clauses(many)[0].pause_after == 20.0
    assert read_codes(many) == ["value_limited"]
    assert [
        one.pause_after for one in read_clauses("one<break time='15s'/>.<break time='15s'/>two<break time='9s'/>")
    ] == [
        20.0,
        9.0,
    ]


def test_a_break_splits_a_word() -> None:
    assert read_texts("wo<break/>rd") == ["wo", "rd"]
    assert read_sentences("Stop.<break/>Go.")[0].text == "Stop."


def test_a_break_follows_the_last_part_of_a_long_clause() -> None:
    read = read_clauses(", ".join(["the gulls followed us along the wall"] * 20) + "<break/>, and left.")
    assert len(read) > 3
    assert [one.pause_after for one in read] == [None] * (len(read) - 2) + [0.75, None]


def test_a_break_between_punctuation_and_words_stays_between_them() -> None:
    read = read_clauses("… <break/> <prosody rate='slow'>Hello</prosody>")
    assert [(one.text, one.spoken, one.pause_after) for one in read] == [("…", "", 0.75), ("Hello", "Hello", None)]
    (clause,) = read_clauses("… <prosody rate='slow'>Hello</prosody>")
    assert (clause.text, clause.manner.speed) == ("… Hello", 0.64)


def test_a_break_between_sentences_belongs_to_the_one_before() -> None:
    read = read_clauses("<p>One.</p><break time='3s'/><p>Two.</p> <break time='1s'/>")
    assert [(one.text, one.pause_after) for one in read] == [("One.", 3.0), ("Two.", 1.0)]


def test_a_break_before_any_text_is_a_separate_pause() -> None:
    document = "<speak> <voice name='x'><break time='2s'/> <break time='1s'/>One.</voice></speak>"
    (sentence,) = read_document(document).sentences
    lead, one = sentence.clauses
    assert (lead.text, lead.spoken, lead.pause_after, lead.manner.voice) == ("", "", 3.0, "x")
    assert lead.start == lead.end == sentence.start == document.index("<break")
    assert (one.text, one.pause_after, sentence.text) == ("One.", None, "One.")


def test_a_document_with_only_a_break_is_silence() -> None:
    ((lead,),) = (sentence.clauses for sentence in read_sentences("<break time='2s'/>"))
    assert (lead.text, lead.spoken, lead.pause_after) == ("", "", 2.0)


# Prosody, voices and styles


@check_rows(
    ("attributes", "manner"),
    [
        *((f"rate='{name}'", Prosody(speed=factor)) for name, factor in RATES.items()),
        *((f"volume='{name}'", Prosody(volume=gain)) for name, gain in VOLUMES.items()),
        ("rate='default' volume='default' pitch='default'", DEFAULT_PROSODY),
        ("rate='1.2'", Prosody(speed=1.2)),
        ("rate='+30.00%'", Prosody(speed=1.3)),
        ("rate='-30%'", Prosody(speed=0.7)),
        ("rate='80%'", Prosody(speed=0.8)),
        ("rate='2.'", Prosody(speed=2.0)),
        ("rate='+900%'", Prosody(speed=10.0)),
        ("rate='-200%'", Prosody(speed=0.1)),
        ("rate='quick'", DEFAULT_PROSODY),
        ("rate='+2'", DEFAULT_PROSODY),
        ("rate=''", DEFAULT_PROSODY),
        ("volume='75'", Prosody(volume=0.75)),
        ("volume='+10'", Prosody(volume=1.1)),
        ("volume='-5.5'", Prosody(volume=0.945)),
        ("volume='+10%'", Prosody(volume=1.1)),
        ("volume='50%'", Prosody(volume=1.5)),
        ("volume='-20dB'", Prosody(volume=0.1)),
        ("volume='+6dB'", Prosody(volume=10 ** (6 / 20))),
        ("volume='+0.0dB'", DEFAULT_PROSODY),
        ("volume='+40dB'", Prosody(volume=2.0)),
        ("volume='999999999dB'", Prosody(volume=2.0)),
        ("volume='-200'", Prosody(volume=0.0)),
        ("volume='quiet'", DEFAULT_PROSODY),
        ("pitch='+2st'", Prosody(pitch=2.0)),
        ("pitch='-3.5st'", Prosody(pitch=-3.5)),
        ("pitch='+100%'", Prosody(pitch=12.0)),
        ("pitch='-50%'", Prosody(pitch=-12.0)),
        ("pitch='-100%'", Prosody(pitch=-12.0)),
        ("pitch='+24st'", Prosody(pitch=12.0)),
        ("pitch='600Hz'", DEFAULT_PROSODY),
        ("pitch='+20Hz'", DEFAULT_PROSODY),
        ("pitch='1e3st'", DEFAULT_PROSODY),
    ],
)
def test_prosody_sets_speed_volume_and_pitch(attributes: str, manner: Prosody) -> None:
    (clause,) = read_clauses(f"<prosody {attributes}>word</prosody>")
    assert clause.manner.speed == pytest.approx(manner.speed)
    assert clause.manner.volume == pytest.approx(manner.volume)
    assert clause.manner.pitch == pytest.approx(manner.pitch)


@pytest.mark.parametrize(("name", "semitones"), [("x-low", -10.35), ("low", -3.86), ("high", 3.16), ("x-high", 6.43)])
def test_named_pitches_are_azures_ratios_in_semitones(name: str, semitones: float) -> None:
    assert read_clauses(f"<prosody pitch='{name}'>a</prosody>")[0].manner.pitch == pytest.approx(semitones, abs=0.01)


@pytest.mark.parametrize(
    ("attributes", "found"),
    [
        ("rate='80%'", ["rate_percent"]),
        ("rate='100%'", ["rate_percent"]),
        ("rate='+80%'", []),
        ("rate='900'", ["value_limited"]),
        ("rate='quick'", ["invalid_value"]),
        ("volume='+40dB'", ["value_limited"]),
        ("volume='-200'", []),
        ("pitch='600Hz'", ["unsupported_attribute"]),
        ("pitch='+2'", ["invalid_value"]),
        ("pitch='+3st' contour='(0%,+20Hz)' range='high' duration='3s'", ["unsupported_attribute"] * 3),
        ("amazon:max-duration='2s'", ["unsupported_attribute"]),
        ("", []),
    ],
)
def test_unsupported_or_invalid_prosody_is_reported(attributes: str, found: list[str]) -> None:
    assert read_codes(f"<prosody {attributes}>word</prosody>") == found


def test_nested_prosody_combines_and_ends_with_its_element() -> None:
    read = read_clauses(
        "<prosody rate='fast' volume='soft' pitch='+2st'>one <prosody rate='2' volume='+50%' pitch='-5st'>two"
        "</prosody> <prosody volume='default' rate='default'>three</prosody> four</prosody> five"
    )
    assert [(round(one.manner.speed, 3), round(one.manner.volume, 3), one.manner.pitch) for one in read] == [
        (1.55, 0.4, 2.0),
        (3.1, 0.6, -3.0),
        (1.0, 1.0, 2.0),
        (1.55, 0.4, 2.0),
        (1.0, 1.0, 0.0),
    ]


def test_prosody_without_effect_splits_no_clause() -> None:
    assert read_texts("one <prosody rate='medium'>two</prosody> three") == ["one two three"]


def test_a_voice_speaks_its_text_and_is_listed() -> None:
    read = read_document(
        "<speak>one <voice name='Wren'>two <voice name=' b '>three</voice> four</voice> "
        "<voice name='Wren'>five</voice></speak>"
    )
    parts = [clause for sentence in read.sentences for clause in sentence.clauses]
    assert [(one.text, one.manner.voice) for one in parts] == [
        ("one", None),
        ("two", "Wren"),
        ("three", "b"),
        ("four", "Wren"),
        ("five", "Wren"),
    ]
    assert read.voices == ("Wren", "b")


def test_a_voice_without_a_name_changes_nothing_and_is_reported() -> None:
    (one, two) = read_clauses("<voice name='x'>one <voice gender='female'>two</voice></voice>")
    assert (one.manner.voice, two.manner.voice) == ("x", "x")
    assert read_codes("<voice>one</voice>") == ["missing_attribute"]
    assert read_codes("<voice gender='female'>one</voice>") == ["unsupported_attribute", "missing_attribute"]


@pytest.mark.parametrize("tag", ["mstts:express-as", "express-as", "other:express-as"])
def test_a_style_pins_an_emotion(tag: str) -> None:
    (clause,) = read_clauses(f"<{tag} style='Cheerful' styledegree='1.5'>Nice.</{tag}>")
    assert (clause.manner.emotion_spec, clause.manner.degree) == (Emotion.JOY, 1.5)


def test_the_innermost_style_wins() -> None:
    read = read_clauses(
        "<express-as style='sad' styledegree='2'>One. <express-as style='angry'>Two.</express-as> "
        "<express-as style='chat' styledegree='2'>Three.</express-as> <express-as styledegree='0.5'>Four.</express-as> "
        "Five.</express-as> Six."
    )
    assert [(one.manner.emotion_spec, one.manner.degree) for one in read] == [
        (Emotion.SADNESS, 2.0),
        (Emotion.ANGER, None),
        (None, None),
        (Emotion.SADNESS, 0.5),
        (Emotion.SADNESS, 2.0),
        (None, None),
    ]


@pytest.mark.parametrize(
    ("attributes", "found"),
    [
        ("style='chat'", ["unsupported_style"]),
        ("style='whispering' styledegree='2'", ["unsupported_style"]),
        ("style='sad' role='Girl'", ["unsupported_attribute"]),
        ("style='sad' styledegree='3'", ["value_limited"]),
        ("style='sad' styledegree='0'", ["value_limited"]),
        ("style='sad' styledegree='much'", ["invalid_value"]),
        ("type='cheerful'", ["unsupported_attribute", "missing_attribute"]),
        ("style=''", ["missing_attribute"]),
        ("style='sad' styledegree='0.01'", []),
    ],
)
def test_an_unsupported_or_invalid_style_is_reported(attributes: str, found: list[str]) -> None:
    assert read_codes(f"<express-as {attributes}>one</express-as>") == found


# Substitutions


@check_rows(("kind", "form", "text"), SPELLED)
def test_say_as_reads_its_text_as_declared(kind: str, form: str, text: str) -> None:
    written = text.replace('"', "&quot;")
    tag = f"<say-as interpret-as='{kind}'" + (f" format='{form}'>" if form else ">")
    assert [*map(remove_phonemes, read_spoken(f"{tag}{written}</say-as>"))] == [SPELLED[kind, form, text]]
    assert read_codes(f"{tag}{written}</say-as>") == []


@pytest.mark.parametrize(("kind", "text"), UNREADABLE)
def test_text_that_does_not_fit_say_as_is_read_as_plain_text(kind: str, text: str) -> None:
    assert read_spoken(f"<say-as interpret-as='{kind}'>{text}</say-as>") == read_spoken(text)
    assert read_codes(f"<say-as interpret-as='{kind}'>{text}</say-as>") == ["say_as_unreadable"]


@pytest.mark.parametrize(
    ("attributes", "found"),
    [
        ("interpret-as='expletive'", ["unsupported_say_as"]),
        ("", ["missing_attribute"]),
        ("interpret-as='date' format='hms12'", ["invalid_value"]),
        ("interpret-as='characters' format='mdy'", ["unsupported_attribute"]),
        ("interpret-as='CARDINAL'", ["say_as_unreadable"]),
        ("interpret-as='date' detail='1'", ["unsupported_attribute"]),
        ("interpret-as='date' google:style='a'", ["unsupported_attribute"]),
    ],
)
def test_unsupported_or_invalid_say_as_is_reported(attributes: str, found: list[str]) -> None:
    assert read_codes(f"<say-as {attributes}>5/5/2000</say-as>") == found


def test_a_substitution_is_part_of_its_sentence() -> None:
    assert read_spoken(
        "It costs <say-as interpret-as='cardinal'>5</say-as>, Dr. <sub alias='Smythe'>Smith</sub> says."
    ) == ["It costs five, Doctor Smythe says."]
    assert read_spoken("un<sub alias='believable'>blvbl</sub> 5 <sub alias='kilometers'>km</sub>.") == [
        "unbelievable five kilometers."
    ]
    assert read_spoken("A<say-as interpret-as='characters'>BC</say-as>D") == ["A B C D"]
    assert read_spoken("<say-as interpret-as='digits'>1</say-as><say-as interpret-as='digits'>2</say-as>") == [
        "one two"
    ]
    letters = "<say-as interpret-as='characters'>"
    assert read_spoken(f"{letters}?</say-as>{letters}!</say-as>") == ["question mark exclamation mark"]
    assert read_spoken(f"<prosody rate='slow'>a</prosody>{letters},b</say-as>") == ["a", "comma B"]


def test_an_alias_is_normalized_like_other_text() -> None:
    assert read_spoken("<sub alias='5 km &amp; $3'>x</sub>") == ["five kilometers and three dollars"]
    assert read_spoken("one <sub alias=''>two</sub> three.") == ["one three."]
    assert read_spoken("<sub alias=''>two</sub>") == [""]


def test_a_substitution_that_is_too_long_is_refused() -> None:
    assert read_codes(f"<sub alias='{'a ' * 200}'>b</sub>") == ["invalid_value"]
    assert read_codes(f"<sub alias='{'9 ' * 100}'>b</sub>") == ["invalid_value"]
    assert read_codes(f"<phoneme ph='{'ə' * 300}'>b</phoneme>") == ["invalid_value"]
    assert read_codes(f"<phoneme ph='ə'>{'b' * 300}</phoneme>") == ["unsupported_phoneme"]


def test_phonemes_are_part_of_the_spoken_text() -> None:
    (clause,) = read_clauses("I say <phoneme alphabet='ipa' ph='tə.ˈmeɪ.toʊ'> tomato </phoneme>!")
    assert clause.spoken == "I say ⟦təˈmeɪtoʊ|tomato⟧!"
    assert clause.text == "I say tomato !"


@pytest.mark.parametrize(
    ("written", "sounds"),
    [
        ("d͡ʒ", "dʒ"),
        ("ʤ", "dʒ"),
        ("g:", "ɡː"),
        ("'a.b|c‖d", "ˈabcd"),
        ("ç c\u0327", "ç ç"),
        ("  a   b ", "a b"),
        ("ã", "a\u0303"),
    ],
)
def test_phonemes_are_converted_to_the_symbols_of_the_voices(written: str, sounds: str) -> None:
    assert read_spoken(f'<phoneme ph="{written}">5</phoneme>') == [f"⟦{sounds}|five⟧"]


@pytest.mark.parametrize(
    ("attributes", "found"),
    [
        ("ph='he.&quot;lou' alphabet='x-sampa'", ["unsupported_phoneme"]),
        ("ph='7Q'", ["unsupported_phoneme"]),
        ("ph='a|⟧'", ["unsupported_phoneme"]),
        ("ph='...'", ["missing_attribute"]),
        ("", ["missing_attribute"]),
        ("ph='a' alphabet='IPA'", []),
        ("ph='a' alphabet=''", []),
    ],
)
def test_text_with_unknown_phonemes_is_spoken_unchanged(attributes: str, found: list[str]) -> None:
    read = read_spoken(f"<phoneme {attributes}>word</phoneme>")
    assert read == (["⟦a|word⟧"] if not found else ["word"])
    assert read_codes(f"<phoneme {attributes}>word</phoneme>") == found


@pytest.mark.parametrize("tag", ["sub alias='b'", "phoneme ph='a'", "say-as interpret-as='cardinal'", "sub", "phoneme"])
def test_a_substitution_without_text_is_reported_and_not_spoken(tag: str) -> None:
    name = tag.split()[0]
    assert read_spoken(f"one <{tag}/> two") == ["one two"]
    assert "empty_element" in read_codes(f"one <{tag}> </{name}> two")


def test_elements_inside_a_substitution_do_not_split_it() -> None:
    inside = (
        "<sub alias='the alias'>a<break/><p>b</p><prosody rate='slow'>c. D</prosody><sub alias='x'>e</sub></sub> end"
    )
    (clause,) = read_clauses(inside)
    assert clause.spoken == "the alias end"
    assert clause.manner == DEFAULT_PROSODY and clause.pause_after is None
    assert set(read_codes(inside)) == {"unsupported_element"} and len(read_codes(inside)) == 4


def test_no_sentence_ends_inside_a_substitution() -> None:
    assert read_texts("<sub alias='x'>One. Two.</sub> Three.") == ["One. Two.", "Three."]
    assert read_texts("<say-as interpret-as='characters'>Yes! No! But why not?</say-as> He left. End.") == [
        "Yes! No! But why not?",
        "He left.",
        "End.",
    ]


def test_the_letter_a_is_spelled_by_its_name_not_as_the_article() -> None:
    assert read_spoken("Plan <say-as interpret-as='characters'>a1</say-as> won") == ["Plan ⟦['eI|A⟧ one won"]


def test_a_long_spelling_is_cut_between_its_letters() -> None:
    read = read_clauses(f"<say-as interpret-as='characters'>{'abc ' * 100}</say-as>")
    assert len(read) > 1
    assert " ".join(remove_phonemes(one.spoken) for one in read) == " ".join(["A B C"] * 100)
    assert all(count_model_chars(one.spoken) <= 250 for one in read)
    assert read[0].ssml.count("<say-as") == 1


@pytest.mark.parametrize(
    ("sounds", "parts"),
    [(5, ["one two three"]), (40, ["one", "two", "three"])],
    ids=["short", "long"],
)
def test_clause_length_counts_phonemes_instead_of_the_letters_that_they_replace(sounds: int, parts: list[str]) -> None:
    read = read_document(f"<speak>one <phoneme ph='{'ə' * sounds}'>two</phoneme> three</speak>", max_spoken=20)
    assert [clause.text for sentence in read.sentences for clause in sentence.clauses] == parts


@pytest.mark.parametrize("between", ["", " ", " and "], ids=["adjacent", "spaced", "in-words"])
def test_consecutive_phonemes_are_cut_between_their_elements(between: str) -> None:
    element = f"<phoneme ph='{'tɛ' * 100}'>a</phoneme>"
    read = read_clauses(between.join([element] * 20))
    assert (
        "".join("".join(one.text.split()) for one in read)
        == "".join([f"a{between.strip()}"] * 20)[: -len(between.strip()) or None]
    )
    assert all(count_model_chars(one.spoken) <= 250 for one in read)
    assert sum(one.ssml.count("<phoneme") for one in read) == 20
    assert sum(one.spoken.count("tɛ" * 100) for one in read) == 20


# Marks


def test_marks_are_on_the_next_word() -> None:
    (clause,) = read_clauses("We sell <bookmark mark='one'/>roses and <mark name='two'/> dai<mark name='three'/>sies.")
    assert clause.text == "We sell roses and daisies."
    assert clause.marks == (Mark("one", 8), Mark("two", 18), Mark("three", 21))


def test_a_mark_before_a_pause_follows_the_words_and_one_after_it_is_on_the_next_word() -> None:
    before, after = read_clauses("Hello <mark name='a'/><break/><mark name='b'/> world")
    assert (before.marks, after.marks) == ((Mark("a", 5),), (Mark("b", 0),))


def test_a_mark_at_the_end_of_a_paragraph_is_before_its_pause() -> None:
    first, second = read_clauses("<p>One.<mark name='a'/></p><mark name='b'/><p>Two.</p>")
    assert (first.marks, second.marks) == ((Mark("a", 4),), (Mark("b", 0),))
    first, second = read_clauses("<p>One.<break/><mark name='a'/></p><p>Two.</p>")
    assert (first.marks, second.marks) == ((), (Mark("a", 0),))


def test_a_mark_is_never_on_white_space() -> None:
    (clause,) = read_clauses("One<mark name='a'/><break/>!")
    assert (clause.text, clause.marks) == ("One !", (Mark("a", 4),))


def test_marks_at_both_ends_of_a_document_are_kept() -> None:
    (clause,) = read_clauses("<mark name='a'/><mark name='b'/> One <mark name='c'/>")
    assert clause.marks == (Mark("a", 0), Mark("b", 0), Mark("c", 3))
    lead, one = read_clauses("<mark name='a'/><break/><mark name='b'/>One")
    assert (lead.marks, one.marks) == ((Mark("a", 0),), (Mark("b", 0),))
    assert lead.ssml == '<mark name="a"/>'


def test_a_mark_without_a_name_is_reported() -> None:
    assert read_codes("<mark/>a<bookmark name='b'/>") == [
        "missing_attribute",
        "unsupported_attribute",
        "missing_attribute",
    ]


# Warnings


def test_each_other_language_is_reported_once() -> None:
    inside = "<p xml:lang='de-DE'>a</p><lang xml:lang='de-DE'>b</lang><s xml:lang='fr'>c</s><w xml:lang='en_GB'>d</w>"
    assert read_codes(inside) == ["lang_ignored", "lang_ignored", "unsupported_element"]
    assert read_codes("<desc xml:lang='de'>a</desc><lang xml:lang=''>b</lang>") == []


def test_attributes_unrelated_to_speech_are_not_reported() -> None:
    document = (
        "<speak version='1.0' xmlns='http://www.w3.org/2001/10/synthesis' xmlns:mstts='https://www.w3.org/2001/mstts' "
        "xml:base='a' xml:lang='en-US' xsi:schemaLocation='a b'><p xml:id='a'>a</p></speak>"
    )
    assert read_document(document).warnings == ()
    assert [warning.code for warning in read_document("<speak onlangfailure='x'>a</speak>").warnings] == [
        "unsupported_attribute"
    ]


def test_a_warning_quotes_only_a_short_excerpt() -> None:
    (warning,) = read_document(f"<speak><express-as style='{'x' * 5000}'>a</express-as></speak>").warnings
    assert len(warning.detail) < 160


# XML


@pytest.mark.parametrize(
    ("document", "place", "hint"),
    [
        ("<speak>a & b</speak>", "line 1, column 11", "&amp;"),
        ("<speak>\n\n  a &nbsp; b</speak>", "line 3, column 5", "&#8217;"),
        ("<speak>\r\n<p>a</s></speak>", "line 2, column 7", "innermost"),
        ("<!DOCTYPE speak>\n<speak>a</speak>", "line 1, column 1", "DOCTYPE"),
        ("\n\n<html>a</html>", "line 3, column 1", "<speak>"),
        ("just text", "line 1, column 1", ""),
        ("", "line 1, column 1", "<speak>"),
        ("<speak>é<p></speak>", "line 1, column 14", ""),
        ("<speak>a</speak>b", "line 1, column 17", ""),
        ("<speak>" + "<s>" * 64, "line 1, column 197", "less"),
        ("<speak>a\ud800</speak>", "line 1, column 9", ""),
        ("<speak><p a='1' a='2'/></speak>", "line 1, column", ""),
        ("<speak>a\u0000</speak>", "line 1, column 9", ""),
    ],
)
def test_malformed_xml_is_refused_with_line_and_column(document: str, place: str, hint: str) -> None:
    with pytest.raises(InvalidSsml) as refused:
        read_document(document)
    assert place in refused.value.detail
    assert hint in refused.value.hint
    assert InvalidSsml.status == 422


def test_sixty_four_elements_may_be_nested() -> None:
    assert read_texts("<s>" * 63 + "a" + "</s>" * 63) == ["a"]


def test_the_five_entities_and_numeric_references_are_read() -> None:
    assert read_texts("&amp;&lt;&gt;&quot;&apos;&#8217;&#x41;&#128512;") == ["&<>\"'’A😀"]


def test_names_are_case_sensitive_and_their_prefix_is_ignored() -> None:
    assert read_texts("<ssml:p xmlns:ssml='a'>a</ssml:p><x:s>b</x:s>") == ["a", "b"]
    assert read_clauses("<prosody x:rate='slow'>a</prosody>")[0].manner.speed == 0.64
    assert read_clauses("<prosody x:rate='slow' rate='fast'>a</prosody>")[0].manner.speed == 1.55
    assert read_clauses("<prosody rate='fast' x:rate='slow'>a</prosody>")[0].manner.speed == 1.55
    assert read_codes("<Prosody rate='slow'>a</Prosody>") == ["unsupported_element"]
    assert read_codes("<prosody Rate='slow'>a</prosody>") == ["unsupported_attribute"]


# The markup of one clause


def test_only_markup_that_changes_the_reading_is_kept_with_a_clause() -> None:
    inside = (
        "<prosody rate='slow'>A &lt;<emphasis>b</emphasis> <mark name='m&quot;'/><say-as interpret-as='date' "
        "format='yyyymmdd'>2000-01-02</say-as> <x>c</x> <sub alias='d &amp; e'>f</sub></prosody> g"
    )
    first, second = read_clauses(inside)
    assert first.ssml == (
        'A &lt;b <mark name=\'m"\'/><say-as interpret-as="date" format="ymd">2000-01-02</say-as> c '
        '<sub alias="d &amp; e">f</sub>'
    )
    assert second.ssml == ""


def test_the_markup_of_a_clause_is_read_the_same_on_its_own() -> None:
    (clause,) = read_clauses(
        "A <phoneme ph='t.ə'>b</phoneme><mark name='x'/> &amp; <say-as interpret-as='characters'>long words</say-as>"
    )
    inner = read_fragment(clause.ssml)
    (again,) = inner.clauses
    assert (inner.text, again.spoken, again.marks, inner.warnings) == (clause.text, clause.spoken, clause.marks, ())


def test_a_long_utterance_is_cut_like_a_long_sentence() -> None:
    words = "We walked along the wall, and the gulls came with us, "
    inner = read_fragment(f"{words * 6}<mark name='m'/>to <sub alias='doctor'>Dr.</sub> Who. <mark name='end'/>")
    assert len(inner.clauses) > 1 and all(count_model_chars(one.spoken) <= 250 for one in inner.clauses)
    assert " ".join(one.text for one in inner.clauses) == inner.text
    *_, last = inner.clauses
    assert [(mark.name, last.text[mark.place :]) for mark in last.marks] == [("m", "to Dr. Who."), ("end", "")]
    assert last.spoken.endswith("to doctor Who.") and last.ssml.count("<sub") == 1
    assert {(one.start, one.end) for one in inner.clauses} == {(NO_SPAN, NO_SPAN)}


def test_elements_inside_an_utterance_do_not_split_it() -> None:
    inner = read_fragment(
        "one <break/><prosody rate='slow'>two</prosody> <voice name='x'>three</voice> <sub alias='4'>five</sub>"
    )
    assert [(inner.text, one.spoken) for one in inner.clauses] == [("one two three five", "one two three four")]
    assert [warning.code for warning in inner.warnings] == ["unsupported_element"] * 3
    assert "within <utterance>" in inner.warnings[0].detail


def test_malformed_inner_markup_is_refused_with_line_and_column() -> None:
    with pytest.raises(InvalidSsml) as refused:
        read_fragment("one <sub>")
    assert "line 1, column 10" in refused.value.detail
