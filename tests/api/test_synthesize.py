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
    answer = client.post("/synthesize", json={"text": "Hello there.", "seed": 1, **fields})
    assert answer.status_code == 200, answer.text
    return answer


def test_the_answer_is_a_wav_for_every_reader(client: httpx.Client) -> None:
    answer = speak(client)
    assert answer.headers["content-type"] == "audio/wav"
    with wave.open(io.BytesIO(answer.content)) as file:
        assert (file.getnchannels(), file.getsampwidth()) == (1, 2)
        assert len(answer.content) == 44 + 2 * file.getnframes()
        seconds = file.getnframes() / file.getframerate()
    samples, rate = soundfile.read(io.BytesIO(answer.content))
    assert len(samples) / rate == pytest.approx(seconds)
    assert abs(samples).max() > 0.02
    assert float(answer.headers["x-audio-duration"]) == pytest.approx(seconds, abs=0.001)


def test_flac_holds_the_same_samples(client: httpx.Client) -> None:
    wav, flac = speak(client), speak(client, format="FLAC")
    assert flac.headers["content-type"] == "audio/flac"
    assert flac.headers["content-disposition"] == 'inline; filename="speech.flac"'
    first, _ = soundfile.read(io.BytesIO(wav.content), dtype="int16")
    second, _ = soundfile.read(io.BytesIO(flac.content), dtype="int16")
    assert (first == second).all()


def test_headers_say_what_was_done(client: httpx.Client) -> None:
    headers = speak(client, text=TEXT).headers
    assert headers["x-voice"] == "wren"
    assert len(headers["x-emotions"].split(",")) == 3
    assert set(headers["x-emotions"].split(",")) <= set(EMOTIONS)
    assert headers["content-disposition"] == 'inline; filename="speech.wav"'
    timing = dict(part.split(";dur=") for part in headers["server-timing"].split(", "))
    assert list(timing) == ["queue", "analyze", "acoustic", "vocoder", "encode"]
    assert float(timing["acoustic"]) > 0 and float(timing["vocoder"]) > 0 and float(timing["analyze"]) > 0


def test_timing_answers_the_sound_and_its_plan(client: httpx.Client) -> None:
    answer = speak(client, text=TEXT, timing=True)
    assert answer.headers["content-type"] == "application/json"
    data = answer.json()
    assert set(data) == {"audio", "format", "content_type", "sample_rate", "duration", "plan"}
    assert (data["format"], data["content_type"]) == ("wav", "audio/wav")
    samples, rate = soundfile.read(io.BytesIO(base64.b64decode(data["audio"])))
    assert rate == data["sample_rate"]
    assert data["duration"] == pytest.approx(len(samples) / rate, abs=1e-4)
    assert base64.b64decode(data["audio"]) == speak(client, text=TEXT).content


def test_times_and_pauses_of_the_plan_fill_the_sound_exactly(client: httpx.Client) -> None:
    data = speak(client, text=TEXT + "\n\n" + TEXT, timing=True).json()
    utterances = data["plan"]["utterances"]
    position = 0.0
    for utterance in utterances:
        assert utterance["start"] == pytest.approx(position, abs=1e-3)
        assert utterance["end"] > utterance["start"]
        position = utterance["end"] + utterance["pause_after"]
    assert data["duration"] == pytest.approx(position, abs=2e-3)


def test_accept_json_means_timing_and_format_chooses_what_is_inside(client: httpx.Client) -> None:
    body = {"text": "Hello there.", "format": "flac"}
    data = client.post("/synthesize", json=body, headers={"Accept": "application/json"}).json()
    assert data["format"] == "flac"
    assert base64.b64decode(data["audio"])[:4] == b"fLaC"


def test_accept_chooses_the_format(client: httpx.Client) -> None:
    answer = client.post("/synthesize", json={"text": "Hello."}, headers={"Accept": "audio/wav;q=0.5, audio/x-flac"})
    assert answer.content[:4] == b"fLaC"


