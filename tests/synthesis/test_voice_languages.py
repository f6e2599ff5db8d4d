"""Voices of other languages: the language of a voice decides how text is read, spoken and classified."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.inference.pytorch import TorchBackend
from app.live.plan import LivePlan, LiveUtterance
from app.planning.edited import UtteranceBody, convert_utterance
from app.settings import load_settings
from app.synthesis.pipeline import Pipeline, load_classifier
from app.types import Emotion, SpeechRequest, Turn
from app.voices import Registry
from tests.speaking import running_engine
from tests.tiny_voice import write_tiny_voice

TEXT = "Am 3. Mai kostet das z. B. 5,50 €. Dr. Meier kam um 14:30 Uhr."
READ = ["Am dritten Mai kostet das zum Beispiel fünf Euro fünfzig.", "Doktor Meier kam um vierzehn Uhr dreißig."]


def write_voice(folder: Path, locale: str, phoneme_language: str | None) -> None:
    """Write a tiny voice of a language; None has its config name no language."""
    write_tiny_voice(folder, phoneme_language=phoneme_language)
    manifest = json.loads((folder / "voice.json").read_text())
    (folder / "voice.json").write_text(json.dumps({**manifest, "name": folder.name, "locale": locale}))


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    folder = tmp_path_factory.mktemp("voices")
    write_voice(folder / "hans", "de-DE", "de")
    write_voice(folder / "reto", "de-CH", None)
    write_voice(folder / "anna", "nl-NL", "en-us")
    settings = load_settings(cache_mb=0)
    registry = Registry([*settings.voices, folder], settings.default_voice, {})
    with running_engine(workers=1) as engine:
        yield Pipeline(settings, load_classifier(settings, TorchBackend()), registry, engine)


def read_plan(pipeline: Pipeline, request: SpeechRequest) -> tuple[list[tuple[str, str]], list[str]]:
    """Return what each voice reads, and the codes of the warnings."""
    plan = pipeline.analyze(request)
    return [(one.voice, one.spoken) for one in plan.utterances], [one.code for one in plan.warnings]


def test_a_german_voice_reads_german(pipeline: Pipeline) -> None:
    speech = pipeline.synthesize(SpeechRequest(TEXT, voice="hans", seed=1))
    assert [one.spoken for one in speech.plan.utterances] == READ
    spans = [word.span for one in speech.plan.utterances for word in one.words]
    assert [TEXT[start:end] for start, end in spans if start is not None][:4] == ["Am", "3", "Mai", "kostet"]
    assert len(speech.samples) > 0


@pytest.mark.parametrize(("voice", "language"), [("hans", "de"), ("reto", "de"), ("anna", "nl"), ("wren", "en-us")])
def test_the_locale_chooses_the_language_of_the_phonemes(pipeline: Pipeline, voice: str, language: str) -> None:
    loaded = pipeline.registry.get(voice)
    checkpoint = pipeline.engine.get_loader(loaded).build(loaded.manifest.emotions[Emotion.NEUTRAL].checkpoint)
    assert checkpoint.tokenizer.phonemizer is not None
    assert checkpoint.tokenizer.phonemizer.language == language


def test_a_region_has_its_own_numbers(pipeline: Pipeline) -> None:
    spoken, _ = read_plan(pipeline, SpeechRequest("Es sind 1'250.50 CHF.", voice="reto"))
    assert spoken == [("reto", "Es sind eintausendzweihundertfünfzig Franken fünfzig.")]


def test_a_language_without_a_table_has_its_numbers_read(pipeline: Pipeline) -> None:
    spoken, codes = read_plan(pipeline, SpeechRequest("Er zijn 21 boeken van 3,5 kilo.", voice="anna"))
    assert spoken == [("anna", "Er zijn eenentwintig boeken van drie komma vijf kilo.")]
    assert codes == ["language_not_classified"]


def test_unknown_languages_of_the_classifier_are_neutral_with_a_warning(pipeline: Pipeline) -> None:
    plan = pipeline.analyze(SpeechRequest("Ich bin so glücklich! Wie wunderbar!", voice="hans"))
    assert [one.emotion for one in plan.utterances] == [Emotion.NEUTRAL] * 2
    assert {one.reason for one in plan.utterances} == {"the classifier does not know the language de: neutral"}
    assert [one.code for one in plan.warnings] == ["language_not_classified"]
    pinned = pipeline.analyze(SpeechRequest("Wie schön!", voice="hans", emotion=Emotion.NEUTRAL))
    assert pinned.warnings == ()


def test_a_classifier_without_languages_reads_any(pipeline: Pipeline) -> None:
    classifier = pipeline.classifier.scored_by(pipeline.classifier.score)
    classifier.settings = replace(classifier.settings, languages=())
    other = Pipeline(pipeline.settings, classifier, pipeline.registry, pipeline.engine)
    plan = other.analyze(SpeechRequest("Ich bin so glücklich!", voice="hans"))
    assert plan.warnings == ()
    assert plan.utterances[0].probabilities is not None


def test_xml_lang_chooses_a_voice(pipeline: Pipeline) -> None:
    document = (
        "<speak>It costs 5. <p xml:lang='de-CH'>Es kostet 5 CHF.</p>"
        "<s>Say <lang xml:lang='de'>21 Uhr</lang> at 9.</s></speak>"
    )
    spoken, codes = read_plan(pipeline, SpeechRequest(document, markup=True, emotion=Emotion.NEUTRAL))
    assert spoken == [
        ("wren", "It costs five."),
        ("reto", "Es kostet fünf Franken."),
        ("wren", "Say"),
        ("hans", "einundzwanzig Uhr"),
        ("wren", "at nine."),
    ]
    assert codes == []


def test_xml_lang_without_a_voice_is_reported(pipeline: Pipeline) -> None:
    document = "<speak xml:lang='en'>One. <s xml:lang='fr-FR'>Le 2 mai.</s></speak>"
    spoken, codes = read_plan(pipeline, SpeechRequest(document, markup=True))
    assert spoken == [("wren", "One."), ("wren", "Le two mai.")]
    assert codes == ["lang_ignored"]


def test_a_named_voice_wins_over_xml_lang(pipeline: Pipeline) -> None:
    document = "<speak><voice name='hans' xml:lang='en-US'>Um 8 Uhr.</voice> At 8.</speak>"
    spoken, _ = read_plan(pipeline, SpeechRequest(document, markup=True, emotion=Emotion.NEUTRAL))
    assert spoken == [("hans", "Um acht Uhr."), ("wren", "At eight.")]


def test_say_as_is_read_in_the_language_of_its_voice(pipeline: Pipeline) -> None:
    document = (
        "<speak><say-as interpret-as='ordinal'>3</say-as> <say-as interpret-as='characters'>a1</say-as> "
        "<say-as interpret-as='date' format='dmy'>3.5.2024</say-as> <sub alias='21 km'>x</sub></speak>"
    )
    spoken, _ = read_plan(pipeline, SpeechRequest(document, markup=True, voice="hans", emotion=Emotion.NEUTRAL))
    assert spoken[0][1] == "dritte A eins dritter Mai zweitausendvierundzwanzig einundzwanzig Kilometer"


def test_turns_and_narrators_are_read_in_the_language_of_their_voices(pipeline: Pipeline) -> None:
    text = "At 8.\n\nUm 8 Uhr."
    turns = (Turn(0, 5), Turn(7, len(text), "hans"))
    spoken, _ = read_plan(pipeline, SpeechRequest(text, turns=turns, emotion=Emotion.NEUTRAL))
    assert spoken == [("wren", "At eight."), ("hans", "Um acht Uhr.")]
    narrated = SpeechRequest("Um 8 Uhr.", voices={"narration": "hans"}, emotion=Emotion.NEUTRAL)
    assert read_plan(pipeline, narrated)[0] == [("hans", "Um acht Uhr.")]


def test_a_role_whose_voice_reads_another_language_is_reported(pipeline: Pipeline) -> None:
    request = SpeechRequest('"At 8," he said.', voices={"dialogue": "hans"}, emotion=Emotion.NEUTRAL)
    assert read_plan(pipeline, request)[1] == ["other_language"]


def test_an_edited_plan_is_read_in_the_language_of_its_voice(pipeline: Pipeline) -> None:
    edited = convert_utterance(UtteranceBody(text="Um 8 Uhr.", voice="hans"), "de-DE")
    spoken, codes = read_plan(pipeline, SpeechRequest("", edited=(edited,), voice="wren"))
    assert (spoken, codes) == ([("hans", "Um acht Uhr.")], ["language_not_classified"])


def test_a_text_that_arrives_in_pieces_is_read_like_the_whole(pipeline: Pipeline) -> None:
    plan = LivePlan(pipeline, SpeechRequest("", voice="hans"), pipeline.classifier)
    found = []
    for sign in TEXT:
        plan.reader.push(sign)
        while isinstance(read := plan.read(), LiveUtterance):
            found.append(read)
    plan.reader.flush()
    while isinstance(read := plan.read(), LiveUtterance):
        found.append(read)
    assert [one.utterance.spoken for one in found] == READ
    assert [warning.code for one in found for warning in one.warnings] == ["language_not_classified"]
