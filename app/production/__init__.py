"""Production of files for listeners: books with chapters, subtitles and a loudness, and lines of games."""
