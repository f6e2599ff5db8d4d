"""Contexts in which a word with one spelling and two sounds has the reading that espeak-ng does not choose."""

from __future__ import annotations

START = (
    r"(?:^\W{0,3}|[.!?;:] \W?|\b(?:[Pp]lease|[Dd]on't|[Dd]o not|[Nn]ever|[Aa]lways|[Jj]ust|[Tt]hen"
    r"|[Ll]et(?:'s| me| us| him| her| them)) )"
)
"""The beginning of a sentence, or a word before an imperative or infinitive."""
OBJECT = r" (?:the|an?|this|that|these|those|my|your|his|her|its|our|their|it|them|him|me|us|each|every|all|both)\b"
END = r"(?:\W{0,2}$|[,.;:!?])"
AUXILIARY = (
    r"\b(?:to|do|does|did|will|would|can|could|shall|should|may|might|must|cannot|'ll|\w{2,6}n't|not|let|lets|help"
    r"|helps"
    r"|helped|make|makes|made|hear|heard|see|saw|watch|watched|have|had)"
)
DETERMINER = r"\b(?:an?|the|no|any|my|your|his|her|its|their|our|this|that|good|every|another|same|only|each|one|some) "
PAST = (
    r"(?:yesterday|last (?:night|week|month|year|time|spring|summer|fall|autumn|winter|\w+day)|the other day"
    r"|(?:years?|months?|weeks?|days?|hours?|minutes?) ago|this morning|earlier today|as a (?:boy|girl|child|kid))\b"
)
METALS = r"(?:zinc|copper|tin|mercury|arsenic|silver|iron|gold|cadmium|nickel)"
PERSON = (
    r"(?:sister|brother|mother|father|mom|mum|dad|uncle|aunt|son|daughter|friend|wife|husband|cousin|boss|grandmother"
    r"|grandfather|man|woman|boy|girl|teacher|judge|priest|neighbou?r|king|queen|doctor|lawyer|captain|sheriff"
    r"|minister|clerk|nurse|stepmother"
    r"|stepfather|widow|sergeant|officer|driver)"
)
NO_NAMES = (
    r"(?:I|We|You|They|Please|Then|Now|Always|Never|Just|Do|Did|Can|To|And|Or|But|Let|Also|Often|Children|People|Most"
    r"|Many|Some|Who|First|Next|Not|Only|Still|Both|All|Men|Women|Today|Or|So|If|Either|Rather|Better)"
)
"""Words with a capital letter after which a verb need not be in the past."""
SHIP = r"(?:ship|boat|vessel|canoe|yacht|ferry|craft|barge|frigate|kayak|tanker|destroyer|schooner|dinghy)"
IMPERATIVES = {
    "record": "rI#k'o@d",
    "present": "prIz'Ent",
    "use": "j'u:z",
    "close": "kl'oUz",
    "separate": "s'Ep3r,eIt",
    "wind": "w'aInd",
    "tear": "t'e@",
    "permit": "p3m'It",
    "project": "pr@dZ'Ekt",
    "increase": "INkr'i:s",
    "estimate": "'EstI#m,eIt",
    "moderate": "m'0d3r,eIt",
    "alternate": "'O:lt3n,eIt",
    "perfect": "p3f'Ekt",
    "polish": "p'0lIS",
}
"""Verbs whose reading is right before an object at the beginning of a sentence, and after words such as `please`."""
CONTEXTS: dict[str, list[tuple[str, ...]]] = {
    "read": [
        ("r'Ed", r"\b(?:[Hh]e|[Ss]he) ", "", rf"{AUXILIARY} \w+ |\b(?:if|lest|suggest\w{{0,3}}|and) (?:he|she) "),
        (
            "r'Ed",
            rf"\b(?i:my|his|her|our|your|the) {PERSON} ",
            OBJECT + "| (?:to|it|from|about|aloud)\\b",
            rf"{AUXILIARY} \w+ \w+ ",
        ),
        (
            "r'Ed",
            rf"(?:^\W?|[,;] |\b(?:when|until|as|while|because|what) )(?!{NO_NAMES}\b)[A-Z][a-z]{{0,14}}[a-rt-z] ",
            OBJECT,
            rf"{AUXILIARY}\b[^.;:!?]{{0,25}}",
        ),
        ("r'Ed", r"\b(?:I|we|We|you|You|they|They|[A-Z][a-z]+) ", rf"[^.;:!?]{{0,50}} {PAST}", rf"{AUXILIARY} \w+ "),
        ("r'Ed", rf"\b(?i:{PAST}),? (?:I|we|you|they|[A-Z][a-z]+) "),
        (
            "r'Ed",
            r"\b(?:\w{2,12}ed|took|sat|went|came|got|found|saw|stood|lay|put on|bought|sent"
            r"|wrote)\b[^.;:!?]{0,40}\band ",
            "",
            r"\b(?:to|will|would|can|could|should|must|may|might|let) [^.;:!?]{0,40}",
        ),
        (
            "r'Ed",
            r"\b(?:have|has|had|having|haven't|hasn't|hadn't|been|being|'ve)"
            r"(?: (?:never|not|ever|just|already|always|also|recently|only|since|even|you|I|we|they|he|she|all)){0,3} ",
            "",
            r"\b(?:have|has|had) (?:them|him|her|it|you|me|us) ",
        ),
        ("r'Ed", r"\b(?:[Ww]ell|[Ww]idely)[- ]", END),
        (
            "r'Ed",
            r"\b(?:[Hh]e|[Ss]he) (?:never|only|just|also|once|first|then|finally|slowly|quickly) ",
            "",
            rf"{AUXILIARY} \w+ \w+ ",
        ),
    ],
    "use": [
        (
            "j'u:z",
            r"\b(?i:people|men|women|children|others|[a-z]{3,12}ers|students|companies|surgeons|scientists) ",
            r" (?!of\b|as\b|in\b)\w",
        ),
        ("j'u:z", r"\b[a-z]{3,12}[a-rt-z]s ", r" (?:them|it|the|a|an|this|these|those|their)\b"),
    ],
    "close": [
        (
            "kl'oUz",
            r"\b(?i:stores|shops|banks|doors|eyes|offices|markets|gates|bars|pubs|schools|borders|roads|curtains"
            r"|lids) ",
            rf"(?: (?:early|late|soon|at|on|for|in|when|after|before|behind|again|automatically|tonight|today)\b"
            rf"|{END})",
        ),
    ],
    "lead": [
        (
            "l'Ed",
            "",
            r" (?:pipes?|pipework|paint|poison\w{0,5}|pellets?|bullets?|balloons?|weights?|acid|shot|sinkers?|crystal"
            r"|apron"
            r"|foil|ore|solder|batter(?:y|ies)|coffin|shield\w{0,3}|oxide|mines?|levels|exposure|box|containers?"
            r"|roof)\b",
            r"\b(?:to|will|can|could|would|may|might|and|they|we|you|I) ",
        ),
        (
            "l'Ed",
            r"\b(?:made|out|full|traces|levels|pounds|tons|kilos|amounts?|pieces?|lumps?|sheets?|ounces?) of ",
            END,
        ),
        ("l'Ed", r"\b(?:contains?|containing|contained|molten|melted|heavy as|like|swallowed|absorb(?:s|ed)?) ", END),
        (
            "l'Ed",
            "",
            r" in (?:the |our |your |his |her |their )?(?:drinking )?(?:water|paint|pipes?|soil|gasoline|petrol|fuel"
            r"|blood)\b",
            r"\b(?:to|will|a|an) ",
        ),
        ("l'Ed", "", rf"(?: and|,| or) {METALS}\b"),
        ("l'Ed", rf"\b{METALS}(?:,|,? and|,? or) ", END),
        ("l'Ed", "", r" is (?:a|an) (?:\w+ )?(?:metal|element|poison|neurotoxin)\b"),
    ],
    "bow": [
        (
            "b'aU",
            r"\b(?:[Tt]ook|[Tt]akes?|[Tt]aking|[Mm]ade|[Mm]akes?|[Gg]ave) (?:a|another|one last|their|a final|a last"
            r"|a low"
            r"|a deep|a little|a slight|a polite|a small|a formal|a stiff|a quick) ",
            rf"(?: to| before| as| when|{END})",
        ),
        ("b'aU", r"\b(?:low|deep|slight|polite|formal|stiff) "),
        ("b'aU", "", rf" of (?:the|an?|his|her|our|their|its|my) (?:\w+ )?{SHIP}\b"),
        (
            "b'aU",
            "",
            r" (?:to|before) (?:the|his|her|your|their|him|them|me|us|you|pressure|no one|nobody)\b",
            DETERMINER,
        ),
        ("b'aU", "", r" (?:and|to) stern\b|\b wave\b| thrusters?\b| down (?:to|before)\b| out (?:of|gracefully)\b"),
        ("b'aU", r"\b(?:ship's|boat's|port|starboard|lee|weather) "),
    ],
    "wind": [
        (
            "w'aInd",
            r"\b(?i:roads|paths|rivers|streets|trails|stairs|lanes|streams|alleys|vines|tracks|steps) ",
            r" (?:through|around|along|up|down|past|between|its|their|across|over)\b",
        ),
        ("w'aInd", r"\b(?:to|will|would|might|may|could|can|and|I|we|you|they) ", r" (?:up|down) (?!from|in\b)\w"),
        ("w'aInd", START, r" (?:up|back) (?:the|a|my|your|his|her|our)\b"),
    ],
    "record": [("rI#k'o@d", r"\b(?:always|never|often|usually|also|automatically|secretly) ", OBJECT)],
    "lives": [
        (
            "l'Ivz",
            r"\b(?i:my|his|her|our|their|your|the|an?) (?:\w+ )?(?:sister|brother|mother|father|mom|mum|dad|uncle"
            r"|aunt|son"
            r"|daughter|friend|family|wife|husband|cousin|boss|grandmother|grandfather|man|woman|boy|girl|dog|cat"
            r"|teacher"
            r"|neighbou?r|king|queen|witch|couple|person|artist)(?: [A-Z]\w+)?(?: still| now| also)? ",
        ),
        (
            "l'Ivz",
            r"\b(?:[Nn]obody|[Ee]veryone|[Ss]omeone|[Ss]omebody|[Nn]o one|[Ii]t|[Ss]he|[Hh]e|[A-Z][a-z]+) (?:still "
            r"|now |also )?",
            r" (?:alone|in|at|on|with|next|near|here|there|nearby|by|under|across|abroad|upstairs|downstairs"
            r"|forever)\b",
            r"\b(?:Our|Their|My|Your|His|Her|The|These|Those|Many|Some|Other|All|Both|Few|Human|Save|Saving|Two"
            r"|Three) ",
        ),
    ],
    "live": [
        ("l'Iv", r"\b[A-Za-z]{2,15}[a-rt-z]s ", r" (?:beneath|underground|underwater|inside|under|among|nearby)\b"),
        (
            "l'Iv",
            r"\b(?i:parents|people|children|kids|grandparents|friends|families|cousins|neighbou?rs|students|men|women"
            r"|animals"
            r"|birds|others|sisters|brothers|both|really|still|actually) ",
            r" (?:in|at|on|with|next|near|here|there|nearby|by|under|across|abroad|alone|together|longer|among)\b",
        ),
    ],
    "tear": [
        (
            "t'e@",
            r"\b(?:a|the|this|that|small|big|long|huge|tiny) ",
            r" in (?:the|his|her|my|your|its|their|our|a) (?!eyes?\b|corner|left|right|voice)",
        ),
        ("t'e@", r"\b(?:wear and|(?:heard?|felt|feel|saw|see|watched) (?:it|them|something|the \w+)) "),
        ("t'e@", "", r" (?:off|down|apart|open|out|into|through|away)\b", DETERMINER + r"|\bsingle "),
    ],
    "wound": [
        ("w'aUnd", "", r" (?:up|down|back|in) (?:the|his|her|my|your|our|their|it)\b", rf"{AUXILIARY} |{DETERMINER}"),
        ("w'aUnd", r"\b(?:had|have|has|'d|'ve) ", r" (?:up|down|around|round|it|them|the|his|her|its)\b"),
        ("w'aUnd", rf"\b(?i:my|his|her|our|your|the) {PERSON} ", OBJECT),
        (
            "w'aUnd",
            r"\b(?:[Hh]e|[Ss]he|[Tt]hey|[Ww]e|[Ii]t|I|who|which|path|road|river|trail|street|stairs|staircase|stream"
            r"|procession"
            r"|track|lane|line|column|paths|roads|creek|[A-Z][a-z]+) ",
            r" (?:(?:the|an?|his|her|its|their|my|it|them|some) |(?:up|down|through|around|round|along|past|between"
            r"|back"
            r"|tightly|across|over|slowly)\b)",
            rf"{AUXILIARY} \w+ |\b(?:The|This|That|His|Her|My|Your|Their|Our|Each|Every) ",
        ),
    ],
    "bass": [
        (
            "b'as",
            r"\b(?:caught|catch|catches|catching|sea|striped|largemouth|smallmouth|grilled|fried|baked|fish(?:ed"
            r"|ing)? for|eat"
            r"|ate|eating|hooked|landed|(?:trout|salmon|perch|pike|cod)(?:,|,? and|,? or)) (?:(?:an?|some|two|three"
            r"|the|big|huge"
            r"|small|large|sea|striped) ){0,3}",
            r"(?! (?:guitars?|players?|lines?|drums?|solo|notes?|amps?|clef|singers?|voice|riffs?|strings?)\b)",
        ),
        (
            "b'as",
            "",
            r" (?:fishing|fillets?|fisherm[ae]n|swam)\b|(?: and|, ) ?(?:trout|salmon|perch|pike|cod|catfish)\b",
        ),
    ],
    "sow": [
        (
            "s'aU",
            r"\b(?:[Tt]he|[Aa]|[Tt]his|[Oo]ne|[Oo]ur|[Hh]is|[Ee]ach|[Ee]very)(?: (?:fat|old|big|pregnant|huge|wild"
            r"|mother|young|sick"
            r"|prize|large|white|black|brown|nursing))? ",
        ),
    ],
    "minute": [
        (
            "maIn'u:t",
            "",
            r" (?:traces?|amounts?|quantit\w{1,3}|particles?|differences?|fractions?|scrutiny|fragments?|specks?"
            r"|grains?"
            r"|variations?|portions?|details?|doses?|crystals?|organisms?|creatures?|cracks?)\b",
            r"(?:\b(?:one|two|three|four|five|six|seven|eight|nine|ten|\w+teen|\w+ty|last|per|every|each|first|next"
            r"|the) |-)",
        ),
        ("maIn'u:t", r"\b(?:in|the) ", r" (?:detail|details)\b"),
        ("maIn'u:t", r"\b(?:are|were|so|too|very|extremely|relatively) ", END),
    ],
    "content": [
        (
            "k@nt'Ent",
            r"\b(?:seem(?:s|ed)?|looks?|looked|feels?|felt|quite|perfectly|entirely|fully|remain(?:s|ed)?|appear(?:s"
            r"|ed)?"
            r"|sound(?:s|ed)?|truly|more than|be|been|became|become|'m|'re) ",
            rf"(?: (?:with|to|in|here|there|just|and|enough|that|as|now|at)\b|{END})",
        ),
    ],
    "refuse": [
        ("r'Efju:s", r"\b(?:of|household|garden|domestic|kitchen|human|industrial|street|city's|rotting) "),
        ("r'Efju:s", "", r" (?:collection|bins?|dump|disposal|collectors?|heap|tip|trucks?|bags?|sacks?)\b"),
    ],
    "does": [
        (
            "d'oUz",
            r"\b(?i:two|three|four|five|six|several|bucks,? and|stags,? and|fawns,? and|pregnant|female) ",
            r"(?! (?:not|it|he|she|this|that|the|any|\w+ have)\b)",
        ),
    ],
    "row": [
        (
            "r'aU",
            r"\b(?:terrible|blazing|furious|flaming|bitter|diplomatic|almighty|awful|heated|stand-up|political"
            r"|family) ",
            r"(?! of\b)",
        ),
        (
            "r'aU",
            r"\b(?:had|have|having|has|started|start|starting|caused|sparked) (?:a|another|a big|a huge) ",
            rf"(?: (?:with|over|about|last|yesterday|because|again)\b|{END})",
        ),
        (
            "r'aU",
            r"\b(?:a|the|this|another|latest) ",
            r" (?:over|about) (?:the|his|her|their|money|who|what|whether|how)\b",
        ),
    ],
    "sewer": [("s'oU3", "", r" of (?:dresses|clothes|quilts|shirts|gowns|curtains)\b")],
    "excuse": [
        (
            "Ekskj'u:z",
            "",
            r" (?:me|him|us|them|yourself|himself|myself|such|the|my|your|his|her|their|this)\b",
            DETERMINER + r"|\b\w+(?:est|ous|al|le|or|ame) |\b(?:an|as|for|of) ",
        ),
        ("Ekskj'u:z", r"\b(?:to|will|would|can|could|cannot|can't|couldn't|must|should|may|might|not|'ll) "),
    ],
    "house": [
        (
            "h'aUz",
            r"\b(?i:buildings|barns|museums|camps|shelters|hotels|structures|stables|apartments|galleries"
            r"|dormitories) ",
        ),
    ],
    "produce": [
        (
            "pr'0du:s",
            r"\b(?i:fresh|local|organic|seasonal|garden|agricultural|home-grown|imported|cheap) ",
            "",
        ),
        ("pr'0du:s", "", r" (?:aisle|section|department|stand|market|drawer)\b"),
    ],
    "conflict": [
        (
            "k@nfl'Ikt",
            r"\b(?i:stories|reports|accounts|claims|views|dates|schedules|interests|values|goals|versions|statements"
            r"|rules|laws"
            r"|they|which|that) ",
            rf"(?: with\b|{END})",
        ),
    ],
    "increase": [
        (
            "INkr'i:s",
            r"\b(?i:sales|prices|costs|profits|numbers|rates|wages|taxes|levels|temperatures|rents|risks|chances"
            r"|exports) ",
            r" (?:every|each|by|with|when|as|over|rapidly|sharply|steadily|quickly|slowly|during|again)\b",
            r"\b(?:an?|the|this|any|no|another|of|in) (?:\w+ )?\w+ ",
        ),
    ],
    "estimate": [
        (
            "'EstI#m,eIt",
            r"\b(?i:experts|analysts|scientists|officials|researchers|economists|historians|authorities|engineers"
            r"|police"
            r"|astronomers) ",
            r" (?:that|the|there|it|an?|about|around|its|between|at)\b",
        ),
    ],
    "alternate": [
        (
            "'O:lt3n,eIt",
            r"\b(?!this|his|its|was|has|as|is|us)\w{2,20}s ",
            rf"(?: between\b| with\b|{END})",
        ),
        ("'O:lt3n,eIt", "", r" between\b"),
    ],
}
"""Contexts of a word as in `make_rule`; the first that fits decides."""
