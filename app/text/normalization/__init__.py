"""Text as it is written -> text as it is read aloud (English)."""
