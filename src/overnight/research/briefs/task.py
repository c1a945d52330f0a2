"""What a brief is written from."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from overnight.research.briefs.rework import Rework
from overnight.research.briefs.under_way import Making
from overnight.research.budget import SessionAllowance
from overnight.research.charter import Charter
from overnight.research.experiment import Edit, Experiment
from overnight.research.idea import Idea
from overnight.research.state import State

LIMIT = 3000  # tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class BriefTask:
    """What a brief is written from."""

    state: State
    charter: Charter
    role: str
    recent: Sequence[Experiment] = ()  # oldest first
    idea: Idea | None = None  # to work out
    rework: Rework | None = None  # a change of its own to bring into the head
    angle: str = ""  # where to look for an idea, if it is given neither
    making: Sequence[Making] = ()  # what others are working on
    problems: Sequence[str] = ()  # of its last tries, which came to nothing; oldest first
    left_out: str = ""  # new files that were no part of its last edit, and why; only what it does not know yet
    elsewhere: Collection[int] = ()  # ideas that others work on, without a proposal yet, or that wait for others
    similar: Sequence[Experiment] = ()  # past attempts at something similar, the most similar first
    kept_edits: Mapping[int, Edit] = field(default_factory=dict)  # what the newest kept experiments changed, by number
    allowance: SessionAllowance = field(default_factory=SessionAllowance)  # of the session
    background: str = ""  # what else is known, in Markdown that was checked
    files: Mapping[str, int] = field(default_factory=dict)  # sizes in bytes of the head's files, by path
    limit_tokens: int = LIMIT
