"""Small inner campaigns for tests: a target of a few exact trials, with a record outside of what really ran.

As a program it runs tasks on two workers, so that a test can kill it: `python inner_campaigns.py TASKS`, a task on each line of
the file; an ended one is printed.
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import anyio
from targets import git, make_repo, program

from overnight.git.repository import open_repository
from overnight.meta.targets import pinned
from overnight.meta.task import InnerTask
from overnight.meta.workers import Workers, workers
from overnight.research.loop.port import TrialPostponed

GAIN = ("OFFSET = 5.0", "OFFSET = 3.0")
LOSSES = [("OFFSET = 3.0", f"OFFSET = {n}.0") for n in range(6, 60)]
SECRET = "ab" * 32


def make_target(folder: Path, *, measure: str = "python train.py {seed}", noise: float = 0.1) -> Path:
    """A repository whose program keeps the first edit; it ends without ideas after the others."""
    return make_repo(folder, program(GAIN, *LOSSES[:3], measure=measure), noise=noise)


def counting(log: Path) -> str:
    """A measure command that leaves a line for each trial; only without a jail."""
    return f"echo x >> {log} && python train.py {{seed}}"


def task_on(target: Path, folder: Path, **keys: object) -> InnerTask:
    """An inner campaign of the target's own organisation."""
    commit = git(target, "rev-parse", "HEAD")
    source = pinned(open_repository(target), commit, target.parent)
    values: dict[str, object] = {
        "folder": str(folder),
        "organisation": (target / "program.md").read_text(),
        "path": "program.md",
        "secret": SECRET,
        "trials": 60,
        "audit_pairs": 2,
        "sandbox": "process",
        "source": str(source),
        "commit": commit,
    }
    return InnerTask.parse(json.dumps({**values, **keys}))


async def run_all(tasks: Sequence[InnerTask]) -> None:
    """Run tasks on two slots."""
    left = list(tasks)

    async def work(hands: Workers, slot: int) -> None:
        while left:
            task = left.pop(0)
            try:
                result = await hands.run(task, slot, lambda: False)
            except TrialPostponed:
                continue
            print(task.folder, result.text(), flush=True)  # noqa: T201  # a program's output

    async with workers() as hands, anyio.create_task_group() as group:
        group.start_soon(work, hands, 0)
        group.start_soon(work, hands, 1)


if __name__ == "__main__":
    anyio.run(run_all, [InnerTask.parse(line) for line in Path(sys.argv[1]).read_text().splitlines()])
