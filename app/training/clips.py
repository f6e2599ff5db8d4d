"""Convert recordings to the training data of acoustic models and vocoders."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from app.errors import SetupError
from app.inference import Array
from app.inference.pytorch import TorchBackend
from app.synthesis.loader import Loader
from app.synthesis.models.glow import GlowAcoustic
from app.synthesis.tokenizer import Tokenizer
from app.training.dataset import DatasetRecording, read_sound
from app.training.spectrogram import (
    Curve,
    MelConfig,
    PitchTrack,
    compute_mel_spectrogram,
    measure_track,
    read_pitch,
    resample_track,
)
from app.types import Emotion
from app.voices import Voice
from app.voices.voice import read_acoustic_audio

SILENCE_DB = -50.0
"""Level relative to the loudest frame, up to which frames at both ends count as silence."""
LEAD_FRAMES, TAIL_FRAMES = 3, 8
"""Frames of silence kept at the start and at the end."""
MIN_SYMBOL_SECONDS = 0.02
"""Seconds that a symbol keeps when silence is cut from it."""
FOLD_FRAMES = 2
"""Frames that GlowTTS folds into one; lengths are multiples of it."""


@dataclass(frozen=True, slots=True)
class Clip:
    """A recording as training data of an acoustic model."""

    ids: Tensor
    """(tokens,)."""
    mel: Tensor
    """(n_mels, T), half precision."""
    frames: npt.NDArray[np.int64] | None
    """(tokens,), at least 1 each, sum T; None if the recording has no durations."""
    emotion: Emotion


MelConversion = Callable[[Array], Array]
"""Conversion of natural logarithms of magnitudes (1, n_mels, T) to the values that a model uses."""


def read_clips(
    recordings: Iterable[DatasetRecording],
    emotion: Emotion,
    tokenizer: Tokenizer,
    layout: MelConfig,
    convert: MelConversion,
) -> list[Clip]:
    """Read all recordings but those too short for their symbols; `emotion` is that of unlabelled ones."""
    found = (read_clip(recording, emotion, tokenizer, layout, convert) for recording in recordings)
    return [clip for clip in found if clip is not None]


def read_clip(
    recording: DatasetRecording, emotion: Emotion, tokenizer: Tokenizer, layout: MelConfig, convert: MelConversion
) -> Clip | None:
    """Read a recording without the silence at its ends; None if it is too short for its symbols."""
    samples, start, end, frames = read_sounding_part(recording, layout)
    known = recording.durations
    tokens = tokenizer.look_up(known.symbols) if known else tokenizer.encode(recording.text)
    if end - start < len(tokens.ids) or (frames is not None and len(tokens.ids) != len(frames)):
        return None
    mel = convert(compute_mel_spectrogram(torch.from_numpy(samples), layout)[None, :, start:end].numpy())[0]
    return Clip(torch.tensor(tokens.ids), torch.from_numpy(mel).half(), frames, recording.emotion or emotion)


def read_sounding_part(
    recording: DatasetRecording, layout: MelConfig
) -> tuple[Curve, int, int, npt.NDArray[np.int64] | None]:
    """Return the samples in whole frames, the first and last frame (exclusive) to keep, and the durations in frames."""
    samples, hop = read_sound(recording.sound, layout.sample_rate), layout.hop_length
    total = len(samples) // hop
    samples = samples[: total * hop]
    start, end = find_sounding_span(samples, hop)
    if recording.durations is None:
        return samples, start, end, None
    frame_seconds = hop / layout.sample_rate
    seconds = trim_durations(recording.durations.seconds, start * frame_seconds, (total - end) * frame_seconds)
    return samples, start, end, round_durations(seconds, end - start)


def find_sounding_span(samples: npt.NDArray[np.float32], hop_length: int) -> tuple[int, int]:
    """Return the first and last frame (exclusive) to keep; both are even."""
    level = np.sqrt((samples.reshape(-1, hop_length) ** 2).mean(1))
    loud = np.flatnonzero(level > level.max() * 10 ** (SILENCE_DB / 20))
    if len(loud) == 0:
        return 0, len(level) // FOLD_FRAMES * FOLD_FRAMES
    start = max(0, int(loud[0]) - LEAD_FRAMES) // FOLD_FRAMES * FOLD_FRAMES
    end = min(len(level), int(loud[-1]) + 1 + TAIL_FRAMES)
    return start, start + (end - start) // FOLD_FRAMES * FOLD_FRAMES


def trim_durations(seconds: Sequence[float], lead: float, tail: float) -> npt.NDArray[np.float64]:
    """Return the durations after cutting `lead` and `tail` seconds from the ends."""
    left = np.array(seconds, np.float64)
    for cut, order in ((lead, range(len(left))), (tail, reversed(range(len(left))))):
        for place in order:
            taken = min(cut, max(0.0, left[place] - MIN_SYMBOL_SECONDS))
            left[place] -= taken
            cut -= taken
    return left


def round_durations(seconds: npt.NDArray[np.float64], total: int) -> npt.NDArray[np.int64] | None:
    """Round durations to whole frames, at least 1 each, sum `total`; None if there are more symbols than frames."""
    count = len(seconds)
    if total < count:
        return None
    edges = np.round(np.cumsum(seconds) / seconds.sum() * total).astype(np.int64)
    # Every symbol ends at least one frame after the previous one and leaves one frame for each that follows.
    least = np.arange(1, count + 1)
    edges = np.maximum.accumulate(np.maximum(edges - least, 0)) + least
    edges = np.minimum(edges, total - least[::-1] + 1)
    edges[-1] = total
    frames: npt.NDArray[np.int64] = np.diff(edges, prepend=0)
    return frames


MelPredictor = Callable[[str, int], tuple[int, Tensor] | None]
"""Name and frames of a recording -> first frame of the prediction, and the predicted mel spectrogram (n_mels, T)."""


class TeacherForcing:
    """Prediction of mel spectrograms for `MelPredictor` by a voice's GlowTTS, from a recording's durations."""

    def __init__(self, base: Voice, recordings: Sequence[DatasetRecording]) -> None:
        neutral = base.manifest.emotions[Emotion.NEUTRAL].checkpoint
        if base.manifest.checkpoints[neutral].architecture != "glow_tts":
            raise SetupError(f"{base.name} has no GlowTTS, which could make mel spectrograms in given durations.")
        self.layout = read_acoustic_audio(base, neutral)
        self.loader = Loader(base, TorchBackend())
        self.recordings = {one.name: one for one in recordings}

    def __call__(self, name: str, frames: int) -> tuple[int, Tensor] | None:
        """Predict a recording without the silence at its ends, as GlowTTS was trained; None without durations."""
        recording = self.recordings.get(name)
        if recording is None or recording.durations is None:
            return None
        _, start, end, durations = read_sounding_part(recording, self.layout)
        if durations is None or end > frames:
            return None
        speaker = self.loader.load_speaker({recording.emotion or Emotion.NEUTRAL: 1.0})
        model, tokens = speaker.checkpoint.model, speaker.checkpoint.tokenizer.look_up(recording.durations.symbols)
        if not isinstance(model, GlowAcoustic) or len(tokens.ids) != len(durations):
            return None
        mel = speaker.convert(model.compute_timed_mel(tokens.ids, speaker.speakers, durations.tolist(), seed=0))
        return start, torch.from_numpy(mel[0].copy())


@dataclass(frozen=True, slots=True)
class VocoderClip:
    """A recording, an excerpt of it, or a batch of such excerpts."""

    target: Tensor
    """What the vocoder makes of it: samples (T * hop,), or a teacher's spectra (4, bins, T) in half precision, as
    `SpectrumNetwork` returns them."""
    mel: Tensor
    """(n_mels, T), log."""
    pitch: Tensor
    """(T,), log2(F0 / 100 Hz), interpolated where unvoiced."""
    voicing: Tensor
    """(T,), 0 or 1."""
    recorded: Tensor = field(default_factory=lambda: torch.tensor(1.0))
    """(), 1 if the mel spectrogram is that of the sound, 0 if an acoustic model predicted it."""

    @property
    def frames(self) -> int:
        """Number of frames T."""
        return self.mel.shape[-1]

    def cut(self, start: int, frames: int) -> VocoderClip:
        """Return an excerpt of `frames` frames, or of as many as there are."""
        part, hop = slice(start, start + frames), self.target.shape[-1] // self.frames
        target = self.target[..., start * hop : (start + frames) * hop]
        return replace(self, target=target, mel=self.mel[:, part], pitch=self.pitch[part], voicing=self.voicing[part])


def add_prediction(clip: VocoderClip, name: str, predict: MelPredictor | None) -> Iterator[VocoderClip]:
    """Yield a recording and, with `predict`, a copy with the mel spectrogram that an acoustic model predicts."""
    yield clip
    predicted = predict(name, clip.frames) if predict else None
    if predicted:
        start, mel = predicted
        yield replace(clip.cut(start, mel.shape[1]), mel=mel, recorded=torch.tensor(0.0))


def read_vocoder_clips(
    recordings: Iterable[DatasetRecording],
    corpus: Path,
    layout: MelConfig,
    predict: MelPredictor | None = None,
    *,
    pitched: bool,
) -> Iterator[VocoderClip]:
    """Yield all recordings, with predictions if given `predict`.

    If `pitched`, their pitch is read from the corpus' `pitch.npz`, or measured.
    """
    stored = read_pitch(corpus) if pitched else {}
    for recording in recordings:
        samples = read_sound(recording.sound, layout.sample_rate)
        frames = len(samples) // layout.hop_length
        track = None
        if recording.name in stored:
            track = resample_track(stored[recording.name], layout, frames)
        elif pitched:
            track = measure_track(samples, layout, frames)
        yield from add_prediction(make_vocoder_clip(samples, track, layout), recording.name, predict)


def make_vocoder_clip(samples: Curve, track: PitchTrack | None, layout: MelConfig) -> VocoderClip:
    """Return a recording (samples,) as a clip, with its pitch for each whole hop, or zeros without a track."""
    frames = len(samples) // layout.hop_length
    whole = torch.from_numpy(samples[: frames * layout.hop_length])
    pitch, voicing = map(torch.from_numpy, track) if track else (torch.zeros(frames), torch.zeros(frames))
    return VocoderClip(whole, compute_mel_spectrogram(whole, layout), pitch, voicing)


S = TypeVar("S")


def stack(parts: Sequence[S]) -> S:
    """Stack excerpts of one length, dataclasses of tensors, as a batch in single precision."""
    first: Any = parts[0]
    columns = ([getattr(part, field.name) for part in parts] for field in fields(first))
    batch: S = type(first)(*(torch.stack(column).float() for column in columns))
    return batch
