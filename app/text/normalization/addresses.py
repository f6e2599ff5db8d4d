"""Replace web and mail addresses, paths, file names, hashtags and mentions with words."""

from __future__ import annotations

import re

from app.text.normalization.rules import RuleTable

SPOKEN_SIGNS = {
    **{".": " dot ", "/": " slash ", "-": " dash ", "_": " underscore ", "@": " at ", ":": " colon ", "%": " percent "},
    **{"?": " question mark ", "=": " equals ", "&": " and ", "#": " hash ", "~": " tilde "},
}
ADDRESS_SIGN = re.compile(r"[./\-_@:?=&#%~]")
PATH_SIGNS = {"/": " slash ", ".": " dot ", "~": " tilde ", "_": " ", "@": " at ", "+": " plus "}
PATH_SIGN = re.compile(r"[/.~_@+]")
PATH_WORDS = {"usr": "user"}
"""Names of folders that are not said as they are written."""
PATH_WORD = re.compile(r"\busr\b")


def verbalize_address(address: str) -> str:
    """Read an address: `https://example.com/a` -> example dot com slash a; keep the punctuation mark after it."""
    bare = address.rstrip(".,;:!?/-")
    closing = "" if address.endswith(("/", "-")) else address[len(bare) :]
    bare = bare.split("://", 1)[-1].removeprefix("www.")
    return ADDRESS_SIGN.sub(lambda m: SPOKEN_SIGNS[m[0]], bare).strip() + closing


def verbalize_path(path: str) -> str:
    """Read a path: `/usr/bin` -> slash user slash bin; keep the punctuation mark after it."""
    bare = path.rstrip(".")
    words = PATH_SIGN.sub(lambda m: PATH_SIGNS[m[0]], bare)
    return PATH_WORD.sub(lambda m: PATH_WORDS[m[0]], words) + path[len(bare) :]


def verbalize_dots(name: str) -> str:
    """Read the dots of the name of a file: `a.b` -> a dot b."""
    return name.replace(".", " dot ")


verbalize_addresses = RuleTable("addresses", verbalize_address, verbalize_path, verbalize_dots)
