"""Synthetic LJSpeech folders: tones in place of speech, and clips with faults of every kind."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

from app.synthesis.tokenizer import Phonemizer
from app.training.dataset import Fault

RATE = 22050
TEXTS = ("Good morning to you.", "The cat sat on the mat.", "We won the game.", "Rain fell all day.")


def make_tone(seconds: float, rate: int = RATE, pitch: float = 200.0) -> npt.NDArray[np.float32]:
    """Return a buzz between two silences."""
    time = np.arange(int(seconds * rate)) / rate
    sound = sum(np.sin(2 * np.pi * pitch * k * time) / k for k in range(1, 9)) * 0.2
    sound[(time < 0.2) | (time > seconds - 0.3)] = 0
    return np.asarray(sound, np.float32)


def write_recordings(folder: Path, clips: int = 12, emotions: tuple[str, ...] = (), durations: bool = False) -> Path:
    """Write a folder without faults."""
    (folder / "wavs").mkdir(parents=True)
    rows, timings = [], []
    phonemizer = Phonemizer("en-us")
    for number in range(clips):
        name, text = f"clip_{number:02d}", TEXTS[number % len(TEXTS)]
        seconds = 1.4 + 0.05 * (number % 5)
        soundfile.write(folder / "wavs" / f"{name}.wav", make_tone(seconds, pitch=150 + 10 * number), RATE)
        emotion = f"|{emotions[number % len(emotions)]}" if emotions else ""
        rows.append(f"{name}|{text}|{text}{emotion}\n")
        symbols = phonemizer.phonemize([text])[0]
        share = seconds / len(symbols)
        timings.append({"name": name, "symbols": symbols, "seconds": [share] * len(symbols)})
    (folder / "metadata.csv").write_text("".join(rows), encoding="utf-8")
    if durations:
        (folder / "durations.jsonl").write_text("".join(json.dumps(each) + "\n" for each in timings))
    return folder


def add_faults(folder: Path) -> dict[str, Fault]:
    """Add a clip of each kind of fault and return name -> fault."""
    wavs = folder / "wavs"
    loud = np.clip(make_tone(1.5) * 50, -1, 1)
    broken = {
        "lone": (Fault.COLUMNS, "lone", None),
        "moody": (Fault.EMOTION, "moody|Good day.|Good day.|grumpy", None),
        "clip_00": (Fault.DUPLICATE, "clip_00|Good day to you.", None),
        "gone": (Fault.MISSING, "gone|Good day to you.", None),
        "torn": (Fault.UNREADABLE, "torn|Good day to you.", b"RIFF of nothing"),
        "mute": (Fault.EMPTY, "mute|", make_tone(1.5)),
        "dots": (Fault.ODD, "dots|?!", make_tone(1.5)),
        "loud": (Fault.CLIPPED, "loud|Good day to you.", loud),
        "quiet": (Fault.SILENT, "quiet|Good day to you.", make_tone(1.5) * 1e-4),
        "short": (Fault.SHORT, "short|Good.", make_tone(0.3)),
        "long": (Fault.LONG, "long|" + "Good day to you. " * 6, make_tone(16)),
        "racing": (Fault.ODD, "racing|" + "Good day to you. " * 6, make_tone(1.5)),
        "nan": (Fault.UNREADABLE, "nan|Good day to you.", np.full(RATE, np.nan, np.float32)),
    }
    with (folder / "metadata.csv").open("a", encoding="utf-8") as file:
        for name, (_, row, sound) in broken.items():
            file.write(row + "\n")
            if isinstance(sound, bytes):
                (wavs / f"{name}.wav").write_bytes(sound)
            elif sound is not None:
                soundfile.write(wavs / f"{name}.wav", sound, RATE, subtype="FLOAT")
        file.write("dull|Good day to you.\n")
    soundfile.write(wavs / "dull.wav", make_tone(1.5, 8000), 8000)
    return {name: fault for name, (fault, _, _) in broken.items()} | {"dull": Fault.RATE}
