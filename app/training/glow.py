"""GlowTTS, trained further: `python -m app.training.glow CORPUS VOICE OUT --minutes 60`.

VOICE is the voice folder whose first checkpoint it goes on from, OUT becomes the checkpoint's folder: `config.json`,
`speakers.json`, `model.safetensors` (averaged weights), and `training.pt`, from which a later call goes on. coqui's
model, its own `train_step` and loss (arXiv 2005.11129); the emotion is the speaker. The corpus says how long each
phoneme lasts, so nothing is searched: that is what makes training on a CPU possible.
"""

from __future__ import annotations

import argparse
import logging
import random
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from app.speech.coqui import coqui_config, known_alignment, load_weights, new_acoustic
from app.speech.tokens import Tokenizer
from app.training.clips import Clip, read_clips
from app.training.running import run
from app.voices import Voice, open_voice
from app.voices.voice import acoustic_audio, speaker_names

SEED = 1
BATCH = 16
LONGEST = 1100
"""Frames; longer clips are left out."""
LEARNING_RATE = 8e-4
WARM_UP = 200
HALF_LIFE = 8000
"""Steps in which the learning rate halves."""
AVERAGED = 0.999
HELD_OUT = 24
POOL = 16
"""Batches that are drawn together and sorted by length, so that little is padded."""


def main() -> None:
    """Train for some minutes, saving as it goes."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("corpus", type=Path)
    parser.add_argument("voice", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--minutes", type=float, default=60)
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(1)
    task = GlowTask.load(arguments.corpus, open_voice(arguments.voice))
    arguments.output.mkdir(parents=True, exist_ok=True)
    files = next(iter(task.voice.manifest.checkpoints.values()))
    for path in (task.voice.file(files.config), task.voice.file(files.config).with_name("speakers.json")):
        shutil.copy(path, arguments.output / path.name)
    run(task, arguments.output, arguments.minutes * 60)


class GlowTask:
    """See `running.Task`."""

    def __init__(self, model: Any, clips: Sequence[Clip], speakers: Sequence[str], voice: Voice) -> None:
        self.model = model.train()
        self.criterion = model.get_criterion()
        self.speakers = list(speakers)
        self.voice = voice
        shuffled = random.Random(0).sample(clips, len(clips))
        self.held_out = shuffled[:HELD_OUT]
        self.clips = [clip for clip in shuffled[HELD_OUT:] if clip.mel.shape[1] <= LONGEST]
        self.number = 0
        self.averaged = {name: value.detach().clone() for name, value in model.state_dict().items()}
        self.optimizer = torch.optim.AdamW(model.parameters(), LEARNING_RATE, betas=(0.9, 0.98), weight_decay=1e-6)
        self.bf16 = torch.cpu._is_avx512_bf16_supported()

    @classmethod
    def load(cls, corpus: Path, voice: Voice) -> GlowTask:
        """A corpus, and the first checkpoint of a voice to go on from."""
        name, files = next(iter(voice.manifest.checkpoints.items()))
        speakers = speaker_names(voice, name)
        config = coqui_config(voice.config(files.config), speakers)
        model = new_acoustic(files.architecture, config, load_weights(voice.file(files.model)))
        frontend = voice.manifest.frontend
        tokenizer = Tokenizer(config, frontend.language if frontend else None)
        return cls(model, read_clips(corpus, tokenizer, acoustic_audio(voice, name)), speakers, voice)

    def step(self) -> dict[str, float]:
        """See `Task.step`."""
        torch.manual_seed(self.number)
        rate = LEARNING_RATE * min(1.0, (self.number + 1) / WARM_UP) * 0.5 ** (self.number / HALF_LIFE)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        losses = self.losses(self.batch())
        self.optimizer.zero_grad()
        losses["loss"].backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.model.parameters(), 5.0)
        self.optimizer.step()
        self.number += 1
        keep = min(AVERAGED, (1 + self.number) / (10 + self.number))
        with torch.no_grad():
            for name, value in self.model.state_dict().items():
                if value.is_floating_point():
                    self.averaged[name].lerp_(value, 1 - keep)
        return {name: loss.item() for name, loss in losses.items()}

    def batch(self) -> list[Clip]:
        """Clips of like length: a random pool, sorted, of which this step takes one stretch."""
        pool, place = divmod(self.number, POOL)
        chance = random.Random(f"{SEED}-{pool}")
        size = min(BATCH * POOL, len(self.clips))
        drawn = sorted(chance.sample(self.clips, size), key=lambda clip: clip.mel.shape[1])
        stretches = [drawn[start : start + BATCH] for start in range(0, size, BATCH)]
        chance.shuffle(stretches)
        return stretches[place % len(stretches)]

    def losses(self, clips: Sequence[Clip]) -> dict[str, Tensor]:
        """coqui's losses of some clips."""
        batch, path = collate(clips, self.speakers)
        with known_alignment(path), torch.autocast("cpu", torch.bfloat16, enabled=self.bf16):
            _, losses = self.model.train_step(batch, self.criterion)
        found: dict[str, Tensor] = losses
        return found

    def evaluate(self) -> dict[str, float]:
        """See `Task.evaluate`."""
        current = {name: value.detach().clone() for name, value in self.model.state_dict().items()}
        self.model.load_state_dict(self.averaged)
        self.model.eval()
        with torch.no_grad():
            losses = self.losses(self.held_out)
        self.model.load_state_dict(current)
        self.model.train()
        return {name: loss.item() for name, loss in losses.items()}

    def state(self) -> dict[str, Any]:
        """See `Task.state`."""
        return {
            "number": self.number,
            "model": self.model.state_dict(),
            "averaged": self.averaged,
            "optimizer": self.optimizer.state_dict(),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """See `Task.restore`."""
        self.number = state["number"]
        self.model.load_state_dict(state["model"])
        self.averaged = {name: value.clone() for name, value in state["averaged"].items()}
        self.optimizer.load_state_dict(state["optimizer"])


def collate(clips: Sequence[Clip], speakers: Sequence[str]) -> tuple[dict[str, Any], Tensor]:
    """A batch as coqui's `train_step` takes it, and the alignment (B, tokens, frames)."""
    tokens = torch.tensor([len(clip.ids) for clip in clips])
    frames = torch.tensor([clip.mel.shape[1] for clip in clips])
    batch = {
        "text_input": nn.utils.rnn.pad_sequence([clip.ids for clip in clips], batch_first=True),
        "text_lengths": tokens,
        "mel_input": nn.utils.rnn.pad_sequence([clip.mel.float().T for clip in clips], batch_first=True),
        "mel_lengths": frames,
        "speaker_ids": torch.tensor([speakers.index(clip.emotion.value) for clip in clips]),
        "d_vectors": None,
    }
    path = torch.zeros(len(clips), int(tokens.max()), int(frames.max()))
    for row, clip in enumerate(clips):
        owner = torch.repeat_interleave(torch.arange(len(clip.ids)), torch.from_numpy(clip.frames))
        path[row, owner, torch.arange(len(owner))] = 1
    return batch, path


if __name__ == "__main__":
    main()
