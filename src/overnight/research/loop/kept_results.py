"""Results that machines keep until they are recorded here: what has ended there is neither lost nor run again."""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

from overnight.gate.trial import TrialKey


class Keepers(Protocol):
    """Machines that keep the results of jobs that have an id."""

    def keeper_of(self, job_id: str) -> str | None:
        """The machine that runs such a job, or keeps its result, of an earlier session too; None: none does."""
        ...

    async def acknowledge(self, job_ids: Collection[str]) -> None:
        """These results need not be kept any more."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptResults:
    """The results of trials that are not recorded yet."""

    keepers: Keepers
    _ids: dict[TrialKey, list[str]] = field(default_factory=lambda: defaultdict(list))

    def job_id(self, key: TrialKey, *, commit: str, seed: int, command: int) -> str:
        """The id of a command of a trial, by its place among them: the same in each session."""
        made = _job_id(key, commit, seed, command)
        self._ids[key].append(made)
        return made

    def where(self, key: TrialKey, *, commit: str, seed: int) -> Callable[[], str | None]:
        """Says which machine has the first result of a trial that is not recorded; None: none has."""
        return partial(self.keepers.keeper_of, _job_id(key, commit, seed, 0))

    async def settle(self, key: TrialKey) -> None:
        """A trial is recorded, or counts for nothing."""
        if ids := self._ids.pop(key, None):
            await self.keepers.acknowledge(ids)


def _job_id(key: TrialKey, commit: str, seed: int, command: int) -> str:
    return hashlib.sha256(f"{key} {commit} {seed} {command}".encode()).hexdigest()
