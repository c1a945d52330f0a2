"""What `overnight init` runs before it writes a program: its checks, then two trials."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from dataclasses import dataclass

from overnight.files.private_folder import private_folder
from overnight.gate.seeds import trial_seed
from overnight.gate.trial import Arm, Stage, Trial, TrialKey
from overnight.git.history import GitHistory
from overnight.git.repository import Repository
from overnight.machines.share import make_executor, share_of
from overnight.program.program import Program
from overnight.research.loop.command import TrialFailed
from overnight.research.loop.trial import TrialRunner
from overnight.research.places.seclusion import check_readable_paths, checkout_of
from overnight.research.places.work_folders import work_folders
from overnight.research.wiring import make_trial_runner
from overnight.words.quantities import duration

TRIALS = 2


def _unseen(_: str) -> AbstractContextManager[None]:
    return nullcontext()


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstTrials:
    """Runs a program on the commit that the user has checked out; nothing is kept."""

    sandbox: str
    during: Callable[[str], AbstractContextManager[None]] = _unseen  # shows that something runs

    async def checks(self, repository: Repository, program: Program) -> TrialFailed | None:
        """The failure of the first check that fails; None if all pass."""
        with self._trial_runner(repository, program) as (trials, start), self.during("checks"):
            return await trials.checks(start, slot=0)

    async def run_twice(self, repository: Repository, program: Program) -> Sequence[Trial]:
        """Two trials with different seeds; the second only if the first has a value, since it may take as long."""
        done: list[Trial] = []
        limit = duration(program.limits.wall_s)
        with self._trial_runner(repository, program) as (trials, start):
            while len(done) < TRIALS and (not done or done[-1].value is not None):
                with self.during(f"trial {len(done) + 1} of {TRIALS}, ended after {limit}"):
                    done.append(await _trial(trials, start, len(done)))
        return done

    @contextmanager
    def _trial_runner(self, repository: Repository, program: Program) -> Iterator[tuple[TrialRunner, str]]:
        checkout = checkout_of(repository)
        check_readable_paths(program, checkout)
        repository.exclude_overnight()
        with (
            closing(GitHistory(repository)) as history,
            private_folder(repository.overnight, "init") as folder,
            share_of(program.limits, 1, alone=True) as share,
            work_folders(repository, history, program, history.resolve_start()) as workspaces,
        ):
            start = history.resolve_start()
            executor = make_executor(self.sandbox, share, checkout=checkout)
            yield make_trial_runner(program, start, executor, workspaces, folder, checkout=checkout), start


async def _trial(trials: TrialRunner, commit: str, index: int) -> Trial:
    key = TrialKey(experiment=0, stage=Stage.BASELINE, arm=Arm.BASELINE, index=index)
    return await trials.run(key, commit=commit, tree=commit, seed=trial_seed("init", key), slot=0)
