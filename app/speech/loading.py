"""A checked voice -> what speaks its emotions: tokenizer, acoustic model, conversion and vocoder."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from torch import Tensor

from app.backends import Backend
from app.backends.torch import TorchBackend
from app.speech.acoustic import AcousticModel, Asked, Mel, Speakers
from app.speech.coqui import build_acoustic, build_hifigan, coqui_config, fill, load_weights
from app.speech.glow import GlowAcoustic
from app.speech.mel import MelConverter, read_normalization
from app.speech.mixing import Shares, mix_weights
from app.speech.source import HifiganSourceGenerator
from app.speech.tacotron import TacotronAcoustic
from app.speech.tokens import Tokenizer
from app.speech.vocoder import HifiganSourceVocoder, HifiganVocoder, Vocoder, VocosSourceVocoder
from app.speech.vocos import VocosSourceGenerator
from app.voices import Voice
from app.voices.voice import acoustic_audio, speaker_names, vocoder_audio

MOST_MIXTURES = 4
"""Each is as large as a checkpoint."""


@dataclass(frozen=True, slots=True, eq=False)
class LoadedCheckpoint:
    """An acoustic model and what belongs to it."""

    tokenizer: Tokenizer
    model: AcousticModel
    speakers: tuple[str, ...]
    """Names in the order of their embeddings; empty for a single speaker."""


@dataclass(frozen=True, slots=True)
class Speaker:
    """An emotion, or a mixture of some, of one voice, ready to speak."""

    checkpoint: LoadedCheckpoint
    convert: Callable[[Tensor], Tensor]
    vocoder: Vocoder
    gain_db: float
    speakers: Speakers


def mels(speakers: Sequence[Speaker], asked: Sequence[Asked]) -> list[Mel]:
    """The mel spectrograms of some utterances of one checkpoint, each as its speaker's vocoder wants it."""
    made = speakers[0].checkpoint.model.mels(asked)
    return [replace(mel, frames=speaker.convert(mel.frames)) for speaker, mel in zip(speakers, made, strict=True)]


