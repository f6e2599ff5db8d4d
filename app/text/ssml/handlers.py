"""Apply the effect of each SSML element to the text."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, replace
from functools import partial
from operator import add, mul

from app.text.languages.voices import VoiceFinder, find_english_voice
from app.text.lexicon import Lookup
from app.text.ssml.pronunciation import SubstitutionFactory, read_phoneme, read_say_as, read_sub
from app.text.ssml.table import (
    BREAK_SECONDS,
    DEFAULT,
    SSML_TABLE,
    SsmlElement,
    Support,
    parse_degree,
    parse_pitch,
    parse_rate,
    parse_seconds,
    parse_strength,
    parse_volume,
)
from app.text.text_map import MAX_PAUSE_SECONDS, TextBuilder, WarningCollector, quote
from app.types import Blend, Emotion, Prosody

DEFAULT_STRENGTH = "medium"
"""Strength of a break without attributes."""
BREAK_PARSERS: dict[str, Callable[[str], float | None]] = {
    "time": parse_seconds,
    "strength": parse_strength,
}
"""Parsers of the attributes of `<break>`; the first attribute with a valid value wins."""


def read_break(attributes: Mapping[str, str], remarks: WarningCollector) -> float:
    """Return the seconds of a `<break>`; report and ignore an invalid value."""
    for attribute, read in BREAK_PARSERS.items():
        if attribute not in attributes:
            continue
        written = attributes[attribute]
        seconds = read(written.strip().lower())
        what = f"{attribute}={quote(written)} on <break>"
        if seconds is not None:
            return clamp(seconds, 0.0, MAX_PAUSE_SECONDS, what, remarks)
        remarks.add("invalid_value", f"{what} was ignored.")
    return BREAK_SECONDS[DEFAULT_STRENGTH]


MIN_DEGREE, MAX_DEGREE = 0.01, 2.0
StyleResolver = Callable[[str], Emotion | Blend | None]
"""Function that returns the emotion of a style's name; None if the style has no emotion."""


@dataclass(frozen=True, slots=True)
class ProsodyAttribute:
    """An attribute of `<prosody>`."""

    attribute: str
    read: Callable[[str], float | None]
    combine: Callable[[float, float], float]
    """Function that combines the outer value and the element's."""
    own: float
    """Value that leaves the voice unchanged."""
    least: float
    most: float


RATE = ProsodyAttribute("rate", parse_rate, mul, 1.0, 0.1, 10.0)
VOLUME = ProsodyAttribute("volume", parse_volume, mul, 1.0, 0.0, 2.0)
PITCH = ProsodyAttribute("pitch", parse_pitch, add, 0.0, -12.0, 12.0)


def read_prosody(outer: Prosody, attributes: Mapping[str, str], remarks: WarningCollector) -> Prosody:
    """Return the outer prosody combined with the rate, volume and pitch of `<prosody>`."""
    return replace(
        outer,
        speed=combine_attribute(RATE, outer.speed, attributes, remarks),
        volume=combine_attribute(VOLUME, outer.volume, attributes, remarks),
        pitch=combine_attribute(PITCH, outer.pitch, attributes, remarks),
    )


def combine_attribute(
    scale: ProsodyAttribute, outer: float, attributes: Mapping[str, str], remarks: WarningCollector
) -> float:
    """Return the value of one attribute combined with the outer one; a missing or invalid attribute changes nothing."""
    if scale.attribute not in attributes:
        return outer
    written = attributes[scale.attribute]
    value = written.strip().lower()
    if value == DEFAULT:
        return scale.own
    number = scale.read(value)
    if number is None:
        report_invalid(scale.attribute, written, remarks)
        return outer
    if scale is RATE and value.endswith("%") and value[0] not in "+-":
        detail = f"rate={quote(written)} was read as the factor {number:g}; write +{value} if that much more is meant."
        remarks.add("rate_percent", detail)
    what = f"{scale.attribute}={quote(written)} on <prosody>"
    return clamp(scale.combine(outer, number), scale.least, scale.most, what, remarks)


