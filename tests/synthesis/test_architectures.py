"""Models of coqui that predict durations, and neural HMMs, give the results of coqui's own inference."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from app.errors import InvalidVoice
from app.inference import Backend
from app.inference.openvino import OpenVinoBackend
from app.inference.pytorch import TorchBackend
from app.inference.selection import FallbackBackend
from app.settings import load_settings
from app.synthesis.job import Job
from app.synthesis.loader import Loader, PitchPart, Speaker
from app.synthesis.models import vocoders
from app.synthesis.models.acoustic import AcousticInput
from app.synthesis.models.durations import FRAME_NOISE
from app.synthesis.noise import draw_noise
from app.synthesis.playback import Playback
from app.types import Emotion
from app.voices import open_voice
from app.voices.architectures import FORWARD_TTS, NEURAL_HMM
from tests.speaking import compute_mel, join_chunks, make_utterance, running_engine, speak, speak_all
from tests.tiny_voice import build, change, write_tiny_voice

IDS = (60, 12, 81, 5, 44, 29, 33, 60, 71, 20)
SEED = 3


def load_speaker(folder: Path, emotion: Emotion = Emotion.NEUTRAL, backend: Backend | None = None) -> Speaker:
    return Loader(open_voice(folder), backend or TorchBackend()).load_speaker({emotion: 1.0})


def build_reference(folder: Path, speakers: Sequence[str] = (), **changes: Any) -> Any:
    """Build and fill coqui's model without our loading code."""
    values = json.loads((folder / "acoustic" / "config.json").read_text()) | changes
    model = build(values["model"].lower(), values, list(speakers))
    model.load_state_dict(torch.load(folder / "acoustic" / "model.pth", weights_only=True)["model"])
    return model.eval()


@contextmanager
def our_noise(monkeypatch: pytest.MonkeyPatch, tokens: int) -> Iterator[None]:
    """Make coqui draw the noise of our seed for durations and frames."""
    with monkeypatch.context() as patch:
        patch.setattr(torch, "randn", lambda *shape: torch.from_numpy(draw_noise(SEED, 1, 2, 16)[..., :tokens].copy()))
        patch.setattr(
            torch, "randn_like", lambda like: torch.from_numpy(draw_noise(SEED ^ FRAME_NOISE, *like.shape[1:]))[None]
        )
        yield


@pytest.fixture(scope="module", params=["torch", "openvino"])
def backend(request: pytest.FixtureRequest) -> Backend:
    if request.param == "torch":
        return TorchBackend()
    return FallbackBackend(OpenVinoBackend(load_settings().graph_cache, 2, 1))