class Loader:
    """Loads the parts of one voice; emotions that share a checkpoint or a vocoder share its memory.

    Called from many threads at a time; whoever needs a mixture that is still made holds up nobody else.
    """

    def __init__(self, voice: Voice, backend: Backend) -> None:
        self.voice = voice
        self.backend = backend
        self.loading = threading.Lock()
        self.mixing = threading.Lock()
        self.checkpoints: dict[str, LoadedCheckpoint] = {}
        self.mixtures: OrderedDict[tuple[tuple[str, float], ...], LoadedCheckpoint] = OrderedDict()
        self.converters: dict[tuple[str, str], MelConverter] = {}
        self.vocoders: dict[str, Vocoder] = {}

    def speaker(self, shares: Shares) -> Speaker:
        """Load what a mixture of emotions needs and is not loaded yet; the vocoder is that of the largest share."""
        emotions = {emotion: self.voice.manifest.emotions[emotion] for emotion in shares}
        largest = emotions[max(shares, key=lambda emotion: shares[emotion])]
        by_checkpoint: dict[str, float] = {}
        for emotion, spoken in emotions.items():
            by_checkpoint[spoken.checkpoint] = by_checkpoint.get(spoken.checkpoint, 0.0) + shares[emotion]
        if len(by_checkpoint) > 1:
            with self.mixing:
                checkpoint = self.mixture(by_checkpoint)
        with self.loading:
            if len(by_checkpoint) == 1:
                checkpoint = self.checkpoint(largest.checkpoint)
            convert = self.converter(largest.checkpoint, largest.vocoder)
            vocoder = self.vocoder(largest.vocoder)
        places = {name: index for index, name in enumerate(checkpoint.speakers)}
        named = [(spoken.speaker, shares[emotion]) for emotion, spoken in emotions.items()]
        return Speaker(
            checkpoint=checkpoint,
            convert=convert,
            vocoder=vocoder,
            gain_db=sum(shares[emotion] * spoken.gain_db for emotion, spoken in emotions.items()),
            speakers={places[name]: share for name, share in named if name is not None},
        )

    def checkpoint(self, name: str) -> LoadedCheckpoint:
        """Load an acoustic model once."""
        if name not in self.checkpoints:
            self.checkpoints[name] = self.build(name, self.weights(name), self.backend)
        return self.checkpoints[name]

    def mixture(self, shares: Mapping[str, float]) -> LoadedCheckpoint:
        """A model between checkpoints that descend from one base; the latest few are kept.

        It runs on PyTorch itself: another backend would convert it for longer than it is likely to speak.
        """
        key = tuple(sorted(shares.items()))
        if key not in self.mixtures:
            states = {name: self.weights(name)["model"] for name in shares}
            mixed = {"model": mix_weights(states, shares)}
            self.mixtures[key] = self.build(next(iter(shares)), mixed, TorchBackend())
            if len(self.mixtures) > MOST_MIXTURES:
                self.mixtures.popitem(last=False)
        self.mixtures.move_to_end(key)
        return self.mixtures[key]

    def weights(self, name: str) -> dict[str, Any]:
        """A checkpoint's file."""
        return load_weights(self.voice.file(self.voice.manifest.checkpoints[name].model))

    def build(self, name: str, state: Mapping[str, Any], backend: Backend) -> LoadedCheckpoint:
        """A model as a checkpoint's config describes it, with some weights."""
        files = self.voice.manifest.checkpoints[name]
        speakers = speaker_names(self.voice, name)
        config = coqui_config(self.voice.config(files.config), speakers)
        module = build_acoustic(files.architecture, config, state)
        frame_rate = acoustic_audio(self.voice, name).frame_rate
        model: AcousticModel
        if files.architecture == "glow_tts":
            model = GlowAcoustic(module, frame_rate, backend)
        else:
            model = TacotronAcoustic(module, frame_rate)
        return LoadedCheckpoint(Tokenizer(config, self.voice.manifest.language), model, tuple(speakers))

    def vocoder(self, name: str) -> Vocoder:
        """Load a vocoder once."""
        if name not in self.vocoders:
            files = self.voice.manifest.vocoders[name]
            config, state = self.voice.config(files.config), load_weights(self.voice.file(files.model))
            self.vocoders[name] = self.build_vocoder(files.architecture, config, state, name)
        return self.vocoders[name]

    def build_vocoder(
        self, architecture: str, config: Mapping[str, Any], state: Mapping[str, Any], name: str
    ) -> Vocoder:
        """A vocoder as its config describes it."""
        hop_length = vocoder_audio(self.voice, name).hop_length
        if architecture == "vocos_source":
            vocos = VocosSourceGenerator(config)
            fill(vocos, state["model"], architecture)
            return VocosSourceVocoder(vocos, self.backend)
        if architecture == "hifigan_source":
            generator = HifiganSourceGenerator(config)
            fill(generator, state["model"], architecture)
            return HifiganSourceVocoder(generator, config["generator"], hop_length, self.backend)
        plain = build_hifigan(config, state)
        return HifiganVocoder(plain, config["generator_model_params"], hop_length, self.backend)

    def converter(self, checkpoint: str, vocoder: str) -> MelConverter:
        """From the values of one to those of the other; their files are read once."""
        key = (checkpoint, vocoder)
        if key not in self.converters:
            acoustic_file = self.voice.file(self.voice.manifest.checkpoints[checkpoint].config)
            vocoder_file = self.voice.file(self.voice.manifest.vocoders[vocoder].config)
            self.converters[key] = MelConverter(
                read_normalization(acoustic_audio(self.voice, checkpoint), acoustic_file.parent),
                read_normalization(vocoder_audio(self.voice, vocoder), vocoder_file.parent),
            )
        return self.converters[key]
