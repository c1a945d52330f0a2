"""A meta-campaign whose inner campaigns are a formula: everything but the workers is real."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import anyio

from overnight.git.repository import Repository, open_repository
from overnight.meta.beginning import beginning_of
from overnight.meta.organisation import organisation_of
from overnight.meta.targets import git
from overnight.meta.task import InnerResult, InnerTask
from overnight.meta.wiring import meta_kind, read_charter
from overnight.meta.workers import Workers
from overnight.research.loop.stop import Stop
from overnight.research.state import State
from overnight.research.wiring import SessionRequest, open_session

TAG = "meta-t"
NOISE = 0.03  # of progress: little, so that a proof takes few pairs
SPREADS = {"plant": 0.2, "kernel": 0.3}
PROGRAM = """---
metric: {name: loss, direction: minimize}
measure: python train.py
editable: [train.py]
gate: {max_pairs: 30}
researchers: [{role: tuner, use: tuner}]
---
"""
META = """---
organisation: program.md
targets: [lab:plant]
holdout: [lab:kernel]
inner: {trials: 40, audit_pairs: 4}
allowed_researchers: [{role: tuner, use: tuner}]
budget: {campaigns: 300}
gate: {error_rate: 0.2, max_pairs: 20, holdout_pairs: 2}
---
Find a better organisation.
"""


class CutOff(Exception):  # noqa: N818  # the end of a process is no error
    """A session ends in the middle of it all."""


@dataclass(slots=True)
class FormulaWorkers(Workers):
    """What more than 60 pairs a test gain, and what longer budgets do; everything else is noise."""

    tasks: list[InnerTask] = field(default_factory=list)
    fails_after: int | None = None  # campaigns; then it ends as a kill does
    _finished: dict[str, InnerResult] = field(default_factory=dict)  # that a worker finds on disk

    async def run(self, task: InnerTask, slot: int, stopping: Callable[[], bool]) -> InnerResult:  # as its base
        """The result of the formula."""
        if self.fails_after is not None and len(self.tasks) >= self.fails_after:
            raise CutOff
        if known := self._finished.get(task.folder):
            return known
        self.tasks.append(task)
        better = organisation_of(task.organisation, task.path).max_pairs >= 60
        noise = random.Random(f"{task.instance} {task.lab} {better}").gauss(0.0, NOISE)
        progress = (1.0 if better else 0.4) + 0.2 * ((task.trials or 0) / 40) ** 0.5 + noise
        self._finished[task.folder] = result = InnerResult(progress=progress, trials=task.trials or 0, kept=1, elapsed_s=3.0)
        return result

    async def close(self) -> None:
        """Nothing runs."""


def meta_repository(folder: Path, meta: str = META) -> Repository:
    """A repository with a program.md and a meta.md."""
    folder.mkdir(parents=True)
    git("init", "-q", "-b", "main", str(folder), at=folder.parent)
    (folder / "program.md").write_text(PROGRAM)
    (folder / "meta.md").write_text(meta)
    git("add", "-A", at=folder)
    git("commit", "-q", "-m", "Start", at=folder)
    return open_repository(folder)


async def session_of(
    repository: Repository, hands: Workers, *, spreads: Mapping[str, float] = SPREADS, experiments: int | None = None
) -> State:
    """A session of the meta-campaign to its end."""
    repository.exclude_overnight()
    charter = read_charter(repository)
    kind = meta_kind(charter, beginning_of(charter, spreads, {}), repository, hands)
    sandbox = "process" if isinstance(hands, FormulaWorkers) else "jail"
    request = SessionRequest(tag=TAG, slots=2, sandbox=sandbox, experiments=experiments)
    with open_session(repository, request, Stop(), [], kind=kind) as campaign:
        await campaign.run()
        return campaign.journal.state


def run_meta(
    repository: Repository, hands: Workers, *, spreads: Mapping[str, float] = SPREADS, experiments: int | None = None
) -> State:
    """The same, with a loop of its own."""
    return anyio.run(partial(session_of, repository, hands, spreads=spreads, experiments=experiments))
