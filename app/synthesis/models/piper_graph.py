"""Cut the ONNX graph of a Piper voice, a VITS (arXiv 2106.06103), into three networks.

Piper's graph goes from ids to samples in one run and draws noise within it, so that no seed determines it. The networks
are cut where the noise enters and where durations expand symbols to frames; noise and durations are then inputs. The
last network is the generator, which can run in chunks.
"""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from app.errors import InvalidVoice
from app.inference.openvino import import_openvino, shorten_message

Node = Any
"""An `openvino.Node`. Nodes are compared by name: `==` of two nodes would make a new one."""
Output = Any
"""An `openvino.Output`."""
IDS, LENGTHS, SCALES, SPEAKER = "input", "input_lengths", "scales", "sid"
"""Inputs of Piper's graph; the last one exists only with several speakers."""


@dataclass(frozen=True, slots=True)
class CutPoints:
    """Places of a graph at which it is cut."""

    durations: Node
    """Frames of each symbol, (1, 1, N), rounded up."""
    duration_noise: Sequence[Node]
    """Normal noise of the durations, (1, 2, N); none if the graph has no stochastic predictor."""
    mean: Output
    """Mean of the latents of each symbol, (1, N, C)."""
    log_scale: Output
    """Logarithm of their deviation, (1, N, C)."""
    latents: Node
    """Latents of the flow, (1, C, T): the mean and the noise of each frame."""
    features: Output
    """Input of the generator's first upsampling, (1, F, T)."""


def read_graph(content: bytes) -> Any:
    """Read an ONNX graph as an `openvino.Model`; raise `InvalidVoice` if it is not one of Piper."""
    try:
        model = import_openvino().Core().read_model(io.BytesIO(content))
    except RuntimeError as error:
        raise InvalidVoice(f"The graph of the voice cannot be read: {shorten_message(error)}") from None
    if missing := {IDS, LENGTHS, SCALES} - set(list_parameters(model)):
        raise InvalidVoice(f"The graph of the voice is not one of Piper: it has no input {min(missing)}.")
    return model


def list_parameters(model: Any) -> dict[str, Node]:
    """Return the inputs of a graph by name."""
    return {name: part for part in model.get_parameters() for name in part.output(0).get_names()}


def find_cut_points(model: Any) -> CutPoints:
    """Find the places at which a graph is cut; raise `InvalidVoice` if they are missing."""
    try:
        return match_cut_points(model)
    except (StopIteration, ValueError, IndexError, KeyError, RuntimeError):
        raise InvalidVoice(
            "The graph of the voice is not one of Piper: its parts cannot be told apart.",
            hint="Supported are the .onnx files of Piper's own export.",
        ) from None


def match_cut_points(model: Any) -> CutPoints:
    """Find the places at which a graph is cut; raise an error of Python if one is missing."""
    nodes = model.get_ordered_ops()
    (durations,) = (node for node in nodes if node.get_type_name() == "Ceiling")
    # OpenVINO draws normal numbers by Box and Muller: the product of a square root and a cosine of uniform ones.
    normal = [list_users(node)[0] for node in nodes if node.get_type_name() == "Cos"]
    early = [node for node in normal if durations.get_name() in find_dependents(node)]
    (noise,) = (node for node in normal if node not in early)
    expanded = find_dependents(durations)
    deviation, latents, mean = follow_noise(noise)
    upsampling = next(node for node in nodes if node.get_type_name() == "ConvolutionBackpropData")
    return CutPoints(
        durations=durations,
        duration_noise=early,
        mean=find_unexpanded(mean, expanded),
        log_scale=find_unexpanded(deviation, expanded),
        latents=latents,
        features=upsampling.input_value(0),
    )


def follow_noise(noise: Node) -> tuple[Output, Node, Output]:
    """Follow the noise of the frames; return the logarithm of its deviation, its sum with the mean, and the mean."""
    log_scale, node = None, noise
    while True:
        (user,) = list_users(node)
        other = next(value for value in user.input_values() if value.get_node().get_name() != node.get_name())
        kind = other.get_node().get_type_name()
        if kind == "Exp":
            log_scale = other.get_node().input_value(0)
        if user.get_type_name() == "Add" and kind != "Constant":
            if log_scale is None:
                raise ValueError("the noise has no deviation")
            return log_scale, user, other
        node = user


def find_unexpanded(output: Output, expanded: set[str]) -> Output:
    """Return the values of symbols, (1, N, C), of which an output is the product with the alignment to frames."""
    node = output.get_node()
    while node.get_type_name() != "MatMul":
        node = node.input_value(0).get_node()
    return next(value for value in node.input_values() if value.get_node().get_name() not in expanded)


