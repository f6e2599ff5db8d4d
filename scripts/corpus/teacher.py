"""Speak with a teacher whose network is modified to control the pitch of each emotion; hibari-tts is one.

Between prosody and spectrum, the network computes an F0 curve. New nodes with inputs of their own change that curve;
the spectrum is computed from the changed curve, so vowels keep their quality.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import hibari
import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
from hibari import dsp
from hibari.voices import DEFAULT, voice_path
from onnx import TensorProto, helper, numpy_helper
from onnx.utils import Extractor

from scripts.corpus.emotions import Manner

SAMPLE_RATE = dsp.SR
DURATIONS = "/Clip_output_0"
"""Tensor of the network of hibari-tts: number of 25 ms frames of each phoneme and of both ends."""
SPECTRUM = ["lh", "theta", "ln", "lr", "phi"]
"""Outputs of the same network: log magnitude and phase of the harmonics, log magnitude of the noise, log magnitude and
phase of the rest."""
ORIGINAL_F0 = "f0_original"
"""Tensor of the F0 curve before its change."""
CONTROLS = ("f0_from", "f0_to", "f0_range")
UNVOICED_BELOW = 40.0
"""Hertz; unvoiced frames have a lower F0."""
BINS = np.linspace(0, SAMPLE_RATE / 2, dsp.N_FFT // 2 + 1)
"""Frequencies of the spectrum's rows in hertz."""
BAND_CENTRES = np.log2([275, 725, 1400, 2450, 3900, 6300])
"""Logarithms of hertz; the lowest band has no gain, as it anchors the tilt."""

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Speech:
    """Speech of the teacher."""

    samples: Floats
    """Mono, 24 kHz."""
    phonemes: str
    """In the teacher's alphabet; sentences are joined by a space of zero duration."""
    seconds: list[float]
    """One value for each phoneme; the sum is the length of the samples."""
    pitch: Floats
    """Hz, 80 values a second, 0 where unvoiced."""
    spectra: Floats | None = None
    """Outputs of the network of hibari-tts for each of these frames, (4, bins, frames): log magnitude and phase of the
    filter of the harmonics, log magnitude and phase of the rest. The noise is left out, as its level is far below the
    rest."""


class Teacher(ABC):
    """A teacher, limited to one thread: several processes scale better with these networks."""

    def __init__(self, network: onnx.ModelProto, f0: str, durations: str) -> None:
        """Add the controls to a network that computes these two tensors."""
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        add_pitch_controls(network, f0)
        outputs = {f0, ORIGINAL_F0, durations} - {output.name for output in network.graph.output}
        network.graph.output.extend(
            helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in sorted(outputs)
        )
        self.session = onnxruntime.InferenceSession(network.SerializeToString(), options)
        # onnxruntime computes the whole network for any of its outputs, so the curve alone has a network of its own.
        inputs = [each.name for each in network.graph.input if each.name not in CONTROLS]
        part = Extractor(network).extract_model(inputs, [ORIGINAL_F0])
        self.curve_session = onnxruntime.InferenceSession(part.SerializeToString(), options)
        self.front_end = hibari.Hibari()

    def speak(self, text: str, manner: Manner, seed: int) -> Speech | None:
        """Speak a text; the same seed gives the same noise. Return None if nothing can be pronounced."""
        rng = np.random.default_rng(seed)
        known = self.front_end.vocab
        sentences = ["".join(filter(known.__contains__, each)) for each in self.front_end.phonemize(text)]
        parts = [self.speak_sentence(each, manner, rng) for each in sentences if each]
        if not parts:
            return None
        seconds = parts[0].seconds + [value for part in parts[1:] for value in [0.0, *part.seconds]]
        samples, pitch = (np.concatenate([getattr(part, what) for part in parts]) for what in ("samples", "pitch"))
        known_spectra = [part.spectra for part in parts if part.spectra is not None]
        spectra = np.concatenate(known_spectra, axis=2) if known_spectra else None
        return Speech(samples, " ".join(part.phonemes for part in parts), seconds, pitch, spectra)

    @abstractmethod
    def speak_sentence(self, phonemes: str, manner: Manner, rng: np.random.Generator) -> Speech:
        """Speak one sentence, the most that the network accepts at once."""

    def control_pitch(self, inputs: dict[str, npt.NDArray[Any]], manner: Manner) -> dict[str, Floats]:
        """Return the control inputs for a manner; `inputs` are those of the unmodified network."""
        (curve,) = self.curve_session.run([ORIGINAL_F0], inputs)
        voiced = curve[curve > UNVOICED_BELOW]
        middle = float(np.median(voiced)) if len(voiced) else 1.0
        return make_controls(middle, middle * 2 ** (manner.pitch / 12), manner.pitch_range)


