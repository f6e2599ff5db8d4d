"""Find the tags of a text, in linear time, and decide what each of them changes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import chain

from app.text.delivery import Delivery, WordEmotion, split_words
from app.text.segment import BLANK_LINE
from app.text.ssml.handlers import PITCH, RATE, VOLUME, clamp, read_break, read_prosody
from app.text.ssml.pronunciation import SubstitutionFactory, read_phoneme, read_say_as
from app.text.ssml.table import BREAK_SECONDS, parse_pitch, parse_rate, parse_volume
from app.text.tags.builder import OPENING_MARKS, Effect, Tag
from app.text.tags.words import SOUND_OF_WORD, Description, describe_words, is_wordy, parse_pause
from app.text.text_map import MAX_PAUSE_SECONDS, MAX_QUOTED_CHARS, TextBuilder, WarningCollector, quote
from app.types import DEFAULT_PROSODY, Prosody

TAG = re.compile(
    r"\[(?P<word>[^\[\]\n]{1,60})\](?:\((?P<link>[^()\n]{1,260})\))?"
    r"|\((?P<round>[A-Za-z][A-Za-z ,'-]{0,40})\)"
    r"|<(?i:spell)>(?P<spelled>[^<>\n]{1,200})</(?i:spell)>"
    r"|<(?P<closing>/?)(?P<name>[A-Za-z][A-Za-z-]{0,15})(?P<attributes>(?:[\s/][^<>]{0,200})?)>"
    r"|(?P<code>`{3}(?s:.*?)(?:`{3}|\Z)|`[^`\n]{1,200}`)"
)
"""A candidate for a tag, or code, whose tags are text. Every repetition is bounded or ends the search, so that it takes
linear time."""
TAG_SIGNS = re.compile(r"[\[(<]")
ATTRIBUTE = re.compile(r"([A-Za-z:-]{1,40})\s{0,9}=\s{0,9}(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'/>]+))")
AT_START = re.compile(
    r"(?:[.!?…][\"”’')*_]{0,3}\s{1,3}|[:—–][*_]{0,3}\s{1,3}|(?:\n|\A)[\s>*+#\d.)-]*|(?:^|[\s(])[\"“‘«*_]{1,3})\Z"
)
"""The end of the text before a tag in parentheses: a sentence, line or quotation begins, or a speaker's mark ends."""
CONTEXT_CHARS = 12
"""Characters before a tag in parentheses that decide whether it stands at a start."""
ENDS = ("auto", "normal")
"""Words of a tag that ends what earlier tags set."""
PREFIX = re.compile(r"(?:emotion|pace|rate|tempo|speed|volume|tone|mood|style)\s?[:=]\s?")
SETTING = re.compile(
    r"(rate|speed|pace|tempo|volume|loudness|pitch)\s?[:=]\s?([-+]?\d{1,4}(?:\.\d{1,3})?)(x|%|db|st|hz)?"
)
"""A setting with a number: `rate:1.5`, `speed:120%`, `pitch:+2st`, `volume:-6dB`."""
UNSUPPORTED = re.compile(r"(?:voice|speaker|lang|language|accent|model|seed|music|sfx|sound effect)\s?[:=].*")
"""A setting that no tag can change."""
PHONEMES = re.compile(r"/([^/]{1,250})/")
RESPELLING = str.maketrans({"A": "eɪ", "I": "aɪ", "O": "oʊ", "Q": "əʊ", "W": "aʊ", "Y": "ɔɪ", "T": "ɾ", "ᵊ": "ə"})
"""Signs of misaki, the phonemizer of Kokoro, that are not IPA."""
CLOSING_MARKS = ",.;:!?…)]”’»"
QUOTATION_MARKS = {'"': '"', "“": "”", "«": "»"}
"""Opening quotation marks and the marks that close each."""
MAX_QUOTATION_CHARS = 1000
"""Maximum characters of a quotation at whose end a tag at its beginning ends."""
SPELLED = {"interpret-as": "characters"}
MAX_WORDS = 6
"""Maximum words of a tag in brackets or parentheses; longer ones are text."""


def find_tags(text: str, find_emotion: WordEmotion, remarks: WarningCollector) -> tuple[Tag, ...]:
    """Return the tags of a text in order, empty if there are none; `find_emotion` returns the emotion of a word."""
    if not TAG_SIGNS.search(text):
        return ()
    return tuple(TagScanner(text, find_emotion, remarks).scan())


