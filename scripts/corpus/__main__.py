"""Create the training corpus of the embedded voice: `python -m scripts.corpus OUT MINUTES`.

It needs `pip install hibari-tts onnx` in addition to this project's own packages. MINUTES is the length of each
emotion's speech (`--emotion NAME …` selects emotions). The teacher is hibari-tts, or, with `--kokoro GRAPH VOICE`, a
voice of Kokoro-82M. OUT has the layout of LJSpeech:

    metadata.csv      name|text|text as it is read|emotion
    wavs/NAME.flac    24,000 Hz, mono
    durations.jsonl   {"name": …, "symbols": espeak's phonemes, "seconds": [one value for each symbol]}
    pitch.npz         name -> Hz, 80 values a second, 0 where unvoiced
    spectra/NAME.npy  outputs of the network of hibari-tts for each of these frames, [4, 601, frames]; see
                      `teacher.Speech`; none with Kokoro

The emotions take turns, a minute each, and the lists are written after each turn. The same arguments continue an
interrupted corpus, and give the same files but for Kokoro's noise. Texts that the teacher and espeak read differently
are left out.
"""

from __future__ import annotations

import argparse
import gzip
import logging
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from app.types import Emotion
from scripts.corpus.clips import make_clips
from scripts.corpus.kokoro import KokoroFiles
from scripts.corpus.lists import plan_portion, read_lists, write_lists

logger = logging.getLogger(__name__)
TEXTS = Path(__file__).resolve().parents[2] / "data" / "speech.txt.gz"


def main() -> None:
    """Create the clips of all emotions, a minute of each at a time, and the files that list them."""
    arguments = parse_arguments()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    for name in ("wavs", "spectra"):
        (arguments.output / name).mkdir(parents=True, exist_ok=True)
    texts = read_texts(arguments.texts)
    make = partial(make_clips, texts, KokoroFiles(*arguments.kokoro) if arguments.kokoro else None, arguments.output)
    clips = read_lists(arguments.output)
    emotions = arguments.emotion or list(Emotion)
    # Processes are spawned, since the threads of espeak and onnxruntime do not survive a fork.
    with ProcessPoolExecutor(arguments.processes, get_context("spawn")) as pool:
        while missing := [
            portion
            for emotion in emotions
            for portion in [plan_portion(emotion, clips, len(texts), arguments.minutes, arguments.spectra_minutes)]
            if portion.seconds > 0
        ]:
            emotions = []
            for portion, made in zip(missing, pool.map(make, missing), strict=True):
                clips += made
                write_lists(arguments.output, clips)
                if made:
                    emotions.append(portion.emotion)
            logger.info("%.1f minutes in %d clips", sum(sum(clip.seconds) for clip in clips) / 60, len(clips))


def parse_arguments() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("output", type=Path)
    parser.add_argument("minutes", type=float, help="minutes of speech for each emotion")
    parser.add_argument(
        "--spectra-minutes",
        type=float,
        default=0,
        help="minutes of each emotion for which to store spectra, to train a vocoder",
    )
    parser.add_argument(
        "--texts", type=Path, default=TEXTS, help="gzipped file with one text per line; default %(default)s"
    )
    parser.add_argument(
        "--kokoro",
        type=Path,
        nargs=2,
        metavar=("GRAPH", "VOICE"),
        help="ONNX graph of Kokoro-82M and a file of one of its voices; default: hibari-tts is the teacher",
    )
    parser.add_argument("--emotion", type=Emotion, nargs="+", help="default: all seven")
    parser.add_argument("--processes", type=int, default=2)
    return parser.parse_args()


def read_texts(path: Path) -> list[str]:
    """Return the distinct lines that can be stored in metadata.csv."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        lines = [line.strip() for line in file]
    return list(dict.fromkeys(line for line in lines if line and "|" not in line))


if __name__ == "__main__":
    main()
