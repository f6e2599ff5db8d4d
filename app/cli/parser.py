"""Define the commands of the command line, their arguments and their parser, without slow imports."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from app.cli.values import (
    make_names_type,
    parse_count,
    parse_counts,
    parse_dynamics,
    parse_file,
    parse_folder,
    parse_output,
    parse_rate,
    parse_subtitles,
)
from app.errors import IntoneError
from app.packages import version

SOURCE_HELP = "the text, or a file that holds it, or - for standard input"


def add_say_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("source", metavar="TEXT|FILE|-", nargs="?", help=SOURCE_HELP)
    text = "write the sound there instead of playing it; - is standard output"
    add("-o", "--output", type=parse_output, metavar="FILE", help=text)
    text = "wav, flac, mp3, opus, aac, m4b, pcm, ulaw or alaw, if the output's ending does not say it; else wav"
    add("--format", help=text)
    add("--json", action="store_true", help="the plan with all times as JSON, in place of the table")
    _add_book_arguments(parser)
    _add_speech_arguments(parser)


def _add_book_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments about files for listeners."""
    add = parser.add_argument
    add("--plan", type=Path, metavar="FILE", help="speak the plan that analyze printed, edited or not")
    text = "speak this utterance of the plan again, with another seed (the first is 1); may be repeated"
    add("--retake", type=parse_count, action="append", metavar="N", help=text)
    add("--keep", action="store_true", help="keep what was spoken, so that an edited plan speaks only what changed")
    add("--bitrate", type=parse_count, metavar="KBITS", help="kbit/s of MP3, Opus, AAC and M4B")
    add("--sample-rate", type=parse_rate, metavar="HERTZ", help="by default the voice's own, if the format has it")
    add("--title", help="tag of the file; by default the document's")
    add("--author", help="tag of the file; by default the document's")
    add("--cover", type=Path, metavar="FILE", help="JPEG or PNG; by default the document's")
    text = "also write subtitles, .srt or .vtt; may be repeated"
    add("--subtitles", type=parse_subtitles, action="append", metavar="FILE", help=text)
    add("--subtitles-by", choices=("sentence", "word"), help="what a subtitle shows, by default a sentence")
    add("--chapter-files", action="store_true", help="write a file for each chapter, into a folder beside FILE")
    text = "audiobook (-19 LUFS), podcast (-16 LUFS), acx (with a report), or LUFS such as -18"
    add("--loudness", metavar="TARGET", help=text)
    text = "factor on the distance between loud and soft emotions (0 to 2, default 1)"
    add("--dynamics", type=parse_dynamics, metavar="FACTOR", help=text)


def add_analyze_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", metavar="TEXT|FILE|-", help=SOURCE_HELP)
    parser.add_argument("--json", action="store_true", help="the whole plan as JSON")
    text = "the plan as lines of JSON while it is made, for books: an utterance a line"
    parser.add_argument("--json-lines", action="store_true", help=text)
    _add_speech_arguments(parser, without="seed")  # without audio it has no effect


def _add_speech_arguments(parser: argparse.ArgumentParser, without: str = "") -> None:
    """Add the arguments that `say` and `analyze` share."""
    from app.cli.flags import add_option_flags  # pydantic takes some time to load
    from app.fields import SpeechOptions

    add_option_flags(parser, (name for name in SpeechOptions.model_fields if name not in (without, "lexicon")))
    parser.add_argument(
        "--lexicon", metavar="FILE", help="readings of words: PLS, JSON, or lines such as word,alias or word,/IPA/"
    )
    parser.add_argument("--voice", help="name or alias of a voice")
    emotion_spec = "pin one emotion, or blend some (joy:0.6,surprise:0.4), instead of labelling each sentence"
    parser.add_argument("--emotion", default="auto", help=emotion_spec)
    parser.add_argument("--ssml", action="store_true", help="the text is SSML")
    parser.add_argument("--strict", action="store_true", help="fail if the voice lacks an emotion")


def add_voices_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--check", action="store_true", help="load each voice and speak with each of its emotions")
    parser.add_argument("--json", action="store_true", help="as JSON")


def add_voices_add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add(
        "folder",
        type=Path,
        metavar="FOLDER",
        help="with an acoustic model and a vocoder, or a Piper voice's .onnx file",
    )
    add("--name", help="of the voice; by default the folder's")
    add(
        "--emotion",
        action="append",
        default=[],
        metavar="SPEAKER_OR_CHECKPOINT=EMOTION",
        help="who speaks an emotion; may be repeated",
    )
    add("--vocoder", type=Path, metavar="FOLDER", help="which of several vocoders")
    add("--weights", type=Path, action="append", default=[], metavar="FILE", help="which of several weight files")
    add("--language", help="in which a multi-lingual model speaks, by its name in the model's config")
    add("--license", help="of the voice")
    add("--yes", action="store_true", help="ask nothing, take every default")
    add("--force", action="store_true", help="replace a voice.json that is there")


