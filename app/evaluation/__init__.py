"""Evaluate a voice: measure synthesized or recorded sentences, and report statistics of each group."""

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
from app.evaluation.recordings import Prompt, Recording, read_recordings, read_sentences, speak, speak_neutrally
from app.evaluation.report import EmotionReport, Report, Statistics, compute_group_statistics
from app.evaluation.tables import make_emotion_tables, make_statistics_table
from app.evaluation.texts import TextListener, make_misheard_table, read_texts, speak_texts

__all__ = [
    "EmotionReport",
    "Evaluators",
    "Measurement",
    "OnsetReport",
    "Prompt",
    "Recording",
    "Report",
    "Statistics",
    "TextListener",
    "compute_group_statistics",
    "judge_emotions",
    "make_emotion_tables",
    "make_misheard_table",
    "make_onset_tables",
    "make_statistics_table",
    "measure_recording",
    "read_onsets",
    "read_recordings",
    "read_sentences",
    "read_texts",
    "render_onset_page",
    "render_page",
    "speak",
    "speak_neutrally",
    "speak_onsets",
    "speak_texts",
    "transcribe_pair",
]
