"""A voice to start from -> an acoustic model to train: the voice's own, or a new one for its vocoder."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import torch

from app.errors import SetupError
from app.plan import Emotion
from app.speech.coqui import coqui_config, load_weights, new_acoustic, vocabulary
from app.speech.mel import MelConverter, read_normalization
from app.speech.tokens import Tokenizer
from app.training.clips import Convert
from app.training.settings import Model, TrainingSettings
from app.voices import AudioConfig, Voice
from app.voices.voice import speaker_names, vocoder_audio

TACOTRON_DESIGN: dict[str, Any] = {
    "r": 6,
    "attention_type": "dynamic_convolution",
    "ga_alpha": 5.0,
    "stopnet_pos_weight": 1.0,
    "prenet_dropout_at_inference": True,
    "loss_masking": True,
    "double_decoder_consistency": False,
}
"""coqui fixes the widths; few decoder steps are what makes it affordable."""
TACOTRON_AUDIO = {"signal_norm": True, "log_func": "np.log10", "spec_gain": 20.0}
"""As coqui trains it: values within -4 and 4."""
GLOW_DESIGN: dict[str, Any] = {
    "hidden_channels_enc": 160,
    "hidden_channels_dec": 128,
    "hidden_channels_dp": 160,
    "num_flow_blocks_dec": 8,
    "num_block_layers": 3,
    "encoder_params": {
        "kernel_size": 3,
        "dropout_p": 0.1,
        "num_layers": 4,
        "num_heads": 2,
        "hidden_channels_ffn": 480,
        "input_length": None,
        "rel_attn_window_size": 4,
    },
    "inference_noise_scale": 0.1,
}
"""8.8 million parameters: what two cores can train."""
PHONEMES = {"use_phonemes": True, "phonemizer": "espeak", "text_cleaner": None}


@dataclass(frozen=True, slots=True)
class Acoustic:
    """An acoustic model before its first step, and how its recordings are to be read."""

    model: Any
    config: dict[str, Any]
    """coqui's `config.json`."""
    speakers: tuple[str, ...]
    """Emotions in the order of their embeddings; empty for a single speaker."""
    tokenizer: Tokenizer
    layout: AudioConfig
    convert: Convert
    scratch: bool
    """Whether its weights are random."""


def start_acoustic(
    settings: TrainingSettings, base: Voice, emotions: Collection[Emotion], *, scratch: bool
) -> Acoustic:
    """The base's own model for neutral, or a new one; `emotions` are those of the recordings."""
    name = base.manifest.emotions[Emotion.NEUTRAL].checkpoint
    files = base.manifest.checkpoints[name]
    if scratch:
        speakers = new_speakers(settings, emotions)
        values = new_config(settings, base, speakers)
    else:
        speakers = tuple(speaker_names(base, name))
        values = base.config(files.config)
        check_speakers(speakers, emotions)
    config = coqui_config(values, list(speakers))
    torch.manual_seed(settings.seed)
    state = None if scratch else load_weights(base.file(files.model))
    model = new_acoustic(settings.model.value, config, state)
    layout = AudioConfig.from_dict(values["audio"])
    return Acoustic(
        model=model,
        config=values,
        speakers=speakers,
        tokenizer=Tokenizer(config, base.manifest.language),
        layout=layout,
        convert=MelConverter(
            read_normalization(plain(layout), base.folder),
            read_normalization(layout, base.file(files.config).parent),
        ),
        scratch=scratch,
    )


def plain(layout: AudioConfig) -> AudioConfig:
    """The same mel spectrogram as natural logarithms, not normalised."""
    return replace(layout, signal_norm=False, log_func="np.log", spec_gain=1.0, stats_path=None)


def new_config(settings: TrainingSettings, base: Voice, speakers: Sequence[str]) -> dict[str, Any]:
    """coqui's config of a new model for the base's vocoder and language."""
    layout = plain(vocoder_audio(base, base.manifest.emotions[Emotion.NEUTRAL].vocoder))
    design = GLOW_DESIGN if settings.model is Model.GLOW_TTS else TACOTRON_DESIGN
    language = base.manifest.language or "en-us"
    chosen = {"model": settings.model.value, **design, **PHONEMES, "phoneme_language": language}
    chosen["use_speaker_embedding"] = bool(speakers)
    config = coqui_config(chosen, list(speakers))
    config.num_chars = vocabulary(config).num_chars
    values: dict[str, Any] = json.loads(config.to_json())
    values["audio"] |= asdict(layout) | (TACOTRON_AUDIO if settings.model is Model.TACOTRON2 else {})
    return values


def new_speakers(settings: TrainingSettings, emotions: Collection[Emotion]) -> tuple[str, ...]:
    """One speaker for each emotion, in the order in which they are always named; none where there is but one."""
    if settings.emotion:
        return ()
    if Emotion.NEUTRAL not in emotions:
        raise SetupError(
            f"The recordings are {', '.join(sorted(emotions))}; none is neutral, which every voice needs.",
            hint="Name the emotion that they are in, to give it a checkpoint of its own.",
        )
    return tuple(emotion.value for emotion in Emotion if emotion in emotions) if len(emotions) > 1 else ()


def check_speakers(speakers: Collection[str], emotions: Collection[Emotion]) -> None:
    """Refuse recordings in emotions that a model with several speakers does not have."""
    missing = sorted(set(emotions) - set(speakers)) if speakers else []
    if missing:
        raise SetupError(
            f"The base has the speakers {', '.join(speakers)}; the recordings are also {', '.join(missing)}.",
            hint="Leave those recordings out, or begin anew without a base.",
        )
