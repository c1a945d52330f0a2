"""Parses the director's answer about the queue: lines `IDEA: ...` and `DROP #n: why`; other lines are ignored."""

import re

from overnight.research.idea import AddIdea, DropIdea, IdeaEdit, Risk
from overnight.research.ideas.text import LONGEST_EFFECT, LONGEST_REASON, clean_idea, clean_label, one_line, read_risk, words_of

MOST_CHARACTERS = 200_000  # of an answer that are read
MOST_IDEAS = 20  # of one answer
MOST_DROPS = 50

FORM = "IDEA: <what to try, one sentence> | effect: <expected gain, in a few words> | risk: <bold or safe>"
DROP_FORM = "DROP #<number>: <why>"

_START = r"[ \t]*(?:[-*+>][ \t]+)?[*_`]*"
_IDEA = re.compile(rf"{_START}IDEA[*_`]*[ \t]*:[*_`]*(.*)", re.IGNORECASE)
_DROP = re.compile(rf"{_START}DROP[*_`]*[ \t]*:?[ \t]*#?([0-9]{{1,9}})\b[*_`]*[ \t]*[:.,-]?[*_`]*(.*)", re.IGNORECASE)


def parse_answer(text: str) -> tuple[IdeaEdit, ...]:
    """The edits that an answer asks for: at most 20 ideas and 50 drops; none if the answer has another form."""
    ideas: list[AddIdea] = []
    drops: list[DropIdea] = []
    for line in text[:MOST_CHARACTERS].splitlines():
        if (found := _IDEA.fullmatch(line)) and len(ideas) < MOST_IDEAS:
            ideas += _idea(found[1])
        elif (found := _DROP.fullmatch(line)) and len(drops) < MOST_DROPS:
            drops.append(DropIdea(number=int(found[1]), reason=one_line(found[2].strip("*_` "), LONGEST_REASON)))
    return (*drops, *ideas)


def _idea(text: str) -> list[AddIdea]:
    """The idea of one line; none if it has no words."""
    said, *labels = text.split("|")
    effect, risk = "", None
    for label in labels:
        name, _, value = label.partition(":")
        match name.strip(" *_`").casefold():
            case "effect":
                effect = clean_label(value, LONGEST_EFFECT)
            case "risk":
                risk = read_risk(value) or _first_word(value)
    idea = clean_idea(said.strip(" \t`"))
    return [AddIdea(text=idea, risk=risk, effect=effect)] if words_of(idea) else []


def _first_word(value: str) -> Risk | None:
    return read_risk(value.split(maxsplit=1)[0].rstrip(",;")) if value.split() else None
