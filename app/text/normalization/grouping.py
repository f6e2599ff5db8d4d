"""Rewrite signs and separators of numbers in the notation that later steps read: `-`, `,` for thousands, `.`."""

from __future__ import annotations

import re

from app.text.normalization.rules import RuleTable


def regroup(written: str) -> str:
    """Rewrite a number with foreign grouping: `1.234,5`, `1'234.5`, `1 234,5` -> 1,234.5; leave an IP address."""
    if "," not in written and is_ip_address(written):
        return written
    whole, fraction = written, ""
    if "," in written:
        whole, _, fraction = written.rpartition(",")
    elif "." in written and ("'" in written or " " in written):
        whole, _, fraction = written.rpartition(".")
    digits = re.sub(r"[. ']", ",", whole)
    return f"{digits}.{fraction}" if fraction.strip("0") else digits


def is_ip_address(number: str) -> bool:
    """Return whether a number with dots is an address such as `192.168.100.200`."""
    parts = number.split(".")
    return len(parts) == 4 and all(int(part) <= 255 and str(int(part)) == part for part in parts)


def group_thousands(number: str) -> str:
    """Rewrite a number with Indian grouping: `12,34,567` -> 1,234,567."""
    return f"{int(number.replace(',', '')):,}"


def use_dot(number: str) -> str:
    """Rewrite a number with a decimal comma: `2,5` -> 2.5."""
    return number.replace(",", ".")


rewrite_numbers = RuleTable("grouping", regroup, group_thousands, use_dot)
