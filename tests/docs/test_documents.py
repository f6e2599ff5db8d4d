"""What stands in the documents: commands work, links lead somewhere, and what is made from code is up to date."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

import pytest

from tests.docs.blocks import DOCUMENTS, FENCE, KINDS, NOT_RUN, Shell, blocks_of, looks_like
from tests.serving import ROOT, Server

RUNNING = [file for file in DOCUMENTS if any(block.runs for block in blocks_of(file))]
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")


def name(file: Path) -> str:
    return str(file.relative_to(ROOT))


def anchors(file: Path) -> set[str]:
    """Of the headings of a document, as they are linked to."""
    headings = re.findall(r"^#+ (.*)$", FENCE.sub("", file.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("file", RUNNING, ids=name)
def test_the_commands_of_a_document_do_what_it_shows(file: Path, server: Server, tmp_path: Path) -> None:
    shell = Shell.in_folder(tmp_path, server.url)
    for block in blocks_of(file):
        if block.runs:
            shell.run(block)


@pytest.mark.parametrize("file", DOCUMENTS, ids=name)
def test_every_block_says_what_it_is(file: Path) -> None:
    for block in blocks_of(file):
        assert block.kind in KINDS, block
        assert set(block.marks) <= {NOT_RUN}, block


@pytest.mark.parametrize("file", DOCUMENTS, ids=name)
def test_every_relative_link_leads_to_a_file_and_its_heading(file: Path) -> None:
    for link in LINK.findall(FENCE.sub("", file.read_text(encoding="utf-8"))):
        if "://" in link:
            continue
        path, _, anchor = unquote(link).partition("#")
        target = (file.parent / path).resolve() if path else file
        assert target.exists() and target.is_relative_to(ROOT), link
        assert not anchor or anchor in anchors(target), link


def test_every_document_can_be_reached_from_the_readme() -> None:
    seen, ahead = set(), [ROOT / "README.md"]
    while ahead:
        seen.add(file := ahead.pop())
        links = LINK.findall(file.read_text(encoding="utf-8"))
        targets = {(file.parent / link.partition("#")[0]).resolve() for link in links if "://" not in link}
        ahead += [one for one in targets if one.suffix == ".md" and one not in seen]
    assert set(DOCUMENTS) <= seen


def test_an_output_is_compared_but_for_what_is_left_open() -> None:
    assert looks_like("joy at … over 0.7\n", "joy at 0.93 over 0.7\n")
    assert not looks_like("joy at …", "anger at 0.9")
    assert not looks_like("joy", "joyful")
