"""The mel spectrograms that a voice's own GlowTTS makes of recordings, in their time: what its vocoder is given."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from app.backends.torch import TorchBackend
from app.errors import SetupError
from app.plan import Emotion
from app.speech.glow import GlowAcoustic
from app.speech.loading import Loader
from app.training.clips import sounding, whole_frames, without_ends
from app.training.dataset import Recording, read_sound
from app.voices import Voice
from app.voices.voice import acoustic_audio


class Predictor:
    """See `spectra.Predict`; recordings without durations are not predicted."""

    def __init__(self, base: Voice, recordings: Sequence[Recording]) -> None:
        neutral = base.manifest.emotions[Emotion.NEUTRAL].checkpoint
        if base.manifest.checkpoints[neutral].architecture != "glow_tts":
            raise SetupError(f"{base.name} has no GlowTTS, which could make mel spectrograms in given durations.")
        self.hop_length = acoustic_audio(base, neutral).hop_length
        self.frame_rate = acoustic_audio(base, neutral).frame_rate
        self.sample_rate = base.sample_rate
        self.loader = Loader(base, TorchBackend())
        self.recordings = {one.name: one for one in recordings}

    def __call__(self, name: str, frames: int) -> tuple[int, Tensor] | None:
        """Silence at both ends is left out, as GlowTTS has learned it."""
        recording = self.recordings.get(name)
        if recording is None or recording.durations is None:
            return None
        samples = read_sound(recording.sound, self.sample_rate)
        total = len(samples) // self.hop_length
        start, end = sounding(samples[: total * self.hop_length], self.hop_length)
        lead, tail = start / self.frame_rate, (total - end) / self.frame_rate
        durations = whole_frames(without_ends(recording.durations.seconds, lead, tail), end - start)
        if durations is None or end > frames:
            return None
        speaker = self.loader.speaker({recording.emotion or Emotion.NEUTRAL: 1.0})
        model, tokens = speaker.checkpoint.model, speaker.checkpoint.tokenizer.look_up(recording.durations.symbols)
        if not isinstance(model, GlowAcoustic) or len(tokens.ids) != len(durations):
            return None
        mel = speaker.convert(model.timed_mel(tokens.ids, speaker.speakers, durations.tolist(), seed=0))
        return start, mel[0].clone()  # outside inference mode, so that it can be learned from
