"""Two trials of a program that is not written yet."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from overnight.backends.git.history import GitHistory
from overnight.backends.git.repository import Repository
from overnight.backends.work_folders import WorkFolders
from overnight.core.seeds import trial_seed
from overnight.loop.measure import Bench
from overnight.records.program import Program
from overnight.records.trial import Arm, Stage, Trial, TrialKey
from overnight.wiring import make_bench, make_executor


async def measure_twice(repository: Repository, program: Program, sandbox: str) -> Sequence[Trial]:
    """Two trials of the commit that the user has checked out, with different seeds; nothing of them is kept."""
    repository.exclude_overnight()
    history = GitHistory(repository)
    try:
        with tempfile.TemporaryDirectory(prefix=".init-", dir=repository.overnight) as name:
            start, folder = history.resolve_start(), Path(name)
            workspaces = WorkFolders(folder / "work", history, program)
            bench = make_bench(program, start, make_executor(sandbox, program, 1), workspaces, folder)
            return [await _trial(bench, start, index) for index in range(2)]
    finally:
        history.close()


async def _trial(bench: Bench, commit: str, index: int) -> Trial:
    key = TrialKey(experiment=0, stage=Stage.BASELINE, arm=Arm.BASELINE, index=index)
    return await bench.trial(key, commit=commit, tree=commit, seed=trial_seed("init", key), slot=0)
