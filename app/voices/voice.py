"""Open and check voice folders, and approximate the emotions that a voice lacks."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

from app.capabilities import CheckpointId, VoiceCapabilities
from app.errors import InvalidVoice
from app.text.languages import get_base_language
from app.types import Emotion
from app.voices.architectures import MIXES_CHECKPOINTS, SOURCE_VOCODERS
from app.voices.coqui_config import (
    AudioConfig,
    check_fit,
    check_upsampling,
    predicts_pitch,
    read_config,
    read_config_speakers,
    read_languages,
    read_phonemes,
    resolve_inside,
)
from app.voices.manifest import Expression, Manifest, SpokenEmotion, read_manifest
from app.voices.piper_config import parse_piper_config, read_piper_phonemes, read_piper_speakers


@dataclass(frozen=True, slots=True)
class Voice:
    """A checked voice; its models are not loaded yet."""

    folder: Path
    manifest: Manifest
    hashes: Mapping[str, str]
    """SHA-256 of each weight file, by relative path."""
    phonemes: frozenset[str] | None = None
    """That of `VoiceCapabilities`."""
    mel_rate: int | None = None
    """That of `VoiceCapabilities`."""
    language: str = "en-US"
    """Language of the text that the voice reads, perhaps with its region."""
    pitched: frozenset[str] = frozenset()
    """Names of the checkpoints that predict the pitch."""
    key: str = field(default_factory=lambda: uuid4().hex, compare=False, repr=False)
    """Unique, also among voices of one name: a reloaded voice may speak differently."""

    @property
    def name(self) -> str:
        """Name in its canonical spelling."""
        return self.manifest.name

    @property
    def sample_rate(self) -> int:
        """Sample rate in hertz."""
        return self.manifest.sample_rate

    @property
    def spoken(self) -> Mapping[Emotion, SpokenEmotion]:
        """The models of each emotion, also of those that rules approximate."""
        return {**self.manifest.emotions, **approximate_emotions(self.manifest)}

    @property
    def degree(self) -> bool:
        """Whether requests can vary the strength of emotions: those of checkpoints, or if rules approximate all."""
        return self.manifest.degree or (self.manifest.style is not None and len(self.manifest.emotions) == 1)

    def has_source(self, spoken: SpokenEmotion) -> bool:
        """Return whether the vocoder of an emotion has a harmonic source, so that it can move the pitch."""
        vocoders = self.manifest.vocoders
        return spoken.vocoder is not None and vocoders[spoken.vocoder].architecture in SOURCE_VOCODERS

    def has_pitch(self, spoken: SpokenEmotion) -> bool:
        """Return whether a model of an emotion can move the pitch."""
        return self.has_source(spoken) or spoken.checkpoint in self.pitched

    @property
    def abilities(self) -> VoiceCapabilities:
        """Capabilities that the planner may use."""
        checkpoints = {
            emotion: CheckpointId(spoken.checkpoint, self.hashes[self.manifest.checkpoints[spoken.checkpoint].model])
            for emotion, spoken in self.spoken.items()
        }
        return VoiceCapabilities(
            self.name,
            checkpoints,
            self.manifest.fallbacks,
            degree=self.degree,
            pitch=self.manifest.style is not None or all(map(self.has_pitch, self.manifest.emotions.values())),
            language=self.language,
            phonemes=self.phonemes,
            approximated=frozenset(self.spoken) - set(self.manifest.emotions),
            sample_rate=self.sample_rate,
            mel_rate=self.mel_rate,
        )

    def estimate_seconds(self, characters: int, speed: float) -> float:
        """Estimate the seconds that a text takes from the words per minute, at five letters and a space per word."""
        return characters * 60 / (6 * self.manifest.words_per_minute * speed)

    def choose_phonemes(self, own: str | None) -> str:
        """Return the language of a checkpoint's phonemes: that of its config, unless the voice has another one."""
        if self.manifest.language:
            return self.manifest.language
        return own if own and get_base_language(own) == get_base_language(self.language) else self.language

    def find_file(self, path: str) -> Path:
        """Return the path of a file of this voice."""
        return resolve_inside(self.folder, path)

    def read_weights(self, path: str) -> bytes:
        """Read a weight file; raise `InvalidVoice` if it has changed since it was checked."""
        file = self.find_file(path)
        try:
            content = file.read_bytes()
        except OSError as error:
            raise InvalidVoice(f"{file} cannot be read: {error.strerror}.") from None
        if hashlib.sha256(content).hexdigest() != self.hashes[path]:
            raise InvalidVoice(f"{file} has changed since the voice was opened.", hint="Restart the service.")
        return content

    def read_config(self, path: str) -> dict[str, Any]:
        """Read a `config.json` of this voice."""
        return read_config(self.find_file(path))


