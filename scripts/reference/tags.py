"""Render the page of tags and instructions, from the tables that the service reads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from app.emotion.taxonomy import WORDS
from app.text.delivery import DEGREES, PITCHES, RATES, VOLUMES
from app.text.tags.scanner import ENDS
from app.text.tags.words import OTHER_SOUNDS, PAUSE_LENGTHS, SOUNDS, STYLES
from scripts.reference.markdown import format_code, format_codes, make_page, make_table

FORMS = (
    ("`[excited]`, `[very angry]`, `[in a sad voice]`, `[emotion=happy]`", "words of the tables below"),
    ("`(sad)`", "the same, at the beginning of a sentence, a line or a quotation, or after a speaker's mark"),
    ("`[pause]`, `[pause:1s]`, `[pause 500ms]`, `[short pause]`, `[2s pause]`", "a pause of at most 20 s"),
    ('`<break time="1s"/>`, `<break strength="weak"/>`', "a pause, as in SSML"),
    ('`<emotion value="angry"/>`, `<emotion value="angry">…</emotion>`, `<expression value="…"/>`', "an emotion"),
    ('`<expr type="expression" label="excited"/>`, also `break`, `sound` and `prosody`', "LiveKit's tags"),
    ("`<whisper>…</whisper>`, also `soft`, `loud`, `slow` and `fast`", "the loudness or the rate of the content"),
    ('`<speed ratio="1.5"/>`, `<volume ratio="0.5"/>`', "factors on the rate and the loudness"),
    (
        "`[rate:1.5]`, `[speed: 80%]`, `[volume:0.5]`, `[pitch:+2st]`",
        "a number for the rate, the loudness or the pitch",
    ),
    ('`<prosody rate="1.5">…</prosody>`', "the rate, loudness and pitch of the content, as in SSML"),
    ("`<spell>AB1</spell>`", "letters and digits one by one"),
    ('`[voice:name]`, `[lang:de]`, `<voice name="…">`', "nothing: left out with a warning"),
    ("`[laughs]`, `[clears throat]`, `<laugh>`, `(sighs)`", "a sound, which is left out with a warning"),
    ("`[/angry]`, `[normal]`, `[auto]`", "the end of what earlier tags set"),
    ("`[Leicester](/lˈɛstɚ/)`", "a word with its phonemes, in IPA or in Kokoro's signs"),
)
WARNINGS = (
    ("tag_ignored", "a sound, a style or a label was left out: the voice cannot make it"),
    ("whisper_quiet", "a whisper is spoken quietly instead"),
    ("value_limited", "a pause or a factor was moved into its range"),
    ("invalid_value", "a value cannot be read and was ignored"),
    ("unsupported_phoneme", "a sign is not IPA; the word is read as it is written"),
    ("instructions_ignored", "nothing in the instructions has an effect"),
    ("instructions_partly", "some words of the instructions, which the warning names, have no effect"),
)
ABOUT = """Tags in plain text, Markdown and HTML, and the words that `instructions` know.
[Tags and instructions](../how-to/tags.md) shows how to use them."""
INSTRUCTIONS = """`instructions` know the words above, their negation (`don't sound angry`), and rates as numbers
(`at double speed`, `1.5x`, `20% slower`). If no word names an emotion, the classifier labels the situation that they
describe (`as if you had just won the lottery`)."""


def render() -> str:
    """Return the page."""
    sounds = (
        (f"{emotion or 'none'}" + (f", {degree:g}" if degree else ""), words)
        for (emotion, degree), words in SOUNDS.items()
    )
    delivery = [
        *list_values("degree of the emotion", DEGREES),
        *list_values("factor on the rate", RATES),
        *list_values("gain", VOLUMES),
        *list_values("semitones, beside `voice`, `pitch` or `tone`", PITCHES),
        *list_values("seconds of a pause", group_by_value(PAUSE_LENGTHS)),
    ]
    return make_page(
        "Tags and instructions",
        ABOUT,
        make_table(("tag", "meaning"), FORMS),
        "## Emotions",
        "Adverbs count, too (`angrily`).",
        make_table(
            ("emotion", "words"), ((emotion.value, format_codes(words.split())) for emotion, words in WORDS.items())
        ),
        "## Degree, rate, loudness, pitch, pauses",
        make_table(("effect", "value", "words"), delivery),
        f"{format_codes(ENDS)} end what earlier tags set.",
        "## Sounds and styles",
        "Other forms of a sound count, too (`laughs`, `laughing`).",
        make_table(
            ("implied emotion, degree", "sounds"),
            [*((what, format_codes(words)) for what, words in sounds), ("none", format_codes(OTHER_SOUNDS))],
        ),
        f"Styles that no voice has: {format_codes(sorted(STYLES))}.",
        "## Instructions",
        INSTRUCTIONS,
        "## Warnings",
        make_table(("code", "meaning"), ((format_code(code), meaning) for code, meaning in WARNINGS)),
    )


def list_values(effect: str, table: Mapping[float, Iterable[str]]) -> Iterator[tuple[str, str, str]]:
    """Yield the rows of a table of words."""
    for value, words in table.items():
        yield effect, f"{value:g}", format_codes(words)


def group_by_value(values: Mapping[str, float]) -> dict[float, list[str]]:
    """Return the words of each value."""
    return {value: [word for word, one in values.items() if one == value] for value in dict.fromkeys(values.values())}
