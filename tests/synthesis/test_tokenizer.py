"""The tokens of a text, and the pause that an acoustic model reads first."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from app.inference.pytorch import TorchBackend
from app.packages import bundled_models_dir
from app.synthesis.coqui import build_coqui_config, describe_frontend
from app.synthesis.engine import tokenize
from app.synthesis.loader import Loader, Speaker
from app.synthesis.models.acoustic import AcousticInput, Mel
from app.synthesis.tokenizer import PAUSE, PRECEDING_WORDS, Tokenizer, Tokens
from app.synthesis.word_timing import time_words
from app.text import normalize
from app.text.phonetic import mark_phonemes, mark_reading
from app.types import Emotion, Source, Utterance
from app.voices import open_voice
from tests.tiny_voice import write_tiny_voice

TEXTS = ("Peel the orange.", f"Say {mark_phonemes('təmˈɑːtoʊ', 'tomato')} now!", " Well?", "世界 peace.")


def make_tokenizer(**values: Any) -> Tokenizer:
    config = {"model": "glow_tts", "use_phonemes": True, "phonemizer": "espeak", "phoneme_language": "en-us"}
    return Tokenizer(describe_frontend(build_coqui_config({**config, **values}, [])))


@pytest.mark.parametrize("text", TEXTS)
def test_the_pause_precedes_the_same_symbols(text: str) -> None:
    tokenizer = make_tokenizer()
    plain, paused = tokenizer.encode(text), tokenizer.encode_after_pause(text)
    assert paused.symbols == PAUSE + plain.symbols.lstrip()
    assert paused.dropped == plain.dropped


@pytest.mark.parametrize("add_blank", [False, True])
@pytest.mark.parametrize("ends", [False, True])
def test_each_symbol_is_found_at_its_place(add_blank: bool, ends: bool) -> None:
    tokenizer = make_tokenizer(add_blank=add_blank, enable_eos_bos_chars=ends)
    tokens = tokenizer.encode_after_pause("Peel the orange.")
    characters = {id: character for character, id in tokenizer.ids.items()}
    found = [characters[tokens.ids[place]] for place in tokens.places]
    assert "".join(found) == tokens.symbols and tokens.symbols.startswith(", pˈiːl")


def test_a_vocabulary_without_pause_marks_gets_no_pause() -> None:
    letters = {
        "characters_class": "TTS.tts.utils.text.characters.Graphemes",
        "pad": "_",
        "eos": "~",
        "bos": "^",
        "blank": "#",
        "characters": "abcdefghijklmnopqrstuvwxyz",
        "punctuations": " .",
    }
    tokenizer = make_tokenizer(use_phonemes=False, text_cleaner="english_cleaners", characters=letters)
    tokens = tokenizer.encode_after_pause("Peel the orange.")
    assert tokens == tokenizer.encode("Peel the orange.")
    assert tokens.dropped == ""


@pytest.mark.parametrize("text", ["", "...", "?!"])
def test_text_without_words_gives_no_letters(text: str) -> None:
    assert not any(symbol.isalpha() for symbol in make_tokenizer().encode_after_pause(text).symbols)


@pytest.mark.parametrize(("architecture", "begin"), [("glow_tts", ", həl"), ("tacotron2", "həl")])
def test_glow_tts_reads_a_pause_first_and_tacotron_does_not(tmp_path: Path, architecture: str, begin: str) -> None:
    voice = open_voice(write_tiny_voice(tmp_path / "v", architecture))
    checkpoint = Loader(voice, TorchBackend()).load_speaker({Emotion.NEUTRAL: 1.0}).checkpoint
    assert tokenize("Hello there", checkpoint).symbols.startswith(begin)
    assert tokenize("Hello there", checkpoint).symbols.endswith(".")


def load_wren() -> Speaker:
    return Loader(open_voice(bundled_models_dir() / "voices" / "wren"), TorchBackend()).load_speaker(
        {Emotion.NEUTRAL: 1}
    )


def compute_mel(speaker: Speaker, tokens: Tokens, speed: float = 1.0, *, short_pause: bool = False) -> Mel:
    pause = tokens.count_pause_tokens()
    input = AcousticInput(tokens.ids, speaker.speakers, speed, 0, tokens.preceding, pause, short_pause)
    return speaker.checkpoint.model.compute_mels([input])[0]


@pytest.mark.parametrize(("language", "precedes"), [("en-us", True), ("en-gb", True), ("fr-fr", False)])
def test_words_precede_the_pause_in_a_language_that_has_them(language: str, precedes: bool) -> None:
    tokenizer = make_tokenizer(phoneme_language=language)
    tokens = tokenizer.encode_after_pause("Peel the orange.")
    characters = {id: character for character, id in tokenizer.ids.items()}
    unspoken = "".join(characters[one] for one in tokens.ids[: tokens.preceding])
    assert unspoken == (tokenizer.encode(PRECEDING_WORDS["en"]).symbols if precedes else "")
    assert tokens.ids[tokens.preceding :] == tokenizer.look_up(tokens.symbols).ids


def test_preceding_words_are_read_but_not_spoken() -> None:
    speaker = load_wren()
    tokens = speaker.checkpoint.tokenizer.encode_after_pause("Peel the orange.")
    mel = compute_mel(speaker, tokens)
    assert mel.durations is not None and tokens.preceding > 10
    assert not any(mel.durations[: tokens.preceding]) and all(mel.durations[tokens.preceding :])
    assert sum(mel.durations) - mel.frames.shape[2] in {0, 1}
    alone = compute_mel(speaker, speaker.checkpoint.tokenizer.look_up(tokens.symbols))
    assert alone.durations is not None and abs(sum(alone.durations) - sum(mel.durations)) < 20


def test_slow_speech_does_not_lengthen_the_pause_before_the_first_word() -> None:
    speaker = load_wren()
    tokens = speaker.checkpoint.tokenizer.encode_after_pause("Peel the orange.")
    pause = tokens.count_pause_tokens()
    assert speaker.checkpoint.tokenizer.encode("Peel the orange.").count_pause_tokens() == 0 < pause

    def measure_durations(speed: float) -> tuple[int, int]:
        durations = compute_mel(speaker, tokens, speed).durations
        assert durations
        begin = tokens.preceding + pause
        return sum(durations[:begin]), sum(durations[begin:])

    usual, slow, fast = map(measure_durations, (1.0, 0.5, 2.0))
    assert slow[0] == usual[0] > fast[0]
    assert slow[1] > 1.8 * usual[1]


@pytest.mark.parametrize(
    ("text", "voiced"),
    [("Gold!", True), ("GOAL!", True), ("Begin!", True), ("Don't!", True), ("Cold!", False), ("Join us!", False)],
)
def test_voiced_plosives_are_recognized(text: str, voiced: bool) -> None:
    assert make_tokenizer().encode_after_pause(text).begins_with_voiced_plosive() is voiced


def test_a_short_pause_leaves_the_durations_of_the_words() -> None:
    speaker = load_wren()
    tokens = speaker.checkpoint.tokenizer.encode_after_pause("Gold!")
    usual, short = (compute_mel(speaker, tokens, short_pause=cut).durations for cut in (False, True))
    assert usual and short
    begin = tokens.preceding + tokens.count_pause_tokens()
    assert short[begin:] == usual[begin:]
    assert sum(usual) - sum(short) == 3 and min(short[tokens.preceding :]) > 0


RED, LIVE, NOUN, VERB = (
    mark_reading(phonemes, word)
    for phonemes, word in (("r'Ed", "read"), ("l'Iv", "live"), ("r'Ek3d", "record"), ("rIk'o@d", "record"))
)


def test_a_reading_sounds_as_the_accent_and_the_words_around_it_require() -> None:
    tokenizer = make_tokenizer()
    spoken = f"I have {RED} it on the {NOUN}, Tom."
    assert tokenizer.encode(spoken).symbols == tokenizer.encode("I have red it on the record, Tom.").symbols
    assert make_tokenizer(phoneme_language="en-gb").encode(f"a {VERB}.").symbols == "ɐ ɹɪkˈɔːd."


@pytest.mark.parametrize("values", [{"phoneme_language": "fr-fr"}, {"use_phonemes": False}])
def test_other_languages_and_voices_without_phonemes_read_the_letters(values: dict[str, Any]) -> None:
    tokenizer = make_tokenizer(**values)
    marked, plain = tokenizer.encode(f"on {LIVE}."), tokenizer.encode("on live.")
    assert marked == plain


def test_brackets_in_a_text_are_no_phonemes() -> None:
    assert "[" not in make_tokenizer().encode("a [[r'Ed]] b").symbols
    assert make_tokenizer().encode("[[l'Iv]]").symbols != make_tokenizer().encode(LIVE).symbols


WORDS = {
    "W-w-what is it? Shhh, I read it yesterday.": "W-w-what is it Shhh I read it yesterday",
    "Soooo good, VIP guests :D ok": "Soooo good VIP guests ok",
    "LET US GO! D-d-d-don't.": "LET US GO D-d-d-don't",
}


@pytest.mark.parametrize(("text", "words"), WORDS.items())
def test_words_read_otherwise_than_written_have_their_times(text: str, words: str) -> None:
    spoken = normalize(text)
    tokens = make_tokenizer().encode(spoken)
    neutral = (Emotion.NEUTRAL, None, Source.PINNED, "", "", "")
    timed = time_words(Utterance(text, (0, len(text)), spoken, "wren", *neutral), tokens, [1] * len(tokens.ids), 1.0)
    assert [word.text for word in timed] == words.split()
    moments = [moment for word in timed for moment in (word.start, word.end)]
    assert moments == sorted(moments) and len(set(moments)) == len(moments)