def report_invalid(attribute: str, written: str, remarks: WarningCollector) -> None:
    """Report that a value of `<prosody>` is ignored; pitch in Hertz would require the voice's own pitch."""
    if attribute == "pitch" and written.strip().lower().endswith("hz"):
        remarks.add("unsupported_attribute", f"pitch={quote(written)} on <prosody>: pitch in Hertz has no effect.")
    else:
        remarks.add("invalid_value", f"{attribute}={quote(written)} on <prosody> was ignored.")


def clamp(number: float, least: float, most: float, what: str, remarks: WarningCollector) -> float:
    """Clamp a number to its range, and report it if it was outside."""
    within = min(max(number, least), most)
    if within != number:
        remarks.add("value_limited", f"{what} was limited: it must stay within {least:g} to {most:g}.")
    return within


def read_express_as(
    outer: Prosody, attributes: Mapping[str, str], find_style_emotion: StyleResolver, remarks: WarningCollector
) -> Prosody:
    """Return the prosody within `<express-as>`; the text of a style without an emotion is classified as if unmarked."""
    style = attributes.get("style", "").strip()
    degree = read_styledegree(attributes, remarks)
    if not style:
        if "styledegree" not in attributes:
            remarks.add("missing_attribute", "<express-as> without style has no effect.")
        return outer if degree is None else replace(outer, degree=degree)
    emotion_spec = find_style_emotion(style)
    if emotion_spec is None:
        detail = f"The style {quote(style)} has no emotion: its text is labelled as if unmarked."
        remarks.add("unsupported_style", detail)
        degree = None
    return replace(outer, emotion_spec=emotion_spec, degree=degree)


def read_styledegree(attributes: Mapping[str, str], remarks: WarningCollector) -> float | None:
    """Return the value of `styledegree`; None if it is missing or invalid."""
    if "styledegree" not in attributes:
        return None
    written = attributes["styledegree"]
    degree = parse_degree(written.strip())
    if degree is None:
        remarks.add("invalid_value", f"styledegree={quote(written)} on <express-as> was ignored.")
        return None
    return clamp(degree, MIN_DEGREE, MAX_DEGREE, f"styledegree={quote(written)} on <express-as>", remarks)


Attributes = Mapping[str, str]
EndHandler = Callable[[int], None]
"""Callback for the end of an element; gets the offset of the closing tag."""

ELEMENTS = {row.name: row for row in SSML_TABLE}
KNOWN_ATTRIBUTES = {
    row.name: {attribute.name for attribute in row.attributes} | {"lang", "xml:id"} for row in SSML_TABLE
}
WHOLE_TEXT_ELEMENTS = ("say-as", "sub", "phoneme")
"""Elements whose text is read as a whole and differently from how it is written."""
SPLITTING_ELEMENTS = ("speak", "p", "s", "voice", "break", "prosody", "express-as")
"""Elements that have no effect within an utterance, since they would split it."""


