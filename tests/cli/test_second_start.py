"""The second start: converted networks are enough to speak, without the libraries that built them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.serving import ROOT

HEAVY = "{'torch', 'transformers', 'TTS', 'librosa', 'scipy'}"
SAY = f"""
import sys
from app.__main__ import main
code = main(["say", "[angry] How dare you! [/angry] It rains.", "--degree", "0.6", "--seed", "1", "-o", sys.argv[1]])
print(*sorted({HEAVY} & sys.modules.keys()))
sys.exit(code)
"""
SERVE = f"""
import sys
import app.main, app.api.server, app.api.wyoming.server, app.synthesis.pipeline
print(*sorted({HEAVY} & sys.modules.keys()))
"""


def run(code: str, *arguments: str | Path) -> str:
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout


def test_a_warm_cache_is_enough_to_speak_the_same_bytes_without_torch(tmp_path: Path) -> None:
    first, second = tmp_path / "first.wav", tmp_path / "second.wav"
    run(SAY, first)  # converts what earlier tests have not
    assert run(SAY, second).splitlines()[-1] == ""
    assert first.read_bytes() == second.read_bytes()


def test_importing_the_service_imports_no_heavy_libraries() -> None:
    assert run(SERVE).strip() == ""
