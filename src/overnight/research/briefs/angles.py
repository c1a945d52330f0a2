"""Where to look for an idea: researchers who are given none start from different places."""

from collections.abc import Sequence

from overnight.program.program import Program
from overnight.words.markdown import code

ANGLES = (
    "the one step that costs most or loses most; find it by reading or measuring, and change that",
    "work that the result does not need: steps, copies, data or code that can go",
    "another method for one part: a different algorithm, formula or data structure",
    "how it begins and how it ends: first values, warm-up, the last steps, rare cases",
    "how parts work together: order, batching, sharing, reuse of what was computed",
    "an assumption that the code makes without saying so; ask what happens without it",
    "a trade that the code makes between two good things; move it, or end it",
    "what people who solve a similar problem in another field would do here",
)
OF_ORGANISATIONS = (
    "what past campaigns lost most on: refused or repeated proposals, crashes, tests that prove nothing",
    "the idea queue: which ideas were proven, which never are, and in which order they come",
    "who works: which of the allowed researchers, and how many of each",
    "the text of one role: what it should look at first, and what it should leave alone",
    "priorities and risk: many small safe steps, or few bold ones",
    "how much proving may cost, `gate.max_pairs`: many cheap tests, or few sure ones",
    "words that cost tokens and change nothing; leave them out",
)
PATH = 80  # characters


def angles_of(program: Program) -> Sequence[str]:
    """Where to look in what a program edits."""
    return OF_ORGANISATIONS if program.of_campaigns else ANGLES


def angle(count: int, files: Sequence[str], angles: Sequence[str] = ANGLES) -> str:
    """The place to look for the request that is `count`-th from 0: every way of looking at one file, then at the next."""
    way = angles[count % len(angles)]
    if len(files) < 2:  # noqa: PLR2004  # one file needs no name
        return way
    return f"{way}. Begin in {code(files[count // len(angles) % len(files)], PATH)}"
