"""The verdicts on emotions as a section of the page."""

from __future__ import annotations

from app.evaluation.emotion_report import EmotionReport
from app.evaluation.emotion_table import (
    CONFUSION_HEADINGS,
    confusion_rows,
    difference_headings,
    difference_rows,
    summary_rows,
)
from app.evaluation.html_table import figures_table_html


def emotion_section(report: EmotionReport) -> str:
    """Make the section; it is empty where nothing was judged."""
    if not report.judged:
        return ""
    return f"""<h2>Emotions, judged</h2>
{figures_table_html(CONFUSION_HEADINGS, confusion_rows(report), summary_rows(report))}
<p>A row for each emotion that was spoken, a column for each that was named. In square brackets: the 95 % interval of a
bootstrap over sentences. The judge measures the prosody of each clip against the neutral reading of the same text, and
names the emotion whose published differences, as twelve actresses made them, are nearest. It has learned nothing, and
understands no words.</p>
{figures_table_html(difference_headings(report), difference_rows(report))}
<p>Mean differences to the neutral readings; in round brackets those of the actresses, at normal and at strong
intensity.</p>
"""
