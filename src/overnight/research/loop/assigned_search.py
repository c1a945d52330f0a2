"""The search of one assignment: what its researcher may still measure, and the trials that it asks for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import anyio
from anyio.lowlevel import checkpoint

from overnight.gate.forecast import proof_trials
from overnight.gate.noise import noise_kind
from overnight.git.port import FileChange
from overnight.program.program import Noise
from overnight.research.events import Working
from overnight.research.experiment import Scalar
from overnight.research.loop.edit import NamedResearcher
from overnight.research.loop.searching import SearchTrials
from overnight.research.researchers.port import SearchEnded
from overnight.research.search_trial import Searched, SearchTrial
from overnight.research.state import State
from overnight.words.foreign import printable
from overnight.words.quantities import counted

QUOTED = 100  # characters of a path in a reason
OVERTAKEN = "what another search found is put to the proof"


@dataclass(slots=True, kw_only=True)
class AssignedSearch:
    """The port `Search`."""

    trials: SearchTrials
    staff: NamedResearcher
    assignment: int
    head: str
    count: int = 0  # that ended
    _first: int = field(init=False)  # the lowest number that a proposal made since then has
    _room: anyio.Semaphore = field(init=False)
    _known: Mapping[str, bool] = field(init=False)  # the head's files, and whether each is executable

    def __post_init__(self) -> None:
        self._first = self._state.next_number
        self._room = anyio.Semaphore(self.at_once)
        self._known = {file.path: file.executable for file in self.trials.scope.history.files(self.head)}

    @property
    def at_once(self) -> int:
        """How many may run at once for this researcher."""
        return self.trials.at_once

    @property
    def sigma(self) -> float:
        """The standard deviation of one trial as the gate knows it, in the metric's units; 0: none, or not known."""
        return 0.0 if self.exact else float(self._state.gate.linear.variance**0.5)

    @property
    def exact(self) -> bool:
        """Whether the target is deterministic, as far as that is known."""
        return noise_kind(self._state.program, self._state.gate) is Noise.DETERMINISTIC

    @property
    def head_values(self) -> Sequence[float]:
        """The newest values of the head, oldest first."""
        return self._state.gate.baseline

    @property
    def over(self) -> str:
        """Why nothing more is measured for the assignment; empty if something is."""
        return self.trials.over(self.head) or self.overtaken

    @property
    def overtaken(self) -> str:
        """That a search of its kind has led to a proposal meanwhile, which this one would repeat; empty if none has.

        Both know all trials, so both find the same, and two proofs of it would cost twice as much.
        """
        made = (opened.proposed for opened in self._state.open if opened.number >= self._first)
        kind = self.staff.researcher.name
        return OVERTAKEN if any(proposed.searched and proposed.researcher == kind for proposed in made) else ""

    def proof_trials(self, gain: float) -> float:
        """How many trials the proof of such a gain would take, those of the new head included; infinite: none will do."""
        return proof_trials(self._state.program, self._state.gate, gain)

    def trials_left(self) -> float:
        """How many trials the session may still run; infinite if nothing bounds it."""
        return self.trials.trials_left()

    async def measure(self, files: Mapping[str, bytes], notes: Mapping[str, Scalar], *, repeat: int = 0) -> SearchTrial:
        """Run the assignment's head with these files in place of its own."""
        await checkpoint()  # so that a search of nothing but mistakes can be stopped
        searched = Searched(role=self.staff.role, base=self.head, notes=dict(notes), repeat=repeat)
        async with self._room:
            if why := self.over:
                raise SearchEnded(why)
            changes = self._changes(files)
            if wrong := self._wrong(files, changes):
                return SearchTrial(
                    base=self.head, role=self.staff.role, notes=searched.notes, repeat=repeat, value=None, reason=wrong
                )
            trial = await self.trials.run(changes, searched, self.staff, lambda: self._told(searched))
        if trial is None:
            raise SearchEnded(self.trials.over(self.head) or "its trial was not run")
        return trial

    @property
    def _state(self) -> State:
        return self.trials.journal.state

    def _changes(self, files: Mapping[str, bytes]) -> Sequence[FileChange]:
        """What these files change in the head; nothing if it has them all."""
        changes = [
            FileChange(path=path, content=content, executable=self._known.get(path, False)) for path, content in files.items()
        ]
        before = self.trials.scope.before(changes, self.head)
        return [change for change in changes if before.get(change.path) != change.content]

    def _wrong(self, files: Mapping[str, bytes], changes: Sequence[FileChange]) -> str:
        """Why these files may not be measured: what no proposal may change, or what the head does not have."""
        new = [f"`{printable(path, QUOTED)}` is no file of the head" for path in files if path not in self._known]
        if new or not changes:
            return "; ".join(new)
        return "; ".join(self.trials.scope.violations(changes, self.head))

    def _told(self, searched: Searched) -> None:
        """Say live how far the search is, and what its researcher says of it."""
        self.count += 1
        doing = f"searches, {counted(self.count, 'trial')}"
        doing += f"; {searched.so_far}" if searched.so_far else ""
        self.trials.journal.show(Working(role=self.staff.role, assignment=self.assignment, doing=doing, goes_on=self.count > 1))
