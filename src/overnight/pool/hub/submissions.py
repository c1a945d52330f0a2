"""The researcher `use: submissions`: proposes what workers sent, in the order that their lanes give."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import anyio

from overnight.git.port import FileChange, History
from overnight.pool.events import Refused
from overnight.pool.hub.merging import onto
from overnight.pool.lanes import Turns
from overnight.pool.record.record import HubRecord, Submission
from overnight.research.events import Proposed
from overnight.research.experiment import Draft, Experiment
from overnight.research.places.workspace import write_changes
from overnight.research.researchers.port import Assignment, SearchEnded, SearchTrial
from overnight.words.foreign import printable

SUBMISSION = "submission"  # the note that says which
POLL_S = 0.5  # between looks at the record while nothing waits; a look takes some microseconds
QUOTED = 300  # characters of a hypothesis


@dataclass(slots=True, kw_only=True)
class SubmissionsResearcher:
    """Takes the next submission that waits; waits itself while there is none."""

    record: HubRecord
    history: History
    head: Callable[[], str]  # commit of the campaign's branch now
    estimate_s: Callable[[], float]  # what a verification takes, by those before
    turns: Turns = field(default_factory=Turns)
    name: str = "submissions"
    _begun: set[int] = field(default_factory=set)  # that became an experiment, or are about to

    def learn(self, experiment: Experiment) -> None:
        """Never propose again what had a verdict."""
        self._note([experiment])

    def recall(self, trial: SearchTrial) -> None:
        """Nothing: submissions are found elsewhere."""

    async def propose(self, assignment: Assignment) -> Draft:
        """The next submission, written into the workspace.

        Raises:
            SearchEnded: the head moved while nothing waited; the workspace shows the old one.
        """
        self._note(assignment.under_way)
        began = anyio.current_time()
        while True:
            if self.head() != assignment.head:
                raise SearchEnded
            chosen = self.turns.choose([each for each in self.record.waiting() if each.submission not in self._begun])
            if chosen is None:
                await anyio.sleep(POLL_S)
                continue
            waited_s = anyio.current_time() - began
            submission = self.record.submission(chosen.submission)
            if submission and (changes := self._moved(submission, assignment.head)):
                self._begun.add(chosen.submission)
                self.turns.charge(chosen, self.estimate_s())
                write_changes(assignment.workspace, changes)
                notes = {SUBMISSION: submission.number}
                return Draft(hypothesis=printable(submission.hypothesis, QUOTED), notes=notes, waited_s=waited_s)

    def _moved(self, submission: Submission, head: str) -> Sequence[FileChange] | None:
        """Its changes on top of the head; None, with the refusal recorded, if there is no such thing."""
        parent = self.record.commit_of(submission.parent)
        changes = (
            onto(self.history, parent=parent[1], head=head, changes=self.record.changes(submission.number)) if parent else None
        )
        if changes is None:
            why = "it conflicts with what was accepted since, or nothing of it is left"
            self.record.append(Refused(submission=submission.number, code="conflict", why=why))
        return changes

    def _note(self, made: Iterable[Experiment | Proposed]) -> None:
        numbers = (submission_of(each) for each in made if each.researcher == self.name)
        self._begun.update(number for number in numbers if number is not None)


def submission_of(made: Experiment | Proposed) -> int | None:
    """The submission that became an experiment; None if none did."""
    number = made.notes.get(SUBMISSION)
    return number if isinstance(number, int) else None
