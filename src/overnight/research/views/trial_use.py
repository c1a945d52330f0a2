"""What the trials of a campaign were for: to search, for proof, for the baseline, or for an audit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from overnight.gate.trial import Stage
from overnight.research.standing import PROOF, Tally
from overnight.research.views.wording import percent

TO_SEARCH = "to search"
PURPOSES = (TO_SEARCH, "for proof", "for the baseline", "for audits")  # proof: screening, confirmation and holdout


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialUse:
    """Trials of one purpose."""

    purpose: str  # "to search", "for proof", "for the baseline" or "for audits"
    trials: int
    share: float  # of all trials, from 0 to 1


def use_of(tally: Tally) -> tuple[TrialUse, ...]:
    """What the trials of a tally were for; nothing for purposes without one."""
    audits = tally.trials - tally.search - tally.proof - tally.baseline
    return _used((tally.search, tally.proof, tally.baseline, audits))


def use_by_stage(trials: Mapping[Stage, int]) -> tuple[TrialUse, ...]:
    """The same for numbers of trials by stage."""
    proof = sum(count for stage, count in trials.items() if stage in PROOF)
    return _used((trials.get(Stage.SEARCH, 0), proof, trials.get(Stage.BASELINE, 0), trials.get(Stage.AUDIT, 0)))


def used_words(uses: Sequence[TrialUse]) -> str:
    """For people; empty if there were no trials."""
    return ", ".join(f"{use.trials:,} {use.purpose} ({percent(round(use.share, 2))})" for use in uses)


def used_rows(uses: Sequence[TrialUse]) -> tuple[tuple[str, str], ...]:
    """For a table with a row for each purpose; empty for one without trials."""
    shown = {use.purpose: f"{use.trials:,} ({percent(round(use.share, 2))})" for use in uses}
    return tuple((f"Trials {purpose}", shown.get(purpose, "")) for purpose in PURPOSES)


def _used(counts: Sequence[int]) -> tuple[TrialUse, ...]:
    total = sum(counts)
    named = zip(PURPOSES, counts, strict=True)
    return tuple(TrialUse(purpose=purpose, trials=count, share=count / total) for purpose, count in named if count)
