"""Read dialogue tags beside a quotation (`said Ruth`, `Ruth turned and asked:`), and who acts in narration."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from app.text.quotations import SPEECH_VERB

UNKNOWN = ""
"""Name of a speaker that the text mentions without a name: `someone`, `a man`, `Ruth's mother`, `they`."""
_MORE_VERBS = (
    r"say|began|begins|confess(?:es|ed)|admit(?:s|ted)|agree[sd]|argue[sd]|boast(?:s|ed)|caution(?:s|ed)|chimed|"
    r"chim(?:es|ed) in|command(?:s|ed)|complain(?:s|ed)|conced(?:es|ed)|conclud(?:es|ed)|counter(?:s|ed)|drawl(?:s|ed)|"
    r"explain(?:s|ed)|finish(?:es|ed)|guess(?:es|ed)|interject(?:s|ed)|interrupt(?:s|ed)|jok(?:es|ed)|lie[sd]|"
    r"mention(?:s|ed)|mumbl(?:es|ed)|mus(?:es|ed)|not(?:es|ed)|object(?:s|ed)|observ(?:es|ed)|offer(?:s|ed)|"
    r"order(?:s|ed)|pant(?:s|ed)|persist(?:s|ed)|point(?:s|ed) out|press(?:es|ed)|promis(?:es|ed)|prompt(?:s|ed)|"
    r"purr(?:s|ed)|recit(?:es|ed)|reassur(?:es|ed)|remark(?:s|ed)|remind(?:s|ed)|report(?:s|ed)|respond(?:s|ed)|"
    r"retort(?:s|ed)|sang|sings|snort(?:s|ed)|sniff(?:s|ed)|stat(?:es|ed)|suggest(?:s|ed)|swore|swears|tells|told|"
    r"thunder(?:s|ed)|urg(?:es|ed)|vow(?:s|ed)|warn(?:s|ed)|went on|goes on|whin(?:es|ed)|rasp(?:s|ed)|"
    r"confirm(?:s|ed)|maintain(?:s|ed)|wrote|writes|read|reads|thought|thinks|beamed|chirp(?:s|ed)|croon(?:s|ed)"
)
VERB = rf"(?:{SPEECH_VERB}|{_MORE_VERBS})"
_PARTICIPLE = r"(?:saying|adding|asking|answering|replying|crying|shouting|whispering|muttering|murmuring|calling)"
_HUMAN_ACTION = (
    r"(?:nod(?:s|ded)|smile[sd]|sigh(?:s|ed)|shrug(?:s|ged)|laugh(?:s|ed)|frown(?:s|ed)|grin(?:s|ned)|glance[sd]|stare[sd]|"
    r"hesitate[sd]|wince[sd]|blush(?:es|ed)|swallow(?:s|ed)|sp(?:its|at)|kn(?:eels|elt)|blink(?:s|ed)|cough(?:s|ed)|"
    r"gesture[sd]|bow(?:s|ed)|clap(?:s|ped)|groan(?:s|ed)|gasp(?:s|ed)|sob(?:s|bed)|chuckl(?:es|ed)|giggl(?:es|ed)|"
    r"snort(?:s|ed)|grunt(?:s|ed)|moan(?:s|ed)|shudder(?:s|ed))"
)
_ACTION = (
    rf"(?:{_HUMAN_ACTION}|sh(?:akes|ook)|turn(?:s|ed)|look(?:s|ed)|sits|sat|st(?:ands|ood)|lean(?:s|ed)|puts?|sets?|"
    r"pick(?:s|ed)|t(?:akes|ook)|point(?:s|ed)|raise[sd]|lower(?:s|ed)|close[sd]|open(?:s|ed)|pause[sd]|r(?:ises|ose)|"
    r"cross(?:es|ed)|tap(?:s|ped)|wipe[sd]|fold(?:s|ed)|rub(?:s|bed)|lift(?:s|ed)|pull(?:s|ed)|push(?:es|ed)|reach(?:es|ed)|"
    r"step(?:s|ped)|bends|bent|pour(?:s|ed)|dr(?:aws|ew)|h(?:olds|eld)|shuts?|thr(?:ows|ew)|roll(?:s|ed)|wave[sd]|"
    r"stop(?:s|ped)|jump(?:s|ed)|scratch(?:es|ed)|drop(?:s|ped)|clear(?:s|ed))"
)
_TITLE = r"(?:(?:Mr|Mrs|Ms|Mx|Dr|Prof|St|Capt|Lt|Sgt|Col|Gen|Rev|Fr)\.?\s)?"
_WORD = r"[A-ZÀ-ÖØ-Þ][\w’'-]*+\.?(?<![a-z]{2}\.)"
NAME = re.compile(rf"\b{_TITLE}{_WORD}(?:\s(?:(?:de|von|van|da|du|la|of)\s(?:the\s)?)?{_WORD}){{0,3}}")
_STOP = (
    r"(?:and|but|as|when|while|with|in|at|from|to|of|on|by|for|who|that|which|than|then|again|now|back|once|too|aloud|"
    r"beside|behind|near|over|into|was|were|is|had|has|did|said|\w+ly|\w{2,}ing)\b"
)
_THE = rf"[Tt]he(?:\s(?!{_STOP})[\w’'-]+){{1,3}}"
_VAGUE = (
    r"(?:they|we|you|it|(?:some|any|every)(?:one|body)|no\sone|nobody|both|another|others|(?:(?:one|some|all|none|most)\s"
    r"of\s)?(?:an?|one|his|her|my|our|their|its|your|some|two|three|this|that|these|those|the)(?:\s[\w’'-]+){1,4}?|who|what)"
)
_SUBJECT = (
    rf"(?:(?P<pronoun>(?i:he|she)\b(?!['’])|I\b(?!['’]))|(?P<the>{_THE}?)|(?P<name>{NAME.pattern})|"
    rf"(?P<vague>(?i:{_VAGUE})))"
)
_LONG_SUBJECT = _SUBJECT.replace(f"{_THE}?", _THE)
_ADVERB = r"(?:(?:had|has|would|then|also|finally|suddenly|just|only|always|never|at\slast|\w+ly)\s)"
_PHRASE = r"(?:\s(?:with|in|at|of|from|beside|behind|near|by|on)\s[\w’'-]+(?:\s[\w’'-]+){0,2}?)"
_APPOSITION = r"(?:,\s[^,.;:!?\"“”\n]{1,60},)"
_NOT_SPEECH = r"(?!\s(?:nothing|no\smore|little|not|it\b(?!\s\w+ly)))"
_SUBJECT_VERB = rf"{_SUBJECT}{_PHRASE}?{_APPOSITION}?\s{_ADVERB}{{0,2}}{VERB}\b{_NOT_SPEECH}"
_AFTER = re.compile(rf"[\s—–-]*(?:(?:and|then|but|so)\s)?{_ADVERB}?{_SUBJECT_VERB}")
_INVERTED = re.compile(
    rf"[\s—–-]*(?:\w+ly\s)?(?:{VERB}|(?i:according\sto))\s(?:\w+ly\s)?{_LONG_SUBJECT}(?P<more>\sand\s[A-Z])?",
)
_OPENING = r"(?:(?:[Tt]hen|[Aa]nd|[Bb]ut|[Ss]o|[Aa]t\slast|[Ff]inally|[Ss]uddenly|[A-Za-z]+ly),?\s)?"
_SENTENCE = re.compile(rf"\s*{_OPENING}{_SUBJECT}{_PHRASE}?{_APPOSITION}?\s(?:{_ADVERB}){{0,2}}(?P<verb>[\w’'-]+)")
_BESIDE = re.compile(rf"(?P<before>\S*)\s?\b{_SUBJECT}\s{_ADVERB}{{0,2}}\Z")
_RELATIVE = re.compile(rf"{_SUBJECT}\swho\s{_ADVERB}?\Z")
_PREPOSITION = re.compile(r"(?:with|in|at|of|from|beside|behind|near|by|on|to|like|than)\Z")
_ENDS_WITH_VERB = re.compile(rf"(?<!\w)(?!called\b|read\b)(?:{VERB}|{_PARTICIPLE})\s*\Z")
_ANY_VERB = re.compile(rf"\b(?:{VERB}|{_PARTICIPLE})\b")
_SENTENCE_END = re.compile(r"(?<!\bMr)(?<!\bMrs)(?<!\bMs)(?<!\bDr)(?<!\bSt)[.!?…]+[\"”’)]*\s+|\n+")
_ENDS_SENTENCE = re.compile(r"[.][\"”’'»]\s*\Z")
_ACTS = re.compile(rf"{_ACTION}\Z")
_ACTS_LIKE_A_PERSON = re.compile(rf"{_HUMAN_ACTION}\Z")
_BOTH = re.compile(rf"[\w’'-]+\sand\s{NAME.pattern}\s(?:\w+ly\s)?\Z")
"""Two persons who speak together: `Ruth and Tom said`."""
_JOINS = re.compile(r"\b(?:and|then|but)\s(?:\w+ly\s)?\Z")
_PERSON = re.compile(
    r"\b(?:an?|the|another|his|her|my|our|their|your|one)\s(?:[\w’'-]+\s){0,2}?(?:man|woman|boy|girl|lady|gentleman|"
    r"wife|husband|son|daughter|brother|sister|mother|father|uncle|aunt|cousin|nephew|niece|child|stranger|friend|nurse|"
    r"doctor|captain|guard|officer|servant|maid|cook|clerk|soldier|sailor|priest|nun|monk|king|queen|prince|princess|"
    r"teacher|widow|waiter|driver|old\sman)\b",
    re.IGNORECASE,
)
NOT_NAMES = frozenset(
    "the a an and but or so then there here now when where while who what why how if as at in on of for from to with "
    "by no not nobody nothing none one once only just yes all both every everyone everybody everything each either "
    "neither someone somebody something another other others some any many few two three four five after before "
    "behind below above outside inside above across again even still soon later suddenly finally perhaps maybe this "
    "that these those his her my our your their its he she it we they you him me us them said let yet nor than until "
    "since because although though well oh ah monday tuesday wednesday thursday friday saturday sunday number january "
    "february march april may june july august september october november december according".split()
)
"""Words that begin with a capital letter at the beginning of a sentence, or always, and are no names of persons."""


class Mention(NamedTuple):
    """Subject of a clause."""

    name: str
    """Name as it stands in the text, a description such as `the old man`, `I`, `he`, `she`, or `UNKNOWN`."""
    acts: bool = True
    """Whether the verb describes an action that often goes with speech, such as `nodded`."""


def is_name(name: str) -> bool:
    """Return whether a name is one: not a pronoun for others, and not a capitalized word of another kind."""
    if name in ("", "he", "she"):
        return False
    first = name.split()[0].lower().rstrip(".")
    bare = re.split(r"['’](?=[a-z]{1,2}\Z)", name)
    return name.startswith("the ") or (len(bare) == 1 and first not in NOT_NAMES)


def _mention(match: re.Match[str], *, acts: bool = True) -> Mention:
    """Return the mention of a subject that a pattern matched."""
    if match["pronoun"]:
        return Mention("I" if match["pronoun"] == "I" else match["pronoun"].lower(), acts)
    if match["the"]:
        return Mention("the" + " ".join(match["the"].split())[3:], acts)
    name = " ".join((match["name"] or "").split())
    return Mention(name if is_name(name) else UNKNOWN, acts)


def find_tag_after(words: str, narration: str) -> Mention | None:
    """Return the speaker that a tag right after a quotation names: `said Ruth`, `Ruth said`."""
    match = _INVERTED.match(narration)
    if match and not _is_object(match):
        return Mention(UNKNOWN) if match["more"] else _mention(match)
    if _ENDS_SENTENCE.search(words):
        return None
    match = _AFTER.match(narration)
    return _mention(match) if match else None


def _is_object(match: re.Match[str]) -> bool:
    """Return whether an inverted tag has no subject after its verb."""
    return match["vague"] is not None and match["vague"].lower() in ("it", "you", "what", "who", "that", "this")


def find_tag_before(narration: str) -> Mention | None:
    """Return the speaker that a tag right before a quotation names: `Ruth said,`, `Ruth turned to Tom and asked:`."""
    sentence = _split_sentences(narration)[-1]
    verbs = list(_ANY_VERB.finditer(sentence))
    if not sentence.rstrip().endswith((",", ":")) and not _ENDS_WITH_VERB.search(sentence):
        return None
    inverted = _INVERTED.match(sentence)
    if inverted and len(verbs) <= 1 and not _is_object(inverted):
        return _mention(inverted)
    if not verbs:
        return None
    before = sentence[: verbs[-1].start()]
    relative = _RELATIVE.search(before)
    if relative:
        return _mention(relative)
    subject, beside = _SENTENCE.match(sentence), _BESIDE.search(before)
    if subject and _JOINS.search(before):
        return _mention(subject)
    if beside and not _PREPOSITION.match(beside["before"].lower()):
        return Mention(UNKNOWN) if beside["vague"] or _BOTH.search(before) else _mention(beside)
    is_its_verb = beside or verbs[-1][0].endswith("ing") or (subject and subject.start("verb") == verbs[-1].start())
    return _mention(subject) if subject and is_its_verb else Mention(UNKNOWN)


def remove_tag(words: str, narration: str) -> str:
    """Return the narration after a quotation without the sentence that is its tag, and without one that ends open."""
    sentences = _split_sentences(narration)
    if sentences[-1].rstrip()[-1:] not in ".!?…":
        sentences.pop()
    if words and find_tag_after(words, narration):
        del sentences[:1]
    return "\n".join(sentences)


def find_subjects(narration: str) -> Iterator[Mention]:
    """Yield the persons that are subjects of sentences of a narration; a description counts if it acts like one."""
    for sentence in _split_sentences(narration):
        match = _SENTENCE.match(sentence)
        if match and not match["vague"]:
            acts = (_ACTS_LIKE_A_PERSON if match["the"] else _ACTS).match(match["verb"]) is not None
            if acts or not match["the"]:
                yield _mention(match, acts=acts)


def find_persons(narration: str) -> frozenset[str]:
    """Return the persons in a narration, by name or description; names of places count, which only adds doubt."""
    names = {
        f"the {one[0]}" if narration[: one.start()].endswith(("the ", "The ")) else one[0]
        for one in NAME.finditer(narration)
        if is_name(one[0]) and one[0] != "I"
    }
    subjects = (_SENTENCE.match(sentence) for sentence in _split_sentences(narration))
    described = {one["the"] or one["vague"] for one in subjects if one and (one["the"] or one["vague"])}
    described |= {one[0] for one in _PERSON.finditer(narration)}
    return frozenset(names | {one[:1].lower() + one[1:] for one in described})


def _split_sentences(narration: str) -> list[str]:
    return _SENTENCE_END.split(narration) or [narration]
