"""The store of spoken utterances, and subtitles."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.audio.encode import to_int16
from app.errors import IntoneError
from app.production.store import Keys, Store, open_store, remove_store
from app.production.subtitles import Cue, list_cues, make_srt, make_vtt
from app.types import Emotion, Source, Utterance, Word

SAMPLES = np.random.default_rng(3).uniform(-0.9, 0.9, 4000).astype(np.float32)
WORDS = (Word("Hello", None, 0.01, 0.2, 0), Word("there", None, 0.25, 0.5, 6))


def make_utterance(text: str = "Hello there.", **fields: object) -> Utterance:
    base = Utterance(text, (0, len(text)), text, "v", Emotion.JOY, None, Source.PINNED, "", "c", "0" * 64)
    return Utterance(**{name: fields.get(name, getattr(base, name)) for name in Utterance.__slots__})


def test_recordings_are_there_after_reopening(tmp_path: Path) -> None:
    with open_store(tmp_path / "parts") as (store, takes):
        store.add("a", SAMPLES[:1000], WORDS)
        store.add("b", SAMPLES[1000:], ())
        takes["a"] = 2
    with open_store(tmp_path / "parts") as (store, takes):
        assert ("a" in store, "c" in store, len(store), takes) == (True, False, 2, {"a": 2})
        assert store.find("a").words == WORDS
        assert np.array_equal(to_int16(store.read(store.find("b"))), to_int16(SAMPLES[1000:]))
    remove_store(tmp_path / "parts")
    assert not (tmp_path / "parts").exists()


@pytest.mark.parametrize("lost", [1, 7, 2001])
def test_what_was_not_completely_written_is_dropped(tmp_path: Path, lost: int) -> None:
    with open_store(tmp_path / "parts") as (store, _):
        store.add("a", SAMPLES[:1000], WORDS)
        store.add("b", SAMPLES[1000:2000], WORDS)
    audio = tmp_path / "parts" / "audio.s16"
    audio.write_bytes(audio.read_bytes()[:-lost])
    with open_store(tmp_path / "parts") as (store, _):
        assert "b" not in store and ("a" in store) is (lost < 2000)
        store.add("b", SAMPLES[1000:2000], WORDS)
    with open_store(tmp_path / "parts") as (store, _):
        assert np.array_equal(to_int16(store.read(store.find("b"))), to_int16(SAMPLES[1000:2000]))


def test_a_second_process_is_refused(tmp_path: Path) -> None:
    with open_store(tmp_path / "parts"), pytest.raises(IntoneError, match="in use"):
        Store(tmp_path / "parts")


def test_foreign_files_in_the_folder_stay(tmp_path: Path) -> None:
    with open_store(tmp_path / "parts"):
        (tmp_path / "parts" / "notes.txt").write_text("mine")
    remove_store(tmp_path / "parts")
    assert [path.name for path in (tmp_path / "parts").iterdir()] == ["notes.txt"]


def test_keys_depend_on_everything_that_is_heard() -> None:
    variants = [
        make_utterance(),
        make_utterance("Hello where."),
        *(make_utterance(**{name: 0.5}) for name in ("degree", "speed", "pitch", "volume")),
        make_utterance(emotion=Emotion.FEAR),
        make_utterance(blend={Emotion.JOY: 0.5, Emotion.FEAR: 0.5}),
        make_utterance(voice="w"),
        make_utterance(checkpoint_sha256="1" * 64),
        make_utterance(seed=5),
    ]
    assert len({Keys(0, 24_000, "1", {}, {}).make(one) for one in variants}) == len(variants)
    assert (
        len({Keys(*basis, {}, {}).make(variants[0]) for basis in ((0, 1, ""), (1, 1, ""), (0, 2, ""), (0, 1, "b"))})
        == 4
    )
    same = make_utterance(pause_after=3.0, reason="other", speaker="Ruth", span=None)
    assert Keys(0, 1, "", {}, {}).make(same) == Keys(0, 1, "", {}, {}).make(make_utterance())


def test_keys_depend_on_all_weights_of_their_voice() -> None:
    weights = [{"v": {"a": "1"}}, {"v": {"a": "2"}}, {"v": {"a": "1", "b": "1"}}, {"w": {"a": "1"}}]
    assert len({Keys(0, 1, "", {}, one).make(make_utterance()) for one in weights}) == 4
    assert Keys(0, 1, "", {}, weights[0] | weights[3]).make(make_utterance()) == Keys(0, 1, "", {}, weights[0]).make(
        make_utterance()
    )


def test_the_seed_of_an_utterance_is_that_of_its_first_take() -> None:
    takes: dict[str, int] = {}
    assert Keys(0, 1, "", takes, {}).make(make_utterance(seed=5))[1] == 5
    assert Keys(0, 1, "", takes, {}).make(make_utterance(seed=5), again=True)[1] != 5


@pytest.mark.parametrize("content", ['{"a": 1', "[]", '{"a": "1"}'])
def test_damaged_takes_are_a_typed_error(tmp_path: Path, content: str) -> None:
    with open_store(tmp_path / "parts") as (_, takes):
        takes["a"] = 1
    path = tmp_path / "parts" / "takes.json"
    path.write_text(content)
    with pytest.raises(IntoneError, match="damaged"), open_store(tmp_path / "parts"):
        pass
    path.unlink()
    with open_store(tmp_path / "parts") as (_, takes):
        assert takes == {}


def test_repetitions_have_keys_of_their_own_and_takes_last() -> None:
    takes: dict[str, int] = {}
    keys = Keys(0, 1, "", takes, {})
    first, second = keys.make(make_utterance()), keys.make(make_utterance(), again=True)
    assert first != second
    again = Keys(0, 1, "", takes, {})
    assert [again.make(make_utterance()), again.make(make_utterance())] == [first, second]
    assert Keys(0, 1, "", takes, {}).make(make_utterance(), again=True) not in (first, second)


def test_subtitles_have_emotions_as_classes_and_speakers_as_voices() -> None:
    utterance = make_utterance("Fish & chips <b>", start=3661.5, end=3662.25, speaker="Ruth", words=WORDS)
    (cue,) = list_cues([utterance])
    assert list(make_srt([cue])) == ["1\n01:01:01,500 --> 01:01:02,250\nFish & chips <b>\n\n"]
    vtt = "".join(make_vtt([cue], "by Intone"))
    assert vtt == (
        "WEBVTT\n\nNOTE by Intone\n\n01:01:01.500 --> 01:01:02.250\n"
        "<v Ruth><c.joy>Fish &amp; chips &lt;b&gt;</c></v>\n\n"
    )
    assert list(list_cues([utterance], by_word=True))[1] == Cue(0.25, 0.5, "there", "joy", "Ruth")
    assert list(list_cues([make_utterance("", start=1.0, end=1.0)])) == []
