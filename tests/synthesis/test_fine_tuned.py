"""Detection of checkpoints that were fine-tuned from another."""

from __future__ import annotations

import numpy as np
from safetensors.numpy import load_file
from torch import nn

from app.inference import Array
from app.packages import bundled_models_dir
from app.synthesis.interpolation import is_fine_tuned_from


def make_weights() -> dict[str, Array]:
    """Return PyTorch's random initial weights; the gains of the normalisation are ones in every network."""
    network = nn.Sequential(nn.Linear(64, 64), nn.LayerNorm(64), nn.Conv1d(64, 32, 5))
    return {name: value.numpy() for name, value in network.state_dict().items()}


def test_a_fine_tuned_checkpoint_descends_from_its_base() -> None:
    voice = bundled_models_dir() / "voices" / "wren"
    base, anger = (load_file(voice / name / "model.safetensors") for name in ("base", "anger"))
    assert is_fine_tuned_from(anger, base) and is_fine_tuned_from(base, anger)


def test_a_checkpoint_after_long_fine_tuning_descends_from_its_base() -> None:
    base, random = make_weights(), np.random.default_rng(0)
    moved = {name: value + 0.3 * value.std() * random.standard_normal(value.shape) for name, value in base.items()}
    assert is_fine_tuned_from(moved, base)


def test_networks_trained_from_scratch_do_not_descend_from_each_other() -> None:
    assert not is_fine_tuned_from(make_weights(), make_weights())
    positions = {"pos_encoder.pe": np.ones((1, 64, 5000), np.float32)}  # as in a FastPitch
    assert not is_fine_tuned_from(make_weights() | positions, make_weights() | positions)


def test_weights_of_other_shapes_or_names_do_not_descend_from_the_base() -> None:
    base = make_weights()
    assert not is_fine_tuned_from({**base, "0.weight": base["0.weight"][:32]}, base)
    assert not is_fine_tuned_from({name: value for name, value in base.items() if name != "0.weight"}, base)