class SsmlHandler:
    """The handler of one document, or with `inner` of the markup within one utterance, which no element may split."""

    def __init__(
        self,
        flow: TextBuilder,
        remarks: WarningCollector,
        find_style_emotion: StyleResolver,
        *,
        inner: bool = False,
        lexicons: Container[str] = (),
        find_voice: VoiceFinder = find_english_voice,
    ) -> None:
        self.find_voice = find_voice
        self.flow = flow
        self.remarks = remarks
        self.find_style_emotion = find_style_emotion
        self.inner = inner
        self.known_lexicons = lexicons
        self.voices: dict[str, None] = {}
        """Names in document order, each once."""
        self.lexicons: dict[str, str | None] = {}
        """Name of the lexicon that the document declares under each id; None if it is unknown."""
        self.lookups: list[Lookup] = []
        """Stretches of `<lookup>` as (name of the lexicon, start, end), inner ones first."""
        self.holding = ""
        """Name of the open element whose text is read as a whole; empty if there is none."""
        self.dropping = False
        self.closings: list[EndHandler] = []

    def start(self, name: str, attributes: Attributes, place: int) -> None:
        """Handle an opening tag."""
        opening = None if self.dropping else self.opening(name, attributes)
        close = opening(self, attributes, place) if opening else do_nothing
        restore = self.change_language(ELEMENTS.get(name), attributes)

        def end(place: int) -> None:
            restore(place)
            close(place)

        self.closings.append(end if restore is not do_nothing else close)

    def end(self, place: int) -> None:
        """Handle the closing tag of the innermost open element."""
        self.closings.pop()(place)

    def text(self, text: str, place: int, end: int) -> None:
        """Handle character data."""
        if not self.dropping:
            self.flow.characters(text, place, end)

    def opening(self, name: str, attributes: Attributes) -> StartHandler | None:
        """Return the effect of a tag, if any; report elements and attributes without effect."""
        row = ELEMENTS.get(name)
        if not row:
            self.remarks.add("unsupported_element", f"<{name:.40}> is not supported: its text is read.")
            return None
        around = self.holding or ("utterance" if self.inner and self.closings and name in SPLITTING_ELEMENTS else "")
        if around and name in (*SPLITTING_ELEMENTS, *WHOLE_TEXT_ELEMENTS):
            self.remarks.add("unsupported_element", f"<{name}> within <{around}> has no effect.")
            return None
        self.check_attributes(row, attributes)
        return START_HANDLERS[name]

    def change_language(self, row: SsmlElement | None, attributes: Attributes) -> EndHandler:
        """Change to a voice that reads the language of an element, unless it names a voice; report if there is none."""
        language = attributes.get("lang", "").strip()
        if not language or self.dropping or (row and (row.support is Support.DROPPED or attributes.get("name"))):
            return do_nothing
        try:
            voice = self.find_voice(language, self.flow.manner.voice)
        except LookupError:
            detail = f"No voice reads the language {quote(language)}: its text is read in the language of its voice."
            self.remarks.add("lang_ignored", detail)
            return do_nothing
        if voice == self.flow.manner.voice or voice is None or self.inner or self.holding:
            return do_nothing
        self.voices[voice] = None
        return self.manner(replace(self.flow.manner, voice=voice))

    def check_attributes(self, row: SsmlElement, attributes: Attributes) -> None:
        """Report attributes without effect on elements that have an effect."""
        if row.support not in (Support.FULL, Support.PARTIAL):
            return
        for name in attributes:
            if name not in KNOWN_ATTRIBUTES[row.name]:
                self.remarks.add("unsupported_attribute", f"{name:.40} on <{row.name}> has no effect.")

    def manner(self, manner: Prosody) -> EndHandler:
        """Set the prosody of the text until the element ends."""
        outer, self.flow.manner = self.flow.manner, manner
        return lambda _: setattr(self.flow, "manner", outer)

    def hold(self, name: str, ending: SubstitutionFactory | None) -> EndHandler:
        """Collect the text of the element, to read it as a whole when the element ends."""
        self.holding = name
        self.flow.begin_reading()
        return partial(end_substitution, self, name, ending)


StartHandler = Callable[[SsmlHandler, Attributes, int], EndHandler]


def do_nothing(place: int) -> None:
    """End an element without effect."""


def end_sentences(handler: SsmlHandler, attributes: Attributes, place: int, *, paragraph: bool = False) -> EndHandler:
    """End a sentence at both ends of the element."""
    handler.flow.edge(place, paragraph=paragraph, closing=False)
    return lambda end: handler.flow.edge(end, paragraph=paragraph, closing=True)


def change_voice(handler: SsmlHandler, attributes: Attributes, place: int) -> EndHandler:
    """Change the voice, and end a sentence at both ends of the element."""
    name = attributes.get("name", "").strip()
    if name:
        handler.voices[name] = None
    else:
        handler.remarks.add("missing_attribute", "<voice> without name changes no voice.")
    parted = end_sentences(handler, attributes, place)
    restored = handler.manner(replace(handler.flow.manner, voice=name or handler.flow.manner.voice))

    def close(end: int) -> None:
        restored(end)
        parted(end)

    return close


def add_pause(handler: SsmlHandler, attributes: Attributes, place: int) -> EndHandler:
    """Add a pause."""
    handler.flow.pause(read_break(attributes, handler.remarks), place)
    return do_nothing


