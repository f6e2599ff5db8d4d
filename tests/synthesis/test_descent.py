"""Whether a checkpoint was fine-tuned from another."""

from __future__ import annotations

from safetensors.torch import load_file
from torch import Tensor, nn, randn_like

from app.packages import bundled_models_dir
from app.synthesis.interpolation import is_fine_tuned_from


def network() -> dict[str, Tensor]:
    """Random weights as PyTorch starts with; the gains are ones in every one."""
    return nn.Sequential(nn.Linear(64, 64), nn.LayerNorm(64), nn.Conv1d(64, 32, 5)).state_dict()


def test_a_fine_tuned_checkpoint_descends_from_its_base() -> None:
    voice = bundled_models_dir() / "voices" / "wren"
    base, anger = (load_file(voice / name / "model.safetensors") for name in ("base", "anger"))
    assert is_fine_tuned_from(anger, base) and is_fine_tuned_from(base, anger)


def test_even_long_tuning_leaves_it_a_descendant() -> None:
    base = network()
    assert is_fine_tuned_from(
        {name: value + 0.3 * value.std() * randn_like(value) for name, value in base.items()}, base
    )


def test_two_trainings_from_scratch_are_no_descendants() -> None:
    assert not is_fine_tuned_from(network(), network())


def test_another_form_is_no_descendant() -> None:
    base = network()
    assert not is_fine_tuned_from({**base, "0.weight": base["0.weight"][:32]}, base)
    assert not is_fine_tuned_from({name: value for name, value in base.items() if name != "0.weight"}, base)
