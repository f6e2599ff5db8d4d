"""Measure the speed of the service and of others: the same as `intone bench`, with the same flags."""

from __future__ import annotations

import sys

from app.__main__ import main

if __name__ == "__main__":
    sys.exit(main(["bench", *sys.argv[1:]]))
