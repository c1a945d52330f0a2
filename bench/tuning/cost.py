"""What the tuner costs in CPU between two trials of its search, after short and long searches, and in memory."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean, median

from tuning.bowls import Bowls
from tuning.campaign import run_in
from tuning.laboratory import Laboratory, Spent

AFTER = (10, 300, 1_000)  # search trials
OVER = 50  # of the next ones
BUDGET = 4_000  # trials of all stages; enough for a search of that length


@dataclass(slots=True, kw_only=True)
class TimedLaboratory(Laboratory):
    """Notes the CPU time that passes between two search trials of one assignment."""

    thought_s: list[float] = field(default_factory=list)
    _ended_at: float | None = None
    _used: int = 0

    def _search_trial(self, files: Mapping[str, bytes], repeat: int) -> float | None:
        if self._ended_at is not None and self.used.total() == self._used:
            self.thought_s.append(time.process_time() - self._ended_at)
        if len(self.thought_s) >= AFTER[-1] + OVER:
            raise Spent
        value = super(TimedLaboratory, self)._search_trial(files, repeat)
        self._used, self._ended_at = self.used.total(), time.process_time()
        return value


def print_cost() -> None:
    """Print the figures of one long campaign."""
    before = _resident_mb()
    objective = Bowls(0)
    laboratory = TimedLaboratory(objective=objective, trials=BUDGET, secret="cost", head=objective.start)
    outcome = run_in(laboratory)
    for after in AFTER:
        if thought := [1_000 * seconds for seconds in laboratory.thought_s[after : after + OVER]]:
            print(
                f"after {after:5,} search trials: CPU ms per trial: mean {fmean(thought):.1f}, median {median(thought):.1f}, "
                f"most {max(thought):.1f}"
            )
    proposals = len(outcome.judged)
    print(f"{outcome.trials} trials, {outcome.search} searched, and {proposals} proposals: {outcome.tuner_cpu_s:.1f} s CPU")
    print(f"resident memory: {before:.0f} MB before, {_resident_mb():.0f} MB after")


def _resident_mb() -> float:
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024