class TagScanner:
    """Scanner of one text, which keeps what the tags so far have set."""

    def __init__(self, text: str, find_emotion: WordEmotion, remarks: WarningCollector) -> None:
        self.text = text
        self.find_emotion = find_emotion
        self.remarks = remarks
        self.manner = DEFAULT_PROSODY
        self.after: Prosody | None = None
        """Prosody from the next sentence on, after a sound."""
        self.open: list[tuple[Prosody, Prosody]] = []
        """Prosody outside and inside of each open element."""
        self.last_closing = {name: text.rfind(f"</{name}") for name in ELEMENTS}
        self.quotation: tuple[int, Prosody] | None = None
        """End of the quotation that begins with a tag, and the prosody after it."""
        self.last_end = 0
        """Offset of the end of the last tag."""

    def scan(self) -> Iterator[Tag]:
        """Yield the tags, and an empty one at the end of each paragraph or quotation that ends what a tag has set."""
        gaps = BLANK_LINE.finditer(self.text)
        gap = next(gaps, None)
        for match in chain(TAG.finditer(self.text), (None,)):
            start = match.start() if match else len(self.text)
            while gap and gap.start() < start:
                yield from self.end_quotation(gap.start())
                yield from self.end_paragraph(gap.start())
                gap = next(gaps, None)
            yield from self.end_quotation(start)
            if match:
                yield from self.read(match)

    def end_quotation(self, before: int) -> Iterator[Tag]:
        """Yield the end of what tags have set in a quotation that ends before an offset."""
        if self.quotation and self.quotation[0] <= before:
            end, self.manner = self.quotation
            self.quotation = self.after = None
            yield Tag(end, end, set_manner(self.manner), separates=False)

    def end_paragraph(self, place: int) -> Iterator[Tag]:
        """Yield the end of what a tag has set, unless its element is still open."""
        self.quotation = None
        if self.manner is not DEFAULT_PROSODY and not self.open:
            self.manner, self.after = DEFAULT_PROSODY, None
            yield Tag(place, place, set_manner(DEFAULT_PROSODY))

    def read(self, match: re.Match[str]) -> Iterator[Tag]:
        """Yield the tags of a candidate; none if it is text."""
        if match["code"] is not None:
            return
        if match["link"] is not None:
            yield from self.read_phonemes(match)
            return
        if match["spelled"] is not None:
            yield Tag(match.start(), match.start("spelled"), TextBuilder.begin_reading)
            yield Tag(match.end("spelled"), match.end(), end_reading(read_say_as(SPELLED, self.remarks)))
            return
        before = self.after or self.manner
        if match["word"] is not None:
            apply = self.read_words(match["word"], match)
        elif match["round"] is not None:
            apply = self.read_words(match["round"], match) if self.is_at_start(match.start()) else None
        else:
            apply = self.read_element(match)
        if apply:
            start, end = widen(self.text, match.start(), match.end(), self.last_end)
            self.last_end = end
            closing = QUOTATION_MARKS.get(self.text[start - 1 : start])
            if closing and not self.quotation and not self.open:
                place = self.text.find(closing, end, end + MAX_QUOTATION_CHARS)
                self.quotation = (place + 1, before) if place >= 0 else None
            yield Tag(start, end, apply, is_held=bool(self.open))

    def is_at_start(self, place: int) -> bool:
        """Return whether a tag in parentheses may stand at a place."""
        if not self.text[self.last_end : place].strip():
            return True
        before = self.text[max(0, place - CONTEXT_CHARS) : place]
        return AT_START.search(before if place <= CONTEXT_CHARS else "x" + before) is not None

    def read_phonemes(self, match: re.Match[str]) -> Iterator[Tag]:
        """Yield the two parts of a tag around a word that is read by its phonemes (`[word](/ph/)`)."""
        phonemes = PHONEMES.fullmatch(match["link"])
        if not phonemes:
            return
        attributes = {"ph": phonemes[1].translate(RESPELLING)}
        reading = read_phoneme(attributes, self.remarks)
        yield Tag(match.start(), match.start() + 1, TextBuilder.begin_reading, separates=False)
        yield Tag(match.end("word"), match.end(), end_reading(reading), separates=False)

    def read_words(self, written: str, match: re.Match[str]) -> Effect | None:
        """Return the effect of a tag in brackets or parentheses; None if it is text."""
        content = " ".join(written.lower().replace("_", " ").split())
        if content.startswith("/"):
            closed = split_words(content)
            return self.end() if closed and self.describe(closed) else None
        if content in ENDS:
            return self.end()
        seconds = parse_pause(content)
        if seconds is not None:
            return self.pause(seconds, match)
        if setting := SETTING.fullmatch(content):
            return self.set_number(match, setting[1], setting[2], setting[3] or "")
        if UNSUPPORTED.fullmatch(content):
            self.remarks.add("tag_ignored", f"{shorten(match[0])} was left out: a tag cannot set this.")
            return keep_manner
        words = split_words(PREFIX.sub("", content))
        described = self.describe(words) if len(words) <= MAX_WORDS and is_wordy(content) else None
        return self.set(described, match) if described else None

    def describe(self, words: list[str]) -> Description | None:
        """Return what the words of a tag describe; None if one of them is unknown or they describe nothing."""
        described = describe_words(words, self.find_emotion)
        known = described.sound or described.style or not described.delivery.is_empty
        return None if described.delivery.unknown or not known else described

    def read_element(self, match: re.Match[str]) -> Effect | None:
        """Return the effect of a tag in angle brackets; None if it is text."""
        name = match["name"].lower()
        if name in SOUND_OF_WORD and not match["closing"]:
            return self.set(describe_words([name], self.find_emotion), match)
        if name not in ELEMENTS:
            return None
        if match["closing"]:
            self.manner, self.after = self.open.pop()[0] if self.open else DEFAULT_PROSODY, None
            return set_manner(self.manner)
        attributes = {
            one[1].lower(): one[2] or one[3] or one[4] or "" for one in ATTRIBUTE.finditer(match["attributes"])
        }
        is_open = not match["attributes"].endswith("/") and match.end() <= self.last_closing[name]
        outer = self.manner
        apply = ELEMENTS[name](self, attributes, match)
        if is_open:
            self.open.append((outer, self.after or self.manner))
        return apply

    def set(self, described: Description, match: re.Match[str]) -> Effect:
        """Set what a tag describes, beside what the tag right before it has set; report what cannot be spoken."""
        found, written = described.delivery, shorten(match[0])
        if described.style:
            self.remarks.add("tag_ignored", f"{written} was left out: the voice has no style {quote(described.style)}.")
        if found.whispered:
            self.remarks.add("whisper_quiet", f"{written}: the voice cannot whisper; it speaks quietly.")
        if described.sound:
            self.remarks.add("tag_ignored", f"{written} was left out: the voice makes no such sounds.")
            return self.set_sound(described, written)
        is_beside = not self.text[self.last_end : match.start()].strip()
        changed = self.alter(self.manner if is_beside else self.base, found, written)
        continues = is_beside and not found.emotions
        self.after = self.alter(self.after, found, written) if continues and self.after is not None else None
        self.manner = changed
        return set_manner(changed, self.after)

    def set_number(self, match: re.Match[str], name: str, number: str, unit: str) -> Effect:
        """Set the rate, the volume or the pitch to a number; a bare one is a factor, or a number of semitones."""
        if name == "pitch":
            value = None if unit == "hz" else parse_pitch(number + (unit or "st"))
            delivery = Delivery(pitch=value or 0.0)
        elif name in ("volume", "loudness"):
            value = parse_volume(number + unit if unit in ("%", "db") else f"{float(number) * 100:g}")
            delivery = Delivery(volume=1.0 if value is None else value)
        else:
            value = parse_rate(number + unit if unit == "%" else number)
            delivery = Delivery(speed=value or 1.0)
        if value is None or (value == 0 and name not in ("pitch", "volume", "loudness")):
            self.remarks.add("invalid_value", f"{shorten(match[0])} was ignored.")
            return keep_manner
        return self.set(Description(delivery), match)

    def alter(self, manner: Prosody, found: Delivery, written: str) -> Prosody:
        """Return a prosody with what a tag describes."""
        changed = replace(
            manner,
            speed=clamp(manner.speed * found.speed, RATE.least, RATE.most, written, self.remarks),
            volume=clamp(manner.volume * found.volume, VOLUME.least, VOLUME.most, written, self.remarks),
            pitch=clamp(manner.pitch + found.pitch, PITCH.least, PITCH.most, written, self.remarks),
        )
        if not found.emotions:
            return changed
        emotion, degree = list(found.emotions.items())[-1]
        return replace(changed, emotion_spec=emotion, degree=degree, origin=f"tag {written}")

    def set_sound(self, described: Description, written: str) -> Effect:
        """Set the emotion that a sound implies, up to the end of the sentence, unless a tag has set one before."""
        base = self.after or self.manner
        named = list(described.delivery.emotions.items())
        emotion, degree = named[-1] if named else SOUND_OF_WORD[described.sound]
        if emotion is None or base.emotion_spec is not None:
            return keep_manner
        self.after = base
        self.manner = replace(base, emotion_spec=emotion, degree=degree, origin=f"tag {written}")
        return set_manner(self.manner, base)

    @property
    def base(self) -> Prosody:
        """Prosody of the innermost open element."""
        return self.open[-1][1] if self.open else DEFAULT_PROSODY

    def end(self) -> Effect:
        """End what earlier tags have set."""
        self.manner, self.after = self.base, None
        return set_manner(self.manner)

    def pause(self, seconds: float, match: re.Match[str]) -> Effect:
        """Return the effect of a pause."""
        allowed = clamp(seconds, 0.0, MAX_PAUSE_SECONDS, shorten(match[0]), self.remarks)
        return lambda builder: builder.pause(allowed, match.start())

    def read_label(self, label: str, match: re.Match[str]) -> Effect:
        """Return the effect of a label in free words; report one that says nothing."""
        if label.strip().lower() in ENDS:
            return self.end()
        described = describe_words(split_words(label), self.find_emotion)
        if not described.sound and not described.style and described.delivery.is_empty:
            self.remarks.add("tag_ignored", f"{shorten(match[0])} was left out: it names no emotion.")
        return self.set(described, match)


