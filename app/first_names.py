"""Genders that common English first names, titles and nouns imply, to resolve pronouns."""

from __future__ import annotations

FEMALE = frozenset(
    "abigail ada adele agnes alice alison amanda amelia amina amy ana andrea angela anita ann anna anne annie arya "
    "audrey ava barbara beatrice bella bertha beth betty bonnie brenda bridget camila carmen carol caroline catherine "
    "cathy cecilia celia charlotte chloe christina christine cindy claire clara clarissa claudia constance cora daisy "
    "daphne deborah delia diana dolores donna dora doris dorothy edith edna eileen elaine eleanor elena elinor eliza "
    "elizabeth ella ellen eloise elsa elsie emily emma erica esther ethel eva eve evelyn faith fanny fatima fiona "
    "flora florence frances freya gertrude gina gloria grace greta gwen hannah harriet hazel heather heidi helen "
    "helena henrietta hilda holly hope ida imogen ingrid irene iris irma isabel isabella isla ivy jane janet janice "
    "jasmine jean jennifer jenny jessica joan joanna josephine joyce judith judy julia juliet karen kate katherine "
    "kathleen katie kitty laura lena leah lila lillian lily linda lisa lois lorna louisa louise lucia lucy lydia "
    "mabel madeleine maggie margaret maria marian marie marion marjorie martha mary matilda maud maureen mavis meg "
    "megan mia mildred millie mina minnie miranda miriam molly monica muriel myra nadia nancy naomi natalie nell "
    "nellie nina nora norah olga olive olivia pamela patricia paula pauline pearl peggy penelope penny petra philippa "
    "phoebe phyllis polly priya prudence rachel rebecca rita roberta rosa rosalind rose rosemary roxanne ruby ruth "
    "sally samantha sandra sara sarah selma shirley sonia sophia sophie stella susan susanna sybil sylvia tabitha "
    "tamara teresa tess tessa theresa tina una ursula valerie vanessa vera veronica victoria viola violet virginia "
    "vivian wendy wilhelmina winifred yasmin yvonne zara zoe mrs miss ms lady queen princess duchess countess aunt "
    "auntie mother mum mom grandmother granny sister madam dame girl woman wife daughter widow nun maid waitress "
    "witch".split()
)
MALE = frozenset(
    "aaron abraham adam adrian ahmed alan albert alexander alfred alistair andrew angus anthony archibald arnold "
    "arthur barnaby barry basil ben benjamin bernard bert bill billy bob boris brian bruce carl carlos cecil cedric "
    "charles charlie christopher clarence claude clive colin conrad craig cyril dan daniel dave david dennis derek "
    "dick dominic donald douglas duncan edgar edmund edward edwin eli eliot emmanuel eric ernest eugene felix fergus "
    "francis frank franklin fred freddie frederick gabriel gareth gary geoffrey george gerald gilbert giles gordon "
    "graham gregory gus guy hank harold harry harvey hector henry herbert herman horace howard hubert hugh hugo "
    "humphrey ian isaac ivan jack jacob jake james jason jasper jeffrey jeremy jerome jim jimmy joe joel john johnny "
    "jonas jonathan joseph joshua juan julian justin keith kenneth kevin larry laurence lawrence leo leon leonard "
    "leopold lewis lionel louis luke malcolm marco marcus mario mark martin matthew maurice max michael mick miguel "
    "miles mohammed nathan nathaniel ned neil neville nicholas nick nigel norman oliver omar oscar oswald otto owen "
    "patrick paul percy perry peter phil philip pierre ralph raymond reginald rex richard rob robert robin rodney "
    "roger roland ronald rory roy rufus rupert ryan sam samuel saul scott sean sebastian simon spencer stanley "
    "stephen steve steven stuart ted terence terry theodore thomas tim timothy toby tom tommy tony trevor victor "
    "vincent walter warren wilbur wilfred will william winston zachary mr sir lord king prince duke count uncle "
    "father dad grandfather grandpa brother boy man husband son monk waiter wizard".split()
)


def find_gender(name: str) -> str | None:
    """Return `she` or `he` for a name or a description such as `the old man`; None if its words do not tell."""
    words = [word.strip(".,'’").lower() for word in name.split()]
    # A title comes first, the noun of a description last.
    for word in (words[-1], *words[:-1]) if words[0] == "the" else words:
        if word in FEMALE:
            return "she"
        if word in MALE:
            return "he"
    return None
