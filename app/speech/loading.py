"""A checked voice -> what speaks one of its emotions: tokenizer, acoustic model, conversion and vocoder."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from torch import Tensor

from app.plan import Emotion
from app.speech.acoustic import AcousticModel, Conditioning, GlowAcoustic, Mel, TacotronAcoustic
from app.speech.backends import Backend
from app.speech.coqui import build_acoustic, build_hifigan, coqui_config, fill, load_weights
from app.speech.mel import MelConverter, read_normalization
from app.speech.source import HifiganSourceGenerator
from app.speech.tokens import Tokenizer
from app.speech.vocoder import HifiganSourceVocoder, HifiganVocoder, Vocoder, VocosSourceVocoder
from app.speech.vocos import VocosSourceGenerator
from app.voices import Voice
from app.voices.voice import acoustic_audio, speaker_names, vocoder_audio


@dataclass(frozen=True, slots=True)
class LoadedCheckpoint:
    """An acoustic model and what belongs to it."""

    tokenizer: Tokenizer
    model: AcousticModel
    speakers: tuple[str, ...]
    """Names in the order of their embeddings; empty for a single speaker."""


@dataclass(frozen=True, slots=True)
class Speaker:
    """One emotion of one voice, ready to speak."""

    checkpoint: LoadedCheckpoint
    convert: Callable[[Tensor], Tensor]
    vocoder: Vocoder
    gain_db: float
    speaker: int | None
    neutral: int | None
    """The speaker from which the degree counts, where both are in one checkpoint."""

    def mel(self, ids: tuple[int, ...], degree: float, speed: float, seed: int) -> Mel:
        """The mel spectrogram of some tokens, as the vocoder wants it."""
        mel = self.checkpoint.model.mel(ids, Conditioning(self.speaker, self.neutral, degree), speed, seed)
        return Mel(self.convert(mel.frames), mel.durations, mel.runaway, mel.truncated)


class Loader:
    """Loads the parts of one voice; emotions that share a checkpoint or a vocoder share its memory."""

    def __init__(self, voice: Voice, backend: Backend) -> None:
        self.voice = voice
        self.backend = backend
        self.checkpoints: dict[str, LoadedCheckpoint] = {}
        self.vocoders: dict[str, Vocoder] = {}

    def speaker(self, emotion: Emotion) -> Speaker:
        """Load what one emotion needs and is not loaded yet."""
        spoken = self.voice.manifest.emotions[emotion]
        neutral = self.voice.manifest.emotions[Emotion.NEUTRAL]
        checkpoint = self.checkpoint(spoken.checkpoint)
        names = checkpoint.speakers
        return Speaker(
            checkpoint=checkpoint,
            convert=self.converter(spoken.checkpoint, spoken.vocoder),
            vocoder=self.vocoder(spoken.vocoder),
            gain_db=spoken.gain_db,
            speaker=index_of(spoken.speaker, names),
            neutral=index_of(neutral.speaker, names) if neutral.checkpoint == spoken.checkpoint else None,
        )

    def checkpoint(self, name: str) -> LoadedCheckpoint:
        """Load an acoustic model once."""
        if name not in self.checkpoints:
            files = self.voice.manifest.checkpoints[name]
            speakers = speaker_names(self.voice, name)
            config = coqui_config(self.voice.config(files.config), speakers)
            module = build_acoustic(files.architecture, config, load_weights(self.voice.file(files.model)))
            frame_rate = acoustic_audio(self.voice, name).frame_rate
            wrap = GlowAcoustic if files.architecture == "glow_tts" else TacotronAcoustic
            frontend = self.voice.manifest.frontend
            tokenizer = Tokenizer(config, frontend.language if frontend else None)
            self.checkpoints[name] = LoadedCheckpoint(tokenizer, wrap(module, frame_rate), tuple(speakers))
        return self.checkpoints[name]

    def vocoder(self, name: str) -> Vocoder:
        """Load a vocoder once."""
        if name not in self.vocoders:
            files = self.voice.manifest.vocoders[name]
            config, state = self.voice.config(files.config), load_weights(self.voice.file(files.model))
            hop_length = vocoder_audio(self.voice, name).hop_length
            if files.architecture == "vocos_source":
                vocos = VocosSourceGenerator(config)
                fill(vocos, state["model"], files.architecture)
                self.vocoders[name] = VocosSourceVocoder(vocos, self.backend)
            elif files.architecture == "hifigan_source":
                generator = HifiganSourceGenerator(config)
                fill(generator, state["model"], files.architecture)
                self.vocoders[name] = HifiganSourceVocoder(generator, hop_length, self.backend)
            else:
                self.vocoders[name] = HifiganVocoder(build_hifigan(config, state), hop_length, self.backend)
        return self.vocoders[name]

    def converter(self, checkpoint: str, vocoder: str) -> MelConverter:
        """From the values of one to those of the other."""
        acoustic_file = self.voice.file(self.voice.manifest.checkpoints[checkpoint].config)
        vocoder_file = self.voice.file(self.voice.manifest.vocoders[vocoder].config)
        return MelConverter(
            read_normalization(acoustic_audio(self.voice, checkpoint), acoustic_file.parent),
            read_normalization(vocoder_audio(self.voice, vocoder), vocoder_file.parent),
        )


def index_of(name: str | None, names: Iterable[str]) -> int | None:
    """Place of a speaker among the embeddings; None for a single speaker."""
    return None if name is None else list(names).index(name)
