"""What the trials, proposals and model calls of a campaign cost."""

from collections import Counter
from dataclasses import dataclass, field

from overnight.gate.trial import Fault, Stage, Trial
from overnight.models.usage import Usage
from overnight.research.events import ModelCalled, Proposed
from overnight.research.story.story import Costs, ModelUse

MODELS = 40  # pairs of role and model that are listed; the rest is one more
OTHERS = "others"
_HOPED = 64  # assignments with calls but without a proposal yet; older ones are dropped

_Caller = tuple[str, str, str]  # role, provider, model


@dataclass(slots=True)
class Spending:
    """Running sums."""

    trials: Counter[Stage] = field(default_factory=Counter)
    wall_s: float = 0.0
    stopped: int = 0  # first trials that were stopped early
    stopped_s: float = 0.0
    whole: int = 0  # screening trials with a value
    whole_s: float = 0.0
    cpu_s: float = 0.0
    peak_memory_bytes: int = 0
    tokens: int = 0
    cost_usd: float = 0.0
    _models: dict[_Caller, Usage] = field(default_factory=dict)
    _hoped: dict[tuple[str, int], Usage] = field(default_factory=dict)  # by role, and the assignment that the calls were for

    def take(self, trial: Trial) -> None:
        """Add what one trial cost."""
        self.trials[trial.key.stage] += 1
        self.wall_s += trial.wall_s
        if trial.fault is Fault.BEHIND:
            self.stopped, self.stopped_s = self.stopped + 1, self.stopped_s + trial.wall_s
        elif trial.key.stage is Stage.SCREEN and trial.value is not None:
            self.whole, self.whole_s = self.whole + 1, self.whole_s + trial.wall_s
        self.cpu_s += trial.cpu_s
        self.peak_memory_bytes = max(self.peak_memory_bytes, trial.peak_memory_bytes)

    def call(self, event: ModelCalled) -> None:
        """Add one call to a model, as the gateway counted it."""
        self.tokens += event.usage.tokens
        self.cost_usd += event.usage.cost_usd
        caller = event.role, event.provider, event.model
        if caller not in self._models and len(self._models) >= MODELS:
            caller = OTHERS, OTHERS, OTHERS
        self._models[caller] = self._models.get(caller, Usage()) + event.usage
        place = event.role, event.number
        self._hoped[place] = self._hoped.pop(place, Usage()) + event.usage
        if len(self._hoped) > _HOPED:
            self._hoped.pop(next(iter(self._hoped)))

    def propose(self, event: Proposed) -> Usage:
        """What the calls for one proposal used; what a researcher says it used is a claim and does not count."""
        return self._hoped.pop((event.role, event.assignment or event.number), Usage())

    def costs(self, elapsed_s: float) -> Costs:
        """The sums."""
        return Costs(
            elapsed_s=elapsed_s,
            trials=self.trials.total(),
            trial_wall_s=self.wall_s,
            stopped_early=self.stopped,
            saved_s=max(0.0, self.stopped * self.whole_s / self.whole - self.stopped_s) if self.whole else 0.0,
            cpu_s=self.cpu_s,
            peak_memory_bytes=self.peak_memory_bytes,
            tokens=self.tokens,
            cost_usd=self.cost_usd,
            models=self._uses(),
        )

    def _uses(self) -> tuple[ModelUse, ...]:
        uses = (
            ModelUse(role=role, provider=provider, model=model, usage=usage)
            for (role, provider, model), usage in self._models.items()
        )
        return tuple(sorted(uses, key=lambda use: (-use.usage.cost_usd, -use.usage.tokens)))
