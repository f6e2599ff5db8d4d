"""What became known of a request by speaking it, told to its log line and to the counters."""

from __future__ import annotations

from collections import Counter
from dataclasses import fields

from starlette.requests import Request

from app.api.service import service_of
from app.metrics import Spoken


def account(request: Request, spoken: Spoken) -> None:
    """Tell both the same."""
    request.state.log.update(_facts(spoken))
    service_of(request).metrics.spoken(spoken)


def _facts(spoken: Spoken) -> dict[str, object]:
    """What the log may know: numbers, never the text."""
    timings = spoken.timings
    return {
        "utterances": len(spoken.utterances),
        "audio_seconds": round(spoken.seconds, 3),
        "emotions": dict(Counter(utterance.emotion.value for utterance in spoken.utterances)),
        "stages": {stage.name: round(getattr(timings, stage.name), 1) for stage in fields(timings)},
    }
