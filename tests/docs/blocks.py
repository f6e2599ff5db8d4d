"""The fenced blocks of the documents, and how their commands are run."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.serving import ROOT, clean_environment

DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
FENCE = re.compile(r"^```(.*)\n((?:.*\n)*?)```$", re.MULTILINE)
ADDRESS = re.compile(r"(?:http://)?(?:127\.0\.0\.1|localhost):8000")
"""Where the documents say that the service is."""
KINDS = ("sh", "console", "python", "json", "xml", "text", "ini", "yaml")
"""Of blocks: the first three are run."""
NOT_RUN = "not-run"
"""Behind the kind, where a block needs what is not everywhere: a browser, Docker, an hour."""
LINKED = ("models", "scripts", "docker", "pyproject.toml", "requirements.lock")
"""What commands find in the folder where they run, as in a checkout."""
SECONDS = 120


@dataclass(frozen=True)
class Block:
    """One block of a document."""

    file: Path
    line: int
    kind: str
    marks: tuple[str, ...]
    """Words behind the kind."""
    text: str

    @property
    def runs(self) -> bool:
        return self.kind in KINDS[:3] and NOT_RUN not in self.marks

    def __str__(self) -> str:
        return f"{self.file.relative_to(ROOT)}:{self.line}"


def blocks_of(file: Path) -> list[Block]:
    """All blocks of a document, in order."""
    text = file.read_text(encoding="utf-8")
    found = []
    for match in FENCE.finditer(text):
        kind, *marks = match.group(1).split() or [""]
        found.append(Block(file, text.count("\n", 0, match.start()) + 1, kind, tuple(marks), match.group(2)))
    return found


def transcript(block: Block) -> Iterator[tuple[str, str]]:
    """Of a console: every command with the output that is shown below it."""
    for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
        command, _, output = part.partition("\n")
        yield command, output


def looks_like(shown: str, output: str) -> bool:
    """Whether an output is the shown one, in which … stands for anything."""
    pattern = ".*".join(map(re.escape, shown.strip().split("…")))
    return re.fullmatch(pattern, output.strip(), re.DOTALL) is not None


@dataclass(frozen=True)
class Shell:
    """A folder with what a checkout has, where commands are run as a reader would."""

    folder: Path
    address: str
    """Of the service."""

    @classmethod
    def in_folder(cls, folder: Path, address: str) -> Shell:
        for name in LINKED:
            (folder / name).symlink_to(ROOT / name)
        (folder / "bin").mkdir()
        command = folder / "bin" / "intone"
        command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m app "$@"\n')
        command.chmod(0o755)
        return cls(folder, address)

    def run(self, block: Block) -> None:
        """Run a block; what is not as it says fails."""
        text = ADDRESS.sub(self.address, block.text)
        if block.kind == "python":
            self.call([sys.executable, "-W", "error", "-c", text], block)
        elif block.kind == "sh":
            self.call(["bash", "-e", "-o", "pipefail", "-c", text], block)
        else:
            for command, shown in transcript(block):
                output = self.call(["bash", "-e", "-c", ADDRESS.sub(self.address, command)], block)
                assert looks_like(ADDRESS.sub(self.address, shown), output), f"{block}\n{command}\n{output}"

    def call(self, command: list[str], block: Block) -> str:
        """The output of a command that ends well."""
        path = f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
        environment = clean_environment(PATH=path, PYTHONPATH=str(ROOT), NO_PROXY="*", INTONE_BACKEND="torch")
        done = subprocess.run(
            command, cwd=self.folder, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False
        )
        assert done.returncode == 0, f"{block}\n{command[-1]}\n{done.stdout}{done.stderr}"
        return done.stdout
