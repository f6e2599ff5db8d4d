"""Bring a whole book to a loudness: one gain and a limiter of true peaks, so that emotions keep their distances."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from app.audio.limiter import Limiter
from app.audio.loudness import LevelMeter
from app.audio.writers import Resampler
from app.errors import InvalidRequest
from app.production.narrate import Line
from app.production.store import Store
from app.types import Emotion, Samples

_PIECE_SECONDS = 1.0
_PASSES = 8
"""Measurements at most: the limiter lowers the loudness a little, which the next gain makes up for. A book needs one or
two, a file of one word more."""
_TOLERANCE = 0.1
"""Decibels by which the loudness may miss the target."""
_MAX_GAIN_DB = 30.0


@dataclass(frozen=True, slots=True)
class Target:
    """Loudness and peaks of a finished file, with the silence at its ends."""

    name: str
    level: float
    """LUFS, or dBFS of the RMS level."""
    ceiling: float
    """Maximum true peak in dBTP."""
    is_rms: bool = False
    """Whether `level` is an RMS level, and that of each file instead of the whole."""
    lead: float = 0.0
    """Seconds of silence before the speech."""
    tail: float = 0.0
    """Seconds of silence after it."""
    room_tone: float | None = None
    """Level in dBFS of a noise below everything, which some listeners miss in digital silence."""
    sample_rate: int | None = None
    """Hertz."""
    bit_rate: int | None = None
    """Bits per second."""


TARGETS = {
    target.name: target
    for target in (
        Target("audiobook", -19.0, -3.0, lead=0.5, tail=1.5),
        Target("podcast", -16.0, -1.0),
        Target(
            "acx", -20.0, -4.0, is_rms=True, lead=0.7, tail=2.0, room_tone=-75.0, sample_rate=44_100, bit_rate=192_000
        ),
    )
}
"""Targets by name: -19 LUFS is common for books in one channel, -16 LUFS for podcasts; ACX publishes its own rules, and
MP3 raises peaks a little, so its ceiling is below the -3 dB that are allowed."""
MIN_LEVEL, MAX_LEVEL = -40.0, -9.0


def parse_loudness(text: str) -> Target:
    """Parse the name of a target or a loudness in LUFS; raise `InvalidRequest`."""
    if text in TARGETS:
        return TARGETS[text]
    try:
        level = float(text.lower().removesuffix("lufs"))
    except ValueError:
        level = math.nan
    if not MIN_LEVEL <= level <= MAX_LEVEL:
        raise InvalidRequest(
            f"{text!r} is no loudness.",
            hint=f"Write {', '.join(TARGETS)}, or LUFS from {MIN_LEVEL:g} to {MAX_LEVEL:g}.",
        )
    return Target("custom", level, -1.0)


@dataclass(frozen=True, slots=True)
class Mastering:
    """How the recordings of a book become its audio."""

    rate: int
    """Hertz of the recordings, at which everything is measured and limited."""
    output_rate: int
    """Hertz of the file."""
    target: Target | None = None
    gain: float = 1.0
    """Factor on everything."""
    gains: Mapping[Emotion, float] = field(default_factory=dict)
    """Factors by emotion."""

    @property
    def lead(self) -> float:
        """Seconds of silence at the beginning of a file."""
        return self.target.lead if self.target else 0.0

    def render(self, lines: Sequence[Line], store: Store) -> Iterator[Samples]:
        """Yield the samples of a file with these lines, at `output_rate`."""
        resampler = Resampler(self.rate, self.output_rate)
        for samples in self._add_room_tone(lines, store) if self.target else self.join(lines, store):
            yield resampler.push(samples)
        yield resampler.end()

    def _add_room_tone(self, lines: Sequence[Line], store: Store) -> Iterator[Samples]:
        assert self.target is not None
        noise, tone = np.random.default_rng(0), self.target.room_tone
        for samples in self.limit(lines, store, self.gain):
            if tone is not None:
                samples = samples + noise.standard_normal(len(samples), np.float32) * np.float32(10 ** (tone / 20))
            yield samples

    def limit(self, lines: Sequence[Line], store: Store, gain: float) -> Iterator[Samples]:
        """Yield the samples of a file with silence at its ends, amplified and limited."""
        assert self.target is not None
        limiter = Limiter(self.rate, 10 ** (self.target.ceiling / 20), gain)
        yield from map(limiter.push, self._make_silence(self.target.lead))
        yield from map(limiter.push, self.join(lines, store))
        yield from map(limiter.push, self._make_silence(self.target.tail))
        yield limiter.end()

    def join(self, lines: Iterable[Line], store: Store) -> Iterator[Samples]:
        """Yield the recordings with the pauses between them."""
        for line in lines:
            if line.key is not None:
                gain = np.float32(self.gains.get(line.utterance.emotion, 1.0))
                samples = store.read(store.find(line.key))
                yield samples if gain == 1 else samples * gain
            yield from self._make_silence(line.utterance.pause_after)

    def fit(self, lines: Sequence[Line], store: Store) -> Mastering:
        """Measure a file with these lines, and return the mastering with which it reaches the target."""
        target = self.target
        if target is None:
            return self
        level = _measure(target, self.rate, self.join(lines, store))
        gain_db = _limit_gain(target.level - level)
        for _ in range(_PASSES):
            level = _measure(target, self.rate, self.limit(lines, store, 10 ** (gain_db / 20)))
            if abs(target.level - level) < _TOLERANCE:
                break
            gain_db = _limit_gain(gain_db + target.level - level)
        return replace(self, gain=10 ** (gain_db / 20))

    def _make_silence(self, seconds: float) -> Iterator[Samples]:
        left, most = round(seconds * self.rate), round(_PIECE_SECONDS * self.rate)
        while left > 0:
            yield np.zeros(min(left, most), np.float32)
            left -= most


def make_mastering(
    lines: Sequence[Line], store: Store, rates: tuple[int, int], target: Target | None, dynamics: float = 1.0
) -> Mastering:
    """Measure the whole and return how it reaches the target.

    `rates` are the sample rates of the recordings and of the files. `dynamics` is a factor on the distance in decibels
    between loud and soft emotions: 0 makes all equally loud.
    """
    gains = {} if dynamics == 1 else compute_emotion_gains(lines, store, dynamics)
    return Mastering(*rates, target, gains=gains).fit(lines, store)


def _measure(target: Target, rate: int, pieces: Iterable[Samples]) -> float:
    """Return the level of samples at a rate as the target counts it."""
    meter = LevelMeter(rate)
    for samples in pieces:
        meter.push(samples)
    return meter.rms if target.is_rms else meter.loudness


def _limit_gain(decibels: float) -> float:
    return min(max(decibels, -_MAX_GAIN_DB), _MAX_GAIN_DB)


def compute_emotion_gains(lines: Sequence[Line], store: Store, dynamics: float) -> dict[Emotion, float]:
    """Return the factor of each emotion that changes its distance to neutral, else to the mean, by `dynamics`."""
    energies: defaultdict[Emotion, list[float]] = defaultdict(list)
    for line in lines:
        if line.key is not None and len(samples := store.read(store.find(line.key))):
            energies[line.utterance.emotion].append(float(np.mean(np.square(samples, dtype=np.float64))))
    levels = {emotion: 10 * math.log10(max(sum(found) / len(found), 1e-12)) for emotion, found in energies.items()}
    if not levels:
        return {}
    middle = levels.get(Emotion.NEUTRAL, sum(levels.values()) / len(levels))
    return {emotion: 10 ** ((dynamics - 1) * (level - middle) / 20) for emotion, level in levels.items()}
