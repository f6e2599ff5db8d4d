"""Replace web and mail addresses, paths, file names, hashtags and mentions with words."""

from __future__ import annotations

import re

from app.text.normalization.rules import Rule, RuleTable

SPOKEN_SIGNS = {".": " dot ", "/": " slash ", "-": " dash ", "_": " underscore ", "@": " at ", ":": " colon "}
SPOKEN_SIGNS |= {"?": " question mark ", "=": " equals ", "&": " and ", "#": " hash ", "%": " percent ", "~": " tilde "}
ADDRESS_SIGN = re.compile(r"[./\-_@:?=&#%~]")
PATH_SIGNS = {"/": " slash ", ".": " dot ", "~": " tilde ", "_": " ", "@": " at ", "+": " plus "}
PATH_SIGN = re.compile(r"[/.~_@+]")
PATH_WORDS = {"usr": "user"}
"""Names of folders that are not said as they are written."""
PATH_WORD = re.compile(r"\busr\b")
DOMAIN_ENDS = (
    "com|org|net|edu|gov|io|co\\.uk|org\\.uk|ac\\.uk|uk|de|fr|eu|dev|app|ai|info|tv|gg|xyz|ch|nl|jp|se|ca|au|nz|shop|"
    "blog|cloud|tech|online|COM|ORG|NET"
)
FILE_ENDS = (
    "txt|pdf|py|js|jsx|tsx|ts|mjs|css|scss|csv|tsv|json|ya?ml|toml|ini|cfg|conf|xml|sql|sh|bat|rb|cpp|hpp|"
    "java|kt|swift|php|wav|mp3|mp4|m4a|flac|ogg|mov|avi|mkv|png|jpe?g|gif|svg|webp|zip|tar|gz|tgz|7z|rar|docx?|xlsx?|"
    "pptx?|html?|md|rst|exe|dll|dmg|iso|log|env|lock|epub|ttf"
)
DOI = re.compile(r"\bdoi: ?(?=10\.\d)", re.IGNORECASE)
MAILTO = re.compile(r"\bmailto:(?=\S)", re.IGNORECASE)
URL = re.compile(r"\b(?:[a-z][a-z0-9+]{1,10}://|www\.)[^\s<>\"'()]{1,2000}", re.IGNORECASE)
EMAIL = re.compile(r"\b[\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64}){1,8}")
DOMAIN = re.compile(rf"\b(?:[A-Za-z0-9-]{{1,63}}\.){{1,4}}(?:{DOMAIN_ENDS})\b(?:/[^\s<>\"'()]{{0,500}})?")
LOCAL_HOST = re.compile(r"\blocalhost:(?=\d)")
ABSOLUTE_PATH = re.compile(
    r"(?:(?<=\b[A-Z]:)|(?<![\w./<:~%€£¥₹°)\"'-]))(?:~|\.{1,2})?(?:/[A-Za-z_.][\w.@+-]{0,100}){1,20}/?"
)
"""`/usr/bin`, `~/notes`, `./run` and `/help`."""
RELATIVE_PATH = re.compile(rf"(?<![\w./])[\w-]{{1,50}}(?:/[\w.-]{{1,50}}){{0,8}}/[\w-]{{1,50}}\.(?:{FILE_ENDS})\b")
REDDIT = re.compile(r"(?<![\w/])([ur])/(?=\w{2,})")
FILE_NAME = re.compile(rf"\b([\w-]{{1,100}}(?:\.[a-z]{{1,10}}){{0,2}})\.((?i:{FILE_ENDS}))\b")
LEADING_DOT = re.compile(r"(?<![\w.…!?)\]\"'])\.(?=NET\b|[a-z]{2,20}\b)")
"""The dot of `.NET` and `.env`."""
DOTTED_NAME = re.compile(r"(?<=[A-Za-z])\.(?=(?:NET|js|io)\b)")
HASHTAG = re.compile(r"(?<!\w)#(?![A-Z]\d)([A-Za-z_]\w{0,100})")
MENTION = re.compile(r"(?<!\w)@(\w{1,100})")


def verbalize_address(address: str) -> str:
    """Read an address: `https://example.com/a` -> example dot com slash a; keep the punctuation mark after it."""
    bare = address.rstrip(".,;:!?/-")
    closing = "" if address.endswith(("/", "-")) else address[len(bare) :]
    bare = bare.split("://", 1)[-1].removeprefix("www.")
    return ADDRESS_SIGN.sub(lambda m: SPOKEN_SIGNS[m[0]], bare).strip() + closing


def verbalize_path(match: re.Match[str]) -> str:
    """Read a path: `/usr/bin` -> slash user slash bin; keep the punctuation mark after it."""
    bare = match[0].rstrip(".")
    words = PATH_SIGN.sub(lambda m: PATH_SIGNS[m[0]], bare)
    return PATH_WORD.sub(lambda m: PATH_WORDS[m[0]], words) + match[0][len(bare) :]


RULES = RuleTable(
    Rule(DOI, "D O I ", ("doi",)),
    Rule(MAILTO, "", ("mailto",), digits=False),
    Rule(URL, lambda m: verbalize_address(m[0]), ("://", "www."), digits=False),
    Rule(EMAIL, lambda m: verbalize_address(m[0]), ("@",), digits=False),
    Rule(DOMAIN, lambda m: verbalize_address(m[0]), (".",), digits=False),
    Rule(ABSOLUTE_PATH, verbalize_path, ("/",), digits=False),
    Rule(RELATIVE_PATH, verbalize_path, ("/",), digits=False),
    Rule(REDDIT, r"\1 slash ", ("/",), digits=False),
    Rule(LOCAL_HOST, "localhost colon ", ("localhost",)),
    Rule(FILE_NAME, lambda m: f"{m[1]} dot {m[2]}".replace(".", " dot "), (".",), digits=False),
    Rule(DOTTED_NAME, " dot ", (".net", ".js", ".io"), digits=False),
    Rule(LEADING_DOT, "dot ", (".",), digits=False),
    Rule(HASHTAG, r"hashtag \1", ("#",), digits=False),
    Rule(MENTION, r"at \1", ("@",), digits=False),
)


def verbalize_addresses(text: str) -> str:
    """Replace web and mail addresses, paths, file names, hashtags and mentions with words."""
    return RULES.apply(text)