def add_mark(handler: SsmlHandler, attributes: Attributes, place: int, *, attribute: str, element: str) -> EndHandler:
    """Add a mark, whose time the plan reports."""
    name = attributes.get(attribute, "").strip()
    if name:
        handler.flow.mark(name)
    else:
        handler.remarks.add("missing_attribute", f"<{element}> without {attribute} marks nothing.")
    return do_nothing


def end_substitution(handler: SsmlHandler, name: str, ending: SubstitutionFactory | None, place: int) -> None:
    """End an element whose text is read as a whole."""
    handler.holding = ""
    start, text = handler.flow.marked_text()
    if not text:
        handler.remarks.add("empty_element", f"<{name}> without text has no effect.")
    elif ending:
        handler.flow.readings += (reading.shift(start) for reading in ending(text))


def report_emphasis(handler: SsmlHandler, attributes: Attributes, place: int) -> EndHandler:
    """Report that emphasis has no effect: the text is read as it is."""
    if attributes.get("level", "").strip().lower() != "none":
        handler.remarks.add("emphasis_ignored", "<emphasis> has no effect: its text is read.")
    return do_nothing


def replace_audio(handler: SsmlHandler, attributes: Attributes, place: int) -> EndHandler:
    """Report that the alternative text is read in place of the audio."""
    handler.remarks.add("audio_ignored", "<audio> is not fetched: its text is read.")
    return do_nothing


def drop(handler: SsmlHandler, attributes: Attributes, place: int) -> EndHandler:
    """Skip everything within the element."""
    handler.dropping = True
    return lambda _: setattr(handler, "dropping", False)


def declare_lexicon(handler: SsmlHandler, attributes: Attributes, place: int) -> EndHandler:
    """Declare a lexicon that the request or the service has, for `<lookup>`; none is fetched."""
    uri, reference = attributes.get("uri", "").strip(), attributes.get("xml:id", "").strip()
    known = uri if uri in handler.known_lexicons else None
    if not known:
        detail = f"There is no lexicon {quote(uri)}, only the request's and the service's; none is fetched."
        handler.remarks.add("unknown_lexicon", detail)
    if reference:
        handler.lexicons[reference] = known
    return drop(handler, attributes, place)


def look_up(handler: SsmlHandler, attributes: Attributes, place: int) -> EndHandler:
    """Record the stretch in which a lexicon is looked up."""
    reference, start = attributes.get("ref", "").strip(), handler.flow.length
    if reference not in handler.lexicons:
        handler.remarks.add("unknown_lexicon", f"<lookup> names {quote(reference)}, which no <lexicon> has as xml:id.")
    name = handler.lexicons.get(reference)

    def close(end: int) -> None:
        if name:
            handler.lookups.append((name, start, handler.flow.length))

    return close


START_HANDLERS: dict[str, StartHandler] = {
    "speak": end_sentences,
    "p": partial(end_sentences, paragraph=True),
    "s": end_sentences,
    "voice": change_voice,
    "break": add_pause,
    "prosody": lambda handler, attributes, _: handler.manner(
        read_prosody(handler.flow.manner, attributes, handler.remarks)
    ),
    "say-as": lambda handler, attributes, _: handler.hold("say-as", read_say_as(attributes, handler.remarks)),
    "sub": lambda handler, attributes, _: handler.hold("sub", read_sub(attributes, handler.remarks)),
    "phoneme": lambda handler, attributes, _: handler.hold("phoneme", read_phoneme(attributes, handler.remarks)),
    "mark": partial(add_mark, attribute="name", element="mark"),
    "bookmark": partial(add_mark, attribute="mark", element="bookmark"),
    "express-as": lambda handler, attributes, _: handler.manner(
        read_express_as(handler.flow.manner, attributes, handler.find_style_emotion, handler.remarks)
    ),
    "lang": lambda *_: do_nothing,
    "emphasis": report_emphasis,
    "audio": replace_audio,
    "desc": drop,
    "meta": drop,
    "metadata": drop,
    "lexicon": declare_lexicon,
    "lookup": look_up,
}
"""The effect of each element of `SSML_TABLE`."""
