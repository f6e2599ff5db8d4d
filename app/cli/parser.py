"""Commands and their flags; imports nothing heavy."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

SOURCE_HELP = "the text, or a file that holds it, or - for standard input"
TRAIN = "Check a folder of recordings laid out as LJSpeech is, or train a voice on it."
ADD_VOICE = "Write the voice.json of a folder of coqui-tts files, and hear whether it speaks."
BENCH = "Measure speed, cost and memory of the service, beside other services. Needs: pip install '.[bench]'"
EVALUATE = "Have a voice speak test sentences, listen to them, and report. Needs: pip install '.[train]'"


class OneLineParser(argparse.ArgumentParser):
    """Tells a wrong use in one line, like every other error."""

    def error(self, message: str) -> NoReturn:
        """See `argparse`, which would show the usage in some more lines."""
        self.exit(2, f"{self.prog}: {message}. See {self.prog} --help.\n")


def make_parser(arguments: Sequence[str]) -> argparse.ArgumentParser:
    """The parser; the flags of `serve` are made from the settings, and only when `serve` is asked for."""
    parser = OneLineParser(prog="intone", description="Speech whose every sentence carries the emotion of its words.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    serve = commands.add_parser("serve", help="the service", description="Serve speech over HTTP.")
    if "serve" in arguments:
        _add_settings(serve)
    _add_say(commands.add_parser("say", help="speak a text", description="Speak a text and show its plan."))
    _add_analyze(commands.add_parser("analyze", help="the plan of a text", description="Show the plan of a text."))
    _add_voices(commands.add_parser("voices", help="what can speak", description="List the installed voices."))
    _add_train(commands.add_parser("train", help="a voice from recordings", description=TRAIN))
    _add_evaluate(commands.add_parser("evaluate", help="what a voice is worth", description=EVALUATE))
    _add_bench(commands.add_parser("bench", help="how fast the service is", description=BENCH))
    return parser


def _add_settings(parser: argparse.ArgumentParser) -> None:
    from app.cli.flags import add_flags, secrets_help

    add_flags(parser)
    parser.epilog = secrets_help()


def _add_say(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", metavar="TEXT|FILE|-", help=SOURCE_HELP)
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="write the sound there instead of playing it")
    parser.add_argument(
        "--format", help="wav, flac, mp3, opus, aac or pcm; by default what the output's ending says, else wav"
    )
    _add_manner(parser)
    parser.add_argument("--seed", type=_seed, help="the same seed gives the same sound")


def _add_analyze(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", metavar="TEXT|FILE|-", help=SOURCE_HELP)
    parser.add_argument("--json", action="store_true", help="the whole plan as JSON")
    _add_manner(parser)


def _add_manner(parser: argparse.ArgumentParser) -> None:
    """How it is spoken."""
    parser.add_argument("--voice", help="name or alias of a voice")
    feeling = "pin one emotion, or blend some (joy:0.6,surprise:0.4), instead of labelling each sentence"
    parser.add_argument("--emotion", default="auto", help=feeling)
    parser.add_argument("--ssml", action="store_true", help="the text is SSML")
    parser.add_argument("--degree", type=_within(0.01, 2), default=1.0, help="how strongly, 0.01 to 2")
    parser.add_argument("--speed", type=_within(0.25, 4), default=1.0, help="speaking rate, 0.25 to 4")
    parser.add_argument("--strict", action="store_true", help="fail where the voice lacks an emotion")


def _add_voices(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--check", action="store_true", help="load each voice and speak with each of its emotions")
    parser.add_argument("--json", action="store_true", help="as JSON")
    actions = parser.add_subparsers(dest="action", metavar="add")
    _add_add_voice(actions.add_parser("add", help="a folder of coqui-tts files", description=ADD_VOICE))


def _add_add_voice(parser: argparse.ArgumentParser) -> None:
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


def _add_train(parser: argparse.ArgumentParser) -> None:
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


def _add_evaluate(parser: argparse.ArgumentParser) -> None:
    subject = parser.add_mutually_exclusive_group(required=True)
    subject.add_argument("voice", nargs="?", metavar="VOICE", help="name of a voice, or a folder with a voice.json")
    subject.add_argument(
        "--recordings",
        type=Path,
        metavar="LIST",
        help="measure recordings: a file of lines group<TAB>sound file<TAB>text",
    )
    parser.add_argument("--emotion", action="append", metavar="NAME", help="speak only this one; may be repeated")
    parser.add_argument("--degree", type=_within(0.01, 2), default=1.0, help="how strongly it speaks, 0.01 to 2")
    parser.add_argument("--limit", type=_positive, metavar="N", help="only the first sentences of each emotion")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every figure there")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write a page with plots, pictures and sound there")


def _add_bench(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--rounds", type=_positive, default=5, metavar="N", help="every figure is the median of so many"
    )
    parser.add_argument("--clients", type=_counts, default=[1, 4, 8, 16], metavar="N,N", help="that ask at once")
    peers = ["intone", "coqui", "piper", "kokoro"]
    parser.add_argument("--peers", type=_names(peers), default=peers, metavar="NAME,NAME", help=", ".join(peers))
    parser.add_argument(
        "--memory-requests", type=_positive, default=1000, metavar="N", help="between the readings of the memory"
    )
    parser.add_argument("-o", "--output", type=Path, metavar="FOLDER", help="write bench.json and plots there")
    parser.add_argument("--quick", action="store_true", help="one small round, to see that everything works")


def _counts(value: str) -> list[int]:
    return [_positive(part) for part in value.split(",")]


def _names(known: Sequence[str]) -> Callable[[str], list[str]]:
    """Some of the known names, as a type of argparse."""

    def names(value: str) -> list[str]:
        chosen = value.split(",")
        if unknown := [name for name in chosen if name not in known]:
            raise argparse.ArgumentTypeError(f"{unknown[0]!r} is none of {', '.join(known)}")
        return chosen

    return names


def _positive(value: str) -> int:
    if int(value) < 1:
        raise argparse.ArgumentTypeError(f"{value} is not at least 1")
    return int(value)


def _within(least: float, most: float) -> Callable[[str], float]:
    """A number in a range, as a type of argparse."""

    def number(value: str) -> float:
        if not least <= float(value) <= most:
            raise argparse.ArgumentTypeError(f"{value} is not within {least:g} and {most:g}")
        return float(value)

    return number


def _seed(value: str) -> int:
    if not 0 <= int(value) < 2**32:
        raise argparse.ArgumentTypeError(f"{value} is not within 0 and 2**32 - 1")
    return int(value)
