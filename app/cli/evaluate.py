"""Run `intone evaluate`: measure the quality of a voice or of recordings."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable
from pathlib import Path
from typing import TypeVar

from rich.console import Console
from rich.progress import track

from app.cli.flags import find_voices, settings
from app.cli.output import make_wide_console
from app.cli.parser import UsageError
from app.emotion import parse_emotion
from app.evaluation.degrees import DEGREES, DegreeReport, render_degree_page, speak_degrees, tabulate_degrees
from app.evaluation.emotion_judge import judge_emotions
from app.evaluation.listening import Evaluators, Measurement, measure_recording
from app.evaluation.onset_report import (
    OnsetReport,
    make_onset_tables,
    read_onsets,
    render_onset_page,
    speak_onsets,
    transcribe_pair,
)
from app.evaluation.page import render_page
from app.evaluation.recordings import Recording, read_recordings, read_sentences, speak, speak_neutrally
from app.evaluation.report import EmotionReport, Report
from app.evaluation.tables import make_report_tables
from app.evaluation.texts import TextListener, make_misheard_table, read_texts, speak_texts
from app.synthesis.pipeline import Pipeline
from app.types import Emotion
from app.voices import open_voice

T = TypeVar("T")


def run(options: argparse.Namespace) -> int:
    """Synthesize sentences or read recordings, measure them, and report the results."""
    _check_use(options)
    console = make_wide_console()
    if options.degrees:
        degrees = _measure_degrees(options)
        console.print(tabulate_degrees(degrees).make_table())
        content, page = degrees.to_dict(), render_degree_page(degrees) if options.html else ""
    elif options.onsets:
        onsets = _measure_onsets(options, Evaluators(settings().threads))
        console.print(make_onset_tables(onsets))
        content, page = onsets.to_dict(), render_onset_page(onsets) if options.html else ""
    else:
        report = _measure(options, Evaluators(settings().threads))
        console.print(make_report_tables(report))
        if options.texts:
            console.print("", make_misheard_table(report), sep="\n")
        content, page = report.to_dict(), render_page(report) if options.html else ""
    if options.json:
        options.json.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    if options.html:
        options.html.write_text(page, encoding="utf-8")
    return 0


def _measure(options: argparse.Namespace, evaluators: Evaluators) -> Report:
    """Measure recordings, or a voice on whole texts, or on the sentences, spoken with their emotions and neutrally."""
    if options.recordings:
        return Report(str(options.recordings), _listen(read_recordings(options.recordings, options.limit), evaluators))
    pipeline, voice, emotions = _load_subject(options)
    if options.texts:
        texts = read_texts(options.texts, options.limit)
        spoken = list(_track_progress(speak_texts(pipeline, voice, texts), "speaking", len(texts)))
        return Report(options.voice, _listen(spoken, TextListener(evaluators)))
    sentences = read_sentences(emotions, options.limit)
    spoken = list(_track_progress(speak(pipeline, voice, sentences, options.degree), "speaking", len(sentences)))
    measurements = _listen(spoken, evaluators)
    neutral = list(speak_neutrally(pipeline, voice, sentences))
    judgements = list(_track_progress(judge_emotions(measurements, neutral), "judging", len(neutral)))
    return Report(options.voice, measurements, EmotionReport(judgements))


def _listen(recordings: list[Recording], listener: Evaluators) -> list[Measurement]:
    tracked = _track_progress(recordings, "listening", len(recordings))
    return [measure_recording(recording, listener) for recording in tracked]


def _measure_onsets(options: argparse.Namespace, evaluators: Evaluators) -> OnsetReport:
    pipeline, voice, emotions = _load_subject(options)
    onsets = read_onsets(emotions, options.limit)
    pairs = list(_track_progress(speak_onsets(pipeline, voice, onsets, options.degree), "speaking", len(onsets)))
    tracked = _track_progress(pairs, "listening", len(pairs))
    return OnsetReport(options.voice, [transcribe_pair(pair, evaluators) for pair in tracked])


def _measure_degrees(options: argparse.Namespace) -> DegreeReport:
    pipeline, voice, emotions = _load_subject(options)
    sentences = [one for one in read_sentences(emotions, options.limit) if one.emotion is not Emotion.NEUTRAL]
    readings = speak_degrees(pipeline, voice, sentences)
    tracked = _track_progress(readings, "measuring", len(sentences) * len(DEGREES))
    return DegreeReport(options.voice, list(tracked))


def _check_use(options: argparse.Namespace) -> None:
    """Raise `UsageError` for wrong flags before minutes of work."""
    flags = {
        "--onsets": options.onsets,
        "--degrees": options.degrees,
        "--emotion": options.emotion,
        "--degree": options.degree != 1,
    }
    for flag, chosen in (flags | {"--texts": options.texts}).items():
        if options.recordings and chosen:
            raise UsageError(f"{flag} is about what a voice speaks.", hint="Leave it out with --recordings.")
    for flag, chosen in flags.items():
        if options.texts and chosen:
            raise UsageError(f"{flag} is about test sentences.", hint="Leave it out with --texts.")
    for flag in ("--onsets", "--degree"):
        if options.degrees and flags[flag]:
            raise UsageError(f"{flag} has no effect beside --degrees.", hint="Run the command twice.")
    if options.voice and not Path(options.voice).is_dir():
        find_voices(settings()).get(options.voice)


def _load_subject(options: argparse.Namespace) -> tuple[Pipeline, str, list[Emotion]]:
    """Load a voice, given as a folder with a voice.json or as the name of an installed one.

    Return the pipeline, the voice's name, and the emotions to evaluate.
    """
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