@pytest.mark.parametrize("stochastic", [True, False])
@pytest.mark.parametrize("speakers", [(), ("neutral", "joy")])
def test_vits_gives_the_samples_of_coquis_inference_in_chunks_and_at_once(
    tmp_path: Path, backend: Backend, stochastic: bool, speakers: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    args = {"use_sdp": stochastic, "use_speaker_embedding": bool(speakers)}
    folder = write_tiny_voice(tmp_path / "v", "vits", speakers=speakers, model_args=args)
    speaker = load_speaker(folder, Emotion.JOY if speakers else Emotion.NEUTRAL, backend)
    aux = {"speaker_ids": torch.tensor([1]) if speakers else None, "d_vectors": None}
    reference = build_reference(folder, speakers)
    with our_noise(monkeypatch, len(IDS)), torch.inference_mode():
        expected = reference.inference(torch.tensor([IDS]), aux)
    mel = compute_mel(speaker, IDS, seed=SEED)
    assert mel.durations == tuple(expected["durations"].int().flatten().tolist())
    tolerance = 1e-5 if backend.name == "torch" else 1e-4
    np.testing.assert_allclose(mel.frames, expected["z"].numpy(), atol=tolerance, rtol=1e-4)
    for longest in (4, 1000):
        monkeypatch.setattr(vocoders, "HIFIGAN_CHUNK_FRAMES", longest)
        samples = join_chunks(speaker.vocoder, mel.frames)
        np.testing.assert_allclose(samples, expected["model_outputs"][0, 0].numpy(), atol=tolerance)


def test_vits_speaks_one_of_its_languages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    languages = ["de", "fr-fr"]
    folder = write_tiny_voice(tmp_path / "v", "vits", languages=languages, model_args={"use_language_embedding": True})
    with pytest.raises(InvalidVoice, match="speaks de, fr-fr"):
        open_voice(folder)
    manifest = json.loads((folder / "voice.json").read_text())
    manifest["checkpoints"]["main"]["language"] = "fr-fr"
    (folder / "voice.json").write_text(json.dumps(manifest))
    speaker = load_speaker(folder)
    aux = {"speaker_ids": None, "d_vectors": None, "language_ids": torch.tensor([1])}
    reference = build_reference(folder)
    with our_noise(monkeypatch, len(IDS)), torch.inference_mode():
        expected = reference.inference(torch.tensor([IDS]), aux)
    np.testing.assert_allclose(compute_mel(speaker, IDS, seed=SEED).frames, expected["z"].numpy(), atol=1e-5, rtol=1e-4)
    assert speaker.checkpoint.tokenizer.language == "fr-fr"


def test_vits_interpolates_latents_of_an_encoder_at_another_rate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    args = {"encoder_sample_rate": 11025, "interpolate_z": True}
    folder = write_tiny_voice(tmp_path / "v", "vits", model_args=args)
    reference = build_reference(folder)
    reference.interpolate_factor = 2.0
    with our_noise(monkeypatch, len(IDS)), torch.inference_mode():
        expected = reference.inference(torch.tensor([IDS]), {"speaker_ids": None, "d_vectors": None})
    speaker = load_speaker(folder)
    mel = compute_mel(speaker, IDS, seed=SEED)
    np.testing.assert_allclose(
        join_chunks(speaker.vocoder, mel.frames), expected["model_outputs"][0, 0].numpy(), atol=1e-5
    )
    assert mel.durations == tuple((2 * expected["durations"]).int().flatten().tolist())


@pytest.mark.parametrize("architecture", [*FORWARD_TTS, "align_tts"])
def test_a_parallel_model_gives_the_mel_of_coquis_inference(
    tmp_path: Path, backend: Backend, architecture: str
) -> None:
    folder = write_tiny_voice(tmp_path / "v", architecture, model_args={"length_scale": 2.5})
    with torch.inference_mode():
        expected = build_reference(folder).inference(torch.tensor([IDS]))
    mel = compute_mel(load_speaker(folder, backend=backend), IDS)
    assert mel.durations == tuple(expected["alignments"][0].sum(0).int().tolist())
    np.testing.assert_allclose(mel.frames, expected["model_outputs"].transpose(1, 2).numpy(), atol=1e-4, rtol=1e-4)


LAYERS: dict[str, dict[str, Any]] = {
    "fftransformer": {"hidden_channels_ffn": 16, "num_heads": 2, "num_layers": 2, "dropout_p": 0.1},
    "residual_conv_bn": {"kernel_size": 4, "dilations": [1, 8], "num_conv_blocks": 2, "num_res_blocks": 2},
    "relative_position_transformer": {
        **{"hidden_channels_ffn": 16, "num_heads": 2, "num_layers": 1, "dropout_p": 0.1},
        **{"kernel_size": 3, "rel_attn_window_size": 4, "input_length": None},
    },
    "wavenet": {"num_blocks": 2, "hidden_channels": 16, "kernel_size": 3, "dilation_rate": 2, "num_layers": 2},
}
"""Small layers of each of coqui's encoders and decoders; the last is only a decoder."""
MODELS = [
    *(("fast_pitch", decoder) for decoder in LAYERS),
    *(("fastspeech2", "fftransformer"), ("speedy_speech", "residual_conv_bn"), ("align_tts", "fftransformer")),
]


def write_parallel_voice(folder: Path, architecture: str, layers: str, **changes: Any) -> Path:
    """Write a voice with an encoder and a decoder of a kind."""
    encoder = "fftransformer" if layers == "wavenet" else layers
    # Random weights choose durations of different sizes.
    scale = 0.05 if layers == "residual_conv_bn" else 1.0
    args = {"encoder_type": encoder, "encoder_params": LAYERS[encoder], "length_scale": scale}
    args |= {"decoder_type": layers, "decoder_params": LAYERS[layers]}
    return write_tiny_voice(folder, architecture, model_args={**args, **changes})


@pytest.mark.parametrize(("architecture", "layers"), MODELS)
def test_every_kind_of_layers_gives_the_mel_of_coquis_inference_and_the_same_in_a_batch(
    tmp_path: Path, backend: Backend, architecture: str, layers: str
) -> None:
    folder = write_parallel_voice(tmp_path / "v", architecture, layers)
    speaker, ids = load_speaker(folder, backend=backend), (*IDS, *reversed(IDS), *IDS)
    with torch.inference_mode():
        expected = build_reference(folder).inference(torch.tensor([ids]))["model_outputs"]
    inputs = [AcousticInput(ids[:count], {}, 1.0, 1) for count in (30, 17, 24, 3)]
    batch = speaker.checkpoint.model.compute_mels(inputs)
    np.testing.assert_allclose(batch[0].frames, expected.transpose(1, 2).numpy(), atol=1e-4, rtol=1e-4)
    for one, together in zip(inputs, batch, strict=True):
        (alone,) = speaker.checkpoint.model.compute_mels([one])
        assert alone.durations == together.durations
        np.testing.assert_allclose(alone.frames, together.frames, atol=1e-4)


def test_a_text_shorter_than_the_convolutions_is_spoken(tmp_path: Path) -> None:
    """coqui's own inference fails for it."""
    folder = write_parallel_voice(tmp_path / "v", "speedy_speech", "residual_conv_bn")
    with pytest.raises(RuntimeError):
        build_reference(folder).inference(torch.tensor([IDS[:2]]))
    mel = compute_mel(load_speaker(folder), IDS[:2])
    assert mel.frames.shape[2] == sum(mel.durations or ()) and np.isfinite(mel.frames).all()


@pytest.mark.parametrize("architecture", ["fast_pitch", "fastspeech2"])
def test_a_model_moves_the_pitch_that_it_predicts(
    tmp_path: Path, architecture: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_tiny_voice(tmp_path / "v", architecture)
    manifest = json.loads((folder / "voice.json").read_text())
    manifest["checkpoints"]["main"]["pitch_variation"] = 0.2
    (folder / "voice.json").write_text(json.dumps(manifest))
    voice, reference = open_voice(folder), build_reference(folder)
    assert voice.abilities.pitch
    model = Loader(voice, TorchBackend()).load_speaker({Emotion.NEUTRAL: 1.0}).checkpoint.model
    (mel,) = model.compute_mels([AcousticInput(IDS, {}, 1.0, 1, pitch=4.0, pitch_range=1.5)])
    predict = reference.pitch_predictor.forward

    def change_hertz(*inputs: Any) -> torch.Tensor:
        hertz = 1 + 0.2 * predict(*inputs)
        mean = hertz.mean(2, keepdim=True)
        changed = 2 ** (4 / 12) * (mean + 1.5 * (hertz - mean))
        return (changed - 1) / 0.2  # type: ignore[no-any-return]

    monkeypatch.setattr(reference.pitch_predictor, "forward", change_hertz)
    with torch.inference_mode():
        expected = reference.inference(torch.tensor([IDS]))["model_outputs"].transpose(1, 2).numpy()
    np.testing.assert_allclose(mel.frames, expected, atol=1e-4, rtol=1e-4)


def test_a_request_and_a_style_move_the_pitch_of_the_model_and_not_the_rate_of_samples(tmp_path: Path) -> None:
    folder = write_tiny_voice(tmp_path / "v", "fast_pitch")
    change(folder / "voice.json", style="prosody")
    voice, joyful = open_voice(folder), make_utterance("Hello there.", Emotion.JOY, pitch=1.0)
    with running_engine() as engine:
        low, high = (speak(engine, voice, make_utterance("Hello there.", pitch=pitch)) for pitch in (-3.0, 3.0))
        job = engine.submit(voice, joyful, 1, True, None, low_latency=False, playback=Playback())
    assert len(low.samples) == len(high.samples) and not np.allclose(low.samples, high.samples)
    assert isinstance(job, Job) and job.pitch_ratio == 1.0
    assert (job.make_acoustic_input().pitch, job.make_acoustic_input().pitch_range) == (3.0, 1.4)


def test_a_model_without_pitch_is_played_faster(tmp_path: Path) -> None:
    folder = write_tiny_voice(tmp_path / "v", "speedy_speech", model_args={"use_pitch": False})
    assert not open_voice(folder).abilities.pitch
    change(folder / "voice.json", style="prosody")
    speaker = load_speaker(folder, Emotion.JOY)
    assert speaker.pitch is PitchPart.PLAYBACK and not speaker.checkpoint.model.has_pitch


def test_a_speaker_of_fast_pitch_is_that_of_coqui(tmp_path: Path) -> None:
    speakers = ("neutral", "joy")
    folder = write_tiny_voice(
        tmp_path / "v", "fast_pitch", speakers=speakers, model_args={"use_speaker_embedding": True}
    )
    with torch.inference_mode():
        aux = {"speaker_ids": torch.tensor([1]), "d_vectors": None}
        expected = build_reference(folder, speakers).inference(torch.tensor([IDS]), aux)["model_outputs"]
    mel = compute_mel(load_speaker(folder, Emotion.JOY), IDS)
    np.testing.assert_allclose(mel.frames, expected.transpose(1, 2).numpy(), atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("architecture", NEURAL_HMM)
def test_a_neural_hmm_gives_the_mel_of_coquis_inference(tmp_path: Path, architecture: str) -> None:
    folder = write_tiny_voice(tmp_path / "v", architecture)
    model = build_reference(folder)
    with torch.inference_mode(), torch.random.fork_rng():
        torch.manual_seed(SEED)
        expected = model.inference(torch.tensor([IDS]), {})["model_outputs"].transpose(1, 2)
    mel = compute_mel(load_speaker(folder), IDS, seed=SEED)
    np.testing.assert_allclose(mel.frames, expected.numpy(), atol=1e-4, rtol=1e-4)
    assert mel.durations is not None and sum(mel.durations) == mel.frames.shape[2] and not mel.runaway
    slow = compute_mel(load_speaker(folder), IDS, seed=SEED, speed=0.5)
    assert slow.frames.shape[2] == 2 * mel.frames.shape[2] == sum(slow.durations or ())


@pytest.mark.parametrize("architecture", ["vits", "fast_pitch", "align_tts", "overflow"])
@pytest.mark.parametrize("weights", [".pth", ".safetensors"])
def test_a_voice_speaks_with_word_times_and_the_same_bytes_for_a_seed(
    tmp_path: Path, architecture: str, weights: str
) -> None:
    voice = open_voice(write_tiny_voice(tmp_path / "v", architecture, weights))
    utterance = make_utterance("Hello there, my friend.")
    with running_engine() as engine:
        spoken = speak(engine, voice, utterance, seed=5)
        both = speak_all(engine, voice, [(utterance, 5), (utterance, 5)])
    assert [word.text for word in spoken.words] == ["Hello", "there", "my", "friend"]
    assert 0 < spoken.words[-1].end <= len(spoken.samples) / voice.sample_rate
    assert all(np.array_equal(one.samples, spoken.samples) for one in both[:1])
    assert np.array_equal(both[0].samples[-64:], both[1].samples[-64:])


def test_speed_changes_the_durations(tmp_path: Path) -> None:
    speaker = load_speaker(write_tiny_voice(tmp_path / "v", "align_tts", model_args={"length_scale": 20.0}))
    usual, slow = (compute_mel(speaker, IDS, speed).frames.shape[2] for speed in (1.0, 0.5))
    assert slow == pytest.approx(2 * usual, rel=0.1)


def test_vits_needs_no_vocoder_and_takes_none(tmp_path: Path) -> None:
    folder = write_tiny_voice(tmp_path / "v", "vits")
    change(folder / "voice.json", emotions={"neutral": {"checkpoint": "main", "vocoder": "main"}})
    with pytest.raises(InvalidVoice, match="but its vits makes samples itself"):
        open_voice(folder)
