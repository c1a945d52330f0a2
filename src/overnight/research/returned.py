"""Changes that failed together with kept ones and are returned to their authors: a fold of the campaign's events."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from overnight.gate.verdict import Verdict
from overnight.research.events import Concluded, ProposalMissed, Proposed
from overnight.research.standing import OpenExperiment

MOST = 20  # newest ones
PATIENCE = 3  # tries to bring one into the head that may come to nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """A change that failed together with what was kept meanwhile: its author may bring it into the head."""

    number: int
    role: str
    hypothesis: str
    base: str  # commit that it was proposed against
    commit: str  # as it was proposed
    conflicts: tuple[int, ...]  # kept experiments whose text conflicts with its own; empty: it was merged, and crashed
    reason: str = ""  # of the verdict
    idea: int = 0  # as in `Proposed`
    reworked: int = 0  # open experiment that does so; 0: none yet
    misses: int = 0  # tries that came to nothing


def after_ended(returned: Sequence[Returned], event: Concluded, opened: OpenExperiment) -> tuple[Returned, ...]:
    """The returned changes after the verdict on an experiment, which is one of them, reworks one of them, or neither."""
    proposed = opened.proposed
    if event.conclusion.verdict is Verdict.REJECT:
        return _missed(returned, proposed.reworks)
    left = tuple(one for one in returned if one.number != proposed.reworks)
    if not event.returned:
        return left
    new = Returned(
        number=event.number,
        role=proposed.role,
        hypothesis=proposed.hypothesis,
        base=proposed.base,
        commit=proposed.commit,
        conflicts=opened.replaces,
        reason=event.conclusion.reason,
        idea=proposed.idea,
    )
    return (*left, new)[-MOST:]


def after_proposal(returned: Sequence[Returned], event: Proposed | ProposalMissed) -> tuple[Returned, ...]:
    """The returned changes after a try to bring one of them into the head, or any other."""
    if isinstance(event, ProposalMissed):
        return _missed(returned, event.reworks)
    return tuple(replace(one, reworked=event.number) if one.number == event.reworks else one for one in returned)


def _missed(returned: Sequence[Returned], number: int) -> tuple[Returned, ...]:
    tried = (replace(one, reworked=0, misses=one.misses + 1) if one.number == number else one for one in returned)
    return tuple(one for one in tried if one.misses < PATIENCE)