def add_voices_convert_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("path", type=Path, metavar="PATH", help="a voice's folder, or a .pth file")


def add_train_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("dataset", type=Path, metavar="DATASET", help="folder with metadata.csv and wavs/")
    add("--check", action="store_true", help="only report what is in it, and what is wrong with it")
    add("-o", "--output", type=Path, metavar="FOLDER", help="where the run and its voice go")
    add("--base", type=Path, metavar="VOICE", help="name or folder of the voice to go on from; else from scratch")
    add("--resume", action="store_true", help="go on with the run in FOLDER")
    from app.cli.flags import add_training_flags

    add_training_flags(parser)


def add_evaluate_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    subject = parser.add_mutually_exclusive_group(required=True)
    subject.add_argument("voice", nargs="?", metavar="VOICE", help="name of a voice, or a folder with a voice.json")
    subject.add_argument(
        "--recordings",
        type=Path,
        metavar="LIST",
        help="measure recordings: a file of lines group<TAB>sound file<TAB>text",
    )
    text = "speak whole texts: a folder of files, each with the words that a person would read in NAME.read beside it"
    add("--texts", type=Path, metavar="FOLDER", help=text)
    text = "measure first and last words, of short sentences that begin with each English sound"
    add("--onsets", action="store_true", help=text)
    text = "measure whether the differences of each emotion to neutral grow with the degree"
    add("--degrees", action="store_true", help=text)
    add("--emotion", action="append", metavar="NAME", help="speak only this one; may be repeated")
    from app.cli.flags import add_option_flags

    add_option_flags(parser, ["degree"])
    parser.set_defaults(degree=1.0)
    add("--limit", type=parse_count, metavar="N", help="only the first sentences of each emotion")
    add("--json", type=parse_file, metavar="FILE", help="write every figure there")
    add("--html", type=parse_file, metavar="FILE", help="write a page with plots, pictures and sound there")


def add_completion_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("shell", choices=("bash", "fish", "zsh"), help="for which one")


def add_bench_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--rounds", type=parse_count, default=5, metavar="N", help="every figure is the median of so many")
    add("--clients", type=parse_counts, default=[1, 4, 8, 16], metavar="N,N", help="that send requests at once")
    peers = ["intone", "coqui", "piper", "kokoro"]
    add("--peers", type=make_names_type(peers), default=peers, metavar="NAME,NAME", help=", ".join(peers))
    add("--memory-requests", type=parse_count, default=1000, metavar="N", help="between the readings of the memory")
    add("-o", "--output", type=parse_folder, metavar="FOLDER", help="write bench.json and plots there")
    add("--quick", action="store_true", help="one small round, to see that everything works")


class UsageError(IntoneError):
    """The command line is invalid."""


@dataclass(frozen=True, slots=True)
class Command:
    """Help texts and arguments of a command."""

    summary: str
    """A few words for the list of commands."""
    description: str
    add: Callable[[argparse.ArgumentParser], None]
    """Function that adds the arguments to the command's parser."""
    examples: tuple[str, ...]
    """Shell command lines."""