class HibariTeacher(Teacher):
    """The default voice of hibari-tts."""

    def __init__(self) -> None:
        super().__init__(onnx.load(voice_path(DEFAULT)), "f0", DURATIONS)

    def speak_sentence(self, phonemes: str, manner: Manner, rng: np.random.Generator) -> Speech:
        """Speak one sentence."""
        inputs: dict[str, npt.NDArray[Any]] = {
            "ids": np.array([self.front_end.ids(phonemes)], np.int64),
            "speed": np.array([manner.speed], np.float32),
        }
        controls = self.control_pitch(inputs, manner)
        *outputs, frames = self.session.run([*SPECTRUM, "f0", DURATIONS], inputs | controls)
        harmonics, harmonic_phase, noise, rest, rest_phase, f0 = (output[0] for output in outputs)
        gain = compute_band_gain(manner.bands, BINS)[:, None]
        samples = dsp.synth(harmonics + gain, harmonic_phase, noise + gain, rest + gain, rest_phase, f0, rng)
        share = frames.ravel() * (len(samples) / SAMPLE_RATE / frames.sum())
        spectra = np.stack([harmonics + gain, np.pi * np.tanh(harmonic_phase), rest + gain, rest_phase % (2 * np.pi)])
        return Speech(samples, phonemes, merge_ends(share), np.where(f0 > UNVOICED_BELOW, f0, 0), spectra)


def make_controls(f0_from: float, f0_to: float, f0_range: float = 1.0) -> dict[str, Floats]:
    """Return the inputs that move the median pitch from `f0_from` to `f0_to` (Hz) and scale the distances from it."""
    values = (f0_from, f0_to, f0_range)
    return {name: np.array([value], np.float32) for name, value in zip(CONTROLS, values, strict=True)}


def add_pitch_controls(model: onnx.ModelProto, f0: str) -> None:
    """Let `CONTROLS` change the tensor `f0` of a network; the curve before the change is `ORIGINAL_F0`."""
    graph = model.graph
    # f0 = f0_to * (f0_original / f0_from) ** f0_range: distances scale in semitones, and the curve stays positive.
    steps = [
        helper.make_node("Greater", [ORIGINAL_F0, "f0_threshold"], ["f0_voiced"]),
        helper.make_node("Max", [ORIGINAL_F0, "f0_threshold"], ["f0_positive"]),
        helper.make_node("Div", ["f0_positive", "f0_from"], ["f0_distance"]),
        helper.make_node("Pow", ["f0_distance", "f0_range"], ["f0_stretched"]),
        helper.make_node("Mul", ["f0_stretched", "f0_to"], ["f0_moved"]),
        helper.make_node("Where", ["f0_voiced", "f0_moved", ORIGINAL_F0], [f0]),
    ]
    nodes = list(graph.node)
    place = next(place for place, node in enumerate(nodes) if f0 in node.output)
    outputs = nodes[place].output
    outputs[list(outputs).index(f0)] = ORIGINAL_F0
    nodes[place + 1 : place + 1] = steps
    del graph.node[:]
    graph.node.extend(nodes)
    graph.initializer.append(numpy_helper.from_array(np.array([UNVOICED_BELOW], np.float32), "f0_threshold"))
    graph.input.extend(helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in CONTROLS)


def compute_band_gain(bands: tuple[float, ...], hertz: npt.NDArray[np.float64]) -> Floats:
    """Return the natural logarithm of the gain at some frequencies, (frequencies,), interpolated from the bands."""
    decibels = np.interp(np.log2(np.maximum(hertz, 50)), BAND_CENTRES, (0.0, *bands))
    gain: Floats = (decibels * np.log(10) / 20).astype(np.float32)
    return gain


def merge_ends(seconds: npt.NDArray[np.float64]) -> list[float]:
    """Add the silence at both ends to the first and the last phoneme."""
    inner = seconds[1:-1].copy()
    inner[0] += seconds[0]
    inner[-1] += seconds[-1]
    return [float(value) for value in inner]
