"""What each command takes; imports nothing heavy."""

from __future__ import annotations

import argparse
from pathlib import Path

from app.cli.values import counts, names, positive, seed, within

SOURCE_HELP = "the text, or a file that holds it, or - for standard input"


def say_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", metavar="TEXT|FILE|-", help=SOURCE_HELP)
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="write the sound there instead of playing it")
    parser.add_argument(
        "--format", help="wav, flac, mp3, opus, aac or pcm; by default what the output's ending says, else wav"
    )
    parser.add_argument("--json", action="store_true", help="the plan with all times as JSON, in place of the table")
    _manner_arguments(parser)
    parser.add_argument("--seed", type=seed, help="the same seed gives the same sound")


def analyze_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", metavar="TEXT|FILE|-", help=SOURCE_HELP)
    parser.add_argument("--json", action="store_true", help="the whole plan as JSON")
    _manner_arguments(parser)


def _manner_arguments(parser: argparse.ArgumentParser) -> None:
    """How it is spoken."""
    parser.add_argument("--voice", help="name or alias of a voice")
    feeling = "pin one emotion, or blend some (joy:0.6,surprise:0.4), instead of labelling each sentence"
    parser.add_argument("--emotion", default="auto", help=feeling)
    parser.add_argument("--ssml", action="store_true", help="the text is SSML")
    parser.add_argument("--degree", type=within(0.01, 2), default=1.0, help="how strongly, 0.01 to 2")
    parser.add_argument(
        "--strength", choices=("auto", "fixed"), help="speak emotions as strongly as the text asks for, or all alike"
    )
    parser.add_argument(
        "--expressiveness", type=within(0, 2), help="how readily and strongly emotions are voiced, 0 to 2"
    )
    parser.add_argument(
        "--context", action="append", default=[], metavar="TEXT", help="what comes before, not spoken; may be repeated"
    )
    parser.add_argument("--speed", type=within(0.25, 4), default=1.0, help="speaking rate, 0.25 to 4")
    parser.add_argument("--strict", action="store_true", help="fail where the voice lacks an emotion")


def voices_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--check", action="store_true", help="load each voice and speak with each of its emotions")
    parser.add_argument("--json", action="store_true", help="as JSON")


def voice_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="with an acoustic model and a vocoder")
    parser.add_argument("--name", help="of the voice; by default the folder's")
    parser.add_argument(
        "--emotion",
        action="append",
        default=[],
        metavar="SPEAKER_OR_CHECKPOINT=EMOTION",
        help="who speaks an emotion; may be repeated",
    )
    parser.add_argument("--vocoder", type=Path, metavar="FOLDER", help="which of several vocoders")
    parser.add_argument(
        "--weights", type=Path, action="append", default=[], metavar="FILE", help="which of several weight files"
    )
    parser.add_argument("--license", help="of the voice")
    parser.add_argument("--yes", action="store_true", help="ask nothing, take every default")
    parser.add_argument("--force", action="store_true", help="replace a voice.json that is there")


def train_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("dataset", type=Path, metavar="DATASET", help="folder with metadata.csv and wavs/")
    parser.add_argument("--check", action="store_true", help="only tell what is in it, and what is wrong with it")
    parser.add_argument("-o", "--output", type=Path, metavar="FOLDER", help="where the run and its voice go")
    parser.add_argument("--base", type=Path, metavar="VOICE", help="voice to go on from; else from scratch")
    parser.add_argument("--resume", action="store_true", help="go on with the run in FOLDER")
    parser.add_argument("--model", help="glow_tts, tacotron2, hifigan_v1, hifigan_v2, hifigan_source or vocos_source")
    parser.add_argument("--emotion", help="learn this one alone, as a checkpoint of its own")
    parser.add_argument("--name", help="of the voice that comes out")
    parser.add_argument("--display-name", metavar="NAME", help="the same as people read it")
    parser.add_argument("--epochs", help="end after learning from everything so often")
    parser.add_argument("--time-limit", metavar="SECONDS", help="end after so long")
    parser.add_argument("--batch-size", metavar="N", help="recordings in each step")
    parser.add_argument("--learning-rate", metavar="RATE", help="the highest")
    told = "teach a Vocos also on what the base's GlowTTS makes"
    parser.add_argument("--predicted-mels", action="store_true", default=None, help=told)
    parser.add_argument("--seed", help="the same seed gives the same losses")


def evaluate_arguments(parser: argparse.ArgumentParser) -> None:
    subject = parser.add_mutually_exclusive_group(required=True)
    subject.add_argument("voice", nargs="?", metavar="VOICE", help="name of a voice, or a folder with a voice.json")
    subject.add_argument(
        "--recordings",
        type=Path,
        metavar="LIST",
        help="measure recordings: a file of lines group<TAB>sound file<TAB>text",
    )
    told = "measure first and last words, of short sentences that begin with each English sound"
    parser.add_argument("--onsets", action="store_true", help=told)
    parser.add_argument("--emotion", action="append", metavar="NAME", help="speak only this one; may be repeated")
    parser.add_argument("--degree", type=within(0.01, 2), default=1.0, help="how strongly it speaks, 0.01 to 2")
    parser.add_argument("--limit", type=positive, metavar="N", help="only the first sentences of each emotion")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every figure there")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write a page with plots, pictures and sound there")


def completion_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("shell", choices=("bash", "fish", "zsh"), help="for which one")


def bench_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rounds", type=positive, default=5, metavar="N", help="every figure is the median of so many")
    parser.add_argument("--clients", type=counts, default=[1, 4, 8, 16], metavar="N,N", help="that ask at once")
    peers = ["intone", "coqui", "piper", "kokoro"]
    parser.add_argument("--peers", type=names(peers), default=peers, metavar="NAME,NAME", help=", ".join(peers))
    parser.add_argument(
        "--memory-requests", type=positive, default=1000, metavar="N", help="between the readings of the memory"
    )
    parser.add_argument("-o", "--output", type=Path, metavar="FOLDER", help="write bench.json and plots there")
    parser.add_argument("--quick", action="store_true", help="one small round, to see that everything works")
