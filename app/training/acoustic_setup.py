"""Load an acoustic model to train, or create a new one for a voice."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import torch

from app.errors import SetupError
from app.synthesis.coqui import (
    build_coqui_config,
    build_trainable_acoustic,
    build_vocabulary,
    describe_frontend,
    load_weights,
)
from app.synthesis.mel import MelConverter, read_normalization
from app.synthesis.tokenizer import Tokenizer
from app.training.clips import MelConversion
from app.training.settings import ModelKind, TrainingSettings
from app.types import Emotion
from app.voices import AudioConfig, Voice
from app.voices.voice import read_speaker_names, read_vocoder_audio

TACOTRON_DESIGN: dict[str, Any] = {
    "r": 6,
    "attention_type": "dynamic_convolution",
    "ga_alpha": 5.0,
    "stopnet_pos_weight": 1.0,
    "prenet_dropout_at_inference": True,
    "loss_masking": True,
    "double_decoder_consistency": False,
}
"""Settings of a new Tacotron 2. coqui fixes the layer widths; few decoder steps make training affordable."""
TACOTRON_AUDIO = {"signal_norm": True, "log_func": "np.log10", "spec_gain": 20.0}
"""coqui's normalization for Tacotron 2: values within -4 and 4."""
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
"""Settings of a new GlowTTS: 8.8 million parameters, which two cores can train."""
PHONEMES = {"use_phonemes": True, "phonemizer": "espeak", "text_cleaner": None}


@dataclass(frozen=True, slots=True)
class AcousticSetup:
    """An acoustic model before its first step, and how to read recordings for it."""

    model: Any
    config: dict[str, Any]
    """coqui's `config.json`."""
    speakers: tuple[str, ...]
    """Emotions in the order of their speaker embeddings; empty for a single speaker."""
    tokenizer: Tokenizer
    layout: AudioConfig
    convert: MelConversion
    scratch: bool
    """Whether the weights are random."""


def prepare_acoustic(
    settings: TrainingSettings, base: Voice, emotions: Collection[Emotion], *, scratch: bool
) -> AcousticSetup:
    """Load the base's model for neutral, or create a new one; `emotions` are those of the recordings."""
    name = base.manifest.emotions[Emotion.NEUTRAL].checkpoint
    files = base.manifest.checkpoints[name]
    if scratch:
        speakers = select_speakers(settings, emotions)
        values = create_config(settings, base, speakers)
    else:
        speakers = tuple(read_speaker_names(base, name))
        values = base.read_config(files.config)
        check_speakers(speakers, emotions)
    config = build_coqui_config(values, list(speakers))
    torch.manual_seed(settings.seed)
    state = None if scratch else load_weights(base.find_file(files.model))
    model = build_trainable_acoustic(settings.model.value, config, state)
    layout = AudioConfig.from_dict(values["audio"])
    return AcousticSetup(
        model=model,
        config=values,
        speakers=speakers,
        tokenizer=Tokenizer(describe_frontend(config), base.manifest.language),
        layout=layout,
        convert=MelConverter(
            read_normalization(to_natural_log(layout), base.folder),
            read_normalization(layout, base.find_file(files.config).parent),
        ),
        scratch=scratch,
    )


def to_natural_log(layout: AudioConfig) -> AudioConfig:
    """Return the layout with natural logarithms and without normalization."""
    return replace(layout, signal_norm=False, log_func="np.log", spec_gain=1.0, stats_path=None)


def create_config(settings: TrainingSettings, base: Voice, speakers: Sequence[str]) -> dict[str, Any]:
    """Return coqui's config of a new model for the vocoder and language of the base."""
    layout = to_natural_log(read_vocoder_audio(base, base.manifest.emotions[Emotion.NEUTRAL].vocoder))
    design = GLOW_DESIGN if settings.model is ModelKind.GLOW_TTS else TACOTRON_DESIGN
    language = base.manifest.language or "en-us"
    chosen = {"model": settings.model.value, **design, **PHONEMES, "phoneme_language": language}
    chosen["use_speaker_embedding"] = bool(speakers)
    config = build_coqui_config(chosen, list(speakers))
    config.num_chars = build_vocabulary(config).num_chars
    values: dict[str, Any] = json.loads(config.to_json())
    values["audio"] |= asdict(layout) | (TACOTRON_AUDIO if settings.model is ModelKind.TACOTRON2 else {})
    return values


def select_speakers(settings: TrainingSettings, emotions: Collection[Emotion]) -> tuple[str, ...]:
    """Return one speaker per emotion, in the order of `Emotion`; none if there is only one emotion."""
    if settings.emotion:
        return ()
    if Emotion.NEUTRAL not in emotions:
        raise SetupError(
            f"The recordings are {', '.join(sorted(emotions))}; none is neutral, which every voice needs.",
            hint="Name the emotion that they are in, to give it a checkpoint of its own.",
        )
    return tuple(emotion.value for emotion in Emotion if emotion in emotions) if len(emotions) > 1 else ()


def check_speakers(speakers: Collection[str], emotions: Collection[Emotion]) -> None:
    """Raise `SetupError` if a model with several speakers lacks an emotion of the recordings."""
    missing = sorted(set(emotions) - set(speakers)) if speakers else []
    if missing:
        raise SetupError(
            f"The base has the speakers {', '.join(speakers)}; the recordings are also {', '.join(missing)}.",
            hint="Leave those recordings out, or begin anew without a base.",
        )
