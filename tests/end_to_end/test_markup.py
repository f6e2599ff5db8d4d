"""Marked-up texts through the real service: what is heard, and what the answer says of it."""

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
    answer = client.post(
        "/synthesize", params={"seed": 1, **parameters}, content=document.encode(), headers={"Content-Type": SSML}
    )
    assert answer.status_code == 200, answer.text
    return answer


def samples(answer: httpx.Response) -> tuple[np.ndarray, int]:
    sound, rate = soundfile.read(io.BytesIO(answer.content), dtype="float32")
    return sound, rate


def prosody(client: httpx.Client, **attributes: str) -> httpx.Response:
    written = " ".join(f"{name}={quoteattr(value)}" for name, value in attributes.items())
    return speak(client, f"<speak><prosody {written}>{LINE}</prosody></speak>", emotion="neutral")


def pitch(answer: httpx.Response) -> float:
    """Median F0 in semitones over 1 Hz."""
    sound, rate = samples(answer)
    f0, _, _ = librosa.pyin(sound, fmin=60, fmax=500, sr=rate)
    return float(12 * np.log2(np.nanmedian(f0)))


def test_pitch_is_moved_by_what_is_asked(client: httpx.Client) -> None:
    plain = pitch(prosody(client, pitch="medium"))
    for semitones in (-3, 3, 6):
        answer = prosody(client, pitch=f"{semitones:+d}st")
        assert "x-warnings" not in answer.headers
        assert pitch(answer) - plain == pytest.approx(semitones, abs=1)


def test_rate_and_volume_are_heard(client: httpx.Client) -> None:
    plain, _ = samples(prosody(client, rate="medium"))
    fast, _ = samples(prosody(client, rate="+50%"))
    assert len(fast) / len(plain) == pytest.approx(1 / 1.5, abs=0.08)
    quiet, _ = samples(prosody(client, volume="-12dB"))
    assert 20 * np.log10(np.std(quiet) / np.std(plain)) == pytest.approx(-12, abs=0.5)
    silent, _ = samples(prosody(client, volume="silent"))
    assert np.abs(silent).max() == 0


def test_a_break_is_as_long_as_it_says(client: httpx.Client) -> None:
    document = "<speak>One.<break time='{}'/>Two.</speak>"
    short, rate = samples(speak(client, document.format("200ms")))
    long, _ = samples(speak(client, document.format("1.7s")))
    assert (len(long) - len(short)) / rate == pytest.approx(1.5, abs=0.001)


def test_labels_and_pins_mix_and_the_plan_says_which_was_which(client: httpx.Client) -> None:
    document = (
        "<speak>I am so happy that it is finally here! "
        "<mstts:express-as style='angry'>It is on the table.</mstts:express-as> "
        "<mstts:express-as style='newscast'>It is in the box.</mstts:express-as></speak>"
    )
    answer = speak(client, document, timing=True)
    plan = answer.json()["plan"]
    said = [(one["emotion"], one["source"]) for one in plan["utterances"]]
    assert said == [("joy", "classifier"), ("anger", "pinned"), ("neutral", "classifier")]
    assert [warning["code"] for warning in plan["warnings"]] == ["unsupported_style"]
    assert answer.headers["x-warnings"] == "unsupported_style"


def test_a_style_may_blend(client: httpx.Client) -> None:
    document = (
        "<speak><express-as style='joy:0.6,surprise:0.4' styledegree='1.5'>It is on the table.</express-as></speak>"
    )
    (one,) = speak(client, document, timing=True).json()["plan"]["utterances"]
    assert (one["emotion"], one["blend"], one["degree"]) == ("joy", {"joy": 0.6, "surprise": 0.4}, 1.5)


def test_a_phoneme_is_heard_otherwise_than_its_letters(client: httpx.Client) -> None:
    calm = {"emotion": "neutral"}  # the words alone would be felt otherwise
    plain = speak(client, "<speak>I say tomato.</speak>", **calm).content
    marked = "<speak>I say <phoneme alphabet='ipa' ph='{}'>tomato</phoneme>.</speak>"
    other = speak(client, marked.format("həlˈoʊ"), **calm).content
    same = speak(client, "<speak>I say hello.</speak>", **calm).content
    assert other == same != plain


def test_markup_does_not_count_towards_the_limit_and_text_does(client: httpx.Client) -> None:
    answer = client.post("/synthesize", json={"ssml": f"<speak>{'a' * 20_001}</speak>"})
    assert (answer.status_code, answer.json()["code"]) == (413, "text_too_long")
    breaks = '<break time="0s"/>' * 5000
    assert client.post("/synthesize", json={"ssml": f"<speak>Hi.{breaks}</speak>"}).status_code == 200


def test_a_pause_alone_is_spoken_and_nothing_at_all_is_refused(client: httpx.Client) -> None:
    sound, rate = samples(speak(client, "<speak><break time='1s'/></speak>"))
    assert len(sound) == rate and np.abs(sound).max() == 0
    answer = client.post("/synthesize", json={"ssml": "<speak> </speak>"})
    assert (answer.status_code, answer.json()["code"]) == (422, "empty_text")


def test_markup_streams_as_plain_text_does(client: httpx.Client) -> None:
    document = f"<speak>{LINE}<break time='1s'/> {LINE}</speak>"
    assert speak(client, document, stream=True).content[44:] == speak(client, document).content[44:]


def test_voices_of_two_rates_share_an_answer(own_server: StartServer, tmp_path: Path) -> None:
    """A voice without a pitch of its own, and with neutral alone, beside the shipped one."""
    folder = tmp_path / "voices" / "tiny"
    write_tiny_voice(folder)
    shipped = Path("models/voices").resolve()
    server = own_server("--voices", f"{shipped}:{folder.parent}")
    document = (
        "<speak>It is here. <voice name='tiny'>It is <prosody pitch='+2st'>there.</prosody></voice>"
        " <voice name='wren'>It is gone.</voice></speak>"
    )
    with server.client() as client:
        answer = speak(client, document, timing=True, emotion="joy").json()
        assert answer["sample_rate"] == 24_000  # the higher of 22,050 and 24,000
        plan = answer["plan"]
        assert [one["voice"] for one in plan["utterances"]] == ["wren", "tiny", "tiny", "wren"]
        assert {warning["code"] for warning in plan["warnings"]} >= {"pitch_unsupported"}
        alone = speak(client, "<speak>It is here.</speak>", emotion="joy", sample_rate=answer["sample_rate"])
        whole = speak(client, document, emotion="joy")
        first = round(plan["utterances"][0]["end"] * answer["sample_rate"])
        assert np.array_equal(samples(alone)[0][: first - 2], samples(whole)[0][: first - 2])
        error = client.post("/synthesize", json={"ssml": "<speak><voice name='tinny'>Hi.</voice></speak>"})
        assert (error.status_code, error.json()["code"]) == (404, "voice_not_found") and "tiny" in error.json()["hint"]
