"""The clean branch for review: what the commit of each kept change, or of each of its parts, says."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from overnight.errors import UserError
from overnight.gate.caution import basis, of_no_seed
from overnight.gate.explain import explain
from overnight.gate.plausibility import hold, look_at
from overnight.git.port import ATTEMPT, KeptChange
from overnight.research.caution import doubts_of, held, warnings_of
from overnight.research.origin import origin_words
from overnight.research.standing import Kept
from overnight.research.state import State
from overnight.research.views.numbers import gain
from overnight.words.quantities import numbered

TUNER = "tuner"
_WAY = re.compile(r"\s*\(([^()]*)\)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewBranch:
    """What `finalize --json` prints."""

    branch: str
    start: str  # commit that the branch is on top of
    commit: str  # at its tip
    changes: int  # kept ones
    commits: int  # on top of the start: more if changes are split
    unread: tuple[int, ...]  # of these, experiments whose gains are unbelievable until read, with `--include-unread`


def change(state: State, kept: Kept, researcher: str) -> KeptChange:
    """One commit of the branch; what the tuner says about its search, in parentheses at the end, is not for the subject."""
    way = _WAY.search(kept.hypothesis) if researcher == TUNER else None
    subject = kept.hypothesis[: way.start()] if way else kept.hypothesis
    origin = origin_words(kept.searched, kept.together, unscreened=kept.unscreened)
    checked = kept.conclusion.holdout_gain is not None
    body = [
        *explain(kept.conclusion, state.program),
        *([f"How the tuner came to it: {way[1]}."] if way else []),
        *([f"Origin: {origin}."] if origin else []),
        *_doubted(state, kept),
        *([f"Seeds: {unseeded}."] if (unseeded := of_no_seed(state.program)) else []),
        *([f"Basis: {rests_on}."] if (rests_on := basis(state.program)) else []),
        *(f"Warning: {warning}." for warning in warnings_of(state, 0 if checked else kept.searched)),
    ]
    trailers = [
        f"Overnight-Campaign: {state.tag}",
        f"Overnight-Experiment: {kept.number}",
        f"Overnight-Gain: {state.program.metric.name} {gain(kept.conclusion)}",
        f"{ATTEMPT}: {kept.commit}",
    ]
    return KeptChange(commit=kept.commit, subject=subject, body="\n".join([*body, "", *trailers]))


def unread(state: State) -> UserError | None:
    """The error while kept changes are held for a person; None if none is."""
    waiting = [kept.number for kept in held(state)]
    if not waiting:
        return None
    first = waiting[0]
    fix = (
        f"read it (`overnight show {first}`); if its gain is real, `overnight believe {first}`, else start again from before "
        "it; --include-unread makes the branch all the same, and marks its commit"
    )
    return UserError(
        f"unbelievable until a person has read {'it' if len(waiting) == 1 else 'them'}: {numbered(waiting)}", fix=fix
    )


def _doubted(state: State, kept: Kept) -> Iterator[str]:
    """What makes its value hard to believe, and whether a person has read it."""
    found = doubts_of(state).get(kept.number)
    if found and found.held:
        yield f"UNBELIEVABLE UNTIL READ: {hold(kept.number, found.says)}."
    elif found and found.unbelievable:
        yield f"Doubt: {'; '.join(found.says)}. A person has read the diff of #{kept.number}, and believes its gain."
    elif found:
        yield f"Doubt: {look_at(kept.number, found.says)}."
