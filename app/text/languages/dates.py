"""Read dates and times of day."""

from __future__ import annotations

import re

from app.text.languages.numbers import choose_form, read_cardinal, read_ordinal, read_year
from app.text.languages.table import Language, join

CENTURY = 50
"""Years of two digits below it are of this century."""
CONTEXT = 40
"""Code points before an ordinal that decide its form."""


class DateReader:
    """Reader of the dates and times of one language."""

    def __init__(self, language: Language) -> None:
        self.language = language
        self.months = list(language.months)
        self.month_numbers = {
            word.lower(): number
            for number, (name, short) in enumerate(language.months.items(), 1)
            for word in (name, *short.split())
        }
        names, short = join(self.months), join(word for one in language.months.values() for word in one.split())
        day, year = r"(?:0?[1-9]|[12]\d|3[01])", r"\d{4}"
        self.iso = re.compile(rf"(?<![\w/-])({year})-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])(?![\w-])")
        self.numeric = re.compile(
            rf"(?<![\w/])(?<!\d[.,-])({day})([./-])(0?[1-9]|1[0-2])\2({year}|\d\d)(?![\w/-]|[.,]\d)"
        )
        self.dotted = re.compile(rf"(?<![\w/])(?<!\d[.,-])({day})\. ?(0?[1-9]|1[0-2])\.(?![\w/]|[.,]\d|\.)")
        self.named = re.compile(
            rf"(?i)(?<![\w/])(?<!\d[.,:/-])({day})(?:\.°|[.°]|\.?o|er|º)?(?: de)? "
            rf"((?:{names})\b|(?:{short})\b(?:\.|(?= {year}\b)))(?:(?: del?|,)? ({year})\b(?![.,]\d))?"
        )
        after = rf"{day}(?:[./]\d|\. [^\W\d_]| (?:de )?(?:{names})\b)"
        self.range = re.compile(rf"(?<![\w/-])({day}\.?(?:{day}\.)?|{day}/\d{{1,2}}) ?[–-] ?(?={after})")
        time = language.time
        self.suffix = time.get("suffix", "(?!)")
        before = time.get("before", "(?!)")
        self.time = re.compile(
            rf"(?<![\w:/])(?<!\d[.,-])([01]?\d|2[0-4])(?:([:h.])| h )([0-5]\d)(?::([0-5]\d))?( ?(?:{self.suffix}))?"
            r"(?![\w:]|[.,]\d)"
        )
        self.hour = re.compile(rf"(?<![\w:/])(?<!\d[.,-])([01]?\d|2[0-4]) ?(?:{self.suffix})(?!\w)")
        self.before = re.compile(rf"(?i)(?:^|[\s(])(?:{before}) \Z")
        others = r"(?:\d{1,4}\.?,? ?(?:und |bis |oder )?){0,3}"
        self.endings = [
            (compile_context(words[1:] if words[0] == ">" else rf"(?:^|[\s(]){words[1:]} {others}\Z"), words[0], form)
            for form, words in language.endings
        ]

    def find_ending(self, text: str, start: int, end: int) -> str:
        """Return the form of an ordinal by the words before it, else by those after it."""
        before = text[max(0, start - CONTEXT) : start]
        for pattern, side, form in self.endings:
            if pattern.search(before) if side == "<" else pattern.match(text, end, end + CONTEXT):
                return form
        return ""

    def read_dates(self, text: str) -> str:
        """Read dates in digits and with names of months."""
        if not any(map(str.isdigit, text)):
            return text
        text = self.iso.sub(lambda m: self.read_date(m, m[3], int(m[2]), m[1]), text)
        if self.language.to:
            text = self.range.sub(rf"\1 {self.language.to} ", text)
        text = self.numeric.sub(lambda m: self.read_date(m, m[1], int(m[3]), expand_year(m[4])), text)
        if self.language.dotted_days:
            text = self.dotted.sub(lambda m: self.read_date(m, m[1], int(m[2]), ""), text)
        return self.named.sub(
            lambda m: self.read_date(m, m[1], self.month_numbers[m[2].rstrip(".").lower()], m[3] or ""), text
        )

    def read_date(self, match: re.Match[str], day: str, month: int, year: str) -> str:
        """Read a date."""
        number = str(int(day))
        if not self.language.first:
            words = read_ordinal(number, self.language, self.find_ending(match.string, match.start(), match.end()))
        else:
            words = self.language.first if number == "1" else read_cardinal(number, self.language)
        template = self.language.date if year else self.language.short_date
        return template.format(
            day=words, month=self.months[month - 1], year=read_year(year, self.language) if year else ""
        )

    def read_times(self, text: str) -> str:
        """Read times of day."""
        if not self.language.time or not any(map(str.isdigit, text)):
            return text
        text = self.time.sub(self.read_time, text)
        return self.hour.sub(self.read_hour, text)

    def read_time(self, match: re.Match[str]) -> str:
        """Read a time of day; leave digits with a dot unless the words beside them say that they are one."""
        hour, sign, minute, second, suffix = match.groups()
        before = match.string[max(0, match.start() - CONTEXT) : match.start()]
        if sign == "." and not suffix and not self.before.search(before):
            return match[0]
        kind = "seconds" if second else "minutes" if int(minute) else "full_suffix" if suffix else "full"
        return self.fill(self.language.time.get(kind) or self.language.time["full"], hour, minute, second or "")

    def read_hour(self, match: re.Match[str]) -> str:
        """Read a full hour."""
        return self.fill(self.language.time.get("full_suffix") or self.language.time["full"], match[1], "", "")

    def fill(self, template: str, hour: str, minute: str, second: str) -> str:
        """Return a reading of a time."""
        gender, name = choose_form(hour, self.language, self.language.time["hour"])
        minutes, seconds = (read_cardinal(str(int(part)), self.language) if part else "" for part in (minute, second))
        return template.format(h=read_cardinal(str(int(hour)), self.language, gender), hours=name, m=minutes, s=seconds)


def compile_context(pattern: str) -> re.Pattern[str]:
    """Return the pattern of words beside an ordinal, in any case."""
    return re.compile(f"(?i) ?(?:{pattern})")


def expand_year(digits: str) -> str:
    """Return a year of four digits."""
    return digits if len(digits) == 4 else ("20" if int(digits) < CENTURY else "19") + digits
