"""Evaluate a voice: measure synthesized or recorded sentences, and report statistics of each group."""

from app.evaluation.emotion_judge import judge_emotions
from app.evaluation.emotion_tables import emotion_tables
from app.evaluation.listening import Evaluators, Measurement, listen
from app.evaluation.onset_report import OnsetReport, hear, onset_page, onset_tables
from app.evaluation.onsets import read_onsets, speak_onsets
from app.evaluation.page import page
from app.evaluation.recordings import Prompt, Recording, read_recordings, read_sentences, speak, speak_neutrally
from app.evaluation.report import EmotionReport, Figures, Report, figures_by_group
from app.evaluation.tables import figures_table

__all__ = [
    "EmotionReport",
    "Evaluators",
    "Figures",
    "Measurement",
    "OnsetReport",
    "Prompt",
    "Recording",
    "Report",
    "emotion_tables",
    "figures_by_group",
    "figures_table",
    "hear",
    "judge_emotions",
    "listen",
    "onset_page",
    "onset_tables",
    "page",
    "read_onsets",
    "read_recordings",
    "read_sentences",
    "speak",
    "speak_neutrally",
    "speak_onsets",
]
