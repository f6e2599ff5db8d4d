"""Find who speaks each quotation of a text: by dialogue tags, the action beside it, alternation, or a script's labels.

A quotation without a certain speaker has none: a wrong name is worse than no name.
"""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, groupby, zip_longest

from app.first_names import find_gender
from app.text.dialogue_tags import (
    UNKNOWN,
    Mention,
    find_persons,
    find_subjects,
    find_tag_after,
    find_tag_before,
    is_name,
    remove_tag,
)
from app.text.quotations import Quotation, find_quotations

PARAGRAPH = re.compile(r"\n[^\S\n]*\n|\u2029|\n(?=[ \t]*[\"“„«‘])")
"""The end of a paragraph; in a text without blank lines, a line that begins with a quotation begins one."""
MAX_NARRATION = 400
"""Maximum characters of narration that are searched on either side of a quotation."""
PARAGRAPHS_REMEMBERED = 3
"""Paragraphs before a pronoun in which the person that it stands for is looked for."""
MAX_TURNS = 8
"""Maximum paragraphs in a row that get their speaker by alternation."""
MAX_QUOTATIONS = 40
"""Maximum quotations of a paragraph that are read together, so that the time stays linear."""
LABEL = re.compile(
    r"(?:^|(?<=\u2029))[ \t]*([A-Z][\w.’'-]*(?:[ \t][A-Z0-9][\w.’'-]*){0,3})(?:[ \t]\([^()\n]{1,40}\))?:[ \t]+(?=\S)",
    re.MULTILINE,
)
"""Name at the beginning of a line of a script, such as `RUTH:` or `Dr. Okafor (whispering):`."""
LABEL_END = re.compile(r"\u2029|\n(?=[ \t]*(?:\n|[\[(]))")
"""The end of a speech in a script: a blank line or a stage direction."""
ENDS_LINE = '.!?…—–"”’)*'
"""Characters that end a speech in a script."""
NOT_SPEAKERS = frozenset(
    "note notes warning tip example caution important ps date time subject from to cc bcc re price address phone tel "
    "fax email url step part chapter section figure table scene act summary result results total name title author "
    "source ingredients method location place".split()
)
"""Labels of lines that no one speaks."""


def find_speeches(text: str, split_labels: bool = False) -> Iterator[Quotation]:
    """Yield the quotations of a text with their speakers, in order; the lines of a script, too.

    With `split_labels`, the names before these lines are apart; otherwise they belong to the lines.
    """
    lines = deque(find_labelled_lines(text, split_labels))
    for one in attribute(text, find_quotations(text)):
        while lines and lines[0].start <= one.start:
            if lines[0].end > one.start:
                break
            yield lines.popleft()
        if not (lines and lines[0].start < one.end):
            yield one
    yield from lines


def find_quotations_after(history: str, text: str) -> Iterator[Quotation]:
    """Yield the quotations of a text with their speakers, in order; `history` is the text before it."""
    shift = len(history)
    own = (replace(one, start=one.start + shift, end=one.end + shift) for one in find_quotations(text))
    for one in attribute(history + text, chain(find_quotations(history), own)):
        if one.start >= shift:
            yield replace(one, start=one.start - shift, end=one.end - shift)


def find_labelled_lines(text: str, split_labels: bool) -> Iterator[Quotation]:
    """Yield the speeches of a script: lines that begin with `NAME:`, one name of which occurs repeatedly.

    Most of the speeches end like sentences, in contrast to rows such as `Age: 12`.
    """
    found = [one for one in LABEL.finditer(text) if one[1].lower() not in NOT_SPEAKERS]
    names = Counter(one[1].lower() for one in found)
    if len(names) < 2 or max(names.values()) < 2:
        return
    speeches = []
    for one, following in zip_longest(found, found[1:]):
        last = following.start() if following else len(text)
        gap = LABEL_END.search(text, one.end(), last)
        end = one.end() + len(text[one.end() : gap.start() if gap else last].rstrip())
        speeches.append(Quotation(one.end(), end, one[1]))
    if 2 * sum(text[one.end - 1] in ENDS_LINE for one in speeches) < len(speeches):
        return
    for one, speech in zip(found, speeches, strict=True):
        if split_labels:
            yield Quotation(one.start(), one.end(), one[1], is_label=True)
        yield speech if split_labels else replace(speech, start=one.start())


@dataclass(slots=True)
class Scene:
    """What is known of the speakers and persons in the paragraphs before."""

    turns: deque[str | None] = field(default_factory=lambda: deque(maxlen=2))
    """Speakers of the last two paragraphs, if nothing but speech is between them."""
    guessed: int = 0
    """Number of paragraphs in a row whose speaker is known by alternation alone."""
    persons: deque[frozenset[str]] = field(default_factory=lambda: deque(maxlen=PARAGRAPHS_REMEMBERED))
    """Persons in the narration of the last paragraphs, speakers included."""
    is_open: bool = False
    """Whether the last quotation goes on in the next paragraph."""

    def end_paragraph(self, speakers: Sequence[str | None], persons: Iterable[str]) -> None:
        """Add a paragraph with its speakers and the other persons in its narration."""
        self.turns.append(speakers[-1] if len(set(speakers)) == 1 else None)
        self.persons.append(frozenset(persons) | {one for one in speakers if one})


