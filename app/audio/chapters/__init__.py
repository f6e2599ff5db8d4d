"""Chapters of a file. Their titles are known when it is begun, their times when it is whole: so room is left at its
beginning, and filled at the end, which needs neither memory nor a second file.

FLAC and Opus hold Vorbis comments (CHAPTER001, CHAPTER001NAME), MP3 holds ID3 frames; a cue sheet beside it serves the
others, whose files must hold nothing but sound.
"""

from app.audio.chapters.chapter import MOST_CHAPTERS, Chapter
from app.audio.chapters.save import save_with_chapters

__all__ = ["MOST_CHAPTERS", "Chapter", "save_with_chapters"]
