"""The documents: their commands work, their links lead somewhere, and each of them can be reached."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

import pytest

from tests.docs.blocks import DOCUMENTS, FENCE, KINDS, NOT_RUN, Shell, looks_like, read_blocks
from tests.serving import ROOT, Server
from tests.tables import check_rows

RUNNING = [file for file in DOCUMENTS if any(block.runs for block in read_blocks(file))]
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"(?<!`)(`{1,2})(?!`)[^\n]+?(?<!`)\1(?!`)")
"""Code within a line, which may show a link that leads nowhere."""


def format_path(file: Path) -> str:
    return str(file.relative_to(ROOT))


def list_anchors(file: Path) -> set[str]:
    """Return the anchors of the headings of a document."""
    headings = re.findall(r"^#+ (.*)$", FENCE.sub("", file.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("file", RUNNING, ids=format_path)
def test_commands_of_a_document_produce_the_output_shown(file: Path, server: Server, tmp_path: Path) -> None:
    shell = Shell.create(tmp_path, server.url)
    for block in read_blocks(file):
        if block.runs:
            shell.run(block)


@check_rows("file", DOCUMENTS)
def test_every_block_states_its_kind(file: Path) -> None:
    for block in read_blocks(file):
        assert block.kind in KINDS, block
        assert set(block.marks) <= {NOT_RUN}, block


@check_rows("file", DOCUMENTS)
def test_every_relative_link_leads_to_a_file_and_its_heading(file: Path) -> None:
    for link in LINK.findall(CODE.sub("code", FENCE.sub("", file.read_text(encoding="utf-8")))):
        if "://" in link:
            continue
        path, _, anchor = unquote(link).partition("#")
        target = (file.parent / path).resolve() if path else file
        assert target.exists() and target.is_relative_to(ROOT), link
        assert not anchor or anchor in list_anchors(target), link


def test_every_document_can_be_reached_from_the_readme() -> None:
    seen, pending = set(), [ROOT / "README.md"]
    while pending:
        seen.add(file := pending.pop())
        links = LINK.findall(file.read_text(encoding="utf-8"))
        targets = {(file.parent / link.partition("#")[0]).resolve() for link in links if "://" not in link}
        pending += [one for one in targets if one.suffix == ".md" and one not in seen]
    assert set(DOCUMENTS) <= seen


def test_an_ellipsis_in_a_shown_output_matches_anything() -> None:
    assert looks_like("joy at … over 0.7\n", "joy at 0.93 over 0.7\n")
    assert not looks_like("joy at …", "anger at 0.9")
    assert not looks_like("joy", "joyful")