def attribute(text: str, quotations: Iterable[Quotation]) -> Iterator[Quotation]:
    """Yield quotations with their speakers, read paragraph by paragraph."""
    scene, end = Scene(), 0
    for start, group in groupby(quotations, key=ParagraphStarts(text)):
        found = list(group)
        between = text[max(end, start - MAX_NARRATION) : start]
        if end and between.strip():
            scene.turns.clear()
            scene.persons.append(find_persons(between))
        boundary = PARAGRAPH.search(text, found[-1].end, found[-1].end + MAX_NARRATION)
        end = boundary.start() if boundary else min(len(text), found[-1].end + MAX_NARRATION)
        for first in range(0, len(found), MAX_QUOTATIONS):
            part, rest = found[first : first + MAX_QUOTATIONS], found[first + MAX_QUOTATIONS :]
            stop = rest[0].start if rest else end
            yield from attribute_paragraph(text, start, stop, part, scene)
            start = stop


class ParagraphStarts:
    """Function that returns the beginning of the paragraph of each quotation, called in order."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.start = 0
        self.looked = 0

    def __call__(self, quotation: Quotation) -> int:
        """Return the offset at which the quotation's paragraph begins."""
        for boundary in PARAGRAPH.finditer(self.text, self.looked, quotation.start + 1):
            self.start = boundary.end()
        self.looked = quotation.end
        return self.start


def attribute_paragraph(
    text: str, start: int, end: int, quotations: Sequence[Quotation], scene: Scene
) -> Iterator[Quotation]:
    """Yield the quotations of one paragraph, `text[start:end]`, with their speakers; update the scene."""
    places = [start, *(place for one in quotations for place in (one.start, one.end)), end]
    narration = [
        text[max(a, b - MAX_NARRATION) : b] if number == 0 else text[a : min(b, a + MAX_NARRATION)]
        for number, (a, b) in enumerate(zip(places[::2], places[1::2], strict=True))
    ]
    words = [text[one.start : one.end] for one in quotations]
    tags = [
        find_tag_after(words[number], narration[number + 1]) or find_tag_before(narration[number])
        for number in range(len(quotations))
    ]
    rest = [remove_tag(words[number - 1] if number else "", piece) for number, piece in enumerate(narration)]
    persons = find_persons(" ".join(narration))
    subjects = [one for piece in rest for one in find_subjects(piece)]
    # Those that a tag addresses do not speak in it: `she told Ruth`.
    candidates = find_persons(" ".join(rest)).union((tag.name for tag in tags if tag), *scene.persons)
    known = [tag and resolve(tag, subjects, persons, candidates, scene) for tag in tags]
    speakers = [
        one if tags[number] else infer_speaker(number, known, tags, rest, subjects, persons, scene)
        for number, one in enumerate(known)
    ]
    if not any(tags) and not any(re.search(r"\w", piece) for piece in narration):
        speakers = [find_turn(scene, words)] * len(words)
    else:
        scene.guessed = 0
    scene.is_open = words[-1].rstrip(" ,.;:!?…)]")[-1:] not in "\"”’'»“" and end < len(text)
    scene.end_paragraph(speakers, persons)
    for one, speaker in zip(quotations, speakers, strict=True):
        yield replace(one, speaker=speaker)


def infer_speaker(
    number: int,
    known: Sequence[str | None],
    tags: Sequence[Mention | None],
    rest: Sequence[str],
    subjects: Sequence[Mention],
    persons: frozenset[str],
    scene: Scene,
) -> str | None:
    """Return the speaker of a quotation without a tag: that of its paragraph, or the one who acts in it."""
    if any(tags):
        before = [place for place, tag in enumerate(tags) if tag and place < number]
        speaker = known[before[-1]] if before else next(one for one, tag in zip(known, tags, strict=True) if tag)
        several = len({one for one, tag in zip(known, tags, strict=True) if tag}) > 1
        since = rest[before[-1] + 1 : number + 1] if before else rest[: number + 2]
        others = {one.name for piece in since for one in find_subjects(piece)} - {speaker}
        if several and (not before or any(re.search(r"\w", piece) for piece in since)):
            return None
        return None if any(is_name(one) for one in others) else speaker
    acting = {one.name for one in subjects}
    if len(acting) != 1 or not all(one.acts for one in subjects[:1]):
        return None
    return resolve(subjects[0], [], persons, persons.union(*scene.persons), scene)


def resolve(
    tag: Mention, subjects: Sequence[Mention], persons: frozenset[str], candidates: frozenset[str], scene: Scene
) -> str | None:
    """Return the person that a tag names, or for whom its pronoun unambiguously stands; else None."""
    if tag.name in ("he", "she"):
        # The one who acts in the paragraph speaks in it.
        named = {one.name for one in subjects if is_name(one.name)} - {"I"}
        genders = {name: find_gender(name) for name in persons.union(named, *scene.persons) - {"I"}}
        if len(named) == 1 and persons <= named:
            only, acts = next(iter(named)), any(one.acts for one in subjects)
            if genders[only] == tag.name or (acts and genders[only] is None):
                return only
        fitting = [name for name, gender in genders.items() if gender == tag.name]
        is_clear = len(fitting) == 1 and None not in genders.values()
        return fitting[0] if is_clear and fitting[0] in candidates and is_name(fitting[0]) else None
    return tag.name if tag.name != UNKNOWN and is_name(tag.name) else None


def find_turn(scene: Scene, words: Sequence[str]) -> str | None:
    """Return the speaker of a paragraph of speech alone: the last one if it goes on, else the one before the last."""
    if scene.is_open and scene.turns:
        return scene.turns[-1]
    first, last = scene.turns if len(scene.turns) == 2 else (None, None)
    scene.guessed += 1
    if first is None or last is None or first == last or scene.guessed > MAX_TURNS:
        return None
    return None if any(addresses(one, first) for one in words) else first


def addresses(words: str, name: str) -> bool:
    """Return whether a speech addresses a person of this name, who is then not its speaker."""
    called = re.escape(name.split()[-1])
    return re.search(rf"(?:\A\W*|,\s(?:\w+\s){{0,2}}){called}(?=[,.!?…—])", words) is not None
