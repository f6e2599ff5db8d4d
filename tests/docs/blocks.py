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
"""The address of the service in the documents."""
KINDS = ("sh", "console", "python", "json", "xml", "text", "ini", "yaml", "html")
"""The kinds of blocks; the first three are run."""
NOT_RUN = "not-run"
"""Follows the kind if a block needs what is not available everywhere: a browser, Docker, an hour."""
LINKED = ("models", "scripts", "docker", "pyproject.toml", "requirements.lock")
"""The parts of a checkout that commands find in their working folder."""
SECONDS = 120


@dataclass(frozen=True)
class Block:
    """One block of a document."""

    file: Path
    line: int
    kind: str
    marks: tuple[str, ...]
    """The words after the kind."""
    text: str

    @property
    def runs(self) -> bool:
        return self.kind in KINDS[:3] and NOT_RUN not in self.marks

    def __str__(self) -> str:
        return f"{self.file.relative_to(ROOT)}:{self.line}"


def read_blocks(file: Path) -> list[Block]:
    """Return all blocks of a document, in order."""
    text = file.read_text(encoding="utf-8")
    blocks = []
    for match in FENCE.finditer(text):
        kind, *marks = match.group(1).split() or [""]
        blocks.append(Block(file, text.count("\n", 0, match.start()) + 1, kind, tuple(marks), match.group(2)))
    return blocks


def split_transcript(block: Block) -> Iterator[tuple[str, str]]:
    """Yield every command of a console block with the output shown below it."""
    for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
        command, _, output = part.partition("\n")
        yield command, output


def looks_like(shown: str, output: str) -> bool:
    """Return whether an output matches the one shown, in which … stands for anything."""
    pattern = ".*".join(map(re.escape, shown.strip().split("…")))
    return re.fullmatch(pattern, output.strip(), re.DOTALL) is not None


@dataclass(frozen=True)
class Shell:
    """A folder with the parts of a checkout, in which commands run as a reader would run them."""

    folder: Path
    address: str
    """The address of the service."""

    @classmethod
    def create(cls, folder: Path, address: str) -> Shell:
        for name in LINKED:
            (folder / name).symlink_to(ROOT / name)
        (folder / "bin").mkdir()
        command = folder / "bin" / "intone"
        command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m app "$@"\n')
        command.chmod(0o755)
        return cls(folder, address)

    def run(self, block: Block) -> None:
        """Run a block; fail if a command fails or prints other output than the block shows."""
        text = ADDRESS.sub(self.address, block.text)
        if block.kind == "python":
            self.call([sys.executable, "-W", "error", "-c", text], block)
        elif block.kind == "sh":
            self.call(["bash", "-e", "-o", "pipefail", "-c", text], block)
        else:
            for command, shown in split_transcript(block):
                output = self.call(["bash", "-e", "-c", ADDRESS.sub(self.address, command)], block)
                assert looks_like(ADDRESS.sub(self.address, shown), output), f"{block}\n{command}\n{output}"

    def call(self, command: list[str], block: Block) -> str:
        """Run a command, which must succeed, and return its output."""
        path = f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
        environment = clean_environment(PATH=path, PYTHONPATH=str(ROOT), NO_PROXY="*", INTONE_BACKEND="torch")
        result = subprocess.run(
            command, cwd=self.folder, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False
        )
        assert result.returncode == 0, f"{block}\n{command[-1]}\n{result.stdout}{result.stderr}"
        return result.stdout
