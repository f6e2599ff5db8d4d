"""Create the training corpus of the embedded voice: `python -m scripts.corpus OUT MINUTES`.

It needs `pip install hibari-tts onnx` in addition to this project's own packages. MINUTES is the length of each
emotion's speech (`--emotion NAME …` selects emotions). OUT has the layout of LJSpeech:

    metadata.csv      name|text|text as it is read|emotion
    wavs/NAME.flac    24,000 Hz, mono
    durations.jsonl   {"name": …, "symbols": espeak's phonemes, "seconds": [one value for each symbol]}
    pitch.npz         name -> Hz, 80 values a second, 0 where unvoiced
    spectra/NAME.npy  outputs of the teacher's network for each of these frames, [4, 601, frames]; see `teacher.Speech`

The same arguments give the same files. Texts that the teacher and espeak read differently are left out.
"""

from __future__ import annotations

import argparse
import gzip
import json
import logging
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from app.types import Emotion
from scripts.corpus.clips import Clip, make_clips

logger = logging.getLogger(__name__)
TEXTS = Path(__file__).resolve().parents[2] / "data" / "speech.txt.gz"


def main() -> None:
    """Create the clips of all emotions and the files that list them."""
    arguments = parse_arguments()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    for name in ("wavs", "spectra"):
        (arguments.output / name).mkdir(parents=True, exist_ok=True)
    texts = read_texts(arguments.texts)
    emotions = arguments.emotion or list(Emotion)
    clips: list[Clip] = []
    # Processes are spawned, since the threads of espeak and onnxruntime do not survive a fork.
    with ProcessPoolExecutor(arguments.processes, get_context("spawn")) as pool:
        make = partial(
            make_clips,
            texts,
            minutes=arguments.minutes,
            spectra_minutes=arguments.spectra_minutes,
            folder=arguments.output,
        )
        for emotion, (made, left_out) in zip(emotions, pool.map(make, emotions), strict=True):
            minutes = sum(sum(clip.seconds) for clip in made) / 60
            logger.info("%s: %.1f minutes in %d clips, %d left out", emotion, minutes, len(made), left_out)
            clips += made
    write_lists(arguments.output, clips)


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
    parser.add_argument("--emotion", type=Emotion, nargs="+", help="default: all seven")
    parser.add_argument("--processes", type=int, default=2)
    return parser.parse_args()


def read_texts(path: Path) -> list[str]:
    """Return the distinct lines that can be stored in metadata.csv."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        lines = [line.strip() for line in file]
    return list(dict.fromkeys(line for line in lines if line and "|" not in line))


def write_lists(folder: Path, clips: Sequence[Clip]) -> None:
    """Write the texts, durations and pitch of all clips, one file each."""
    rows = [f"{clip.name}|{clip.text}|{clip.spoken}|{clip.emotion.value}\n" for clip in clips]
    (folder / "metadata.csv").write_text("".join(rows), encoding="utf-8")
    timed = [{"name": clip.name, "symbols": clip.symbols, "seconds": clip.seconds} for clip in clips]
    lines = [json.dumps(each, ensure_ascii=False) + "\n" for each in timed]
    (folder / "durations.jsonl").write_text("".join(lines), encoding="utf-8")
    pitches: dict[str, Any] = {clip.name: clip.pitch for clip in clips}
    np.savez(folder / "pitch.npz", **pitches)


if __name__ == "__main__":
    main()
