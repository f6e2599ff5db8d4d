"""How long the silence between two utterances is: by what is written between them, and by what both feel."""

from __future__ import annotations

from app.plan import Emotion

AFTER_MARK = {
    ".": 0.38,
    "!": 0.34,
    "?": 0.42,
    "…": 0.55,
    ":": 0.30,
    ";": 0.28,
    "—": 0.22,
    "–": 0.22,
    ",": 0.16,
}
"""Seconds behind an utterance whose last mark this is."""
AFTER_NO_MARK = 0.06
"""Seconds inside a sentence that was cut only because it was too long."""
AFTER_SENTENCE = 0.38
"""Seconds behind a sentence without a final mark, such as a heading."""
AFTER_PARAGRAPH = 0.75
"""Seconds behind a paragraph, whatever its last mark."""
TEMPO = {
    Emotion.NEUTRAL: 1.0,
    Emotion.JOY: 0.9,
    Emotion.SADNESS: 1.3,
    Emotion.ANGER: 0.8,
    Emotion.FEAR: 0.85,
    Emotion.SURPRISE: 0.95,
    Emotion.DISGUST: 1.1,
}
"""A sad speaker lingers, an angry one does not."""
AT_QUOTATION = 0.12
"""Seconds between a quotation and the narration beside it in its sentence, whatever its mark: `"Where?" he said.`"""
CHANGE_OF_EMOTION = 0.12
"""Seconds more where the feeling turns: a listener needs the breath that a speaker would take."""
CLOSERS = "\"'”’»)]}*_ \t\r\n"
"""Characters that may stand behind a final mark."""


def pause_between(
    text: str,
    emotion: Emotion,
    following: Emotion,
    *,
    ends_sentence: bool,
    ends_paragraph: bool,
    at_quotation: bool = False,
) -> float:
    """Seconds of silence behind an utterance that another one follows.

    `at_quotation`: whether a quotation begins or ends between the two, within one sentence.
    """
    pause = AT_QUOTATION if at_quotation else AFTER_PARAGRAPH if ends_paragraph else after_mark(text, ends_sentence)
    pause *= (TEMPO[emotion] + TEMPO[following]) / 2
    if emotion is not following and ends_sentence:
        pause += CHANGE_OF_EMOTION
    return round(pause, 3)


def after_mark(text: str, ends_sentence: bool) -> float:
    """Seconds that the last mark of a text asks for."""
    bare = text.rstrip(CLOSERS)
    if bare.endswith(("...", "…")):
        return AFTER_MARK["…"]
    return AFTER_MARK.get(bare[-1:], AFTER_SENTENCE if ends_sentence else AFTER_NO_MARK)
