"""POST /synthesize and /analyze over HTTP, with the real voice."""

from __future__ import annotations

import base64
import io
import wave

import httpx
import pytest
import soundfile

TEXT = "What a wonderful morning! I lost my keys again. The train leaves at noon."
EMOTIONS = ["neutral", "joy", "sadness", "anger", "fear", "surprise", "disgust"]


def speak(client: httpx.Client, **fields: object) -> httpx.Response:
    response = client.post("/synthesize", json={"text": "Hello there.", "seed": 1, **fields})
    assert response.status_code == 200, response.text
    return response


def test_the_response_is_a_valid_wav_file(client: httpx.Client) -> None:
    response = speak(client)
    assert response.headers["content-type"] == "audio/wav"
    with wave.open(io.BytesIO(response.content)) as file:
        assert (file.getnchannels(), file.getsampwidth()) == (1, 2)
        assert len(response.content) == 44 + 2 * file.getnframes()
        seconds = file.getnframes() / file.getframerate()
    samples, rate = soundfile.read(io.BytesIO(response.content))
    assert len(samples) / rate == pytest.approx(seconds)
    assert abs(samples).max() > 0.02
    assert float(response.headers["x-audio-duration"]) == pytest.approx(seconds, abs=0.001)


def test_flac_holds_the_same_samples(client: httpx.Client) -> None:
    wav, flac = speak(client), speak(client, format="FLAC")
    assert flac.headers["content-type"] == "audio/flac"
    assert flac.headers["content-disposition"] == 'inline; filename="speech.flac"'
    first, _ = soundfile.read(io.BytesIO(wav.content), dtype="int16")
    second, _ = soundfile.read(io.BytesIO(flac.content), dtype="int16")
    assert (first == second).all()


def test_headers_describe_the_synthesis(client: httpx.Client) -> None:
    headers = speak(client, text=TEXT).headers
    assert headers["x-voice"] == "wren"
    assert len(headers["x-emotions"].split(",")) == 3
    assert set(headers["x-emotions"].split(",")) <= set(EMOTIONS)
    assert headers["content-disposition"] == 'inline; filename="speech.wav"'
    timing = dict(part.split(";dur=") for part in headers["server-timing"].split(", "))
    assert list(timing) == ["queue", "analyze", "acoustic", "vocoder", "encode"]
    assert float(timing["acoustic"]) > 0 and float(timing["vocoder"]) > 0 and float(timing["analyze"]) > 0


def test_timing_returns_the_audio_and_its_plan(client: httpx.Client) -> None:
    response = speak(client, text=TEXT, timing=True)
    assert response.headers["content-type"] == "application/json"
    data = response.json()
    assert set(data) == {"audio", "format", "content_type", "sample_rate", "duration", "plan"}
    assert (data["format"], data["content_type"]) == ("wav", "audio/wav")
    samples, rate = soundfile.read(io.BytesIO(base64.b64decode(data["audio"])))
    assert rate == data["sample_rate"]
    assert data["duration"] == pytest.approx(len(samples) / rate, abs=1e-4)
    assert base64.b64decode(data["audio"]) == speak(client, text=TEXT).content


def test_times_and_pauses_of_the_plan_add_up_to_the_duration(client: httpx.Client) -> None:
    data = speak(client, text=TEXT + "\n\n" + TEXT, timing=True).json()
    utterances = data["plan"]["utterances"]
    position = 0.0
    for utterance in utterances:
        assert utterance["start"] == pytest.approx(position, abs=1e-3)
        assert utterance["end"] > utterance["start"]
        position = utterance["end"] + utterance["pause_after"]
    assert data["duration"] == pytest.approx(position, abs=2e-3)


def test_accept_json_means_timing_and_format_selects_the_audio_format(client: httpx.Client) -> None:
    body = {"text": "Hello there.", "format": "flac"}
    data = client.post("/synthesize", json=body, headers={"Accept": "application/json"}).json()
    assert data["format"] == "flac"
    assert base64.b64decode(data["audio"])[:4] == b"fLaC"


def test_accept_selects_the_format(client: httpx.Client) -> None:
    response = client.post("/synthesize", json={"text": "Hello."}, headers={"Accept": "audio/wav;q=0.5, audio/x-flac"})
    assert response.content[:4] == b"fLaC"


