"""What a voice is worth: sentences spoken or recorded -> measures of each -> figures of each group -> a report."""

from app.evaluation.ears import Ears
from app.evaluation.emotion_judge import judge_emotions
from app.evaluation.emotion_report import EmotionReport
from app.evaluation.emotion_table import emotion_tables
from app.evaluation.figures import Figures, figures_by_group
from app.evaluation.listening import Heard, listen
from app.evaluation.onset_page import onset_page
from app.evaluation.onset_report import OnsetReport, hear
from app.evaluation.onset_table import onset_tables
from app.evaluation.onsets import read_onsets, speak_onsets
from app.evaluation.page import page
from app.evaluation.recordings import Recording, read_recordings
from app.evaluation.report import Report
from app.evaluation.sentences import Prompt, read_sentences
from app.evaluation.speaking import speak, speak_neutrally
from app.evaluation.table import figures_table

__all__ = [
    "Ears",
    "EmotionReport",
    "Figures",
    "Heard",
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
