"""Who speaks which emotion in a new voice: by flag, by name, else by answer."""

from __future__ import annotations

from collections.abc import Sequence

from app.cli.questions import Questions, listed
from app.cli.usage import UsageError
from app.emotion import parse_emotion
from app.errors import UnknownEmotion
from app.plan import Emotion
from app.voices.casting import Candidate, Cast, called, candidates, nameless, surest
from app.voices.discover import Found

NOBODY = "none of them"


def cast_of(found: Found, flags: Sequence[str], questions: Questions) -> Cast:
    """The cast; an emotion that is not in it falls back to another."""
    everybody = candidates(found.acoustic)
    cast = pairs(everybody, flags)
    free = [one for one in everybody if one not in cast.values()]
    for emotion in Emotion:
        if emotion not in cast and (named := surest(free, emotion)):
            cast[emotion] = one_of(named, emotion, questions)
    if Emotion.NEUTRAL not in cast:
        cast[Emotion.NEUTRAL] = one_of(nameless(free) or everybody, Emotion.NEUTRAL, questions)
    others = [one for one in nameless(free) if one not in cast.values()]
    return cast if flags or not others else others_of(others, questions) | cast


def one_of(named: Sequence[Candidate], emotion: Emotion, questions: Questions) -> Candidate:
    """Who of some speaks an emotion."""
    by_name = {one.name: one for one in named}
    return questions.choose(f"Who speaks {emotion}", by_name, f"--emotion {{}}={emotion}")


def others_of(others: Sequence[Candidate], questions: Questions) -> Cast:
    """What those speak whose names tell no emotion."""

    def read(answer: str) -> Cast:
        return pairs(others, [] if answer == NOBODY else [part for part in answer.split(",") if part.strip()])

    names = listed(one.name for one in others)
    question = f"Who else speaks an emotion: {names}? (NAME=EMOTION, NAME=EMOTION)"
    return questions.ask(question, NOBODY, f"--emotion {others[0].name}=EMOTION", read)


def pairs(everybody: Sequence[Candidate], flags: Sequence[str]) -> Cast:
    """`NAME=EMOTION` each -> who speaks the emotion."""
    return dict(pair(everybody, flag) for flag in flags)


def pair(everybody: Sequence[Candidate], flag: str) -> tuple[Emotion, Candidate]:
    """One `NAME=EMOTION`."""
    name, equals, emotion = flag.rpartition("=")
    if not equals:
        raise UsageError(f"{flag.strip()!r} is not of the form NAME=EMOTION.")
    try:
        return parse_emotion(emotion), one_called(everybody, name.strip())
    except UnknownEmotion as error:
        raise UsageError(error.detail, hint=error.hint) from None


def one_called(everybody: Sequence[Candidate], name: str) -> Candidate:
    """The one of a name."""
    found = called(everybody, name)
    if len(found) > 1:
        raise UsageError(f"{name!r} may be {listed(one.name for one in found)}.", hint="Give one of these.")
    if not found:
        known = listed(one.name for one in everybody)
        raise UsageError(f"There is no speaker or checkpoint {name!r}.", hint=f"There is: {known}.")
    return found[0]
