"""Where to look for an idea: researchers who are given none start from different places."""

from collections.abc import Sequence

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
PATH = 80  # characters


def angle(count: int, files: Sequence[str]) -> str:
    """The place to look for the request that is `count`-th from 0: every way of looking at one file, then at the next."""
    way = ANGLES[count % len(ANGLES)]
    if len(files) < 2:  # noqa: PLR2004  # one file needs no name
        return way
    return f"{way}. Begin in {code(files[count // len(ANGLES) % len(files)], PATH)}"
