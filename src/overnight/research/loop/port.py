"""The seam of trials: what runs one on a tree of a campaign."""

from collections.abc import Sequence
from typing import Protocol

from overnight.gate.early_stopping import StoppingBar
from overnight.gate.trial import Trial, TrialKey
from overnight.git.port import FileChange
from overnight.research.loop.command import TrialFailed


class TrialPostponed(Exception):  # noqa: N818  # a normal outcome, not an error
    """The session stops before the trial could end; what it did is kept, and the same key goes on from there."""


class Trials(Protocol):
    """Runs trials; knows nothing about verdicts."""

    async def run(
        self, key: TrialKey, *, commit: str, tree: str, seed: int, slot: int, bar: StoppingBar | None = None
    ) -> Trial:
        """Run one trial to its end; a fault of the tree is in the trial, never raised.

        Raises:
            TrialPostponed: the session was asked to stop.
        """
        ...

    async def checks(self, commit: str, slot: int, *, number: int = 0) -> TrialFailed | None:
        """Run the program's checks on a commit, of an experiment by number; the failure of the first that fails, or None."""
        ...

    def with_changes(self, changes: Sequence[FileChange]) -> "Trials":
        """The same on trees with changes that are in scope and in no commit."""
        ...

    def forget(self, number: int) -> None:
        """Delete what was kept of an experiment between its trials."""
        ...