def open_voice(folder: Path) -> Voice:
    """Read and check a voice folder; raise `InvalidVoice` if its parts do not agree."""
    return check_voice(folder, read_manifest(folder))


def check_voice(folder: Path, manifest: Manifest) -> Voice:
    """Check a folder against its manifest, which need not be written yet."""
    hashes = {part.model: check_hash(resolve_inside(folder, part.model), part.sha256) for part in manifest.networks}
    voice = Voice(folder, manifest, hashes)
    if manifest.sample is not None and not resolve_inside(folder, manifest.sample).is_file():
        raise InvalidVoice(f"{folder}: there is no {manifest.sample}, the sample.")
    for emotion, spoken in manifest.emotions.items():
        check_emotion(voice, emotion, spoken)
    if manifest.degree:
        check_degree(voice)
    neutral = manifest.checkpoints[manifest.emotions[Emotion.NEUTRAL].checkpoint]
    config = voice.read_config(neutral.config)
    rates = {read_acoustic_audio(voice, name).sample_rate for name in manifest.checkpoints} - {voice.sample_rate}
    phonemes, chosen = read_phonemes(config), neutral.language
    if neutral.architecture == "piper":
        phonemes, chosen = (
            read_piper_phonemes(config),
            parse_piper_config(config, voice.find_file(neutral.config)).language,
        )
    return replace(
        voice,
        phonemes=phonemes,
        mel_rate=min(rates, default=None),
        language=find_text_language(manifest, chosen, config),
        pitched=frozenset(
            name
            for name, files in manifest.checkpoints.items()
            if predicts_pitch(files.architecture, voice.read_config(files.config))
        ),
    )


def find_text_language(manifest: Manifest, chosen: str | None, config: Mapping[str, Any]) -> str:
    """Return the language of a voice: that of its phonemes, with the region of its locale if both agree, or its locale.

    The manifest may name the language of the phonemes; else it is the one `chosen` of a multi-lingual checkpoint, or
    that of the checkpoint's config, unless a locale contradicts.
    """
    own = chosen or (str(config.get("phoneme_language") or "") if config.get("use_phonemes") else "")
    language = manifest.language or ("" if "locale" in manifest.model_fields_set else own) or manifest.locale
    is_same = get_base_language(language) == get_base_language(manifest.locale)
    return manifest.locale if is_same else language


def check_degree(voice: Voice) -> None:
    """Raise `InvalidVoice` unless each emotion is a speaker of neutral's model, or fine-tuned from it."""
    emotions, checkpoints = voice.manifest.emotions, voice.manifest.checkpoints
    neutral = emotions[Emotion.NEUTRAL].checkpoint
    for emotion, spoken in emotions.items():
        checkpoint = checkpoints[spoken.checkpoint]
        if (
            checkpoint.architecture not in MIXES_CHECKPOINTS
            or checkpoint.architecture != checkpoints[neutral].architecture
            or neutral not in (spoken.checkpoint, checkpoint.base)
        ):
            raise InvalidVoice(
                f"{voice.folder}: degree is true, but there is no way between neutral (checkpoint {neutral}) "
                f"and {emotion} (checkpoint {spoken.checkpoint}).",
                hint="Both must be speakers of one checkpoint, or of one architecture with neutral's as `base`; "
                f"else leave `degree` out. Possible with {', '.join(MIXES_CHECKPOINTS)}.",
            )


def check_emotion(voice: Voice, emotion: Emotion, spoken: SpokenEmotion) -> None:
    """Check that the acoustic model and the vocoder of one emotion fit and that its speaker exists."""
    checkpoint = read_acoustic_audio(voice, spoken.checkpoint)
    rate, source = checkpoint.sample_rate, f"checkpoint {spoken.checkpoint}"
    if spoken.vocoder is not None:
        vocoder, files = read_vocoder_audio(voice, spoken.vocoder), voice.manifest.vocoders[spoken.vocoder]
        check_fit(checkpoint, vocoder, f"{voice.folder}: {source} and vocoder {spoken.vocoder} ({emotion})")
        rate, source = vocoder.sample_rate, f"vocoder {spoken.vocoder}"
        if files.architecture not in SOURCE_VOCODERS:
            check_upsampling(voice.read_config(files.config), f"{voice.folder}: {source}")
    if rate != voice.sample_rate:
        raise InvalidVoice(f"{voice.folder}: voice.json says {voice.sample_rate} Hz, {source} says {rate} Hz.")
    check_language(voice, spoken.checkpoint)
    names = read_speaker_names(voice, spoken.checkpoint)
    if spoken.speaker is not None and spoken.speaker not in names:
        raise InvalidVoice(
            f"{voice.folder}: {emotion} names the speaker {spoken.speaker!r}; "
            f"checkpoint {spoken.checkpoint} has {', '.join(names) or 'no speakers'}."
        )
    if spoken.speaker is None and len(names) > 1:
        raise InvalidVoice(
            f"{voice.folder}: checkpoint {spoken.checkpoint} has the speakers {', '.join(names)}; "
            f"say in voice.json which one is {emotion}."
        )


