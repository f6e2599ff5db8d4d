"""Speakers of quotations in text that arrives in pieces."""

from __future__ import annotations

import random
from itertools import groupby
from pathlib import Path

import pytest

from app.live.prefix import ReadingOptions
from app.live.reader import Boundary, LiveReader
from app.text import read_input
from app.types import Clause, InputFormat, Role, Sentence
from tests.live.live_texts import TEXTS
from tests.live.talking import open_socket, say
from tests.live.test_cuttings import cut
from tests.serving import StartServer
from tests.text.test_speakers import RULES, read_passages
from tests.tiny_voice import write_tiny_voice

STORY = '"Get out. I mean it," said Ruth. The door was open. "No," said Tom. '


def read_live(text: str, seed: int = 0) -> list[Sentence]:
    """Return the sentences of a text that arrives in pieces and whose speakers have voices."""
    reader = LiveReader(ReadingOptions(names_speakers=True))
    sentences = []
    for piece in cut(text, random.Random(seed)):
        reader.push(piece)
        while isinstance(found := reader.read(), Sentence):
            sentences.append(found)
    reader.flush()
    while isinstance(found := reader.read(), Sentence):
        sentences.append(found)
    return sentences


def list_dialogue(sentences: list[Sentence]) -> list[Clause]:
    return [one for sentence in sentences for one in sentence.clauses if one.role is Role.DIALOGUE]


def test_quotation_waits_for_its_tag_and_has_one_speaker() -> None:
    sentences = " ".join(f"I have told you {number} times that nobody may come in here." for number in range(9))
    found = list_dialogue(read_live(f'"{sentences}" said Ruth. Tom went.'))
    assert len(found) > 2 and len({one.speaker for one in found}) == 1


@pytest.mark.parametrize("number", range(len(TEXTS)))
def test_speakers_do_not_depend_on_cutting(number: int) -> None:
    assert len({tuple(read_live(TEXTS[number], seed)) for seed in range(5)}) == 1


def test_line_end_ends_paragraph_of_dialogue() -> None:
    """The second line has no speaker in the whole text, either, although the first one has."""
    narration = "The wind had been in the trees all night, and nobody in the house on the hill had slept at all. "
    text = f'{narration}"Get out," said Ruth.\n"No, I will stay."\n"Fine then."\nThe end came.'
    assert [one.speaker for one in list_dialogue(read_live(text))] == ["Ruth", None, None]


def test_quotation_does_not_end_when_no_text_comes() -> None:
    reader = LiveReader(ReadingOptions(names_speakers=True))
    reader.push('"I loved you once.')
    reader.flush(Boundary.IDLE)
    assert reader.read() is Boundary.IDLE
    reader.push(' How dare you!" said Ruth. Tom left.')
    found = reader.read()
    assert isinstance(found, Sentence) and found.clauses[0].speaker == "Ruth"


def test_most_speakers_are_found_and_none_is_another() -> None:
    """What follows later in a paragraph, and turns of earlier paragraphs, are not known."""
    equal = different = 0
    for text, _ in (*read_passages("open"), *read_passages("held"), *((text, []) for text, _ in RULES)):
        whole = {one.start: one.speaker for one in list_dialogue(list(read_input(text, InputFormat.AUTO).sentences))}
        for one in list_dialogue(read_live(text)):
            expected = whole.get(one.start)
            assert one.speaker in (expected, None), (text, one.text)
            equal, different = equal + (one.speaker == expected), different + (one.speaker != expected)
    assert equal > 3 * different


def test_narration_dialogue_and_characters_have_voices_on_sockets(own_server: StartServer, tmp_path: Path) -> None:
    """The second voice has another sample rate, so that one at the wrong rate would not last as long."""
    write_tiny_voice(tmp_path / "voices" / "tiny")
    server = own_server("--voices", f"{Path('models/voices').resolve()}:{tmp_path / 'voices'}")
    with open_socket(server.url, voices="narration=wren,dialogue=tiny,Ruth=wren") as socket:
        heard = say(socket, [STORY])
    voices = [(one["role"], one["speaker"], one["voice"]) for one in heard.utterances]
    assert [one for one, _ in groupby(voices)] == [
        ("dialogue", "Ruth", "wren"),
        ("narration", None, "wren"),
        ("dialogue", "Tom", "tiny"),
        ("narration", None, "wren"),
    ]
    assert len(heard.audio) / (2 * 22_050) == pytest.approx(heard.utterances[-1]["end"], abs=0.01)
    with server.create_client() as client:
        alone = client.post("/synthesize", json={"text": '"No,"', "voice": "tiny", "timing": True}).json()
    (spoken,) = (one for one in heard.utterances if one["voice"] == "tiny")
    expected = alone["plan"]["utterances"][0]
    assert spoken["end"] - spoken["start"] == pytest.approx(expected["end"] - expected["start"], rel=0.5)
