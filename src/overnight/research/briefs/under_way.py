"""What is open in a campaign: proposals that wait or are measured, and those that others are making."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from overnight.research.briefs.edits import edit_to_show, with_edit
from overnight.research.briefs.layout import quoted
from overnight.research.standing import OpenExperiment
from overnight.words.foreign import printable

WORDS = 160  # characters of a hypothesis or an idea
ROLE = 40
MOST = 40
LINES = 4  # of each change


@dataclass(frozen=True, slots=True, kw_only=True)
class Making:
    """What a researcher is working on now, without a proposal yet."""

    role: str
    what: str  # ours, such as "works on idea #3"
    words: str = ""  # of the idea


def under_way_lines(role: str, opened: Sequence[OpenExperiment], making: Iterable[Making]) -> list[str]:
    """A line for everything that has no verdict yet, the newest first."""
    lines = [f"- {_who(one.role, role)} {one.what}{f': {quoted(one.words, WORDS)}' if one.words else ''}" for one in making]
    for experiment in reversed(opened):
        stage = "in the test" if experiment.registered else "being measured" if experiment.trials else "not measured yet"
        proposed = experiment.proposed
        line = f"- #{experiment.number} from {_who(proposed.role, role)}, {stage}: {quoted(proposed.hypothesis, WORDS)}"
        lines.append(with_edit(line, edit_to_show(proposed), LINES))
    return lines[:MOST]


def _who(role: str, own: str) -> str:
    return f"{printable(role, ROLE)} (your role)" if role == own else printable(role, ROLE)
