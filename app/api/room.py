"""How much has room in an answer: what carries it may cut it off, or refuse it, where it is larger."""

from __future__ import annotations

from dataclasses import dataclass

from app.api.accept import Answer
from app.audio.encode import FORMATS
from app.errors import AnswerTooLarge

_MEBIBYTE = 2**20
_BASE64 = 4 / 3
"""Bytes of the answer for each byte of audio inside of JSON."""
_HINT = (
    'Ask for a stream ("stream": true), which has no limit, or for mp3; behind SageMaker, asynchronous (async) '
    "inference takes larger answers, with a larger INTONE_MAX_ANSWER_BYTES; or send the text in parts."
)


@dataclass(frozen=True, slots=True)
class Room:
    """The room in one answer that is not streamed."""

    most_bytes: int
    """0 is no limit."""
    answer: Answer

    def check_seconds(self, seconds: float, sample_rate: int) -> None:
        """Raise where so much speech, at a rate in Hertz, is too large for certain; spares speaking it in vain."""
        size = self.least_bytes(seconds, sample_rate) * (_BASE64 if self.answer.timing else 1)
        if self.most_bytes and size > self.most_bytes:
            raise AnswerTooLarge(f"Over {seconds:.0f} s of speech as {self._described}.", hint=_HINT)

    def least_bytes(self, seconds: float, sample_rate: int) -> int:
        """Bytes that so much audio surely has; 0 if that depends on the sound."""
        return int(seconds * sample_rate) * FORMATS[self.answer.format].bytes_per_sample

    def check_bytes(self, size: int) -> None:
        """Raise if an answer of at least so many bytes is too large."""
        if self.most_bytes and size > self.most_bytes:
            raise AnswerTooLarge(f"At least {size / _MEBIBYTE:.1f} MiB as {self._described}.", hint=_HINT)

    @property
    def _described(self) -> str:
        form = f"{self.answer.format} in JSON" if self.answer.timing else self.answer.format
        return f"{form} are more than the {self.most_bytes / _MEBIBYTE:.1f} MiB that an answer may have"