def check_language(voice: Voice, checkpoint: str) -> None:
    """Check that a multi-lingual checkpoint names one of its languages, and no other checkpoint names any."""
    chosen, names = voice.manifest.checkpoints[checkpoint].language, read_checkpoint_languages(voice, checkpoint)
    if chosen is None and len(names) > 1:
        raise InvalidVoice(
            f"{voice.folder}: checkpoint {checkpoint} speaks {', '.join(names)}; say in voice.json which `language`."
        )
    if chosen is not None and chosen not in names:
        raise InvalidVoice(
            f"{voice.folder}: checkpoint {checkpoint} names the language {chosen!r}; "
            f"its config has {', '.join(names) or 'no languages'}."
        )


def read_checkpoint_languages(voice: Voice, checkpoint: str) -> list[str]:
    """Return the languages of a multi-lingual checkpoint in the order of their embeddings."""
    files = voice.manifest.checkpoints[checkpoint]
    return read_languages(voice.find_file(files.config), voice.read_config(files.config))


def read_acoustic_audio(voice: Voice, checkpoint: str) -> AudioConfig:
    """Return the settings of the mel spectrogram that a checkpoint predicts."""
    files = voice.manifest.checkpoints[checkpoint]
    values = voice.read_config(files.config)
    if files.architecture == "piper":
        return AudioConfig(sample_rate=parse_piper_config(values, voice.find_file(files.config)).sample_rate)
    return parse_audio(files.architecture, values)


def read_vocoder_audio(voice: Voice, vocoder: str) -> AudioConfig:
    """Return the settings of the mel spectrogram that a vocoder takes."""
    files = voice.manifest.vocoders[vocoder]
    return parse_audio(files.architecture, voice.read_config(files.config))


def parse_audio(architecture: str, config: Mapping[str, Any]) -> AudioConfig:
    """Return the settings of the mel spectrogram in the config of an acoustic model or a vocoder.

    By default, a vocoder with a harmonic source reads natural logarithms of magnitudes, unscaled.
    """
    defaults = {"signal_norm": False, "log_func": "np.log", "spec_gain": 1.0} if architecture in SOURCE_VOCODERS else {}
    return AudioConfig.from_dict({**defaults, **config["audio"]})


def read_speaker_names(voice: Voice, checkpoint: str) -> list[str]:
    """Return a checkpoint's speakers in the order of their embeddings, from voice.json or from its config."""
    files = voice.manifest.checkpoints[checkpoint]
    if files.speakers:
        return list(files.speakers)
    read = read_piper_speakers if files.architecture == "piper" else read_config_speakers
    return read(voice.find_file(files.config), voice.read_config(files.config))


def check_hash(path: Path, expected: str | None) -> str:
    """Return the file's SHA-256; raise `InvalidVoice` if it is not the expected one."""
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if expected not in (None, found):
        raise InvalidVoice(
            f"{path} has the SHA-256 {found}, voice.json says {expected}.",
            hint="The file is damaged or was replaced: fetch it again, or correct voice.json.",
        )
    return found


RULES: Mapping[Emotion, tuple[Expression, float]] = {
    Emotion.JOY: (Expression(pitch=2.0, pitch_range=1.4, speed=1.03), 1.5),
    Emotion.SADNESS: (Expression(pitch=-1.0, pitch_range=0.75, speed=0.88), -3.0),
    Emotion.ANGER: (Expression(pitch=2.5, pitch_range=1.25, speed=1.06), 3.0),
    Emotion.FEAR: (Expression(pitch=3.0, speed=1.05), -1.5),
    Emotion.SURPRISE: (Expression(pitch=3.0, pitch_range=1.4), 1.0),
    Emotion.DISGUST: (Expression(pitch=-1.0, speed=0.9), 0.0),
}
"""Expression and decibels of each emotion at a degree of 1: other pitch, rate and level of the neutral voice.

The directions are those of Murray and Arnott 1993 (doi 10.1121/1.405558) and Juslin and Laukka 2003
(doi 10.1037/0033-2909.129.5.770). Only a vocoder with a harmonic source can change the range of the pitch.
"""


def approximate_emotions(manifest: Manifest) -> dict[Emotion, SpokenEmotion]:
    """Return the emotions that rules approximate, each spoken by neutral's models; none without a style."""
    if manifest.style is None:
        return {}
    neutral = manifest.emotions[Emotion.NEUTRAL]
    return {
        emotion: neutral.model_copy(update={"expression": expression, "gain_db": neutral.gain_db + gain_db})
        for emotion, (expression, gain_db) in RULES.items()
        if emotion not in manifest.emotions
    }
