"""Make bodies of requests for speech: texts, SSML, turns, plans and options, mostly valid or nearly so."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping
from typing import Any

from scripts.attack.hostile import NAMES, NUMBERS, SECRET, VALUES, make_ssml, make_text, make_value, spoil

EMOTIONS = ("joy", "anger", "sadness", "fear", "disgust", "surprise", "neutral", "auto")
FORMATS = ("wav", "flac", "mp3", "opus", "aac", "pcm", "ulaw", "alaw")
MAX_NESTING = 100_000
UTTERANCE_FIELDS = {
    **{"span": [0, 5], "voice": "wren", "blend": {"joy": 0.5, "fear": 0.5}, "speed": 1.5, "volume": 2, "pitch": -12},
    **{"pause_after": 20, "role": "dialogue", "speaker": SECRET, "strength": 1.0, "words": [[]], "start": 1e308},
    **{"source": "pinned", "end": -1, "spoken": "", "checkpoint": None},
}


def make_options(chance: random.Random) -> dict[str, Any]:
    """Return a few options of a request, each mostly within its range."""
    makers: dict[str, Callable[[], Any]] = {
        "emotion": lambda: chance.choice((*EMOTIONS, {"joy": 0.6, "anger": 0.4}, {"joy": 1e9}, {"nosuch": 1}, "")),
        "degree": lambda: chance.choice((round(chance.uniform(0.01, 2), 3), chance.choice(NUMBERS))),
        "strength": lambda: chance.choice(("auto", "fixed", "")),
        "expressiveness": lambda: chance.choice((0, 1, 2, 2.01)),
        "context": lambda: chance.choice((make_text(chance), [make_text(chance)] * 3, [""] * 101)),
        "speed": lambda: chance.choice((0.25, 1, 4, 4.01)),
        "seed": lambda: chance.choice((0, 1, 2**32 - 1, 2**32, -1, 1.0)),
        "instructions": lambda: chance.choice((make_text(chance), "slowly, very cheerful", "x" * 4097)),
        "tags": lambda: chance.choice((True, False)),
        "input_format": lambda: chance.choice(("auto", "text", "markdown", "html")),
        "lexicon": lambda: make_lexicon(chance),
        "voices": lambda: make_voices(chance),
        "voice": lambda: chance.choice(("wren", "alloy", *NAMES)),
        "format": lambda: chance.choice((*FORMATS, "FLAC", "mp4")),
        "sample_rate": lambda: chance.choice((8000, 24000, 48000, 24000.0, 11025, 7999)),
        "stream": lambda: chance.choice((True, False)),
        "timing": lambda: chance.choice((True, False)),
        "strict": lambda: chance.choice((True, False)),
    }
    return {name: makers[name]() for name in chance.sample(list(makers), chance.choice((0, 1, 1, 2, 3)))}


def make_lexicon(chance: random.Random) -> Any:
    """Return readings of words, as an object or as its JSON."""
    readings = {SECRET: chance.choice(("Kwil", "/kwɪl/", "/☃/", "//", "/" + "ɛ" * 98 + "/", "", "x" * 101, "<b>&amp;"))}
    readings |= {chance.choice(VALUES)[:99]: chance.choice(VALUES)[:99] for _ in range(chance.choice((1, 5, 501)))}
    return chance.choice((readings, json.dumps(readings), json.dumps(readings)[:-1], "[" * 9999, '{"a":"b","a":"c"}'))


def make_voices(chance: random.Random) -> Any:
    """Return voices by what they speak."""
    pairs = {
        chance.choice(("narration", "dialogue", "Ruth", *NAMES))[:99]: chance.choice(("wren", "alloy", "nosuch", ""))
    }
    return chance.choice(
        (pairs, json.dumps(pairs), "narration=wren,Ruth=alloy", "a=b=c", "=,=", "narration=wren," * 200)
    )


def make_utterance(chance: random.Random) -> dict[str, Any]:
    """Return an utterance of a plan."""
    text = make_text(chance)
    more: dict[str, Any] = {
        "ssml": make_ssml(chance),
        "emotion": chance.choice(EMOTIONS),
        "degree": round(chance.uniform(0.01, 2), 3),
        "analyzed": {"emotion": "joy", "text_sha256": "0" * 64},
        "probabilities": dict.fromkeys(EMOTIONS[:7], 0.1),
        "reason": text,
        **UTTERANCE_FIELDS,
    }
    return spoil(chance, {"text": text[:200], **{name: more[name] for name in chance.sample(list(more), 4)}})


def make_fields(chance: random.Random) -> dict[str, Any]:
    """Return the fields of a body of our own routes."""
    kind = chance.randrange(10)
    if kind < 5:
        content: dict[str, Any] = {"text": make_text(chance)}
    elif kind < 7:
        content = {"ssml": make_ssml(chance)}
    elif kind < 8:
        content = {
            "turns": [{"text": make_text(chance), "voice": "wren", "emotion": "joy"}] * chance.choice((1, 2, 1001))
        }
    else:
        content = {
            "plan": spoil(chance, {"utterances": [make_utterance(chance) for _ in range(chance.choice((1, 2)))]})
        }
    return spoil(chance, {**content, **make_options(chance)})


def make_openai_fields(chance: random.Random) -> dict[str, Any]:
    """Return the fields of a body of OpenAI's route."""
    is_ssml = chance.random() < 0.2
    fields: dict[str, Any] = {
        "model": chance.choice(("tts-1", "intone", *NAMES)),
        "input": make_ssml(chance) if is_ssml else make_text(chance),
    }
    fields |= {"voice": chance.choice(("alloy", {"id": "nova"}, {"id": []})), "response_format": chance.choice(FORMATS)}
    own = {
        name: value
        for name, value in make_options(chance).items()
        if name not in ("voice", "format", "timing", "strict")
    }
    return spoil(chance, {**fields, "ssml": is_ssml, "stream_format": chance.choice(("audio", "sse", None)), **own})


def write_json(chance: random.Random, fields: Mapping[str, Any]) -> bytes:
    """Return the fields as JSON, or as what is nearly JSON."""
    text = json.dumps(fields, ensure_ascii=chance.random() < 0.7)
    data, kind = text.encode("utf-8", "surrogatepass"), chance.randrange(20)
    place = chance.randrange(len(data))
    if kind == 0:
        return data[:place]
    if kind == 1:
        return data[:place] + bytes(chance.choices(range(256), k=3)) + data[place + 1 :]
    if kind == 2:
        deep = chance.choice((b"[", b'{"a":')) * chance.choice((100, MAX_NESTING))
        return b'{"text":"a","plan":' + deep + b"1"
    if kind == 3:
        return (
            data[:-1] + b',"seed":' + chance.choice((b"9" * 5000, b"1e400", b"-", b"NaN", b"01", b"0.1e-9999")) + b"}"
        )
    if kind == 4:
        return data[:-1] + b"," + data[1:]
    if kind == 5:
        return text.encode(chance.choice(("utf-16", "utf-32", "utf-8-sig", "utf-7")), "replace")
    if kind == 6:
        return json.dumps(make_value(chance)).encode()
    return data
