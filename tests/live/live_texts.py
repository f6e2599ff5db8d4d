"""Texts whose reading depends on what comes later: numbers, abbreviations, quotations, Markdown, tags and formulas."""

from __future__ import annotations

from tests.text.segmentation_cases import CASES

WRITTEN = (
    "Hello there. How are you today? I am so glad you came!",
    "It costs $3.50, i.e. not much. Mr. Smith paid $1,284.50 plus 8.25% tax. Pi is 3.14159 or so.",
    "Dr. Lee arrived at 5 p.m. on Friday. He left at 9 a.m. sharp. It opens at 10 a.m. It closes at noon.",
    'She said, "Go away. I mean it. Now!" and left. Nobody spoke. "Why?" he asked. "Because," she said, "I can."',
    "“I won!” she cried. “We all won! Nobody lost.” Then it was quiet. ‘Run!’ They ran.",
    '"I cannot believe it. After all these years. You came back!" Ruth demanded. He shrugged.',
    "Read https://example.com/a.b?c=d. Then answer. Write to me@example.com. See www.example.org/x.html, please.",
    "The parcel came! **I am so happy!** It was *late*, but fine. Use `pip install x`. Then ~~wait~~ go.",
    "# The plan\n\nFirst we rest. Then we go.\n\n## Details\n\nWe take the train. It is fast!",
    "Here is the list:\n\n- Milk and bread\n- Eggs. Six of them.\n- Tea\n\nThat is all. Thank you!",
    "1. Open the box.\n2. Take the cable out. Be careful!\n3. Plug it in.\n\nNow it should work.",
    "See [the manual](https://example.com/m.html). It helps. [Ask us. We answer.](https://a.b/c) Good luck!",
    "```python\nprint('Hello. World!')\nx = 1. + 2.\n```\n\nThat prints a line. Try it.",
    "Roses are red,\nviolets are blue,\nsugar is sweet,\nand so are you.\n\nIt was an old poem. Nobody laughed.",
    "| Name | Age |\n|---|---|\n| Ann | 31 |\n| Bob | 25 |\n\nAnn is older. Bob is taller.",
    "He lived in the U.S. He liked it. The U.S. Army came. They waited. Acme Inc. sold it to Bolt Ltd. in June.",
    "Wait... What was that? Well… Maybe nothing. Hm. OK. Let us go!",
    "J. R. R. Tolkien wrote it. George W. Bush spoke. Martin Luther King Jr. had a dream. It lives on.",
    "The area is $A = \\pi r^2$. So it grows fast. The sum $$\\sum_i x_i$$ is finite. Done.",
    "It was (as I said. Twice!) a mistake. We moved on [sic]. {Really.} Fine.",
    "I love it 😀 So much. This is great! 🎉🎉 See you. Bye 👋",
    "No. 5 is my favourite. See p. 12 and fig. 3 for more. Vol. II is out. Was it you? No. I swear.",
    "Tom's dog isn't here. It's at the Joneses' house. 'Twas in '21. The '90s were fun. Rock 'n' roll!",
    "> To be, or not to be.\n> That is the question.\n\nHamlet said so. He was sad.",
    "We left.\n\n---\n\nThe next day, we came back. It rained.\n\n***\n\nThen the sun came out!",
    "Line one without a mark\nLine two goes on here\nand a third line that is a bit longer than the others.\n\nEnd.",
    "Meet me at 12:30. Bring cake; it is her birthday: she turns 30! The ratio is 3:2. Score 4-1.",
    "A &amp; B went out. They ate 5 &lt; 6 apples. It was fun &mdash; mostly.<br>Then they slept. <b>Well.</b> Yes.",
    "He said: «Non. Jamais!» She wept. „Nein. Nie“, rief er. Alle gingen.",
    "This is _very_ important. It is __extremely so__. A snake_case_name stays. 2 * 3 * 4 is 24. Good.",
    "The answer is 42. 7 people knew. 1984. It was a year. iPhone users cheered. eBay rose. Prices fell 3.5%. Wow.",
    "Oh no! The cat is gone. I looked everywhere... She is not in the house. I am afraid. What if she never returns?",
    "Chapter 1\n\nIt was dark. The wind howled. “Who is there?” she whispered. No one answered.\n\nShe ran.",
    "Footnotes[1] are skipped. So are these.[2] And this one.¹ The text goes on.",
    "Q: What is it?\nA: It is a test.\nQ: Does it work?\nA: Yes. It does.",
    "Ann: Hello!\nBob: Hi. How are you?\nAnn: Fine, thanks.\n\nThey shook hands.",
    "It is 20°C. Tomorrow 25°C! The 3rd of May 2024. On 2024-05-03, at 10.30, we met. The E.U. agreed. So did he.",
    "\tIndented first. Then more.\n\n    def f(x):\n        return x. y\n\nAfter the code. The end.",
    "Ho ho ho!!! Merry Christmas?! Yes!? Of course. ... And so on... etc. We stop. Etc. is a word.",
    "* One\n* Two\n    * Nested item. With two sentences.\n* Three\n\nAfter it.\n1) First\n2) Second",
)
"""Written for the boundaries that a cut may hide."""
JOINED = tuple(
    " ".join(" ".join(case.split(" | ")) for case in CASES[start : start + 12]) for start in range(0, 120, 12)
)
"""Hard cases of segmentation, a dozen to a text."""
TEXTS = (*WRITTEN, *JOINED)
TAGGED = (
    "[excited] We won! [sad] But he left. [pause:1s] Then (whispering) it was quiet. Goodbye.",
    'Hello. [laughs] That was fun! [pause] Again?\n\n[angry] Stop it. Now! He said, "[calm] No. Never." The end.',
    'Wait. <break time="500ms"/> Go. <emotion value="sad">I am alone. All alone.</emotion> It is fine.',
    "(happy) Hi there. (note the brackets) They stay. A [bracket] too. [speed:1.2] Faster. [/speed] Slower.",
)
"""With tags in brackets, parentheses and angle brackets."""
