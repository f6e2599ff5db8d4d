"""Assign speakers and vocoders to emotions, and build the manifest of a voice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from app.errors import InvalidVoice
from app.types import Emotion
from app.voices.architectures import END_TO_END, MIXES_CHECKPOINTS, MIXES_SPEAKERS
from app.voices.coqui_config import AudioConfig, check_fit
from app.voices.discover import SUPPORTED, ConfigKind, ModelFiles, ScanResult, find_emotion, to_locale, to_voice_name
from app.voices.manifest import Manifest
from app.voices.piper_config import is_piper_config, parse_piper_config
from app.voices.voice import Voice, parse_audio

SUPPORTED_HINT = (
    f"Supported are {', '.join(SUPPORTED[ConfigKind.ACOUSTIC])}, with {' or '.join(SUPPORTED[ConfigKind.VOCODER])}."
)
VOCODER_HINT = (
    "Put the config.json and the weights of a HiFi-GAN that was trained on the same mel spectrogram into a folder in "
    "it, such as coqui's vocoder_models/en/ljspeech/hifigan_v2, or train one: intone train --model hifigan_v2."
)


def check_complete(found: ScanResult) -> None:
    """Raise `InvalidVoice` if a folder has no acoustic model or no vocoder that fits one."""
    reasons = f": {'; '.join(found.left_out)}" if found.left_out else ""
    if not found.acoustic and not found.vocoders and not found.left_out:
        raise InvalidVoice(f"There are no models of a voice in {found.folder}.", hint=SUPPORTED_HINT)
    if not found.acoustic:
        raise InvalidVoice(f"There is no acoustic model in {found.folder}{reasons}.", hint=SUPPORTED_HINT)
    separate = [part for part in found.acoustic if part.architecture not in END_TO_END]
    if not separate:
        return
    if not found.vocoders:
        needs = f"{separate[0].architecture} makes mel spectrograms, which only a vocoder makes audible, and"
        raise InvalidVoice(f"{needs} there is none in {found.folder}{reasons}.", hint=VOCODER_HINT)
    misfits = [find_incompatibility(part, vocoder) for part in separate for vocoder in found.vocoders]
    if misfits[0] and all(misfits):
        raise misfits[0]


def find_compatible_vocoders(part: ModelFiles, vocoders: Sequence[ModelFiles]) -> list[ModelFiles]:
    """Return the nearest vocoders, by folder, that fit a checkpoint; if none fits, raise the first incompatibility."""
    misfits = {vocoder: find_incompatibility(part, vocoder) for vocoder in vocoders}
    fit = [vocoder for vocoder, problem in misfits.items() if problem is None]
    if not fit:
        raise next(filter(None, misfits.values()))
    same = [one for one in fit if read_mel_settings(one).sample_rate == read_mel_settings(part).sample_rate]
    shared = {vocoder: len(set(part.config.parents) & set(vocoder.config.parents)) for vocoder in same or fit}
    return [vocoder for vocoder in shared if shared[vocoder] == max(shared.values())]


def find_incompatibility(part: ModelFiles, vocoder: ModelFiles) -> InvalidVoice | None:
    """Return why a checkpoint and a vocoder cannot work together; None if they can."""
    try:
        check_fit(read_mel_settings(part), read_mel_settings(vocoder), f"{part.config} and {vocoder.config}")
    except InvalidVoice as error:
        return error
    return None


def read_mel_settings(part: ModelFiles) -> AudioConfig:
    """Return the settings of a model's mel spectrogram."""
    return parse_audio(part.architecture, part.values)


def get_sample_rate(parts: Sequence[ModelFiles]) -> int:
    """Return the sample rate of all parts that make samples, in hertz; raise `InvalidVoice` if they differ."""
    rates = {read_mel_settings(part).sample_rate: part for part in parts}
    if len(rates) > 1:
        differing = " and ".join(f"{part.name} at {rate} Hz" for rate, part in rates.items())
        raise InvalidVoice(f"One voice has one sample rate: {differing}.", hint="Move one of them out of the folder.")
    return next(iter(rates))


CONTRADICTORY, NAMELESS, BY_SPEAKER, BY_CHECKPOINT, BY_BOTH = range(-1, 4)
"""How sure a candidate's emotion is: checkpoint and speaker are named after different emotions; neither after one; a
speaker of a checkpoint for all emotions is; a checkpoint for this emotion alone is; checkpoint and speaker both are."""


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A checkpoint or one of its speakers."""

    name: str
    """Name in questions and command-line flags."""
    part: ModelFiles
    speaker: str | None
    emotion: Emotion | None
    """Emotion that it is named after."""
    sureness: int


EmotionMap = dict[Emotion, Candidate]


def list_candidates(parts: Sequence[ModelFiles]) -> list[Candidate]:
    """Return all candidates; with several checkpoints, a speaker's name includes that of the checkpoint."""
    candidates = []
    for part in parts:
        for speaker in part.speakers or (None,):
            name = f"{part.name}/{speaker}" if speaker is not None and len(parts) > 1 else speaker or part.name
            guess = guess_emotion(part.emotion, find_emotion(speaker or ""))
            candidates.append(Candidate(name, part, speaker, *guess))
    return candidates


