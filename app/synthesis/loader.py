"""Load the models of a voice's emotions: tokenizer, acoustic model, mel conversion and vocoder."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from torch import Tensor

from app.inference import Backend
from app.synthesis.coqui import build_acoustic, build_coqui_config, build_hifigan, fill_weights, parse_weights
from app.synthesis.expression import mix_expressions
from app.synthesis.interpolation import EmotionWeights, MixturePool
from app.synthesis.mel import MelConverter, read_normalization
from app.synthesis.models.acoustic import (
    AcousticInput,
    AcousticModel,
    LoadedCheckpoint,
    LoadedConfig,
    Mel,
    SpeakerShares,
)
from app.synthesis.models.glow import GlowAcoustic
from app.synthesis.models.nsf import HifiganSourceGenerator
from app.synthesis.models.tacotron import TacotronAcoustic
from app.synthesis.models.vocoders import HifiganSourceVocoder, HifiganVocoder, Vocoder, VocosSourceVocoder
from app.synthesis.models.vocos import VocosSourceGenerator
from app.synthesis.tokenizer import Tokenizer
from app.types import Emotion
from app.voices import Voice
from app.voices.manifest import NO_EXPRESSION, Expression
from app.voices.voice import read_acoustic_audio, read_speaker_names, read_vocoder_audio


@dataclass(frozen=True, slots=True)
class Speaker:
    """Loaded models for one emotion of a voice, or for a mixture of emotions."""

    checkpoint: LoadedCheckpoint
    convert: Callable[[Tensor], Tensor]
    vocoder: Vocoder
    gain_db: float
    speakers: SpeakerShares
    expression: Expression


def compute_mels(speakers: Sequence[Speaker], inputs: Sequence[AcousticInput]) -> list[Mel]:
    """Compute the mel spectrograms of utterances of one checkpoint, each in the scale of its speaker's vocoder."""
    mels = speakers[0].checkpoint.model.compute_mels(inputs)
    return [replace(mel, frames=speaker.convert(mel.frames)) for speaker, mel in zip(speakers, mels, strict=True)]


