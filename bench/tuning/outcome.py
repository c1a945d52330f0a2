"""What came of one campaign, against the truth."""

from dataclasses import dataclass

from overnight.gate.verdict import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What the gate says of a kept change, and the truth, as shares of the gap."""

    low: float
    high: float
    gain: float
    truth: float
    searched: int  # trials behind the proposal

    @property
    def holds(self) -> bool:
        """Whether the interval holds the truth."""
        return self.low <= self.truth <= self.high


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """An experiment, for those who look at a campaign in detail."""

    used: int  # trials of the campaign when it was concluded
    hypothesis: str
    verdict: Verdict
    reason: str
    regret: float  # of the head then


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One campaign."""

    regret: float  # of its head
    baseline: int  # trials
    search: int
    proof: int
    claims: tuple[Claim, ...]
    judged: tuple[Judged, ...]
    end: str  # why it ended
    tuner_cpu_s: float

    @property
    def trials(self) -> int:
        """Of all stages."""
        return self.baseline + self.search + self.proof
