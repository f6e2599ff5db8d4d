"""Write complete voices of random weights with coqui's classes, in the layout of coqui's releases."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

from app.synthesis.coqui import HifiganGenerator, build_coqui_config, build_trainable_acoustic, build_vocabulary
from app.voices.architectures import END_TO_END, FORWARD_TTS, NEURAL_HMM

SIZES: dict[str, dict[str, Any]] = {
    "glow_tts": {
        "hidden_channels_enc": 32,
        "hidden_channels_dec": 32,
        "hidden_channels_dp": 32,
        "num_flow_blocks_dec": 2,
        "num_block_layers": 1,
        "encoder_params": {
            "kernel_size": 3,
            "dropout_p": 0.1,
            "num_layers": 1,
            "num_heads": 2,
            "hidden_channels_ffn": 32,
            "input_length": None,
        },
    },
    "tacotron": {"r": 2},
    "tacotron2": {"r": 2, "double_decoder_consistency": True, "ddc_r": 4, "attention_type": "dynamic_convolution"},
    "vits": {
        "model_args": {
            "hidden_channels": 16,
            "hidden_channels_ffn_text_encoder": 16,
            "num_layers_text_encoder": 1,
            "num_layers_flow": 2,
            "num_layers_posterior_encoder": 1,
            "out_channels": 9,
            "upsample_initial_channel_decoder": 32,
            "resblock_kernel_sizes_decoder": [3],
            "resblock_dilation_sizes_decoder": [[1, 3, 5]],
            "speaker_embedding_channels": 8,
        },
    },
    **{
        name: {
            "model_args": {
                "hidden_channels": 16,
                "encoder_params": {"hidden_channels_ffn": 16, "num_heads": 1, "num_layers": 1, "dropout_p": 0.1},
                "decoder_params": {"hidden_channels_ffn": 16, "num_heads": 1, "num_layers": 1, "dropout_p": 0.1},
                "encoder_type": "fftransformer",
                "decoder_type": "fftransformer",
                **({"hidden_channels_dp": 16} if name == "align_tts" else {}),
            }
        }
        for name in (*FORWARD_TTS, "align_tts")
    },
    **{
        name: {"encoder_in_out_features": 16, "prenet_dim": 8, "memory_rnn_dim": 16, "outputnet_size": [16]}
        for name in NEURAL_HMM
    },
}
"""As small as each architecture allows."""
GENERATOR = {
    "upsample_factors": [8, 8, 2, 2],
    "upsample_kernel_sizes": [16, 16, 4, 4],
    "upsample_initial_channel": 16,
    "resblock_kernel_sizes": [3],
    "resblock_dilation_sizes": [[1, 3, 5]],
    "resblock_type": "1",
}
GENERATORS: dict[str, dict[str, Any]] = {
    "hifigan": GENERATOR,
    "melgan": {"upsample_factors": [8, 8, 2, 2], "num_res_blocks": 3},
    "multiband_melgan": {"upsample_factors": [8, 4, 2], "num_res_blocks": 4},
    "fullband_melgan": {"upsample_factors": [8, 8, 4], "num_res_blocks": 4},
    "parallel_wavegan": {"upsample_factors": [4, 4, 4, 4], "stacks": 3, "num_res_blocks": 9},
    "univnet": {
        "in_channels": 8,
        "out_channels": 1,
        "hidden_channels": 8,
        "cond_channels": 80,
        "upsample_factors": [8, 8, 4],
        "lvc_layers_each_block": 3,
        "lvc_kernel_size": 3,
        "kpnet_hidden_channels": 16,
        "kpnet_conv_size": 3,
        "dropout": 0.0,
    },
}
"""Generators by architecture; the widths of MelGAN and Parallel WaveGAN are fixed in coqui."""
AUDIO = {
    "signal_norm": False,
    "log_func": "np.log",
    "spec_gain": 1.0,
    "mel_fmin": 0.0,
    "mel_fmax": 8000.0,
    "num_mels": 80,
}
"""The convention of HiFi-GAN."""
PHONEMES = {"use_phonemes": True, "phonemizer": "espeak", "phoneme_language": "en-us", "text_cleaner": None}
TRAINING_MACHINE = "/home/someone/training/run-2021"
"""Released configs hold paths of the machine that trained them."""


def write_tiny_voice(
    folder: Path,
    architecture: str = "glow_tts",
    weights: str = ".pth",
    speakers: tuple[str, ...] = (),
    **changes: Any,
) -> Path:
    """Write a voice folder; `changes` go into the acoustic config (`audio` is merged)."""
    write_acoustic(folder / "acoustic", architecture, f"model{weights}", speakers, **changes)
    if architecture not in END_TO_END:
        write_vocoder(folder / "vocoder", f"model{weights}")
    (folder / "voice.json").write_text(json.dumps(build_manifest(architecture, weights, speakers)))
    return folder


def write_acoustic(
    folder: Path,
    architecture: str = "glow_tts",
    weights: str = "model.pth",
    speakers: tuple[str, ...] = (),
    config: str = "config.json",
    seed: int = 0,
    **changes: Any,
) -> None:
    """Write an acoustic model as coqui's trainer does."""
    torch.manual_seed(seed)
    folder.mkdir(parents=True, exist_ok=True)
    values = build_acoustic_values(architecture, speakers, changes)
    save(build(architecture, values, list(speakers)).state_dict(), folder / weights)
    (folder / config).write_text(json.dumps(values))
    if speakers:
        (folder / "speakers.json").write_text(json.dumps({name: index for index, name in enumerate(speakers)}))