def list_users(node: Node) -> list[Node]:
    """Return the nodes that take the first output of a node."""
    return [target.get_node() for target in node.output(0).get_target_inputs()]


def find_dependents(node: Node) -> set[str]:
    """Return the names of a node and all nodes that are computed from it."""
    found, waiting = {node.get_name()}, [node]
    while waiting:
        for output in waiting.pop().outputs():
            for target in output.get_target_inputs():
                user = target.get_node()
                if user.get_name() not in found:
                    found.add(user.get_name())
                    waiting.append(user)
    return found


def build_encoder(content: bytes) -> Any:
    """Return the network from ids, lengths, scales, noise (1, 2, N) and speaker to durations, means and log scales."""
    model = read_graph(content)
    points, inputs = find_cut_points(model), list_parameters(model)
    noise = make_parameter([1, 2, -1])
    for node in points.duration_noise:
        node.output(0).replace(noise.output(0))
    results = (points.durations.output(0), points.mean, points.log_scale)
    return make_model(results, [inputs[IDS], inputs[LENGTHS], inputs[SCALES], noise], inputs)


def build_flow(content: bytes) -> Any:
    """Return the network from latents (1, C, T), durations (1, 1, N) and speaker to features (1, F, T)."""
    model = read_graph(content)
    points, inputs = find_cut_points(model), list_parameters(model)
    latents = make_parameter([1, get_channels(points.latents.output(0)), -1])
    durations = make_parameter([1, 1, -1])
    points.latents.output(0).replace(latents.output(0))
    points.durations.output(0).replace(durations.output(0))
    return make_model([points.features], [latents, durations], inputs)


def build_generator(content: bytes) -> Any:
    """Return the network from features (1, F, T) to samples, T times the hop."""
    model = read_graph(content)
    source = find_cut_points(model).features
    features = make_parameter([1, get_channels(source), -1])
    source.replace(features.output(0))
    return make_model([model.outputs[0].get_node().input_value(0)], [features], {})


def make_parameter(shape: Sequence[int]) -> Node:
    """Return an input of float32, with -1 for dimensions of any size."""
    return import_openvino().opset13.parameter(list(shape), np.float32)


def make_model(results: Sequence[Output], parameters: Sequence[Node], inputs: Mapping[str, Node]) -> Any:
    """Return the part of a graph between parameters and results, for one utterance, which is faster than for several.

    The number of the speaker is the last parameter.
    """
    openvino = import_openvino()
    speaker = [inputs[SPEAKER]] if SPEAKER in inputs else []
    model = openvino.Model([openvino.opset13.result(output) for output in results], [*parameters, *speaker], "piper")
    shapes = {}
    for place, parameter in enumerate(model.inputs):
        size, *rest = parameter.partial_shape
        shapes[place] = openvino.PartialShape([1 if size.is_dynamic else size, *rest])
    model.reshape(shapes)
    return model


def get_channels(output: Output) -> int:
    """Return the second dimension of an output."""
    return int(output.get_partial_shape()[1].get_length())


def describe_graph(content: bytes) -> dict[str, Any]:
    """Return the arguments of `PiperDesign` of a graph."""
    model = read_graph(content)
    points = find_cut_points(model)
    hop_length, margin = measure_generator(build_generator(content))
    return {
        "channels": get_channels(points.latents.output(0)),
        "features": get_channels(points.features),
        "hop_length": hop_length,
        "margin": margin,
        "has_speakers": SPEAKER in list_parameters(model),
    }


def measure_generator(generator: Any) -> tuple[int, int]:
    """Return a generator's samples per frame, and its receptive field in frames to each side."""
    reached: dict[str, tuple[float, int]] = {}
    for node in generator.get_ordered_ops():
        sources = [value.get_node().get_name() for value in node.input_values()]
        before = [reached[name] for name in sources if name in reached]
        if not before and node.get_type_name() != "Parameter":
            continue
        frames, rate = max((frames for frames, _ in before), default=0.0), max((rate for _, rate in before), default=1)
        if node.get_type_name() in ("Convolution", "ConvolutionBackpropData"):
            (step,), (dilation,) = node.get_attributes()["strides"], node.get_attributes()["dilations"]
            kernel = node.input_value(1).get_partial_shape()[-1].get_length()
            frames += (dilation * (kernel - 1) / 2 + 1) / rate if step == 1 else (kernel / (2 * step) + 1) / rate
            rate *= step
        reached[node.get_name()] = frames, rate
    return rate, math.ceil(frames) + 1
