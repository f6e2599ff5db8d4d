"""Load the models of a voice's emotions: tokenizer, acoustic model, mel conversion and vocoder.

What the backend stored at an earlier start is used as it is; only what is missing is built, which imports torch.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from functools import cache, partial
from typing import Any

import numpy as np

from app.inference import Array, Backend
from app.inference.graph_cache import make_graph_key
from app.synthesis.expression import mix_expressions
from app.synthesis.interpolation import EmotionWeights, MixturePool
from app.synthesis.mel import MelConverter, read_normalization, stretch_durations
from app.synthesis.models.acoustic import (
    AcousticInput,
    AcousticModel,
    EndToEndModel,
    LoadedCheckpoint,
    Mel,
    SpeakerShares,
)
from app.synthesis.models.generators import DESIGNS
from app.synthesis.models.vocoders import Vocoder
from app.synthesis.networks import (
    MixedModel,
    compile_generator,
    compile_glow,
    compile_hifigan_source,
    compile_mixture,
    compile_parallel,
    compile_vocos,
    load_frontend,
    load_module,
    read_arrays,
)
from app.synthesis.tokenizer import Tokenizer
from app.types import Emotion
from app.voices import Voice
from app.voices.architectures import NEURAL_HMM, PARALLEL
from app.voices.manifest import Expression, SpokenEmotion
from app.voices.voice import read_acoustic_audio, read_checkpoint_languages, read_speaker_names, read_vocoder_audio


class PitchPart(Enum):
    """What moves the pitch of an emotion's speech."""

    VOCODER = "the vocoder, which has a harmonic source, or nothing if there is no style"
    MODEL = "the acoustic model, which predicts the pitch"
    PLAYBACK = "the rate at which samples are played"


@dataclass(frozen=True, slots=True)
class Speaker:
    """Loaded models for one emotion of a voice, or for a mixture of emotions."""

    checkpoint: LoadedCheckpoint
    convert: Callable[[Array], Array]
    vocoder: Vocoder
    gain_db: float
    speakers: SpeakerShares
    expression: Expression
    pitch: PitchPart = PitchPart.VOCODER
    """The part that applies the pitch of an expression."""


VOCODERS: Mapping[str, Callable[..., Vocoder]] = {
    **dict.fromkeys(DESIGNS, compile_generator),
    "hifigan_source": compile_hifigan_source,
    "vocos_source": compile_vocos,
}


def compute_mels(speakers: Sequence[Speaker], inputs: Sequence[AcousticInput]) -> list[Mel]:
    """Compute the mel spectrograms of utterances of one checkpoint, each in the scale of its speaker's vocoder."""
    mels = speakers[0].checkpoint.model.compute_mels(inputs)
    return [convert_mel(mel, speaker.convert) for speaker, mel in zip(speakers, mels, strict=True)]


def convert_mel(mel: Mel, convert: Callable[[Array], Array]) -> Mel:
    """Convert a mel spectrogram for a vocoder, and its durations if the vocoder has another frame rate."""
    frames = convert(mel.frames)
    stretch = frames.shape[2] / mel.frames.shape[2]
    durations = mel.durations if mel.durations is None or stretch == 1 else stretch_durations(mel.durations, stretch)
    return replace(mel, frames=frames, durations=durations)


def find_language(languages: Sequence[str], chosen: str | None) -> int | None:
    """Return the index of a multi-lingual checkpoint's language; None for one without languages."""
    return languages.index(chosen) if chosen in languages else 0 if languages else None


