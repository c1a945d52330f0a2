"""The clean branch for review: what the commit of each kept change says."""

import re
from dataclasses import dataclass

from overnight.gate.caution import basis, of_no_seed
from overnight.gate.explain import explain
from overnight.gate.plausibility import look_at
from overnight.git.port import ATTEMPT, KeptChange
from overnight.research.caution import doubts_of, warnings_of
from overnight.research.origin import origin_words
from overnight.research.standing import Kept
from overnight.research.state import State
from overnight.research.views.numbers import gain

TUNER = "tuner"
_WAY = re.compile(r"\s*\(([^()]*)\)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewBranch:
    """What `finalize --json` prints."""

    branch: str
    commit: str  # at its tip
    changes: int  # commits on top of the start


def change(state: State, kept: Kept, researcher: str) -> KeptChange:
    """One commit of the branch; what the tuner says about its search, in parentheses at the end, is not for the subject."""
    way = _WAY.search(kept.hypothesis) if researcher == TUNER else None
    subject = kept.hypothesis[: way.start()] if way else kept.hypothesis
    found = doubts_of(state).get(kept.number, ())
    origin = origin_words(kept.searched, kept.together, unscreened=kept.unscreened)
    checked = kept.conclusion.holdout_gain is not None
    body = [
        *explain(kept.conclusion, state.program),
        *([f"How the tuner came to it: {way[1]}."] if way else []),
        *([f"Origin: {origin}."] if origin else []),
        *([f"Doubt: {look_at(kept.number, found)}."] if found else []),
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
