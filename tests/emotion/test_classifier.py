"""The shipped classifier, and the requirements on the folder of another one."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from transformers import AutoTokenizer

from app.emotion import Classifier
from app.emotion.classifier import Excerpt
from app.emotion.transformer import read_model
from app.errors import InvalidClassifier
from app.packages import bundled_models_dir
from app.training.emotion.network import load_network, score
from app.training.emotion.rows import TrainingRow
from app.types import ClassifierId, Emotion
from tests.emotion.spoken_style import measure_voicing, read_spoken

SHIPPED = bundled_models_dir() / "emotion" / "minilm-ekman"
SENTENCES = [text for text, _ in read_spoken()]


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return Classifier.load(SHIPPED)


def test_the_classifier_reports_its_name_and_version(classifier: Classifier) -> None:
    assert classifier.name == ClassifierId("minilm-ekman", "2.2")


def test_accuracy_on_spoken_sentences_is_within_limits(classifier: Classifier) -> None:
    assert classifier.settings.threshold is not None
    shares = measure_voicing(classifier)
    assert shares["voiced"] >= 0.90
    assert shares["voiced_rightly"] >= 0.92
    assert shares["false_alarms"] <= 0.04


def test_the_spoken_list_is_balanced() -> None:
    rows = read_spoken()
    counts = {emotion: sum(label is emotion for _, label in rows) for emotion in Emotion}
    assert counts.pop(Emotion.NEUTRAL) >= 100
    assert min(counts.values()) >= 25
    assert len({text for text, _ in rows}) == len(rows) >= 260


def test_preceding_sentences_affect_the_probabilities(classifier: Classifier) -> None:
    assert classifier.settings.context == 2
    text = "We're never getting out of here."
    alone, scene = classifier.assess(
        [Excerpt("", text), Excerpt("The lamp went out. Something scratched at the door, slowly.", text)]
    )
    assert scene.probabilities[Emotion.FEAR] > alone.probabilities[Emotion.FEAR] + 0.05


def test_inference_matches_training(classifier: Classifier) -> None:
    rows = [
        TrainingRow(text, context, (), None, "")
        for context, text in zip(("", *SENTENCES), SENTENCES[:20], strict=False)
    ]
    logits = score(load_network(SHIPPED), AutoTokenizer.from_pretrained(SHIPPED), rows)
    assessments = classifier.assess([Excerpt(row.context, row.text) for row in rows])
    assert classifier.words is not None
    for assessment, row, outputs in zip(assessments, rows, logits, strict=True):
        probabilities = dict(zip(Emotion, outputs[:7].softmax(0).tolist(), strict=True))
        corrected = classifier.words.correct(probabilities, row.text, alone=not row.context)
        assert assessment.probabilities == pytest.approx(corrected, abs=1e-4)
        assert assessment.intensity == pytest.approx(outputs[7].sigmoid().item(), abs=1e-4)


def test_a_shout_has_a_higher_intensity_than_a_remark(classifier: Classifier) -> None:
    shout, remark = classifier.assess(
        [Excerpt("", "Get out! Get out of my house right now, I hate you!"), Excerpt("", "That was a bit rude.")]
    )
    assert shout.intensity is not None and remark.intensity is not None
    assert shout.intensity > remark.intensity + 0.1


def test_probabilities_cover_all_emotions_and_sum_to_one(classifier: Classifier) -> None:
    for probabilities in classifier.classify(SENTENCES[:20]):
        assert set(probabilities) == set(Emotion)
        assert abs(sum(probabilities.values()) - 1) < 1e-9


def test_probabilities_are_bit_identical_alone_and_in_a_batch(classifier: Classifier) -> None:
    together = classifier.classify(SENTENCES[:60])
    assert together == [classifier.classify([text])[0] for text in SENTENCES[:60]]


def test_concurrent_threads_get_the_same_probabilities(classifier: Classifier) -> None:
    alone = [classifier.classify([text]) for text in SENTENCES[:40]]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda text: classifier.classify([text]), SENTENCES[:40])) == alone


def test_cached_probabilities_are_separate_for_each_key() -> None:
    classifier = Classifier.load(SHIPPED, remembered=10_000)
    keys = ("alice", "bob", None)
    first = [list(classifier.stream([Excerpt("", SENTENCES[0])], key_name)) for key_name in keys]
    assert (classifier.known.hits, classifier.known.misses) == (0, 3)
    again = [list(classifier.stream([Excerpt("", SENTENCES[0])], key_name)) for key_name in keys]
    assert (classifier.known.hits, classifier.known.misses) == (3, 3)
    assert first == again


@pytest.mark.parametrize("text", ["", " ", "\0", "\ud800", "😀" * 50, "a" * 100_000, "word " * 20_000])
def test_odd_text_is_classified(classifier: Classifier, text: str) -> None:
    assert abs(sum(classifier.classify([text])[0].values()) - 1) < 1e-9


@pytest.mark.parametrize("text", ["", " \n", "\0"])
def test_text_without_words_is_neutral(classifier: Classifier, text: str) -> None:
    (probabilities,) = classifier.classify([text])
    assert probabilities == {emotion: float(emotion is Emotion.NEUTRAL) for emotion in Emotion}


def test_only_the_first_512_tokens_are_read(tmp_path: Path) -> None:
    classifier = Classifier.load(copy_classifier(tmp_path, intone=None))
    text = "a " * 505 + "I am so happy!"
    assert classifier.classify([text]) == classifier.classify([text + " I hate you."])
    assert classifier.classify(["a " * 490]) != classifier.classify(["a " * 490 + "I am so happy!"])


def test_tokens_beyond_the_maximum_of_the_model_are_ignored(tmp_path: Path) -> None:
    folder = copy_classifier(tmp_path, intone=None)
    tokenizer = json.loads((folder / "tokenizer_config.json").read_text())
    (folder / "tokenizer_config.json").write_text(json.dumps({**tokenizer, "model_max_length": 8}))
    short = Classifier.load(folder)
    assert short.classify(["one two three four five six"]) == short.classify(["one two three four five six seven"])


def test_classifying_no_sentences_returns_an_empty_list(classifier: Classifier) -> None:
    assert classifier.classify([]) == []


def copy_classifier(folder: Path, **changes: object) -> Path:
    """Copy the shipped classifier and change its config."""
    copy = folder / "copy"
    shutil.copytree(SHIPPED, copy)
    config = json.loads((copy / "config.json").read_text())
    (copy / "config.json").write_text(json.dumps({**config, **changes}))
    return copy


def copy_with_labels(folder: Path, *labels: str) -> Path:
    """Copy the shipped classifier with other labels for the seven emotions; its last output is the intensity."""
    id2label = {str(index): label for index, label in enumerate((*labels, "strength"))}
    return copy_classifier(folder, id2label=id2label, label2id={label: int(index) for index, label in id2label.items()})


def test_a_classifier_with_an_unmapped_label_is_refused(tmp_path: Path) -> None:
    folder = copy_with_labels(tmp_path, *(f"LABEL_{index}" for index in range(7)))
    with pytest.raises(InvalidClassifier, match="LABEL_0"):
        Classifier.load(str(folder))
    mapped = Classifier.load(str(folder), {f"LABEL_{index}": str(emotion) for index, emotion in enumerate(Emotion)})
    assert mapped.classify(["I am so happy!"]) == Classifier.load(str(SHIPPED)).classify(["I am so happy!"])


def test_labels_with_the_same_emotion_are_summed(tmp_path: Path) -> None:
    folder = copy_with_labels(tmp_path, "neutral", "love", "joy", "gratitude", "fear", "surprise", "disgust")
    classifiers = [Classifier.load(path) for path in (folder, SHIPPED)]
    for one in classifiers:
        one.words = None  # it would correct the sum, not the parts
    (summed,), (plain,) = (one.classify(["Well, well."]) for one in classifiers)
    joy = plain[Emotion.JOY] + plain[Emotion.SADNESS] + plain[Emotion.ANGER]
    assert summed[Emotion.JOY] == pytest.approx(joy)
    assert summed[Emotion.SADNESS] == 0


def test_a_multi_label_classifier_uses_a_sigmoid(tmp_path: Path) -> None:
    folder = copy_classifier(tmp_path, problem_type="multi_label_classification")
    (probabilities,) = Classifier.load(str(folder)).classify(["I am so happy!"])
    assert abs(sum(probabilities.values()) - 1) < 1e-9
    assert probabilities != Classifier.load(str(SHIPPED)).classify(["I am so happy!"])[0]


def test_weights_that_could_run_code_are_not_loaded(tmp_path: Path) -> None:
    folder = copy_classifier(tmp_path)
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(InvalidClassifier, match="cannot be loaded"):
        Classifier.load(str(folder))


def test_a_folder_without_all_weights_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidClassifier, match="lacks weights"):
        Classifier.load(copy_classifier(tmp_path, num_hidden_layers=7))


def test_a_folder_without_a_vocabulary_is_refused(tmp_path: Path) -> None:
    folder = copy_classifier(tmp_path)
    (folder / "tokenizer.json").unlink()
    with pytest.raises(InvalidClassifier, match="vocabulary"):
        Classifier.load(folder)


@pytest.mark.parametrize("name", ["model.safetensors", "config.json", "tokenizer.json", "words.tsv"])
@pytest.mark.parametrize("content", [b"", b"{}", b"neither JSON nor weights"])
def test_a_damaged_file_is_refused(tmp_path: Path, name: str, content: bytes) -> None:
    folder = copy_classifier(tmp_path)
    (folder / name).write_bytes(content)
    with pytest.raises(InvalidClassifier, match="cannot be loaded"):
        Classifier.load(folder)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ("0.7", "must be an object"),
        ({"threshold": "high"}, "a threshold in 0"),
        ({"threshold": 1.2}, "a threshold in 0"),
        ({"threshold": float("nan")}, "a threshold in 0"),
        ({"context": "two"}, "a context in 0"),
        ({"context": 1.5}, "a context in 0"),
        ({"context": -1}, "a context in 0"),
        ({"context": 9}, "a context in 0"),
        ({"words": "many"}, "words in 0"),
        ({"words": 0}, "words in 0"),
    ],
)
def test_invalid_settings_are_refused(tmp_path: Path, settings: object, message: str) -> None:
    with pytest.raises(InvalidClassifier, match=message):
        Classifier.load(copy_classifier(tmp_path, intone=settings))


def test_a_classifier_without_the_setting_ignores_the_table(tmp_path: Path, classifier: Classifier) -> None:
    plain = Classifier.load(copy_classifier(tmp_path, intone=None))
    assert plain.words is None
    assert classifier.words is not None
    for text, probabilities in zip(SENTENCES[:5], plain.classify(SENTENCES[:5]), strict=True):
        assert classifier.classify([text]) == [classifier.words.correct(probabilities, text, alone=True)]


def test_a_third_party_classifier_has_no_threshold(tmp_path: Path) -> None:
    plain = Classifier.load(copy_classifier(tmp_path, intone=None))
    assert plain.settings.threshold is None
    assert plain.name == ClassifierId("copy", "unknown")


def test_weights_are_loaded_in_single_precision() -> None:
    module, _ = read_model(str(SHIPPED), local=True)
    assert {str(weight.dtype) for weight in module.parameters()} == {"torch.float32"}


def test_importing_the_package_imports_no_heavy_libraries() -> None:
    code = "import sys, app.emotion; sys.exit(bool({'torch', 'transformers', 'numpy'} & set(sys.modules)))"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[2])


def test_loading_and_classifying_print_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    Classifier.load(SHIPPED).classify(["Well, well."])
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("source", ["/nowhere/at/all", "./nowhere"])
def test_a_missing_folder_is_refused_by_name(source: str) -> None:
    with pytest.raises(InvalidClassifier, match="nowhere"):
        Classifier.load(source)
