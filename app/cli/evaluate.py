"""Run `intone evaluate`: measure the quality of a voice or of recordings."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from rich.console import Console
from rich.progress import track

from app.cli.flags import settings
from app.cli.loading import find_voices
from app.cli.parser import UsageError

if TYPE_CHECKING:
    from app.evaluation import Evaluators, Measurement, OnsetReport, Recording, Report
    from app.evaluation.listening import Listener
    from app.synthesis.pipeline import Pipeline
    from app.types import Emotion

T = TypeVar("T")

_WIDTH = 140
"""Minimum columns of the table; a narrower terminal wraps its lines without loss."""


def run(options: argparse.Namespace) -> int:
    """Synthesize sentences or read recordings, measure them, and report the results."""
    _check_use(options)
    from app.evaluation import (
        Evaluators,
        make_emotion_tables,
        make_misheard_table,
        make_onset_tables,
        make_statistics_table,
        render_onset_page,
        render_page,
    )

    evaluators = Evaluators(settings().threads)
    console = Console(highlight=False)
    console.width = max(console.width, _WIDTH)
    if options.onsets:
        onsets = _measure_onsets(options, evaluators)
        console.print(make_onset_tables(onsets))
        _write(options, onsets.to_dict(), lambda: render_onset_page(onsets))
    else:
        report = _make_report(options, evaluators)
        console.print(make_statistics_table(report))
        if options.texts:
            console.print("", make_misheard_table(report), sep="\n")
        if report.emotions.judged:
            console.print("", make_emotion_tables(report.emotions), sep="\n")
        _write(options, report.to_dict(), lambda: render_page(report))
    return 0


def _make_report(options: argparse.Namespace, evaluators: Evaluators) -> Report:
    from app.evaluation import Report, read_recordings

    if options.texts:
        return _measure_texts(options, evaluators)
    if not options.recordings:
        return _measure_voice(options, evaluators)
    return Report(str(options.recordings), _listen(read_recordings(options.recordings, options.limit), evaluators))


def _measure_texts(options: argparse.Namespace, evaluators: Evaluators) -> Report:
    """Measure a voice on whole texts, read as the service reads them."""
    from app.evaluation import Report, TextListener, read_texts, speak_texts

    texts = read_texts(options.texts, options.limit)
    pipeline, voice, _ = _load_subject(options)
    spoken = list(_track_progress(speak_texts(pipeline, voice, texts), "speaking", len(texts)))
    return Report(options.voice, _listen(spoken, TextListener(evaluators)))


def _measure_voice(options: argparse.Namespace, evaluators: Evaluators) -> Report:
    """Measure a voice on the sentences, spoken with their emotions and neutrally."""
    from app.evaluation import EmotionReport, Report, judge_emotions, read_sentences, speak, speak_neutrally

    pipeline, voice, emotions = _load_subject(options)
    sentences = read_sentences(emotions, options.limit)
    spoken = list(_track_progress(speak(pipeline, voice, sentences, options.degree), "speaking", len(sentences)))
    measurements = _listen(spoken, evaluators)
    neutral = list(speak_neutrally(pipeline, voice, sentences))
    judgements = list(_track_progress(judge_emotions(measurements, neutral), "judging", len(neutral)))
    return Report(options.voice, measurements, EmotionReport(judgements))


def _listen(recordings: list[Recording], evaluators: Listener) -> list[Measurement]:
    from app.evaluation import measure_recording

    return [
        measure_recording(recording, evaluators)
        for recording in _track_progress(recordings, "listening", len(recordings))
    ]


def _measure_onsets(options: argparse.Namespace, evaluators: Evaluators) -> OnsetReport:
    from app.evaluation import OnsetReport, read_onsets, speak_onsets, transcribe_pair

    pipeline, voice, emotions = _load_subject(options)
    onsets = read_onsets(emotions, options.limit)
    pairs = list(_track_progress(speak_onsets(pipeline, voice, onsets, options.degree), "speaking", len(onsets)))
    return OnsetReport(
        options.voice, [transcribe_pair(pair, evaluators) for pair in _track_progress(pairs, "listening", len(pairs))]
    )


def _write(options: argparse.Namespace, content: dict[str, Any], html: Callable[[], str]) -> None:
    """Write the requested files."""
    if options.json:
        options.json.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    if options.html:
        options.html.write_text(html(), encoding="utf-8")


def _check_use(options: argparse.Namespace) -> None:
    """Raise `UsageError` for wrong flags before minutes of work."""
    for file in (options.json, options.html):
        if file and not file.parent.is_dir():
            raise UsageError(f"There is no folder {file.parent}.", hint="Make it first.")
    flags = {"--onsets": options.onsets, "--emotion": options.emotion, "--degree": options.degree != 1}
    for flag, chosen in (flags | {"--texts": options.texts}).items():
        if options.recordings and chosen:
            raise UsageError(f"{flag} is about what a voice speaks.", hint="Leave it out with --recordings.")
    for flag, chosen in flags.items():
        if options.texts and chosen:
            raise UsageError(f"{flag} is about test sentences.", hint="Leave it out with --texts.")
    if options.voice and not Path(options.voice).is_dir():
        find_voices(settings()).get(options.voice)


def _load_subject(options: argparse.Namespace) -> tuple[Pipeline, str, list[Emotion]]:
    """Load a voice, given as a folder with a voice.json or as the name of an installed one.

    Return the pipeline, the voice's name, and the emotions to evaluate.
    """
    from app.emotion import parse_emotion
    from app.synthesis.pipeline import Pipeline
    from app.voices import open_voice

    emotions = [parse_emotion(name) for name in options.emotion or ()]
    folder = Path(options.voice)
    if folder.is_dir():
        name = open_voice(folder).name
        pipeline = Pipeline.load(settings(voices=[folder], default_voice=name))
    else:
        name = options.voice
        pipeline = Pipeline.load(settings())
    voice = pipeline.registry.get(name)
    return pipeline, voice.name, emotions or list(voice.manifest.emotions)


def _track_progress(work: Iterable[T], what: str, total: int) -> Iterable[T]:
    """Iterate over the work with a progress bar on standard error, if that is a terminal."""
    console = Console(stderr=True)
    return track(work, what, total, console=console, transient=True, disable=not console.is_terminal)