def widen(text: str, start: int, end: int, least: int) -> tuple[int, int]:
    """Return the range of a tag with the blanks that are superfluous without it, from the offset `least` on."""
    while (
        end < len(text)
        and text[end] in " \t"
        and (start == 0 or text[start - 1].isspace() or text[start - 1] in OPENING_MARKS)
    ):
        end += 1
    if end == len(text) or text[end] in CLOSING_MARKS:
        while start > least and text[start - 1] in " \t":
            start -= 1
    return start, end


def shorten(written: str) -> str:
    """Return a tag as warnings and reasons show it."""
    folded = " ".join(written.split())
    return folded if len(folded) <= MAX_QUOTED_CHARS else folded[:MAX_QUOTED_CHARS] + "…"


def set_manner(manner: Prosody, after: Prosody | None = None) -> Effect:
    """Return the effect of a change of prosody; `after` is the prosody from the next sentence on."""
    return lambda builder: builder.change(manner, after)


def keep_manner(builder: TextBuilder) -> None:
    """Change nothing."""


def end_reading(reading: SubstitutionFactory | None) -> Effect:
    """Return the effect of the end of a word with phonemes."""

    def end(builder: TextBuilder) -> None:
        start, text = builder.marked_text()
        if text and reading:
            builder.readings += (one.shift(start) for one in reading(text))

    return end