class Loader:
    """Loader of one voice's models; emotions that share a checkpoint or a vocoder share its memory. Thread-safe."""

    def __init__(self, voice: Voice, backend: Backend) -> None:
        self.voice = voice
        self.backend = backend
        self.loading = threading.Lock()
        self.checkpoints: dict[str, LoadedCheckpoint] = {}
        self.mixtures: MixturePool | None = None
        """None until the first mixture is needed."""
        self.converters: dict[tuple[str, str], MelConverter] = {}
        self.vocoders: dict[str, Vocoder] = {}
        self.is_complete = False

    def load_speaker(self, shares: EmotionWeights) -> Speaker:
        """Load the models for a mixture of emotions once; the vocoder is that of the emotion with the largest share."""
        emotions = {emotion: self.voice.manifest.emotions[emotion] for emotion in shares}
        largest = emotions[max(shares, key=lambda emotion: shares[emotion])]
        by_checkpoint: dict[str, float] = {}
        for emotion, spoken in emotions.items():
            by_checkpoint[spoken.checkpoint] = by_checkpoint.get(spoken.checkpoint, 0.0) + shares[emotion]
        with self.loading:
            checkpoint = (
                self.load_checkpoint(largest.checkpoint)
                if len(by_checkpoint) == 1
                else self.load_mixture(by_checkpoint)
            )
            convert = self.load_converter(largest.checkpoint, largest.vocoder)
            vocoder = self.load_vocoder(largest.vocoder)
        places = {name: index for index, name in enumerate(checkpoint.speakers)}
        speakers: dict[int, float] = {}
        for emotion, spoken in emotions.items():
            if spoken.speaker is not None:
                place = places[spoken.speaker]
                speakers[place] = speakers.get(place, 0.0) + shares[emotion]
        return Speaker(
            checkpoint=checkpoint,
            convert=convert,
            vocoder=vocoder,
            gain_db=self.voice.manifest.gain_db
            + sum(shares[emotion] * spoken.gain_db for emotion, spoken in emotions.items()),
            speakers=speakers,
            expression=mix_expressions(
                (spoken.expression or NO_EXPRESSION, shares[emotion]) for emotion, spoken in emotions.items()
            ),
        )

    def load_all(self) -> None:
        """Load everything that the voice can speak with, so that its files are not needed any more."""
        if self.is_complete:
            return
        manifest = self.voice.manifest
        for emotion, spoken in manifest.emotions.items():
            self.load_speaker({emotion: 1.0})
            if manifest.degree and spoken.checkpoint != manifest.emotions[Emotion.NEUTRAL].checkpoint:
                self.load_speaker({Emotion.NEUTRAL: 0.5, emotion: 0.5})
        self.is_complete = True

    def load_checkpoint(self, name: str) -> LoadedCheckpoint:
        """Return an acoustic model, loading it on first use."""
        if name not in self.checkpoints:
            self.checkpoints[name] = self.build(name)
        return self.checkpoints[name]

    def load_mixture(self, shares: Mapping[str, float]) -> LoadedCheckpoint:
        """Return a mixture of checkpoints, which were all fine-tuned from neutral's and share its config."""
        if self.mixtures is None:
            base = self.voice.manifest.emotions[Emotion.NEUTRAL].checkpoint
            self.mixtures = MixturePool(self.read_config(base), self.read_weights)
        return self.mixtures.make_checkpoint(shares)

    def read_weights(self, checkpoint: str) -> dict[str, Any]:
        """Read the weight file of a checkpoint."""
        return self.parse_file(self.voice.manifest.checkpoints[checkpoint].model)

    def parse_file(self, path: str) -> dict[str, Any]:
        """Read a weight file. Raises InvalidVoice if it has changed since the voice was opened."""
        return parse_weights(self.voice.read_weights(path), self.voice.find_file(path))

    def read_config(self, checkpoint: str) -> LoadedConfig:
        """Read the config of a checkpoint."""
        speakers = read_speaker_names(self.voice, checkpoint)
        return LoadedConfig(
            config=build_coqui_config(
                self.voice.read_config(self.voice.manifest.checkpoints[checkpoint].config), speakers
            ),
            speakers=tuple(speakers),
            language=self.voice.manifest.language,
            frame_rate=read_acoustic_audio(self.voice, checkpoint).frame_rate,
        )

    def build(self, name: str) -> LoadedCheckpoint:
        """Build the acoustic model that a checkpoint's config describes."""
        architecture, loaded = self.voice.manifest.checkpoints[name].architecture, self.read_config(name)
        module = build_acoustic(architecture, loaded.config, self.read_weights(name))
        model: AcousticModel
        if architecture == "glow_tts":
            model = GlowAcoustic(module, loaded.frame_rate, self.backend)
        else:
            model = TacotronAcoustic(module, loaded.frame_rate)
        return LoadedCheckpoint(Tokenizer(loaded.config, loaded.language), model, loaded.speakers)

    def load_vocoder(self, name: str) -> Vocoder:
        """Return a vocoder, loading it on first use."""
        if name not in self.vocoders:
            files = self.voice.manifest.vocoders[name]
            config, state = self.voice.read_config(files.config), self.parse_file(files.model)
            self.vocoders[name] = self.build_vocoder(files.architecture, config, state, name)
        return self.vocoders[name]

    def build_vocoder(
        self, architecture: str, config: Mapping[str, Any], state: Mapping[str, Any], name: str
    ) -> Vocoder:
        """Build the vocoder that a config describes."""
        hop_length = read_vocoder_audio(self.voice, name).hop_length
        if architecture == "vocos_source":
            vocos = VocosSourceGenerator(config)
            fill_weights(vocos, state["model"], architecture)
            return VocosSourceVocoder(vocos, self.backend)
        if architecture == "hifigan_source":
            generator = HifiganSourceGenerator(config)
            fill_weights(generator, state["model"], architecture)
            return HifiganSourceVocoder(generator, config["generator"], hop_length, self.backend)
        plain = build_hifigan(config, state)
        return HifiganVocoder(plain, config["generator_model_params"], hop_length, self.backend)

    def load_converter(self, checkpoint: str, vocoder: str) -> MelConverter:
        """Return the converter from a checkpoint's mel values to a vocoder's; statistics files are read once."""
        key = (checkpoint, vocoder)
        if key not in self.converters:
            acoustic_file = self.voice.find_file(self.voice.manifest.checkpoints[checkpoint].config)
            vocoder_file = self.voice.find_file(self.voice.manifest.vocoders[vocoder].config)
            self.converters[key] = MelConverter(
                read_normalization(read_acoustic_audio(self.voice, checkpoint), acoustic_file.parent),
                read_normalization(read_vocoder_audio(self.voice, vocoder), vocoder_file.parent),
            )
        return self.converters[key]
