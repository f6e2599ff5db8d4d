"""List the elements of HTML by what they separate."""

PARAGRAPH_ELEMENTS = frozenset(
    "address article aside blockquote body center dd details dialog div dl fieldset figcaption figure footer form "
    "h1 h2 h3 h4 h5 h6 head header hgroup hr html legend main menu nav ol p pre section summary table tbody tfoot "
    "thead title ul".split()
)
"""Elements that are paragraphs or consist of them."""
LINE_ELEMENTS = frozenset("br caption dt li option tr".split())
"""Elements at whose ends a sentence ends."""
CELL_ELEMENTS = frozenset(("td", "th"))
INLINE_ELEMENTS = frozenset(
    "a abbr acronym b bdi bdo big cite code data del dfn em font i img ins kbd label mark q rp rt ruby s samp small "
    "span strike strong sub sup time tt u var wbr".split()
)
"""Elements that separate nothing."""
KNOWN_ELEMENTS = PARAGRAPH_ELEMENTS | LINE_ELEMENTS | CELL_ELEMENTS | INLINE_ELEMENTS
