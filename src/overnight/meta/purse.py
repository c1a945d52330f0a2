"""What a meta-campaign has spent on inner campaigns, and whether another one fits into what is left.

Everything counts that lies in its folder: a finished inner campaign with what it used, any other with its whole budget, since
it may go on. So the budget holds over kills and over as many workers as run at once.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from overnight.gate.trial import Stage
from overnight.meta.record import RESULT, begun, finished
from overnight.meta.task import InnerResult, InnerTask
from overnight.program.program import Budget
from overnight.research.ending import Ending, EndReason
from overnight.words.quantities import counted


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What inner campaigns used."""

    campaigns: int = 0
    tokens: int = 0
    cost_usd: float = 0.0

    def __add__(self, other: "Spent") -> "Spent":
        return Spent(
            campaigns=self.campaigns + other.campaigns,
            tokens=self.tokens + other.tokens,
            cost_usd=self.cost_usd + other.cost_usd,
        )


def of_result(folder: Path, result: InnerResult) -> Spent:
    """What a finished one used."""
    return Spent(campaigns=_counts(folder), tokens=result.tokens, cost_usd=result.cost_usd)


def _counts(folder: Path) -> int:
    """Whether it counts as a campaign of the budget: the size of an audit is what its caller asked for."""
    return 0 if folder.parent.name.startswith(f"{Stage.AUDIT}-") else 1


def spent_in(folder: Path, *, whole: Spent | None = None) -> dict[str, Spent]:
    """What each inner campaign in a folder used, by its own folder; one that has not ended used the `whole` budget of one."""
    found: dict[str, Spent] = {}
    for path in folder.glob("*/*"):
        if (result := finished(path)) is not None:
            found[str(path)] = of_result(path, result)
        elif begun(path):
            found[str(path)] = replace(whole or Spent(), campaigns=_counts(path))
    return found


def total(parts: Iterable[Spent]) -> Spent:
    """All together."""
    return sum(parts, Spent())


@dataclass(slots=True, kw_only=True)
class Purse:
    """The budget of a meta-campaign, as its sessions spend it on inner campaigns."""

    campaigns: int | None  # that may be run
    budget: Callable[[], Budget]  # now: tokens and dollars, also of what the researchers of the meta-campaign use
    own: Callable[[], Spent]  # that those have used
    spent: dict[str, Spent] = field(default_factory=dict)  # by folder
    over: Ending | None = None  # why no further one is begun

    def take(self, tasks: Iterable[InnerTask]) -> bool:
        """Set aside the whole budgets of inner campaigns that are not set aside yet; False, and nothing, if not all fit."""
        wanted = {task.folder: _whole(task) for task in tasks if task.folder not in self.spent}
        after = total((*self.spent.values(), *wanted.values(), self.own()))
        if wanted and (ending := self._exceeded(after)) is not None:
            self.over = ending
            return False
        self.spent |= wanted
        return True

    def settle(self, task: InnerTask, result: InnerResult) -> None:
        """One has ended."""
        self.spent[task.folder] = of_result(Path(task.folder), result)

    def _exceeded(self, after: Spent) -> Ending | None:
        budget = self.budget()
        if self.campaigns is not None and after.campaigns > self.campaigns:
            return _ending(counted(self.campaigns, "inner campaign"), "as far as whole trials fit")
        if budget.tokens is not None and after.tokens > budget.tokens:
            return _ending(counted(budget.tokens, "token"), "what is left is less than the next trial may use")
        if budget.cost_usd is not None and after.cost_usd > budget.cost_usd:
            return _ending(f"${budget.cost_usd:.2f}", "what is left is less than the next trial may use")
        return None


def _ending(amount: str, how: str) -> Ending:
    return Ending(reason=EndReason.BUDGET, detail=f"the budget of {amount} is spent: {how}")


def _whole(task: InnerTask) -> Spent:
    folder = Path(task.folder)
    if (folder / RESULT).exists() and (known := finished(folder)):
        return of_result(folder, known)
    return Spent(campaigns=_counts(folder), tokens=task.tokens or 0, cost_usd=task.cost_usd or 0.0)
