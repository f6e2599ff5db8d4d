"""The seven colours are distinguishable, even with colour blindness."""

from __future__ import annotations

import re
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

import app.api.routes.web

STYLE = Path(app.api.routes.web.__file__).parents[2].joinpath("web", "base.css").read_text(encoding="utf-8")
CARDS = {"light": "#ffffff", "dark": "#1c1c23"}

SIGHTS = {
    "all cones": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
"""Of linear RGB: Machado, Oliveira and Fernandes 2009 (doi 10.1109/TVCG.2009.113), severity 1."""

TO_CONES = [
    [0.4122214708, 0.5363325363, 0.0514459929],
    [0.2119034982, 0.6806995451, 0.1073969566],
    [0.0883024619, 0.2817188376, 0.6299787005],
]
TO_OKLAB = [
    [0.2104542553, 0.7936177850, -0.0040720468],
    [1.9779984951, -2.4285922050, 0.4505937099],
    [0.0259040371, 0.7827717662, -0.8086757660],
]
LUMINANCE = [0.2126, 0.7152, 0.0722]

MIN_DISTANCE = 0.08
"""Minimum distance in OKLab, where 0.02 is just noticeable."""
MIN_CONTRAST = 3
"""WCAG 1.4.11: minimum contrast of graphics."""


def read_hues(theme: str) -> dict[str, np.ndarray]:
    rules = re.findall(r'\[data-emotion="(\w+)"\] \{\s*--hue: light-dark\((#\w{6}), (#\w{6})\)', STYLE)
    return {name: convert_to_linear(light if theme == "light" else dark) for name, light, dark in rules}


def convert_to_linear(colour: str) -> np.ndarray:
    value = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def convert_to_oklab(rgb: np.ndarray) -> np.ndarray:
    return np.array(TO_OKLAB) @ np.cbrt(np.array(TO_CONES) @ rgb)


@pytest.mark.parametrize("theme", CARDS)
@pytest.mark.parametrize("sight", SIGHTS)
def test_any_two_emotions_are_distinguishable(theme: str, sight: str) -> None:
    seen = {
        name: convert_to_oklab(np.clip(np.array(SIGHTS[sight]) @ rgb, 0, 1)) for name, rgb in read_hues(theme).items()
    }
    assert len(seen) == 7
    similar = [pair for pair in combinations(seen, 2) if np.linalg.norm(seen[pair[0]] - seen[pair[1]]) < MIN_DISTANCE]
    assert similar == []


@pytest.mark.parametrize("theme", CARDS)
def test_each_emotion_contrasts_with_its_background(theme: str) -> None:
    assert f"--card: light-dark({CARDS['light']}, {CARDS['dark']})" in STYLE
    background = convert_to_linear(CARDS[theme]) @ LUMINANCE + 0.05
    for name, rgb in read_hues(theme).items():
        ratio = (rgb @ LUMINANCE + 0.05) / background
        assert max(ratio, 1 / ratio) >= MIN_CONTRAST, name