def test_plain_text_with_parameters_is_equivalent_to_json(client: httpx.Client) -> None:
    expected = speak(client, emotion="joy", degree=1.2, speed=1.1, strict=True).content
    response = client.post(
        "/synthesize?emotion=Cheerful&degree=1.2&speed=1.1&strict=1&seed=1",
        content="Hello there.".encode("utf-16"),
        headers={"Content-Type": "text/plain; charset=utf-16"},
    )
    assert response.content == expected


@pytest.mark.parametrize("emotion", EMOTIONS)
def test_a_pinned_emotion_applies_to_every_utterance(client: httpx.Client, emotion: str) -> None:
    response = speak(client, text="One thing. Another thing.", emotion=emotion.upper())
    assert response.headers["x-emotions"] == f"{emotion},{emotion}"


def test_every_emotion_sounds_different(client: httpx.Client) -> None:
    assert len({speak(client, emotion=emotion).content for emotion in EMOTIONS}) == len(EMOTIONS)


def test_the_same_seed_gives_the_same_bytes_and_another_one_does_not(client: httpx.Client) -> None:
    assert speak(client, text=TEXT, seed=7).content == speak(client, text=TEXT, seed=7).content
    assert speak(client, text=TEXT, seed=7).content != speak(client, text=TEXT, seed=8).content


def test_faster_speech_is_shorter(client: httpx.Client) -> None:
    fast, normal, slow = (
        float(speak(client, text=TEXT, speed=speed).headers["x-audio-duration"]) for speed in (2, 1, 0.5)
    )
    assert fast < 0.7 * normal < 0.7 * 0.7 * slow


@pytest.mark.parametrize("text", [".", "🙂", "!!!", "…", "\0", "\u200b"])
def test_a_text_without_anything_to_pronounce_gives_a_short_silence(client: httpx.Client, text: str) -> None:
    response = speak(client, text=text)
    assert float(response.headers["x-audio-duration"]) == pytest.approx(0.1, abs=0.01)
    assert "nothing_spoken" in response.headers["x-warnings"].split(",")
    assert not soundfile.read(io.BytesIO(response.content))[0].any()


UNUSUAL_TEXTS = [
    "你好。今天天气很好, said Mei Nguyễn.",
    "Héllo ünïcode",
    "a",
    "1",
    "\ufeffHello.",
    "Hel\0lo.",
    "x" * 300,
    "👩\u200d👩\u200d👧 says hello",
    "\u202eolleh",
    "<b>not markup</b> & 1 < 2",
]


@pytest.mark.parametrize("text", UNUSUAL_TEXTS)
def test_unusual_text_is_spoken(client: httpx.Client, text: str) -> None:
    speak(client, text=text)


def test_words_of_another_script_are_left_out_with_a_warning(client: httpx.Client) -> None:
    response = speak(client, text="Спасибо, my friend.")
    assert "unreadable_script" in response.headers["x-warnings"].split(",")
    (warning,) = client.post("/analyze", json={"text": "Спасибо, my friend."}).json()["warnings"]
    assert warning["code"] == "unreadable_script" and "7 letters (Cyrillic)" in warning["detail"]


@pytest.mark.parametrize("path", ["/synthesize", "/analyze"])
def test_a_text_in_another_script_alone_is_refused(client: httpx.Client, path: str) -> None:
    response = client.post(path, json={"text": "你好。 مرحبا!"})
    assert (response.status_code, response.json()["code"]) == (422, "empty_text")
    assert "Chinese characters, Arabic" in response.json()["detail"]
    assert "en-US" in response.json()["hint"]


def test_5000_characters_without_a_space_are_spoken(client: httpx.Client) -> None:
    assert float(speak(client, text="a" * 5000, speed=4).headers["x-audio-duration"]) > 1


def test_spans_locate_the_utterances_in_the_text(client: httpx.Client) -> None:
    text = "\ufeff  Grüße, 世界! 🙂 That costs $5.\n\nIt's  great…"
    plan = client.post("/analyze", json={"text": text}).json()
    without_mark = text.removeprefix("\ufeff")
    for utterance in plan["utterances"]:
        start, end = utterance["span"]
        assert without_mark[start:end] == utterance["text"]


def test_analyze_returns_the_plan_without_times(client: httpx.Client) -> None:
    plan = client.post("/analyze", json={"text": TEXT}).json()
    assert set(plan) == {"voice", "classifier", "duration_estimate", "utterances", "warnings"}
    assert plan["duration_estimate"] > 1
    for utterance in plan["utterances"]:
        assert set(utterance) == {
            *("text", "span", "spoken", "voice", "emotion", "blend", "speed", "volume", "pause_after"),
            *(
                "strength",
                "degree",
                "role",
                "speaker",
                "probabilities",
                "source",
                "reason",
                "checkpoint",
                "checkpoint_sha256",
                "analyzed",
            ),
        }
        assert list(utterance["probabilities"]) == EMOTIONS
        assert sum(utterance["probabilities"].values()) == pytest.approx(1, abs=1e-4)


