"""How elements change the manner in which their text is spoken."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from operator import add, mul

from app.plan import Blend, Emotion, Manner
from app.text.ssml import values
from app.text.ssml.remarks import Remarks, shown
from app.text.ssml.table import DEFAULT

LEAST_DEGREE, MOST_DEGREE = 0.01, 2.0
FeelingOfStyle = Callable[[str], Emotion | Blend | None]
"""The emotion that a style's name means, None where it means none."""


@dataclass(frozen=True, slots=True)
class Scale:
    """One attribute of `prosody`."""

    attribute: str
    read: Callable[[str], float | None]
    combine: Callable[[float, float], float]
    """What is around, and what the element says."""
    own: float
    """Where the voice is as it is."""
    least: float
    most: float


RATE = Scale("rate", values.rate, mul, 1.0, 0.1, 10.0)
VOLUME = Scale("volume", values.volume, mul, 1.0, 0.0, 2.0)
PITCH = Scale("pitch", values.pitch, add, 0.0, -12.0, 12.0)


def prosody(outer: Manner, attributes: Mapping[str, str], remarks: Remarks) -> Manner:
    """Rate, volume and pitch within what is around."""
    return replace(
        outer,
        speed=scaled(RATE, outer.speed, attributes, remarks),
        volume=scaled(VOLUME, outer.volume, attributes, remarks),
        pitch=scaled(PITCH, outer.pitch, attributes, remarks),
    )


def scaled(scale: Scale, outer: float, attributes: Mapping[str, str], remarks: Remarks) -> float:
    """One of the three; what is missing or cannot be read changes nothing."""
    if scale.attribute not in attributes:
        return outer
    written = attributes[scale.attribute]
    value = written.strip().lower()
    if value == DEFAULT:
        return scale.own
    number = scale.read(value)
    if number is None:
        report_unread(scale.attribute, written, remarks)
        return outer
    if scale is RATE and value.endswith("%") and value[0] not in "+-":
        detail = f"rate={shown(written)} was read as the factor {number:g}; write +{value} if that much more is meant."
        remarks.add("rate_percent", detail)
    what = f"{scale.attribute}={shown(written)} on <prosody>"
    return limited(scale.combine(outer, number), scale.least, scale.most, what, remarks)


def report_unread(attribute: str, written: str, remarks: Remarks) -> None:
    """Say that a value of `prosody` was ignored; Hertz would need to know the voice's own pitch."""
    if attribute == "pitch" and written.strip().lower().endswith("hz"):
        remarks.add("unsupported_attribute", f"pitch={shown(written)} on <prosody>: pitch in Hertz has no effect.")
    else:
        remarks.add("invalid_value", f"{attribute}={shown(written)} on <prosody> was ignored.")


def limited(number: float, least: float, most: float, what: str, remarks: Remarks) -> float:
    """A number moved into its range."""
    within = min(max(number, least), most)
    if within != number:
        remarks.add("value_limited", f"{what} was limited: it must stay within {least:g} to {most:g}.")
    return within


def express_as(
    outer: Manner, attributes: Mapping[str, str], feeling_of_style: FeelingOfStyle, remarks: Remarks
) -> Manner:
    """An emotion and how strong it is; a style that is none leaves the text to its label."""
    style = attributes.get("style", "").strip()
    degree = express_degree(attributes, remarks)
    if not style:
        if "styledegree" not in attributes:
            remarks.add("missing_attribute", "<express-as> without style has no effect.")
        return outer if degree is None else replace(outer, degree=degree)
    feeling = feeling_of_style(style)
    if feeling is None:
        detail = f"The style {shown(style)} has no emotion: its text is labelled as if unmarked."
        remarks.add("unsupported_style", detail)
        degree = None
    return replace(outer, feeling=feeling, degree=degree)


def express_degree(attributes: Mapping[str, str], remarks: Remarks) -> float | None:
    """What `styledegree` says; None where it says nothing."""
    if "styledegree" not in attributes:
        return None
    written = attributes["styledegree"]
    degree = values.degree(written.strip())
    if degree is None:
        remarks.add("invalid_value", f"styledegree={shown(written)} on <express-as> was ignored.")
        return None
    return limited(degree, LEAST_DEGREE, MOST_DEGREE, f"styledegree={shown(written)} on <express-as>", remarks)
