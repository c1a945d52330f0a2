"""What the trials and proposals of a campaign cost."""

from collections import Counter
from dataclasses import dataclass, field

from overnight.records.trial import Stage, Trial
from overnight.report.story import Costs


@dataclass(slots=True)
class Spending:
    """Running sums."""

    trials: Counter[Stage] = field(default_factory=Counter)
    wall_s: float = 0.0
    cpu_s: float = 0.0
    peak_memory_bytes: int = 0
    tokens: int = 0
    cost_usd: float = 0.0

    def take(self, trial: Trial) -> None:
        """Add what one trial cost."""
        self.trials[trial.key.stage] += 1
        self.wall_s += trial.wall_s
        self.cpu_s += trial.cpu_s
        self.peak_memory_bytes = max(self.peak_memory_bytes, trial.peak_memory_bytes)

    def costs(self, elapsed_s: float) -> Costs:
        """The sums."""
        return Costs(
            elapsed_s=elapsed_s,
            trials=self.trials.total(),
            trial_wall_s=self.wall_s,
            cpu_s=self.cpu_s,
            peak_memory_bytes=self.peak_memory_bytes,
            tokens=self.tokens,
            cost_usd=self.cost_usd,
        )