def add_serve_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags of `serve`, generated from the settings, whose packages are slow to import."""
    from app.cli.flags import add_flags, describe_secrets

    add_flags(parser)
    parser.description = f"{parser.description} {describe_secrets()}"


COMMANDS = {
    "serve": Command(
        "the service",
        "Serve speech over HTTP.",
        add_serve_arguments,
        (
            "intone serve --port 8080",
            "INTONE_API_KEYS=alice=$(openssl rand -hex 32) intone serve --host 0.0.0.0",
        ),
    ),
    "say": Command(
        "speak a text",
        "Speak a text and show its plan.",
        add_say_arguments,
        (
            """intone say "We won! I can't believe it.\"""",
            'intone say --emotion joy:0.6,surprise:0.4 --degree 1.3 "The parcel came." -o parcel.wav',
            "intone say --ssml story.xml -o story.mp3",
            "intone say book.txt -o book.flac",
            "intone say book.epub -o book.m4b --loudness audiobook --subtitles book.vtt",
            "intone say book.epub --plan plan.jsonl -o book.m4b --retake 17",
            "intone say lines.csv -o voices.zip --format opus",
            "intone say story.txt -o - --format flac > story.flac",
        ),
    ),
    "analyze": Command(
        "the plan of a text",
        "Show the plan of a text.",
        add_analyze_arguments,
        (
            'intone analyze "Get out of my house, right now!"',
            "intone analyze story.txt --json",
            "intone analyze book.epub --json-lines > plan.jsonl",
        ),
    ),
    "voices": Command(
        "what can speak",
        "List the installed voices.",
        add_voices_arguments,
        ("intone voices", "intone voices --check"),
    ),
    "voices add": Command(
        "a folder of coqui-tts files",
        "Write the voice.json of a folder of coqui-tts files, and hear whether it speaks.",
        add_voices_add_arguments,
        (
            "intone voices add my-voice",
            "intone voices add my-voice --emotion p225=joy --vocoder hifigan --license MIT --yes",
        ),
    ),
    "voices convert": Command(
        "weights to safetensors",
        "Write the .pth weights of a voice as safetensors, which load faster and cannot contain code.",
        add_voices_convert_arguments,
        ("intone voices convert my-voice", "intone voices convert model_file.pth"),
    ),
    "train": Command(
        "a voice from recordings",
        "Check a folder of recordings laid out as LJSpeech is, or train a voice on it.",
        add_train_arguments,
        (
            "intone train recordings --check",
            "intone train recordings -o run --base wren --emotion anger --time-limit 3600",
            "intone train recordings -o run --resume",
        ),
    ),
    "evaluate": Command(
        "what a voice is worth",
        "Have a voice speak test sentences, listen to them, and report. Needs: pip install '.[train]'",
        add_evaluate_arguments,
        (
            "intone evaluate wren --html report.html",
            "intone evaluate run/voice --emotion anger --limit 5",
            "intone evaluate wren --onsets --html onsets.html",
            "intone evaluate wren --degrees",
            "intone evaluate wren --texts letters --html letters.html",
        ),
    ),
    "bench": Command(
        "how fast the service is",
        "Measure speed, cost and memory of the service, beside other services. Needs: pip install '.[bench]'",
        add_bench_arguments,
        ("intone bench --quick", "intone bench --peers intone,piper -o ."),
    ),
    "completion": Command(
        "completion for a shell",
        "Print a script that has a shell complete commands, flags and their values.",
        add_completion_arguments,
        (
            "intone completion bash > ~/.local/share/bash-completion/completions/intone",
            "intone completion fish > ~/.config/fish/completions/intone.fish",
            "intone completion zsh >> ~/.zshrc",
        ),
    ),
}
"""Commands by name, in the order in which they are listed; the name of a subcommand has two words."""


SLOW_COMMANDS = frozenset({"serve", "say", "analyze", "train", "evaluate"})
"""Commands whose flags derive from models, which take some time to load."""
INDENT = "  "


class OneLineParser(argparse.ArgumentParser):
    """Argument parser that reports a wrong use in one line, like every other error."""

    def error(self, message: str) -> NoReturn:
        """Print the error in one line and exit; argparse would add several lines of usage."""
        self.exit(2, f"{self.prog}: {message}. See {self.prog} --help.\n")


class HelpFormatter(argparse.HelpFormatter):
    """Help formatter that wraps text but not indented lines, which are examples to copy."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        lines = text.splitlines()
        return "\n".join(
            line if line.startswith(INDENT) else super(HelpFormatter, self)._fill_text(line, width, indent)
            for line in lines
        )


def make_parser(arguments: Sequence[str]) -> argparse.ArgumentParser:
    """Make the parser; commands in SLOW_COMMANDS have their flags only if the arguments contain their names."""
    return _make(arguments)[0]


def make_command_parsers() -> dict[str, argparse.ArgumentParser]:
    """Return the complete parsers of all commands by their names in COMMANDS."""
    return _make(tuple(COMMANDS))[1]


def _make(wanted: Sequence[str]) -> tuple[argparse.ArgumentParser, dict[str, argparse.ArgumentParser]]:
    """Make the parser and those of its commands, with the flags of all but unwanted slow commands."""
    parser = OneLineParser(prog="intone", description="Speech whose every sentence carries the emotion of its words.")
    parser.add_argument("--version", action="version", version=f"intone {version()}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    parsers: dict[str, argparse.ArgumentParser] = {}
    groups: dict[str, Any] = {}
    for name, command in COMMANDS.items():
        first, _, action = name.partition(" ")
        if action and first not in groups:
            names = [other.partition(" ")[2] for other in COMMANDS if other.startswith(f"{first} ")]
            groups[first] = parsers[first].add_subparsers(dest="action", metavar="|".join(names))
        group = groups[first] if action else commands
        parsers[name] = _add(group, action or name, command)
        if name not in SLOW_COMMANDS or name in wanted:
            command.add(parsers[name])
    return parser, parsers


def _add(parsers: Any, word: str, command: Command) -> argparse.ArgumentParser:
    examples = "\n".join(INDENT + line for line in command.examples)
    parser: argparse.ArgumentParser = parsers.add_parser(
        word,
        help=command.summary,
        description=command.description,
        epilog=f"examples:\n{examples}".replace("%", "%%"),
        formatter_class=HelpFormatter,
    )
    return parser
