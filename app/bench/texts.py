"""What is spoken while it is measured."""

from __future__ import annotations

SENTENCES = (
    "The harbour was quiet when the ferry came in.",
    "I am so happy that you are finally here!",
    "Nobody told me that the last bus had already left.",
    "The tickets cost twelve pounds, and the museum closes at half past five.",
    "How dare you speak to her like that!",
    "We walked along the wall and watched the gulls.",
    "I miss him terribly, and the house feels empty without him.",
    "There is someone behind the door, and I am terrified.",
    "Oh wow, I did not expect to see you here!",
    "After dinner they washed the plates and went to bed.",
)
SENTENCE = SENTENCES[0]
PARAGRAPH = " ".join(SENTENCES)
PASSAGE_SENTENCES = 2
PASSAGES = len(SENTENCES) // PASSAGE_SENTENCES
"""So many different passages there are; together they are the paragraph."""


def passages(first: int, count: int) -> str:
    """Some passages of two sentences each, from one of them on, over and over; 100 of them have 10,099 characters."""
    return sentences(first * PASSAGE_SENTENCES, count * PASSAGE_SENTENCES)


def sentences(first: int, count: int) -> str:
    """Some sentences of the paragraph, from one of them on, over and over."""
    return " ".join(SENTENCES[(first + number) % len(SENTENCES)] for number in range(count))
