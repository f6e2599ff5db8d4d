"""Set up and train acoustic models: GlowTTS (arXiv 2005.11129) and Tacotron 2 (arXiv 1712.05884)."""

from __future__ import annotations

import json
import random
from abc import abstractmethod
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from app.errors import SetupError
from app.synthesis.coqui import (
    build_coqui_config,
    build_trainable_acoustic,
    build_vocabulary,
    describe_frontend,
    load_weights,
    use_alignment,
)
from app.synthesis.mel import MelConverter, read_normalization
from app.synthesis.tokenizer import Tokenizer
from app.training.clips import Clip, MelConversion
from app.training.export import write_checkpoint
from app.training.optimizer import autocast
from app.training.settings import ModelKind, TrainingSettings
from app.training.task import ModelTask, OptimizerConfig, split_clips
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
    layout = to_natural_log(read_vocoder_audio(base, base.manifest.get_vocoder_name(Emotion.NEUTRAL)))
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


MAX_HELD_OUT = 24
"""Clips used only for evaluation; at most a tenth of all clips."""
MAX_FRAMES = 1100
"""Maximum frames of a training clip: the memory of a batch depends on its longest clip."""
POOL_BATCHES = 16
"""Batches drawn together and sorted by length, to keep padding small."""


class AcousticTask(ModelTask):
    """Training of an acoustic model."""

    def __init__(self, start: AcousticSetup, clips: Sequence[Clip], settings: TrainingSettings) -> None:
        super().__init__(start.model, settings)
        self.start = start
        self.criterion = self.model.get_criterion()
        self.held_out, others = split_clips(random.Random(0).sample(clips, len(clips)), MAX_HELD_OUT)
        self.clips = [clip for clip in others if clip.mel.shape[1] <= MAX_FRAMES]
        self.epoch = -(-len(self.clips) // self.batch_size)
        parameters = self.model.parameters()
        self.optimizer = torch.optim.AdamW(parameters, self.learning_rate, betas=(0.9, 0.98), weight_decay=1e-6)

    @abstractmethod
    def compute_losses(self, clips: Sequence[Clip]) -> dict[str, Tensor]:
        """Return the model's losses for some clips; `loss` is the one to minimize."""

    def train_batch(self) -> dict[str, Tensor]:
        torch.manual_seed(self.seed * 1_000_003 + self.number)  # for dropout
        losses = self.compute_losses(self.draw_batch())
        self.minimize(losses["loss"])
        return losses

    def draw_batch(self) -> list[Clip]:
        """Return clips of similar length: one slice of a random pool that is sorted by length."""
        pool, place = divmod(self.number, POOL_BATCHES)
        chance = random.Random(f"{self.seed}-{pool}")
        size = min(self.batch_size * POOL_BATCHES, len(self.clips))
        drawn = sorted(chance.sample(self.clips, size), key=lambda clip: clip.mel.shape[1])
        stretches = [drawn[start : start + self.batch_size] for start in range(0, size, self.batch_size)]
        chance.shuffle(stretches)
        return stretches[place % len(stretches)]

    def evaluate(self) -> dict[str, float]:
        with self.average.apply(), torch.random.fork_rng():
            torch.manual_seed(self.seed)  # Tacotron applies dropout even in evaluation
            losses = self.compute_losses(self.held_out)
        return {name: loss.item() for name, loss in losses.items()}

    def export(self, folder: Path, metadata: dict[str, str] | None = None) -> None:
        write_checkpoint(folder, self.start.config, self.average.halve_precision(), self.start.speakers, metadata)


def collate(clips: Sequence[Clip], speakers: Sequence[str]) -> dict[str, Any]:
    """Return a batch for coqui's `train_step`: ids (B, tokens), mel (B, T, n_mels)."""
    named = [speakers.index(clip.emotion.value) for clip in clips] if speakers else None
    return {
        "text_input": nn.utils.rnn.pad_sequence([clip.ids for clip in clips], batch_first=True),
        "text_lengths": torch.tensor([len(clip.ids) for clip in clips]),
        "mel_input": nn.utils.rnn.pad_sequence([clip.mel.float().T for clip in clips], batch_first=True),
        "mel_lengths": torch.tensor([clip.mel.shape[1] for clip in clips]),
        "speaker_ids": torch.tensor(named) if named is not None else None,
        "d_vectors": None,
    }


def build_alignment(clips: Sequence[Clip]) -> Tensor | None:
    """Return which token each frame belongs to, (B, tokens, frames), 0 or 1; None unless all clips have durations."""
    known = [clip.frames for clip in clips if clip.frames is not None]
    if len(known) < len(clips):
        return None
    path = torch.zeros(len(clips), max(len(clip.ids) for clip in clips), max(clip.mel.shape[1] for clip in clips))
    for row, frames in enumerate(known):
        owner = torch.repeat_interleave(torch.arange(len(frames)), torch.from_numpy(frames))
        path[row, owner, torch.arange(len(owner))] = 1
    return path


class GlowTask(AcousticTask):
    """Training of GlowTTS."""

    pace = OptimizerConfig(learning_rate=8e-4, warm_up=200, half_life=8000, bound=5.0, averaged=0.999)

    def __init__(self, start: AcousticSetup, clips: Sequence[Clip], settings: TrainingSettings) -> None:
        super().__init__(start, clips, settings)
        if start.scratch:
            # Initialize Glow's normalization layers with the mean and variance of one batch.
            self.model.run_data_dep_init = True
            self.compute_losses(self.draw_batch())
            self.average.load_state_dict(self.model.state_dict())
        self.model.run_data_dep_init = False

    def compute_losses(self, clips: Sequence[Clip]) -> dict[str, Tensor]:
        """Return coqui's losses for some clips; none while the normalization layers are initialized."""
        path = build_alignment(clips)
        aligned = nullcontext() if path is None else use_alignment(path)
        with aligned, autocast():
            _, losses = self.model.train_step(collate(clips, self.start.speakers), self.criterion)
        return losses or {}


ATTENTION_WEIGHT = 1.0
"""Weight of the attention loss."""
MIN_ATTENTION = 1e-6
"""Attention weights below this are raised to it before the logarithm."""


class TacotronTask(AcousticTask):
    """Training of Tacotron 2."""

    pace = OptimizerConfig(learning_rate=1e-3, warm_up=50, half_life=4000, bound=1.0, averaged=0.99)

    def __init__(self, start: AcousticSetup, clips: Sequence[Clip], settings: TrainingSettings) -> None:
        super().__init__(start, clips, settings)
        self.criterion = disable_autocast(self.criterion)

    def compute_losses(self, clips: Sequence[Clip]) -> dict[str, Tensor]:
        """Return coqui's losses for some clips and, if the alignment is known, the attention loss."""
        clips = sorted(clips, key=lambda clip: len(clip.ids), reverse=True)  # as coqui's encoder packs them
        frames_a_step = int(self.model.decoder.r)
        batch = add_stop_targets(collate(clips, self.start.speakers), frames_a_step)
        with autocast():
            outputs, losses = self.model.train_step(batch, self.criterion)
        path = build_alignment(clips)
        if path is not None:
            losses["attention_loss"] = compute_attention_loss(outputs["alignments"], pool_to_steps(path, frames_a_step))
            losses["loss"] = losses["loss"] + ATTENTION_WEIGHT * losses["attention_loss"]
        return {name: loss for name, loss in losses.items() if isinstance(loss, Tensor)}

    def export(self, folder: Path, metadata: dict[str, str] | None = None) -> None:
        """Write the checkpoint, with its frames per decoder step as metadata: the config may have a larger number."""
        super().export(folder, {"r": str(self.model.decoder.r)})


def disable_autocast(criterion: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a loss to run without autocast: SSIM subtracts squares, and in bfloat16 the difference would be noise."""

    def exact(*values: Any) -> Any:
        with torch.autocast("cpu", enabled=False):
            return criterion(*values)

    return exact


def compute_attention_loss(alignments: Tensor, target: Tensor) -> Tensor:
    """Return the mean cross entropy of the attention (B, steps, tokens) and its target (B, tokens, steps)."""
    wanted = target.transpose(1, 2)
    return -(wanted * alignments.float().clamp(min=MIN_ATTENTION).log()).sum() / wanted.sum()


def add_stop_targets(batch: Mapping[str, Any], frames_a_step: int) -> dict[str, Any]:
    """Pad a batch to whole decoder steps and add the targets of the stop token: 1 from the last step on."""
    frames = batch["mel_input"].shape[1]
    steps = -(-frames // frames_a_step)
    needed = -(-batch["mel_lengths"] // frames_a_step)
    return {
        **batch,
        "mel_input": F.pad(batch["mel_input"], (0, 0, 0, steps * frames_a_step - frames)),
        "stop_targets": (torch.arange(steps) >= needed[:, None] - 1).float(),
        "stop_target_lengths": needed,
    }


def pool_to_steps(path: Tensor, frames_a_step: int) -> Tensor:
    """Convert an alignment from frames (B, tokens, T) to decoder steps (B, tokens, ceil(T / r)), shares of a step."""
    padded = F.pad(path, (0, -path.shape[2] % frames_a_step))
    return padded.reshape(*path.shape[:2], -1, frames_a_step).mean(3)
