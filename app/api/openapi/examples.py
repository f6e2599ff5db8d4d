"""Examples of requests for the API reference."""

from __future__ import annotations

from typing import Any

TEXT = "What a wonderful morning! I could sing."
SSML = (
    '<speak version="1.0" xmlns="http://www.w3.org/2001/10/synthesis" xmlns:mstts="http://www.w3.org/2001/mstts">'
    '<mstts:express-as style="cheerful" styledegree="1.5">What a wonderful morning!</mstts:express-as>'
    '<break time="500ms"/>I could sing.</speak>'
)
_EDITED_PLAN = {
    "utterances": [
        {"text": "What a wonderful morning!", "emotion": "joy", "pause_after": 1.5},
        {"text": "I could sing.", "emotion": "auto", "speed": 0.8},
    ]
}

SPEECH: dict[str, dict[str, Any]] = {
    "labelled": {"summary": "Each sentence by its words", "value": {"text": TEXT}},
    "pinned": {"summary": "One emotion", "value": {"text": TEXT, "emotion": "joy", "degree": 1.3}},
    "blended": {"summary": "Two at once", "value": {"text": TEXT, "emotion": {"joy": 0.6, "surprise": 0.4}}},
    "marked up": {"summary": "SSML", "value": {"ssml": SSML, "format": "mp3"}},
    "in context": {
        "summary": "One sentence of a longer talk",
        "value": {"text": "He never came back.", "context": ["The boat went out on Tuesday.", "By noon it blew hard."]},
    },
    "edited": {"summary": "A plan that came back", "value": {"plan": _EDITED_PLAN}},
    "timed": {"summary": "With the times of all words", "value": {"text": TEXT, "timing": True, "format": "opus"}},
    "streamed": {"summary": "As it is made", "value": {"text": TEXT, "stream": True}},
}
OPENAI: dict[str, dict[str, Any]] = {
    "plain": {"summary": "A stream of MP3", "value": {"model": "tts-1", "input": TEXT, "voice": "alloy"}},
    "instructed": {
        "summary": "A complete file",
        "value": {
            "model": "gpt-4o-mini-tts",
            "input": TEXT,
            "instructions": "Sound cheerful.",
            "response_format": "wav",
            "stream": False,
        },
    },
    "events": {"summary": "Events", "value": {"model": "intone", "input": TEXT, "stream_format": "sse"}},
}
FIELDS: dict[str, Any] = {
    "text": TEXT,
    "ssml": SSML,
    "emotion": "joy:0.6,surprise:0.4",
    "degree": 1.3,
    "strength": "fixed",
    "expressiveness": 0.8,
    "context": "We have waited for this day for years.",
    "speed": 0.9,
    "input_format": "auto",
    "format": "mp3",
    "sample_rate": 16000,
    "stream": True,
    "timing": True,
    "strict": True,
    "seed": 7,
}
"""Example for each field that can be a query parameter; all are valid together with a text."""
