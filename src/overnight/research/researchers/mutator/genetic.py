"""Mutations of statements in hot functions: one is deleted, moved, copied, or replaced by another of the same function.

Source: the edits of Magpie (Blot and Petke 2022) and GIN (Brownlee et al. 2019). Left alone is a statement of which the run
does not execute all: what no trial and no check reaches could be broken unseen.
"""

import textwrap
from collections.abc import Callable, Mapping
from random import Random

from overnight.research.researchers.mutator.landscape import Landscape
from overnight.research.researchers.mutator.mutation import Mutation, key_of
from overnight.research.researchers.mutator.screening import fault
from overnight.research.researchers.mutator.source import Cut, parses
from overnight.research.researchers.mutator.statements import Routine, Statement
from overnight.words.foreign import printable

WHY: Mapping[str, str] = {
    "delete": "a statement that nothing needs takes time",
    "move": "another order may do less work, or stop sooner",
    "copy": "done earlier, a step may save others",
    "replace": "a cheaper statement of the same function may do",
}
QUOTED = 60  # characters of a statement
TRIES = 200  # draws for one that is worth a trial


def genetic_mutation(
    land: Landscape,
    allowed: Callable[[Routine], bool],
    payoff: Callable[[str], float],
    random: Random,
    known: Callable[[str], bool],
) -> Mutation | None:
    """A random edit that was not tried; None if none was drawn."""
    routines = [routine for routine in land.hot if allowed(routine) and any(map(land.is_exercised, routine.statements))]
    if not routines:
        return None
    for _ in range(TRIES):
        routine = random.choices(routines, [land.heat[each] for each in routines])[0]
        statements = [each for each in routine.statements if land.is_exercised(each)]
        weights = [land.often(each) + 0.01 for each in statements]
        operator = random.choices(list(WHY), [payoff(each) for each in WHY])[0]
        one, other = random.choices(statements, weights, k=2)
        mutation = _edit(land, routine, operator, one, other)
        if mutation is not None and not known(mutation.key):
            edited = mutation.edit(land.contents)
            if edited and parses(edited) and not _is_faulty(land, routine, edited):
                return mutation
    return None


def _is_faulty(land: Landscape, routine: Routine, edited: Mapping[str, bytes]) -> bool:
    """Whether the text alone shows that an edit of a Python function is not worth a trial."""
    source = land.sources.get(routine.path)
    if source is None:
        return False
    return fault(source.content, edited[routine.path], routine.first) is not None


def _edit(land: Landscape, routine: Routine, operator: str, one: Statement, other: Statement) -> Mutation | None:
    content = land.contents[routine.path]
    apart = one.end <= other.start or other.end <= one.start
    if (operator == "delete" and one.alone) or (operator != "delete" and not apart) or (operator == "move" and one.alone):
        return None
    text = content[one.start : one.end].decode()
    target = content[other.start : other.end].decode()
    moved = textwrap.indent(textwrap.dedent(text), target[: len(target) - len(target.lstrip())]).encode()
    gone, before = Cut(one.start, one.end, b""), Cut(other.start, other.start, moved)
    cuts = {
        "delete": [gone],
        "move": [gone, before],
        "copy": [before],
        "replace": [Cut(other.start, other.end, moved)],
    }[operator]
    if operator == "replace" and moved.strip() == target.strip().encode():
        return None
    by_path = {routine.path: cuts}
    place = f"in `{routine.name}` ({routine.path}:{one.lines[0]}), which takes {land.heat[routine]:.0%} of the time"
    what = f"`{_short(text)}`" if operator == "delete" else f"`{_short(text)}` {_joined(operator)} `{_short(target)}`"
    verb = "Use" if operator == "replace" else operator.capitalize()
    return Mutation(
        operator=operator,
        reason=f"{verb} {what} {place}: {WHY[operator]}",
        cuts=by_path,
        weight=land.heat[routine],
        key=key_of(operator, by_path, land.contents),
    )


def _joined(operator: str) -> str:
    return "in place of" if operator == "replace" else "before"


def _short(text: str) -> str:
    return printable(text.strip().splitlines()[0].replace("`", "'"), QUOTED)
