"""The `audio` part of a coqui config: what a mel spectrogram is, and how its values are normalised."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from app.errors import InvalidVoice

COMPARED = ("sample_rate", "num_mels", "hop_length", "win_length", "fft_size", "mel_fmin", "mel_fmax")
"""What an acoustic model and its vocoder must agree about; normalisation is converted instead."""


@dataclass(frozen=True, slots=True)
class AudioConfig:
    """Values and defaults as in coqui's `BaseAudioConfig`; frequencies in hertz, lengths in samples."""

    sample_rate: int = 22050
    fft_size: int = 1024
    win_length: int = 1024
    hop_length: int = 256
    num_mels: int = 80
    mel_fmin: float = 0.0
    mel_fmax: float | None = None
    """None is half the sample rate."""
    preemphasis: float = 0.0
    log_func: str = "np.log10"
    spec_gain: float = 20.0
    """The logarithm is multiplied by this."""
    do_amp_to_db_mel: bool = True
    """Whether the values are logarithms at all."""
    signal_norm: bool = True
    """Whether the values are normalised at all."""
    min_level_db: float = -100.0
    ref_level_db: float = 20.0
    symmetric_norm: bool = True
    max_norm: float = 4.0
    clip_norm: bool = True
    stats_path: str | None = None
    """File of means and deviations, relative to the config's folder."""

    @classmethod
    def from_dict(cls, audio: Mapping[str, Any]) -> AudioConfig:
        """Keep what matters of a config's `audio`; a length in milliseconds becomes samples, as coqui does."""
        known = {field.name: audio[field.name] for field in fields(cls) if field.name in audio}
        rate = audio.get("sample_rate", cls().sample_rate)
        if audio.get("frame_length_ms") and audio.get("frame_shift_ms"):
            known["win_length"] = int(audio["frame_length_ms"] / 1000 * rate)
            known["hop_length"] = int(audio["frame_shift_ms"] / 1000 * rate)
        return cls(**known)

    @property
    def frame_rate(self) -> float:
        """Frames per second."""
        return self.sample_rate / self.hop_length

    @property
    def upper_hz(self) -> float:
        """Upper end of the highest mel band."""
        return self.sample_rate / 2 if self.mel_fmax is None else self.mel_fmax


def source_audio(audio: Mapping[str, Any]) -> AudioConfig:
    """The `audio` of a vocoder with a harmonic source: natural logarithms of magnitudes, as they are."""
    return AudioConfig.from_dict({"signal_norm": False, "log_func": "np.log", "spec_gain": 1.0, **audio})


def check_fit(acoustic: AudioConfig, vocoder: AudioConfig, pair: str) -> None:
    """Refuse an acoustic model and a vocoder that mean different things by a mel spectrogram."""
    differences = [
        f"{name} is {_value(acoustic, name)} in the acoustic model and {_value(vocoder, name)} in the vocoder"
        for name in COMPARED
        if _value(acoustic, name) != _value(vocoder, name)
    ]
    if differences:
        raise InvalidVoice(
            f"{pair} do not fit together: {'; '.join(differences)}.",
            hint="Name a vocoder that was trained on the same mel spectrogram.",
        )


def _value(audio: AudioConfig, name: str) -> float:
    return float(audio.upper_hz if name == "mel_fmax" else getattr(audio, name))
