"""Whether what is in a folder makes a voice, and which vocoder understands which checkpoint."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath

from app.errors import InvalidVoice
from app.voices.audio_config import AudioConfig, check_fit
from app.voices.coqui_files import SUPPORTED, Kind
from app.voices.discover import Found, Part
from app.voices.voice import audio_of

SUPPORTED_HINT = f"Supported are {', '.join(SUPPORTED[Kind.ACOUSTIC])}, with {' or '.join(SUPPORTED[Kind.VOCODER])}."
VOCODER_HINT = (
    "Put the config.json and the weights of a HiFi-GAN that was trained on the same mel spectrogram into a folder in "
    "it, such as coqui's vocoder_models/en/ljspeech/hifigan_v2, or train one: intone train --model hifigan_v2."
)


def check_complete(found: Found) -> None:
    """Refuse a folder without an acoustic model or without a vocoder that fits one."""
    reasons = f": {'; '.join(found.left_out)}" if found.left_out else ""
    if not found.acoustic and not found.vocoders and not found.left_out:
        raise InvalidVoice(f"There are no files of coqui-tts in {found.folder}.", hint=SUPPORTED_HINT)
    if not found.acoustic:
        raise InvalidVoice(f"There is no acoustic model in {found.folder}{reasons}.", hint=SUPPORTED_HINT)
    if not found.vocoders:
        needs = f"{found.acoustic[0].architecture} makes mel spectrograms, which only a vocoder makes audible, and"
        raise InvalidVoice(f"{needs} there is none in {found.folder}{reasons}.", hint=VOCODER_HINT)
    misfits = [misfit(part, vocoder) for part in found.acoustic for vocoder in found.vocoders]
    if misfits[0] and all(misfits):
        raise misfits[0]


def fitting(part: Part, vocoders: Sequence[Part]) -> list[Part]:
    """The vocoders that understand a checkpoint, of these the nearest by folder; if none does, the first misfit."""
    misfits = {vocoder: misfit(part, vocoder) for vocoder in vocoders}
    fit = [vocoder for vocoder, problem in misfits.items() if problem is None]
    if not fit:
        raise next(problem for problem in misfits.values() if problem is not None)
    shared = {vocoder: shared_folders(part.config, vocoder.config) for vocoder in fit}
    return [vocoder for vocoder in fit if shared[vocoder] == max(shared.values())]


def misfit(part: Part, vocoder: Part) -> InvalidVoice | None:
    """Why a checkpoint and a vocoder cannot work together."""
    try:
        check_fit(audio(part), audio(vocoder), f"{part.config} and {vocoder.config}")
    except InvalidVoice as error:
        return error
    return None


def audio(part: Part) -> AudioConfig:
    """What a config says about its mel spectrogram."""
    return audio_of(part.architecture, part.values)


def shared_folders(one: PurePosixPath, other: PurePosixPath) -> int:
    """How many folders two files have in common."""
    return len(set(one.parents) & set(other.parents))


def one_rate(parts: Sequence[Part]) -> int:
    """The sample rate of all checkpoints, hertz."""
    rates = {audio(part).sample_rate: part for part in parts}
    if len(rates) > 1:
        differing = " and ".join(f"{part.name} at {rate} Hz" for rate, part in rates.items())
        raise InvalidVoice(f"One voice has one sample rate: {differing}.", hint="Move one of them out of the folder.")
    return next(iter(rates))
