"""Measure the first and last words of short sentences, spoken alone and, as a control, in running speech."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, dataclass
from html import escape
from itertools import pairwise
from pathlib import Path
from typing import Any, Generic, TypeAlias, TypeVar

import numpy as np
from rich.console import Group
from rich.table import Table

from app.audio.join import Joiner
from app.errors import SetupError
from app.evaluation.listening import Evaluators
from app.evaluation.manner import resample
from app.evaluation.page import render_document, render_player, render_recordings
from app.evaluation.recordings import Prompt, Recording, find_edge_errors, synthesize
from app.evaluation.report import compute_wer_interval, group_by
from app.evaluation.tables import FigureTable, format_rate, render_cells
from app.synthesis.pipeline import Pipeline
from app.synthesis.stream import Speech
from app.types import Emotion, Samples

ONSETS_FILE = Path(__file__).with_name("onsets.tsv")
"""Lines of sound, tab, sentence: at least two sentences for each sound or cluster that begins English words."""
CARRIER = "Then he said, "
"""Words before the sentence in the control."""


@dataclass(frozen=True, slots=True)
class Onset:
    """A sentence and the sound with which it begins."""

    sound: str
    prompt: Prompt


Rendition = TypeVar("Rendition")


@dataclass(frozen=True, slots=True, eq=False)
class OnsetPair(Generic[Rendition]):
    """The recordings, or their transcripts, of the two renditions of one sentence."""

    sound: str
    alone: Rendition
    """The sentence as an utterance of its own."""
    control: Rendition
    """The same words, cut from an utterance in which other words precede them."""


def read_onsets(emotions: Collection[Emotion], limit: int | None = None) -> list[Onset]:
    """Read the sentences for each of these emotions, in the order of the file; at most `limit` of each."""
    lines = ONSETS_FILE.read_text(encoding="utf-8").splitlines()[:limit]
    rows = [line.split("\t") for line in lines]
    return [
        Onset(sound, Prompt(emotion, text, seed)) for emotion in emotions for seed, (sound, text) in enumerate(rows)
    ]


def speak_onsets(
    pipeline: Pipeline, voice: str, onsets: Sequence[Onset], degree: float = 1.0
) -> Iterator[OnsetPair[Recording]]:
    """Speak each sentence alone and within running speech."""
    for onset in onsets:
        prompt = onset.prompt
        alone = synthesize(pipeline, voice, prompt, degree)
        running = synthesize(pipeline, voice, Prompt(prompt.emotion, prepend_carrier(prompt.text), prompt.seed), degree)
        control = cut_words(running, len(CARRIER))
        group, text, rate = prompt.emotion.value, prompt.text, alone.sample_rate
        yield OnsetPair(onset.sound, Recording(group, text, alone.samples, rate), Recording(group, text, control, rate))


def prepend_carrier(text: str) -> str:
    """Prepend the carrier to a sentence."""
    return CARRIER + text[0].lower() + text[1:]


def cut_words(speech: Speech, place: int) -> Samples:
    """Return the speech from a character offset in the request's text on, by the word times that the service reports.

    The cut is at the end of the previous word, because a sound may begin before the time of its word; the silence at
    both ends is trimmed as for any utterance.
    """
    words = [word for utterance in speech.plan.utterances for word in utterance.words]
    ends = [before.end for before, word in pairwise(words) if word.span and word.span[0] == place]
    if not ends:
        raise SetupError(
            "The voice reports no times of words, by which the control is cut.",
            hint="Measure a voice of GlowTTS, or leave --onsets out.",
        )
    joiner = Joiner(speech.sample_rate)
    joiner.start_utterance(gain=1.0)
    begun = joiner.push(speech.samples[round(ends[0] * speech.sample_rate) :])
    return np.concatenate([begun, joiner.end(pause_after=0.0)[0]])


@dataclass(frozen=True, slots=True)
class EdgeTranscript:
    """A recording, its transcript, and whether its first and last words were misheard."""

    recording: Recording
    understood: str
    first_misheard: bool
    last_misheard: bool

    def to_dict(self) -> dict[str, Any]:
        """Return the results for JSON."""
        edges = {"first_misheard": self.first_misheard, "last_misheard": self.last_misheard}
        return {"understood": self.understood, **edges, "seconds": round(self.recording.seconds, 4)}


TranscribedPair: TypeAlias = OnsetPair[EdgeTranscript]


@dataclass(frozen=True, slots=True)
class Rate:
    """Percentage of sentences."""

    percent: float
    interval: tuple[float, float]
    """95 % confidence interval in percent, by a bootstrap over sentences."""


@dataclass(frozen=True, slots=True)
class OnsetRates:
    """Rates of misheard first and last words, in both renditions."""

    sentences: int
    first_alone: Rate
    first_control: Rate
    last_alone: Rate
    last_control: Rate

    @property
    def rates(self) -> tuple[Rate, ...]:
        """All four, in this order."""
        return self.first_alone, self.first_control, self.last_alone, self.last_control


@dataclass(frozen=True, slots=True)
class MisheardWord:
    """A first word that was misheard in at least one rendition."""

    sound: str
    text: str
    emotions: tuple[str, ...]
    """Emotions in which the word was misheard when its sentence was spoken alone."""
    control_emotions: tuple[str, ...]
    """Emotions in which the word was misheard in the control."""
    understood: tuple[str, ...]
    """Transcripts of the sentence, one for each of `emotions`."""


@dataclass(frozen=True, slots=True)
class OnsetReport:
    """All results of an evaluation of onsets."""

    subject: str
    """Name of the voice."""
    pairs: Sequence[TranscribedPair]

    @property
    def groups(self) -> dict[str, OnsetRates]:
        """Rates of each emotion, in the order in which the emotions appear."""
        groups = group_by(self.pairs, lambda pair: pair.alone.recording.group)
        return {name: compute_rates(pairs) for name, pairs in groups.items()}

    @property
    def total(self) -> OnsetRates:
        """Rates over all sentences, which are the mean of the emotions because each has as many sentences."""
        return compute_rates(self.pairs)

    @property
    def misheard(self) -> list[MisheardWord]:
        """First words that were misheard in any emotion, in the order of the sentences."""
        found = []
        for text, pairs in group_by(self.pairs, lambda pair: pair.alone.recording.text).items():
            alone = [pair for pair in pairs if pair.alone.first_misheard]
            control = [pair for pair in pairs if pair.control.first_misheard]
            if alone or control:
                emotions, controls = (tuple(pair.alone.recording.group for pair in one) for one in (alone, control))
                understood = tuple(pair.alone.understood for pair in alone)
                found.append(MisheardWord(pairs[0].sound, text, emotions, controls, understood))
        return found

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            "subject": self.subject,
            "groups": {name: asdict(one) for name, one in self.groups.items()},
            "total": asdict(self.total),
            "misheard": [asdict(one) for one in self.misheard],
            "recordings": [
                {
                    "group": pair.alone.recording.group,
                    "sound": pair.sound,
                    "text": pair.alone.recording.text,
                    "alone": pair.alone.to_dict(),
                    "control": pair.control.to_dict(),
                }
                for pair in self.pairs
            ],
        }


def transcribe_pair(pair: OnsetPair[Recording], evaluators: Evaluators) -> TranscribedPair:
    """Transcribe both renditions of a sentence and check their first and last words."""

    def transcribe(recording: Recording) -> EdgeTranscript:
        understood = evaluators.transcribe(resample(recording.samples, recording.sample_rate))
        return EdgeTranscript(recording, understood, *find_edge_errors(recording.text, understood))

    return OnsetPair(pair.sound, transcribe(pair.alone), transcribe(pair.control))


def compute_rates(pairs: Sequence[TranscribedPair]) -> OnsetRates:
    """Compute the rates of misheard words of some sentences, with their confidence intervals."""
    misheard = (
        [pair.alone.first_misheard for pair in pairs],
        [pair.control.first_misheard for pair in pairs],
        [pair.alone.last_misheard for pair in pairs],
        [pair.control.last_misheard for pair in pairs],
    )
    rates = (Rate(100 * sum(one) / len(one), compute_wer_interval(one, [1] * len(one))) for one in misheard)
    return OnsetRates(len(pairs), *rates)


WORD_HEADINGS = ("sound", "sentence", "misheard in", "control misheard in", "understood")


def tabulate_rates(report: OnsetReport) -> FigureTable:
    """Make a row for each emotion and one for the mean."""
    *groups, mean = (
        (name, str(figures.sentences), *(format_rate(rate.percent, rate.interval) for rate in figures.rates))
        for name, figures in (*report.groups.items(), ("mean", report.total))
    )
    return FigureTable(("", "n", "first word, %", "control, %", "last word, %", "control, %"), groups, [mean])


def make_word_row(word: MisheardWord) -> tuple[str, ...]:
    """Make the row of a misheard first word."""
    understood = " / ".join(dict.fromkeys(word.understood))
    return (word.sound, word.text, ", ".join(word.emotions), ", ".join(word.control_emotions), understood)


def make_onset_tables(report: OnsetReport) -> Group:
    """Return the table of rates and that of misheard first words."""
    words = Table(*WORD_HEADINGS, box=None, header_style="bold", pad_edge=False)
    for word in report.misheard:
        words.add_row(*make_word_row(word))
    return Group(tabulate_rates(report).make_table(), "", words)


EXPLANATION = """<p>How many sentences had their first and their last word misheard by Whisper tiny.en: spoken as
utterances of their own, and (control) the same words cut from running speech of the same emotion and seed. In square
brackets: the 95 % interval of a bootstrap over sentences.</p>"""


def render_onset_page(report: OnsetReport) -> str:
    """Render the whole page, with the audio of sentences whose first word was misheard."""
    sections: dict[str, list[str]] = {name: [] for name in report.groups}
    for pair in report.pairs:
        if pair.alone.first_misheard or pair.control.first_misheard:
            sections[pair.alone.recording.group].append(_render_pair(pair))
    return render_document(
        report.subject,
        f"""{tabulate_rates(report).render()}
{EXPLANATION}
<h2>First words</h2>
<table>
<thead><tr>{render_cells("th", WORD_HEADINGS)}</tr></thead>
<tbody>
{"".join(f"<tr>{render_cells('td', make_word_row(word))}</tr>" for word in report.misheard)}</tbody>
</table>
{"".join(render_recordings(name, ("sentence", "alone", "control"), rows) for name, rows in sections.items())}""",
    )


def _render_pair(pair: TranscribedPair) -> str:
    renditions = "".join(
        f'<td><p class="{"understood" if edges.first_misheard else "text"}">{escape(edges.understood)}</p>'
        f"{render_player(edges.recording)}</td>"
        for edges in (pair.alone, pair.control)
    )
    return f'<tr>\n<td class="text"><p>{escape(pair.alone.recording.text)}</p></td>\n{renditions}\n</tr>\n'
