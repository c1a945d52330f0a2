"""The words of an idea: cleaned for one line of a file, and compared with those of other ideas."""

import re
import unicodedata
from collections.abc import Iterable

from overnight.research.idea import Idea, Risk
from overnight.words.foreign import printable

LONGEST = 300  # characters of an idea
LONGEST_EFFECT = 80
LONGEST_REASON = 160
LONGEST_ORIGIN = 64
ARROW = "→"  # in a file, between an idea and its outcome
RISKS = {"bold": Risk.BOLD, "daring": Risk.BOLD, "risky": Risk.BOLD, "high": Risk.BOLD, "safe": Risk.SAFE, "low": Risk.SAFE}

_MARK_IN_FRONT = re.compile(r"^(?:[-*+](?:\s+|$)|\[.\](?:\s+|$)|#\d+\b\s*)")
_MARKS = re.compile(r"(?:^|\s)\(([^()]*)\)\s*$")
_SEPARATOR = re.compile(r"[;()|\n→]")
_WORD = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+")
_WITHOUT_MEANING = """
a an and are as at be but by can could do does for from has have how if in instead into is it its just let lets make
maybe might of on or our please possibly really s should so some than that the their them then there these this to too
try trying use using very want was we what when which will with would you your
"""
_STOP_WORDS = frozenset(_WITHOUT_MEANING.split())


def one_line(text: str, limit: int) -> str:
    """Foreign text on one line, with single spaces; applying it twice changes nothing."""
    return " ".join(printable(" ".join(text[: 8 * limit].split()), limit).split())


def clean_idea(text: str) -> str:
    """An idea as the queue holds it: without list marks before it or the arrow that a file puts after it."""
    line = one_line(text.replace(ARROW, "->"), LONGEST)
    while (bare := _MARK_IN_FRONT.sub("", line)) != line:
        line = bare
    return line


def clean_label(text: str, limit: int) -> str:
    """An expected effect or an origin, without the separators of the marks after an idea."""
    return one_line(_SEPARATOR.sub(",", text), limit).strip(" ,:")


def split_marks(text: str) -> tuple[str, Risk | None, str]:
    """An idea's text, risk and expected effect, from `text (bold; effect: large; from director)`."""
    found = _MARKS.search(text)
    parts = [part.strip() for part in found[1].split(";")] if found else []
    if not parts or not all(_is_mark(part) for part in parts):
        return text.strip(), None, ""
    risk = next((read_risk(part) for part in parts if read_risk(part)), None)
    effect = next((part.partition(":")[2] for part in parts if part.casefold().startswith("effect:")), "")
    return text[: found.start() if found else None].strip(), risk, clean_label(effect, LONGEST_EFFECT)


def _is_mark(part: str) -> bool:
    return read_risk(part) is not None or part.casefold().startswith(("effect:", "from ", "taken by #"))


def read_risk(text: str) -> Risk | None:
    """The risk that a word stands for."""
    return RISKS.get(text.strip(" .*_`").casefold())


def words_of(text: str) -> tuple[str, ...]:
    """The words used to compare ideas: without case, punctuation and stop words; numbers stay whole."""
    words = tuple(_WORD.findall(unicodedata.normalize("NFKC", text).casefold()))
    return tuple(word for word in words if word not in _STOP_WORDS) or words


def twin(text: str, ideas: Iterable[Idea]) -> Idea | None:
    """The first idea that says the same thing in nearly the same words."""
    words = words_of(text)
    return next((idea for idea in ideas if words_of(idea.text) == words), None)
