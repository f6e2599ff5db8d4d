"""An utterance in stretches of frames, so that its first sound leaves before its last is made."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from torch import Tensor
from torch.nn import functional as F

FIRST_FRAMES = 32
"""Of the first chunk where somebody waits: 0.4 seconds, which take a few milliseconds and last longer than the next."""
FRAME_STEP = 16
"""Lengths are padded to a multiple of it: a backend prepares itself anew for each length that it has not seen."""


def spans(frames: int, longest: int, soon: bool) -> Iterator[tuple[int, int]]:
    """Cut `frames` into stretches of nearly equal length, none above `longest`; with `soon` the first one is short."""
    first = FIRST_FRAMES if soon and frames > 2 * FIRST_FRAMES else 0
    count = -(-(frames - first) // longest)
    edges = [first + (frames - first) * number // max(1, count) for number in range(count + 1)]
    yield from pairwise([0, *edges] if first else edges)


def quiet_spans(mel: Tensor, longest: int) -> Iterator[tuple[int, int]]:
    """Cut a mel spectrogram (1, n_mels, T) at quiet frames into stretches of at most `longest` frames."""
    start, frames = 0, mel.shape[2]
    while frames - start > longest:
        half = start + longest // 2
        end = half + int(mel[0, :, half : start + longest].mean(0).argmin())
        yield start, end
        start = end
    yield start, frames


def padded(track: Tensor, step: int = FRAME_STEP) -> Tensor:
    """Zeros behind the last dimension, up to the next multiple of `step`."""
    return F.pad(track, (0, -track.shape[-1] % step))


def window(start: int, end: int, margin: int, frames: int, longest: int) -> tuple[int, int]:
    """The stretch that a network must see to make `start` to `end`, always as long as the longest where that fits.

    At the ends of the utterance it begins and stops with it, since the network's own padding is right there.
    """
    length = min(longest + 2 * margin, frames)
    first = min(max(0, start - margin), frames - length)
    return first, max(first + length, min(frames, end + margin))