def guess_emotion(checkpoint: Emotion | None, speaker: Emotion | None) -> tuple[Emotion | None, int]:
    """Return the emotion that the names of a checkpoint and its speaker indicate, and how sure it is."""
    if checkpoint is None and speaker is None:
        return None, NAMELESS
    if checkpoint == speaker:
        return speaker, BY_BOTH
    if speaker is None:
        return checkpoint, BY_CHECKPOINT
    # A checkpoint called neutral may also speak other emotions; one called angry speaks anger alone.
    return (speaker, BY_SPEAKER) if checkpoint in (None, Emotion.NEUTRAL) else (None, CONTRADICTORY)


def find_best_candidates(candidates: Sequence[Candidate], emotion: Emotion) -> list[Candidate]:
    """Return the surest of the candidates that are named after an emotion."""
    named = [one for one in candidates if one.emotion is emotion]
    best = max((one.sureness for one in named), default=None)
    return [one for one in named if one.sureness == best]


def find_unnamed(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Return the candidates whose names indicate no emotion."""
    return [one for one in candidates if one.sureness == NAMELESS]


def find_candidates(candidates: Sequence[Candidate], name: str) -> list[Candidate]:
    """Return the candidates with a name; if there are none, those whose speaker or checkpoint has the name."""
    exact = [one for one in candidates if one.name == name]
    return exact or [one for one in candidates if name in (one.speaker, one.part.name)]


@dataclass(frozen=True, slots=True)
class VoiceDescription:
    """Everything that the manifest needs beyond the models that were found."""

    name: str
    license: str
    emotions: EmotionMap
    vocoders: Mapping[ModelFiles, ModelFiles]
    """Vocoder of each checkpoint in `emotions`."""
    weights: Mapping[ModelFiles, PurePosixPath]
    """Weight file of each checkpoint and vocoder."""
    bases: Mapping[ModelFiles, ModelFiles]
    """Checkpoint that each fine-tuned checkpoint descends from."""
    languages: Mapping[ModelFiles, str]
    """Language in which each multi-lingual checkpoint speaks."""


def build_manifest(found: ScanResult, decisions: VoiceDescription) -> Manifest:
    """Build the manifest, without the hashes of the weights."""
    emotions, folder = decisions.emotions, found.folder.resolve().name
    neutral = emotions[Emotion.NEUTRAL].part
    checkpoints = {one.part.name: one.part for one in emotions.values()}
    vocoders = {part.name: part for part in decisions.vocoders.values()}
    values: dict[str, Any] = {
        "schema": 1,
        "name": decisions.name,
        # The folder's name, if the voice's is a converted form of it.
        "display_name": folder if to_voice_name(folder) == decisions.name != folder else "",
        "license": decisions.license,
        "sample_rate": get_sample_rate([decisions.vocoders.get(part, part) for part in checkpoints.values()]),
        "checkpoints": {name: describe_files(part, decisions) for name, part in checkpoints.items()},
        "vocoders": {name: describe_files(part, decisions) for name, part in vocoders.items()},
        "emotions": {
            emotion: {
                "checkpoint": one.part.name,
                "vocoder": get_vocoder_name(one.part, decisions),
                "speaker": one.speaker,
            }
            for emotion in Emotion
            if (one := emotions.get(emotion))
        },
        "degree": has_degree(decisions),
    }
    language = decisions.languages.get(neutral)
    if locale := to_locale(language) if language else get_locale(neutral):
        values["locale"] = locale
    return Manifest.model_validate(values)


def describe_files(part: ModelFiles, decisions: VoiceDescription) -> dict[str, Any]:
    """Return the manifest fields of a checkpoint or a vocoder."""
    base = decisions.bases.get(part)
    return {
        "model": str(decisions.weights[part]),
        "config": str(part.config),
        "architecture": part.architecture,
        **({"base": base.name} if base else {}),
        **({"language": decisions.languages[part]} if part in decisions.languages else {}),
        **({} if part.named_in_config else {"speakers": part.speakers}),
    }


def get_vocoder_name(part: ModelFiles, decisions: VoiceDescription) -> str | None:
    """Return the name of a checkpoint's vocoder; None if it makes samples itself."""
    return decisions.vocoders[part].name if part in decisions.vocoders else None


def has_degree(decisions: VoiceDescription) -> bool:
    """Return whether neutral can be interpolated with every emotion: speakers of one model, or fine-tuned from one."""
    neutral = decisions.emotions[Emotion.NEUTRAL].part
    parts = {one.part for one in decisions.emotions.values()}
    related = all(part is neutral or decisions.bases.get(part) is neutral for part in parts)
    architectures = MIXES_SPEAKERS if parts == {neutral} else MIXES_CHECKPOINTS
    return len(decisions.emotions) > 1 and related and neutral.architecture in architectures


def get_phoneme_language(part: ModelFiles) -> str:
    """Return the language of the phonemes that a checkpoint reads; empty if it reads letters."""
    if is_piper_config(part.values):
        config = parse_piper_config(part.values, Path(part.config))
        return config.espeak_voice if config.reads_phonemes else ""
    return str(part.values.get("phoneme_language") or "en-us") if part.values.get("use_phonemes") else ""


def get_locale(part: ModelFiles) -> str:
    """Return the language and country of the text that a checkpoint reads; empty if its config does not name them."""
    if is_piper_config(part.values):
        return to_locale(parse_piper_config(part.values, Path(part.config)).language)
    return to_locale(get_phoneme_language(part))


def add_hashes(voice: Voice) -> dict[str, Any]:
    """Return the content of `voice.json`: the manifest of a checked voice with the hashes of its weights."""
    values = voice.manifest.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    for part in [*values["checkpoints"].values(), *values.get("vocoders", {}).values()]:
        part["sha256"] = voice.hashes[part["model"]]
    return values
