"""SSML through the real service: the sound, and what the response reports about it."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

import httpx
import librosa
import numpy as np
import pytest
import soundfile

from tests.serving import StartServer
from tests.tiny_voice import write_tiny_voice

SSML = "application/ssml+xml"
LINE = "I never thought that we would see the ocean again, and now we are here."


def speak(client: httpx.Client, document: str, **parameters: Any) -> httpx.Response:
    response = client.post(
        "/synthesize", params={"seed": 1, **parameters}, content=document.encode(), headers={"Content-Type": SSML}
    )
    assert response.status_code == 200, response.text
    return response


def read_samples(response: httpx.Response) -> tuple[np.ndarray, int]:
    sound, rate = soundfile.read(io.BytesIO(response.content), dtype="float32")
    return sound, rate


def speak_with_prosody(client: httpx.Client, **attributes: str) -> httpx.Response:
    written = " ".join(f"{name}={quoteattr(value)}" for name, value in attributes.items())
    return speak(client, f"<speak><prosody {written}>{LINE}</prosody></speak>", emotion="neutral")


def measure_pitch(response: httpx.Response) -> float:
    """Return the median F0 in semitones over 1 Hz."""
    sound, rate = read_samples(response)
    f0, _, _ = librosa.pyin(sound, fmin=60, fmax=500, sr=rate)
    return float(12 * np.log2(np.nanmedian(f0)))


def test_prosody_pitch_shifts_by_the_requested_semitones(client: httpx.Client) -> None:
    plain = measure_pitch(speak_with_prosody(client, pitch="medium"))
    for semitones in (-3, 3, 6):
        response = speak_with_prosody(client, pitch=f"{semitones:+d}st")
        assert "x-warnings" not in response.headers
        assert measure_pitch(response) - plain == pytest.approx(semitones, abs=1)


def test_prosody_rate_and_volume_take_effect(client: httpx.Client) -> None:
    plain, _ = read_samples(speak_with_prosody(client, rate="medium"))
    fast, _ = read_samples(speak_with_prosody(client, rate="+50%"))
    assert len(fast) / len(plain) == pytest.approx(1 / 1.5, abs=0.08)
    quiet, _ = read_samples(speak_with_prosody(client, volume="-12dB"))
    assert 20 * np.log10(np.std(quiet) / np.std(plain)) == pytest.approx(-12, abs=0.5)
    silent, _ = read_samples(speak_with_prosody(client, volume="silent"))
    assert np.abs(silent).max() == 0


def test_a_break_has_the_requested_length(client: httpx.Client) -> None:
    document = "<speak>One.<break time='{}'/>Two.</speak>"
    short, rate = read_samples(speak(client, document.format("200ms")))
    long, _ = read_samples(speak(client, document.format("1.7s")))
    assert (len(long) - len(short)) / rate == pytest.approx(1.5, abs=0.001)


def test_the_plan_distinguishes_classified_and_pinned_emotions(client: httpx.Client) -> None:
    document = (
        "<speak>I am so happy that it is finally here! "
        "<mstts:express-as style='angry'>It is on the table.</mstts:express-as> "
        "<mstts:express-as style='newscast'>It is in the box.</mstts:express-as></speak>"
    )
    response = speak(client, document, timing=True)
    plan = response.json()["plan"]
    emotions = [(one["emotion"], one["source"]) for one in plan["utterances"]]
    assert emotions == [("joy", "classifier"), ("anger", "pinned"), ("neutral", "classifier")]
    assert [warning["code"] for warning in plan["warnings"]] == ["unsupported_style"]
    assert response.headers["x-warnings"] == "unsupported_style"


def test_a_style_can_be_a_blend(client: httpx.Client) -> None:
    document = (
        "<speak><express-as style='joy:0.6,surprise:0.4' styledegree='1.5'>It is on the table.</express-as></speak>"
    )
    (one,) = speak(client, document, timing=True).json()["plan"]["utterances"]
    assert (one["emotion"], one["blend"], one["degree"]) == ("joy", {"joy": 0.6, "surprise": 0.4}, 1.5)


def test_a_phoneme_overrides_the_spelling(client: httpx.Client) -> None:
    calm = {"emotion": "neutral"}  # the classifier would choose an emotion by the words
    plain = speak(client, "<speak>I say tomato.</speak>", **calm).content
    marked = "<speak>I say <phoneme alphabet='ipa' ph='{}'>tomato</phoneme>.</speak>"
    other = speak(client, marked.format("həlˈoʊ"), **calm).content
    same = speak(client, "<speak>I say hello.</speak>", **calm).content
    assert other == same != plain


def test_text_counts_towards_the_limit_and_markup_does_not(client: httpx.Client) -> None:
    response = client.post("/synthesize", json={"ssml": f"<speak>{'a' * 20_001}</speak>"})
    assert (response.status_code, response.json()["code"]) == (413, "text_too_long")
    breaks = '<break time="0s"/>' * 5000
    assert client.post("/synthesize", json={"ssml": f"<speak>Hi.{breaks}</speak>"}).status_code == 200


def test_a_pause_alone_is_spoken_and_an_empty_document_is_refused(client: httpx.Client) -> None:
    sound, rate = read_samples(speak(client, "<speak><break time='1s'/></speak>"))
    assert len(sound) == rate and np.abs(sound).max() == 0
    response = client.post("/synthesize", json={"ssml": "<speak> </speak>"})
    assert (response.status_code, response.json()["code"]) == (422, "empty_text")


def test_a_stream_of_ssml_has_the_same_samples(client: httpx.Client) -> None:
    document = f"<speak>{LINE}<break time='1s'/> {LINE}</speak>"
    assert speak(client, document, stream=True).content[44:] == speak(client, document).content[44:]


def test_voices_of_two_sample_rates_share_a_response(own_server: StartServer, tmp_path: Path) -> None:
    """The second voice is neutral only and does not support pitch."""
    folder = tmp_path / "voices" / "tiny"
    write_tiny_voice(folder)
    shipped = Path("models/voices").resolve()
    server = own_server("--voices", f"{shipped}:{folder.parent}")
    document = (
        "<speak>It is here. <voice name='tiny'>It is <prosody pitch='+2st'>there.</prosody></voice>"
        " <voice name='wren'>It is gone.</voice></speak>"
    )
    with server.create_client() as client:
        body = speak(client, document, timing=True, emotion="joy").json()
        assert body["sample_rate"] == 24_000  # the higher of 22,050 and 24,000
        plan = body["plan"]
        assert [one["voice"] for one in plan["utterances"]] == ["wren", "tiny", "tiny", "wren"]
        assert {warning["code"] for warning in plan["warnings"]} >= {"pitch_unsupported"}
        alone = speak(client, "<speak>It is here.</speak>", emotion="joy", sample_rate=body["sample_rate"])
        whole = speak(client, document, emotion="joy")
        first = round(plan["utterances"][0]["end"] * body["sample_rate"])
        assert np.array_equal(read_samples(alone)[0][: first - 2], read_samples(whole)[0][: first - 2])
        error = client.post("/synthesize", json={"ssml": "<speak><voice name='tinny'>Hi.</voice></speak>"})
        assert (error.status_code, error.json()["code"]) == (404, "voice_not_found") and "tiny" in error.json()["hint"]