def test_analyze_validates_audio_fields_and_ignores_them(client: httpx.Client) -> None:
    plan = client.post("/analyze", json={"text": TEXT}).json()
    shaped = client.post("/analyze", json={"text": TEXT, "format": "flac", "timing": True, "seed": 3})
    assert shaped.json() == plan
    assert client.post("/analyze", json={"text": TEXT, "format": "wma"}).status_code == 422


def test_analyze_and_synthesize_return_the_same_plan(client: httpx.Client) -> None:
    plan = client.post("/analyze", json={"text": TEXT}).json()
    spoken = speak(client, text=TEXT, timing=True).json()["plan"]
    times = ("start", "end", "words")
    bare = [{name: value for name, value in one.items() if name not in times} for one in spoken["utterances"]]
    assert bare == plan["utterances"]


def test_a_pinned_emotion_is_not_classified(client: httpx.Client) -> None:
    (utterance,) = client.post("/analyze", json={"text": "Hello.", "emotion": "angry"}).json()["utterances"]
    assert (utterance["emotion"], utterance["source"], utterance["probabilities"]) == ("anger", "pinned", None)


def test_a_blend_is_normalised_reported_and_audible(client: httpx.Client) -> None:
    response = speak(client, emotion={"Cheerful": 3, "surprise": 2}, timing=True).json()
    (utterance,) = response["plan"]["utterances"]
    assert utterance["blend"] == {"joy": 0.6, "surprise": 0.4}
    assert (utterance["emotion"], utterance["source"]) == ("joy", "pinned")
    assert utterance["reason"] == "joy 0.60 and surprise 0.40, pinned by the request"
    others = [speak(client, emotion=name, timing=True).json()["audio"] for name in ("joy", "surprise")]
    assert response["audio"] not in others
    alone = speak(client, emotion={"joy": 5}).content
    assert alone == speak(client, emotion="joy").content


def test_tags_are_read_if_the_field_is_set(client: httpx.Client) -> None:
    fields = {"text": "[very angry] Leave it. [pause:1s] [whispers] They sleep."}
    plan = client.post("/analyze", json={**fields, "tags": True}).json()
    first, second = plan["utterances"]
    assert (first["text"], first["emotion"], first["source"], first["degree"]) == ("Leave it.", "anger", "pinned", 1.5)
    assert first["reason"] == "anger, pinned by the tag [very angry]"
    assert (first["span"], first["pause_after"]) == ([13, 22], 1)
    assert (second["text"], second["volume"]) == ("They sleep.", 0.35)
    assert [one["code"] for one in plan["warnings"]] == ["whisper_quiet"]
    plain = client.post("/analyze", json=fields).json()
    assert "".join(one["text"] for one in plain["utterances"]).startswith("[very angry]")


def test_a_plan_with_tags_is_spoken_as_it_was(client: httpx.Client) -> None:
    request = {"text": "[sad] It rains in [Leicester](/lˈɛstɚ/). [slowly] Go.", "tags": True}
    plan = client.post("/analyze", json=request).json()
    back = client.post("/analyze", json={"plan": plan}).json()
    assert back["utterances"] == plan["utterances"]
    assert speak(client, **request).content == speak(client, text=None, plan=plan).content


def test_instructions_apply_to_every_utterance(client: httpx.Client) -> None:
    fields = {"text": "It is late. It rains.", "instructions": "Slightly sad, slowly and in a low voice."}
    plan = client.post("/analyze", json=fields).json()
    for one in plan["utterances"]:
        assert (one["emotion"], one["degree"], one["speed"], one["pitch"]) == ("sadness", 0.5, 0.8, -2)
        assert one["reason"] == "sadness, pinned by the instructions"
    assert plan["warnings"] == []


def test_tags_are_refused_beside_other_content(client: httpx.Client) -> None:
    plan = client.post("/analyze", json={"text": "It is late."}).json()
    for content in ({"ssml": "<speak>Late.</speak>"}, {"plan": plan}):
        response = client.post("/analyze", json={**content, "tags": True})
        assert response.status_code == 422
        assert [one["pointer"] for one in response.json()["errors"]] == ["#/tags"]
