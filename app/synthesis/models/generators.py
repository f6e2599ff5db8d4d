"""Describe coqui's convolutional vocoders from their config: padding, noise, and how far each sample sees."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from operator import mul
from typing import Any

from app.synthesis.noise import GROUP

MULTIBAND_BANDS = 4
"""Bands that the filters of coqui's multi-band MelGAN join."""
FILTER_SAMPLES = 31
"""Samples to each side that those filters see."""

Parameters = Mapping[str, Any]
"""`generator_model_params` of a config."""


@dataclass(frozen=True, slots=True)
class GeneratorDesign:
    """What cutting a generator's work into chunks needs of it."""

    hop_length: int
    """Samples per frame."""
    margin: int
    """Receptive field in frames to each side, rounded up."""
    padding: int = 0
    """Frames that coqui repeats at both ends; their samples are cut off."""
    smallest: int = 1
    """Minimum frames, padding included."""
    noise: tuple[int, int] | None = None
    """Channels of the noise that it takes, and numbers of each for a frame; None if it takes none."""


def list_rates(factors: Sequence[int]) -> list[int]:
    """Return the samples per frame before the first upsampling layer and after each."""
    return [1, *accumulate(factors, mul)]


def measure_hifigan(parameters: Parameters) -> float:
    """Return the receptive field of a HiFi-GAN in frames to each side (arXiv 2010.05646)."""
    factors = parameters["upsample_factors"]
    frames, rates = 3.0, list_rates(factors)
    for number, kernel in enumerate(parameters["upsample_kernel_sizes"]):
        frames += (kernel / (2 * factors[number]) + 1) / rates[number]
        blocks = zip(parameters["resblock_kernel_sizes"], parameters["resblock_dilation_sizes"], strict=True)
        # In a block of type 1, an undilated layer follows each dilated one.
        widest = max((size // 2) * sum(dilation + 1 for dilation in dilations) for size, dilations in blocks)
        frames += widest / rates[number + 1]
    return frames + 20 / rates[-1]


def measure_melgan(parameters: Parameters) -> float:
    """Return the receptive field of a MelGAN in frames to each side (arXiv 1910.06711)."""
    rates = list_rates(parameters["upsample_factors"])
    frames = 3.0
    for before, after in pairwise(rates):
        # A transposed convolution sees two inputs; the dilations of its blocks are powers of three.
        frames += 2 / before + sum(3**block for block in range(parameters["num_res_blocks"])) / after
    return frames + (3 + FILTER_SAMPLES) / rates[-1]


def measure_parallel_wavegan(parameters: Parameters) -> float:
    """Return the receptive field of a Parallel WaveGAN in frames to each side (arXiv 1910.11480)."""
    rates = list_rates(parameters["upsample_factors"])
    stacks = int(parameters["stacks"])
    layers = int(parameters["num_res_blocks"]) // stacks
    return sum(2 / rate for rate in rates) + stacks * float(2**layers - 1) / rates[-1]


def measure_univnet(parameters: Parameters) -> float:
    """Return the receptive field of a UnivNet in frames to each side (arXiv 2106.07889)."""
    rates = list_rates(parameters["upsample_factors"])
    layers, reach = int(parameters["lvc_layers_each_block"]), int(parameters["lvc_kernel_size"]) // 2
    frames = 3.0
    for before, after in pairwise(rates):
        frames += 2 / before + reach * sum(3**layer + 1 for layer in range(layers)) / after
    # The kernels of a frame follow from the frames around it: a convolution of five frames, and seven small ones.
    return frames + 3 / rates[-1] + 2 + 7 * (int(parameters["kpnet_conv_size"]) // 2)


def design_hifigan(parameters: Parameters) -> GeneratorDesign:
    """Design a HiFi-GAN."""
    return make_design(parameters, measure_hifigan, padding=parameters.get("inference_padding", 5))


def design_melgan(parameters: Parameters, bands: int = 1) -> GeneratorDesign:
    """Design a MelGAN, whose layers reflect the ends of what they get, so that it must be longer."""
    reflected = 3 ** (parameters["num_res_blocks"] - 1)
    shortest = max(reflected / rate for rate in list_rates(parameters["upsample_factors"])[1:])
    return make_design(parameters, measure_melgan, bands, padding=2, smallest=max(4, math.floor(shortest) + 1))


def design_multiband_melgan(parameters: Parameters) -> GeneratorDesign:
    """Design a multi-band MelGAN (arXiv 2005.05106)."""
    return design_melgan(parameters, MULTIBAND_BANDS)


def design_parallel_wavegan(parameters: Parameters) -> GeneratorDesign:
    """Design a Parallel WaveGAN, which takes a random number for each sample."""
    return make_design(
        parameters, measure_parallel_wavegan, padding=2, noise=(1, math.prod(parameters["upsample_factors"]))
    )


def design_univnet(parameters: Parameters) -> GeneratorDesign:
    """Design a UnivNet, which takes random numbers for each frame."""
    channels = parameters["in_channels"]
    return make_design(parameters, measure_univnet, noise=(channels, 1), smallest=math.ceil(GROUP / channels))


def make_design(
    parameters: Parameters, measure: Callable[[Parameters], float], bands: int = 1, **values: Any
) -> GeneratorDesign:
    """Return the design of a generator with a receptive field, which a frame more makes safe."""
    hop = bands * math.prod(parameters["upsample_factors"])
    return GeneratorDesign(hop, math.ceil(measure(parameters)) + 1, **values)


DESIGNS: Mapping[str, Callable[[Parameters], GeneratorDesign]] = {
    "hifigan": design_hifigan,
    "melgan": design_melgan,
    "multiband_melgan": design_multiband_melgan,
    "fullband_melgan": design_melgan,
    "parallel_wavegan": design_parallel_wavegan,
    "univnet": design_univnet,
}
"""Generators of coqui by architecture."""
