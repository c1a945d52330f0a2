"""What `overnight init` runs before it writes a program: its checks, two trials, and the proof that they are connected."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from dataclasses import dataclass

from overnight.files.private_folder import private_folder
from overnight.gate.seeds import trial_seed
from overnight.gate.trial import Arm, Stage, Trial, TrialKey
from overnight.git.history import GitHistory
from overnight.git.repository import Repository
from overnight.ledger.artifacts import ArtifactStore
from overnight.machines.share import make_executor, share_of
from overnight.program.program import Program
from overnight.research.loop.command import TrialFailed
from overnight.research.places.seclusion import check_readable_paths, checkout_of
from overnight.research.places.work_folders import work_folders
from overnight.research.setup.connection.proof import Observed, Prover
from overnight.research.setup.refinement import FirstRun
from overnight.research.views.connection import Connection
from overnight.research.wiring import make_trial_runner
from overnight.words.quantities import duration


def _unseen(_: str) -> AbstractContextManager[None]:
    return nullcontext()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where trials run, and what keeps their outputs."""

    prover: Prover
    outputs: ArtifactStore


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstTrials:
    """Runs a program on the commit that the user has checked out; nothing is kept."""

    sandbox: str
    during: Callable[[str], AbstractContextManager[None]] = _unseen  # shows that something runs
    environment: str = ""  # a folder of programs and packages before those of PATH

    async def checks(self, repository: Repository, program: Program) -> TrialFailed | None:
        """The failure of the first check that fails; None if all pass."""
        with self._place(repository, program) as place, self.during("checks"):
            return await place.prover.trials.checks(place.prover.commit, slot=0)

    async def first(self, repository: Repository, program: Program) -> FirstRun:
        """The first trial: what it measured, opened and printed."""
        with self._place(repository, program) as place, self.during(_limited("trial 1 of 2", program)):
            observed = await place.prover.observe(_seed(0))
            output = place.outputs.read(observed.trial.log) if observed.trial.log else None
            return FirstRun(observed=observed, output=output or b"")

    async def second(self, repository: Repository, program: Program) -> Trial:
        """A trial with another seed."""
        with self._place(repository, program) as place, self.during(_limited("trial 2 of 2", program)):
            return await place.prover.trial(_seed(1))

    async def prove(
        self, repository: Repository, program: Program, first: Observed, sigma: float, *, named: bool
    ) -> Connection:
        """Whether metric, checks and editable files are connected, by breaking what is editable."""
        with self._place(repository, program) as place, self.during("proof: breaking on purpose what may be edited"):
            return await place.prover.prove(first, sigma, named=named)

    @contextmanager
    def _place(self, repository: Repository, program: Program) -> Iterator[_Place]:
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
            executor = make_executor(self.sandbox, share, checkout=checkout, environment=self.environment)
            trials = make_trial_runner(program, start, executor, workspaces, folder, checkout=checkout)
            prover = Prover(trials=trials, workspaces=workspaces, history=history, commit=start)
            yield _Place(prover=prover, outputs=ArtifactStore(folder / "logs"))


def _seed(index: int) -> int:
    return trial_seed("init", TrialKey(experiment=0, stage=Stage.BASELINE, arm=Arm.BASELINE, index=index))


def _limited(what: str, program: Program) -> str:
    return f"{what}, ended after {duration(program.limits.wall_s)}"
