"""Recordings -> what an acoustic model learns from: token ids, mel spectrogram and, where known, frames a token."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from app.plan import Emotion
from app.speech.tokens import Tokenizer
from app.training.dataset import Recording, read_sound
from app.training.spectrogram import MelConfig, mel_spectrogram

SILENCE_DB = -50.0
"""Level under the loudest frame that counts as silence at both ends."""
KEPT_LEAD, KEPT_TAIL = 3, 8
"""Frames of it that stay."""
SHORTEST_SECONDS = 0.02
"""What a symbol keeps of itself when silence is cut from it."""
FOLD = 2
"""GlowTTS folds so many frames into one: lengths are multiples of it."""


@dataclass(frozen=True, slots=True)
class Clip:
    """One recording."""

    ids: Tensor
    """(tokens,)."""
    mel: Tensor
    """(n_mels, T), half precision."""
    frames: npt.NDArray[np.int64] | None
    """(tokens,), at least one each, sum T; None where the recording came without durations."""
    emotion: Emotion


Convert = Callable[[Tensor], Tensor]
"""Natural logarithms of magnitudes (1, n_mels, T) -> the values that a model has for them."""


def read_clips(
    recordings: Iterable[Recording], emotion: Emotion, tokenizer: Tokenizer, layout: MelConfig, convert: Convert
) -> list[Clip]:
    """All recordings but those too short for their symbols; `emotion` is that of those that name none."""
    found = (read_clip(recording, emotion, tokenizer, layout, convert) for recording in recordings)
    return [clip for clip in found if clip is not None]


def read_clip(
    recording: Recording, emotion: Emotion, tokenizer: Tokenizer, layout: MelConfig, convert: Convert
) -> Clip | None:
    """One recording without the silence at its ends."""
    samples = read_sound(recording.sound, layout.sample_rate)
    total = len(samples) // layout.hop_length
    samples = samples[: total * layout.hop_length]
    start, end = sounding(samples, layout.hop_length)
    known = recording.durations
    tokens = tokenizer.look_up(known.symbols) if known else tokenizer.encode(recording.text)
    frames = None
    if known:
        frame_rate = layout.sample_rate / layout.hop_length
        seconds = without_ends(known.seconds, start / frame_rate, (total - end) / frame_rate)
        frames = whole_frames(seconds, end - start)
    if end - start < len(tokens.ids) or (frames is not None and len(tokens.ids) != len(frames)):
        return None
    mel = convert(mel_spectrogram(torch.from_numpy(samples), layout)[None, :, start:end])[0]
    return Clip(torch.tensor(tokens.ids), mel.half(), frames, recording.emotion or emotion)


def sounding(samples: npt.NDArray[np.float32], hop_length: int) -> tuple[int, int]:
    """First and last frame (exclusive) worth keeping; both even, as is what lies between."""
    level = np.sqrt((samples.reshape(-1, hop_length) ** 2).mean(1))
    loud = np.flatnonzero(level > level.max() * 10 ** (SILENCE_DB / 20))
    if len(loud) == 0:
        return 0, len(level) // FOLD * FOLD
    start = max(0, int(loud[0]) - KEPT_LEAD) // FOLD * FOLD
    end = min(len(level), int(loud[-1]) + 1 + KEPT_TAIL)
    return start, start + (end - start) // FOLD * FOLD


def without_ends(seconds: Sequence[float], lead: float, tail: float) -> npt.NDArray[np.float64]:
    """Durations after so many seconds were cut from both ends."""
    left = np.array(seconds, np.float64)
    for cut, order in ((lead, range(len(left))), (tail, reversed(range(len(left))))):
        for place in order:
            taken = min(cut, max(0.0, left[place] - SHORTEST_SECONDS))
            left[place] -= taken
            cut -= taken
    return left


def whole_frames(seconds: npt.NDArray[np.float64], total: int) -> npt.NDArray[np.int64] | None:
    """Whole frames, at least one each, sum `total`; None where there are more symbols than frames."""
    count = len(seconds)
    if total < count:
        return None
    edges = np.round(np.cumsum(seconds) / seconds.sum() * total).astype(np.int64)
    # Every symbol ends at least one frame behind the one before it, and leaves one for each behind it.
    least = np.arange(1, count + 1)
    edges = np.maximum.accumulate(np.maximum(edges - least, 0)) + least
    edges = np.minimum(edges, total - least[::-1] + 1)
    edges[-1] = total
    frames: npt.NDArray[np.int64] = np.diff(edges, prepend=0)
    return frames