def build_acoustic_values(architecture: str, speakers: tuple[str, ...], changes: dict[str, Any]) -> dict[str, Any]:
    """Return a complete config as coqui's trainer saves it."""
    audio = {**AUDIO, **changes.pop("audio", {})}
    chosen = {"model": architecture, **SIZES[architecture], **PHONEMES, **changes}
    if "model_args" in chosen:
        chosen["model_args"] = {**SIZES[architecture]["model_args"], **changes.get("model_args", {})}
    config = build_coqui_config({"model": architecture, **chosen}, [])
    config.audio.from_dict(audio)
    config.num_chars = build_vocabulary(config).num_chars
    values: dict[str, Any] = json.loads(config.to_json())
    if speakers:
        values |= {"use_speaker_embedding": True, "speakers_file": f"{TRAINING_MACHINE}/speakers.json"}
    return {**values, "output_path": TRAINING_MACHINE, "audio": {**values["audio"], **audio}}


def build(architecture: str, values: dict[str, Any], speakers: list[str]) -> torch.nn.Module:
    """Create coqui's model for a config, with random weights."""
    model = build_trainable_acoustic(architecture, build_coqui_config(values, speakers))
    if architecture in ("glow_tts", "vits", "overflow"):  # without training, the flow would return zeros
        for parameter in model.parameters():
            parameter.data += 0.02 * torch.randn_like(parameter)
    if architecture in (*FORWARD_TTS, "align_tts"):  # so that durations differ
        for parameter in model.duration_predictor.parameters():  # type: ignore[operator,union-attr]
            parameter.data += 0.3 * torch.randn_like(parameter)
    return model.eval()


def write_vocoder(folder: Path, weights: str = "model.pth", config: str = "config.json", **audio: Any) -> None:
    """Write a HiFi-GAN as coqui's trainer does: generator and discriminator in one checkpoint."""
    torch.manual_seed(0)
    folder.mkdir(parents=True, exist_ok=True)
    values = {"model": "hifigan", "generator_model": "hifigan_generator", "generator_model_params": GENERATOR}
    (folder / config).write_text(json.dumps({**values, "audio": {**AUDIO, **audio}}))
    generator = HifiganGenerator(in_channels=80, out_channels=1, **GENERATOR)
    state = {f"model_g.{name}": value for name, value in generator.state_dict().items()}
    save({**state, "model_d.some.weight": torch.zeros(3)}, folder / weights)


def save(state: dict[str, torch.Tensor], path: Path) -> None:
    """Write weights in the format of the file's suffix."""
    if path.suffix == ".safetensors":
        save_file({name: value.contiguous().clone() for name, value in state.items()}, path)
    else:
        torch.save({"model": state, "step": 1, "epoch": 1, "date": "May 17, 2021"}, path)


def build_manifest(architecture: str, weights: str, speakers: tuple[str, ...]) -> dict[str, Any]:
    """Return the shortest voice.json: only what is required."""
    emotions = {
        name: {
            "checkpoint": "main",
            **({} if architecture in END_TO_END else {"vocoder": "main"}),
            **({"speaker": name} if speakers else {}),
        }
        for name in speakers or ("neutral",)
    }
    return {
        "schema": 1,
        "name": "tiny",
        "sample_rate": 22050,
        "checkpoints": {
            "main": {
                "model": f"acoustic/model{weights}",
                "config": "acoustic/config.json",
                "architecture": architecture,
            }
        },
        "vocoders": {}
        if architecture in END_TO_END
        else {"main": {"model": f"vocoder/model{weights}", "config": "vocoder/config.json", "architecture": "hifigan"}},
        "emotions": emotions,
    }


def change(path: Path, **values: Any) -> None:
    """Replace top-level values of a JSON file; a dict is merged one level deep."""
    content = json.loads(path.read_text())
    for name, value in values.items():
        content[name] = {**(content.get(name) or {}), **value} if isinstance(value, dict) else value
    path.write_text(json.dumps(content))