def keep_frames(frames: Array) -> Array:
    """Return frames unchanged: an end-to-end model needs no conversion."""
    return frames


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
        emotions = {emotion: self.voice.spoken[emotion] for emotion in shares}
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
        places = {name: index for index, name in enumerate(checkpoint.speakers)}
        speakers: dict[int, float] = {}
        for emotion, spoken in emotions.items():
            if spoken.speaker is not None:
                place = places[spoken.speaker]
                speakers[place] = speakers.get(place, 0.0) + shares[emotion]
        convert, vocoder = self.load_decoder(largest, checkpoint.model, speakers)
        return Speaker(
            checkpoint=checkpoint,
            convert=convert,
            vocoder=vocoder,
            gain_db=self.voice.manifest.gain_db
            + sum(shares[emotion] * spoken.gain_db for emotion, spoken in emotions.items()),
            speakers=speakers,
            expression=mix_expressions((spoken.expressions, shares[emotion]) for emotion, spoken in emotions.items()),
            pitch=self.choose_pitch_part(largest, checkpoint.model),
        )

    def choose_pitch_part(self, spoken: SpokenEmotion, model: AcousticModel) -> PitchPart:
        """Return what moves the pitch of an emotion."""
        if self.voice.has_source(spoken):
            return PitchPart.VOCODER
        if model.has_pitch:
            return PitchPart.MODEL
        return PitchPart.VOCODER if self.voice.manifest.style is None else PitchPart.PLAYBACK

    def load_decoder(
        self, spoken: SpokenEmotion, model: AcousticModel, speakers: SpeakerShares
    ) -> tuple[Callable[[Array], Array], Vocoder]:
        """Return what makes samples of the frames of an emotion's model, and the conversion of the frames for it."""
        if spoken.vocoder is None:
            assert isinstance(model, EndToEndModel)
            return keep_frames, model.make_decoder(speakers)
        with self.loading:
            return self.load_converter(spoken.checkpoint, spoken.vocoder), self.load_vocoder(spoken.vocoder)

    def load_largest(self, spoken: SpokenEmotion) -> None:
        """Load the part of an emotion's models that is most of the work: the first network that it compiles."""
        if spoken.vocoder is None:
            self.load_checkpoint(spoken.checkpoint)
        else:
            self.load_vocoder(spoken.vocoder)

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
        return self.load_mixtures().make_checkpoint(shares)

    def load_mixtures(self) -> MixturePool:
        """Return the pool of mixtures, compiling its networks on first use."""
        if self.mixtures is None:
            name = self.voice.manifest.emotions[Emotion.NEUTRAL].checkpoint
            base = self.load_checkpoint(name)
            assert isinstance(base.model, MixedModel)
            config, speakers = self.read_config(name)
            language = find_language(config.get("languages", []), self.voice.manifest.checkpoints[name].language)
            networks = compile_mixture(self.backend, base.model, config, speakers, language)
            self.mixtures = MixturePool(base, networks, self.read_weights)
        return self.mixtures

    def load_networks(self) -> list[Speaker]:
        """Load the models of all emotions, and the networks of mixtures if requests may need them."""
        speakers = [self.load_speaker({emotion: 1.0}) for emotion in self.voice.manifest.emotions]
        if self.voice.manifest.degree and len({id(one.checkpoint) for one in speakers}) > 1:
            with self.loading:
                self.load_mixtures()
        return speakers

    def read_weights(self, checkpoint: str) -> dict[str, Array]:
        """Read the weight file of a checkpoint. Raises InvalidVoice if it has changed since the voice was opened.

        The weights are in float32: to convert those of a file would take longer than to mix them.
        """
        path = self.voice.manifest.checkpoints[checkpoint].model

        def read() -> dict[str, Array]:
            arrays = read_arrays(self.voice.read_weights(path), self.voice.find_file(path))
            return {name: value.astype(np.float32) for name, value in arrays.items()}

        return self.backend.recall_arrays(make_graph_key("arrays", self.voice.hashes[path]), read)

    def read_config(self, checkpoint: str) -> tuple[dict[str, Any], list[str]]:
        """Read the config of a checkpoint, with its languages if there are several, and its speakers."""
        values = self.voice.read_config(self.voice.manifest.checkpoints[checkpoint].config)
        if languages := read_checkpoint_languages(self.voice, checkpoint):
            values["languages"] = languages
        return values, read_speaker_names(self.voice, checkpoint)

    def build(self, name: str) -> LoadedCheckpoint:
        """Build the acoustic model that a checkpoint's config describes."""
        files, (config, speakers) = self.voice.manifest.checkpoints[name], self.read_config(name)
        if files.architecture == "piper":
            from app.synthesis.piper import load_piper

            return load_piper(self.backend, self.voice, files, config)
        key = make_graph_key(files.architecture, self.voice.hashes[files.model], config, speakers)
        frame_rate = read_acoustic_audio(self.voice, name).frame_rate
        load = cache(partial(load_module, self.voice, files, config, speakers))
        model: AcousticModel
        if files.architecture == "glow_tts":
            model = compile_glow(self.backend, key, load, frame_rate)
        elif files.architecture in PARALLEL:
            language = find_language(config.get("languages", []), files.language)
            model = compile_parallel(self.backend, key, load, config, language, files.pitch_variation)
        elif files.architecture in NEURAL_HMM:
            from app.synthesis.models.hmm import HmmAcoustic  # which imports torch

            model = HmmAcoustic(load(), frame_rate)
        else:
            from app.synthesis.models.tacotron import TacotronAcoustic

            model = TacotronAcoustic(load(), frame_rate)
        frontend = load_frontend(self.backend, config)
        phonemes = self.voice.choose_phonemes(files.language or frontend["language"])
        return LoadedCheckpoint(Tokenizer(frontend, phonemes), model, tuple(speakers))

    def load_vocoder(self, name: str) -> Vocoder:
        """Return a vocoder, loading it on first use."""
        if name not in self.vocoders:
            files = self.voice.manifest.vocoders[name]
            config, hop_length = self.voice.read_config(files.config), read_vocoder_audio(self.voice, name).hop_length
            key = make_graph_key(files.architecture, self.voice.hashes[files.model], config)
            load = cache(partial(load_module, self.voice, files, config, ()))
            compile_vocoder = VOCODERS[files.architecture]
            self.vocoders[name] = compile_vocoder(self.backend, key, load, config, hop_length)
        return self.vocoders[name]

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
