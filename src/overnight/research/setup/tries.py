"""What `init` runs of a proposal before it writes it."""

from typing import Protocol

from overnight.gate.trial import Trial
from overnight.git.repository import Repository
from overnight.program.program import Program
from overnight.research.loop.command import TrialFailed
from overnight.research.setup.connection.proof import Observed
from overnight.research.setup.refinement import FirstRun
from overnight.research.views.connection import Connection


class Tries(Protocol):
    """Runs what is proposed, before it is written."""

    async def checks(self, repository: Repository, program: Program) -> TrialFailed | None:
        """The failure of the first check that fails; None if all pass."""
        ...

    async def first(self, repository: Repository, program: Program) -> FirstRun:
        """The first trial: what it measured, opened and printed."""
        ...

    async def second(self, repository: Repository, program: Program) -> Trial:
        """A trial with another seed."""
        ...

    async def prove(
        self, repository: Repository, program: Program, first: Observed, sigma: float, *, named: bool
    ) -> Connection:
        """Whether metric, checks and editable files are connected, by breaking what is editable; `named` by a person."""
        ...