Attributes = Mapping[str, str]
ElementReader = Callable[[TagScanner, Attributes, re.Match[str]], Effect]


def read_expr(scanner: TagScanner, attributes: Attributes, match: re.Match[str]) -> Effect:
    """Read `<expr type="…" label="…"/>`."""
    label = first_of(attributes, "label", "value")
    if attributes.get("type", "").lower() == "break":
        seconds = parse_pause(f"pause {label.strip().lower()}")
        return scanner.pause(BREAK_SECONDS["medium"] if seconds is None else seconds, match)
    return scanner.read_label(label, match)


def read_span(scanner: TagScanner, attributes: Attributes, match: re.Match[str]) -> Effect:
    """Read `<prosody rate="…">`, as in SSML."""
    scanner.manner, scanner.after = read_prosody(scanner.base, attributes, scanner.remarks), None
    return set_manner(scanner.manner)


def ignore_voice(scanner: TagScanner, attributes: Attributes, match: re.Match[str]) -> Effect:
    """Report `<voice name="…">`, which a tag cannot change."""
    scanner.remarks.add("tag_ignored", f"{shorten(match[0])} was left out: a tag cannot change the voice.")
    return keep_manner


def read_ratio(scanner: TagScanner, attributes: Attributes, match: re.Match[str]) -> Effect:
    """Read `<speed ratio="…"/>` and `<volume ratio="…"/>`."""
    name, written = match["name"].lower(), first_of(attributes, "ratio", "value")
    ratio = parse_rate(written.strip().lower())
    if ratio is None:
        scanner.remarks.add("invalid_value", f"ratio={quote(written)} on <{name}> was ignored.")
        return keep_manner
    delivery = Delivery(speed=ratio) if name == "speed" else Delivery(volume=ratio)
    return scanner.set(Description(delivery), match)


def first_of(attributes: Attributes, *names: str) -> str:
    """Return the value of the first of these attributes that there is."""
    return next((attributes[name] for name in names if name in attributes), "")


ELEMENTS: Mapping[str, ElementReader] = {
    **dict.fromkeys(
        ("emotion", "expression", "sound"),
        lambda scanner, attributes, match: scanner.read_label(
            first_of(attributes, "value", "name", "label", "type"), match
        ),
    ),
    "expr": read_expr,
    "break": lambda scanner, attributes, match: scanner.pause(read_break(attributes, scanner.remarks), match),
    "speed": read_ratio,
    "volume": read_ratio,
    "prosody": read_span,
    "voice": ignore_voice,
    **dict.fromkeys(
        ("whisper", "soft", "loud", "slow", "fast"),
        lambda scanner, _, match: scanner.read_label(match["name"], match),
    ),
}
"""Elements in angle brackets; the names of sounds are tags, too. The last ones say how their content is spoken."""