def test_a_plain_text_with_parameters_is_the_same_request(client: httpx.Client) -> None:
    wanted = speak(client, emotion="joy", degree=1.2, speed=1.1, strict=True).content
    answer = client.post(
        "/synthesize?emotion=Cheerful&degree=1.2&speed=1.1&strict=1&seed=1",
        content="Hello there.".encode("utf-16"),
        headers={"Content-Type": "text/plain; charset=utf-16"},
    )
    assert answer.content == wanted


@pytest.mark.parametrize("emotion", EMOTIONS)
def test_a_pinned_emotion_is_that_of_every_utterance(client: httpx.Client, emotion: str) -> None:
    answer = speak(client, text="One thing. Another thing.", emotion=emotion.upper())
    assert answer.headers["x-emotions"] == f"{emotion},{emotion}"


def test_another_emotion_sounds_different(client: httpx.Client) -> None:
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
def test_where_nothing_can_be_pronounced_a_short_silence_is_answered(client: httpx.Client, text: str) -> None:
    answer = speak(client, text=text)
    assert float(answer.headers["x-audio-duration"]) == pytest.approx(0.1, abs=0.01)
    assert "nothing_spoken" in answer.headers["x-warnings"].split(",")
    assert not soundfile.read(io.BytesIO(answer.content))[0].any()


ODD = [
    "你好。今天天气很好。",
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


@pytest.mark.parametrize("text", ODD)
def test_odd_text_is_spoken(client: httpx.Client, text: str) -> None:
    speak(client, text=text)


def test_5000_characters_without_a_space_are_spoken(client: httpx.Client) -> None:
    assert float(speak(client, text="a" * 5000, speed=4).headers["x-audio-duration"]) > 1


def test_spans_cut_the_utterances_from_the_text(client: httpx.Client) -> None:
    text = "\ufeff  Grüße, 世界! 🙂 That costs $5.\n\nIt's  great…"
    plan = client.post("/analyze", json={"text": text}).json()
    without_mark = text.removeprefix("\ufeff")
    for utterance in plan["utterances"]:
        start, end = utterance["span"]
        assert without_mark[start:end] == utterance["text"]


def test_analyze_tells_the_plan_without_times(client: httpx.Client) -> None:
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


def test_analyze_checks_fields_that_shape_only_audio_and_ignores_them(client: httpx.Client) -> None:
    plan = client.post("/analyze", json={"text": TEXT}).json()
    shaped = client.post("/analyze", json={"text": TEXT, "format": "flac", "timing": True, "seed": 3})
    assert shaped.json() == plan
    assert client.post("/analyze", json={"text": TEXT, "format": "wma"}).status_code == 422


def test_analyze_and_synthesize_decide_the_same(client: httpx.Client) -> None:
    plan = client.post("/analyze", json={"text": TEXT}).json()
    spoken = speak(client, text=TEXT, timing=True).json()["plan"]
    times = ("start", "end", "words")
    bare = [{name: value for name, value in one.items() if name not in times} for one in spoken["utterances"]]
    assert bare == plan["utterances"]


def test_nothing_was_classified_where_the_emotion_is_pinned(client: httpx.Client) -> None:
    (utterance,) = client.post("/analyze", json={"text": "Hello.", "emotion": "angry"}).json()["utterances"]
    assert (utterance["emotion"], utterance["source"], utterance["probabilities"]) == ("anger", "pinned", None)


def test_a_blend_is_normalised_told_and_heard(client: httpx.Client) -> None:
    answer = speak(client, emotion={"Cheerful": 3, "surprise": 2}, timing=True).json()
    (utterance,) = answer["plan"]["utterances"]
    assert utterance["blend"] == {"joy": 0.6, "surprise": 0.4}
    assert (utterance["emotion"], utterance["source"]) == ("joy", "pinned")
    assert utterance["reason"] == "joy 0.60 and surprise 0.40, pinned by the request"
    others = [speak(client, emotion=name, timing=True).json()["audio"] for name in ("joy", "surprise")]
    assert answer["audio"] not in others
    alone = speak(client, emotion={"joy": 5}).content
    assert alone == speak(client, emotion="joy").content
