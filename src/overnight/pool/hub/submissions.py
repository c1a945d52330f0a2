"""The researcher `use: submissions`: proposes what workers sent, in the order that their lanes give."""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import anyio

from overnight.gate.lesson import Lesson
from overnight.git.port import FileChange, History
from overnight.pool.events import Refused
from overnight.pool.hub.merging import onto
from overnight.pool.lanes import Lane, Turns, Waiting, may_be_next
from overnight.pool.record.record import HubRecord, Submission
from overnight.research.events import Proposed
from overnight.research.experiment import Draft, Experiment
from overnight.research.places.workspace import write_changes
from overnight.research.researchers.port import Assignment, SearchEnded, SearchTrial
from overnight.words.foreign import printable

SUBMISSION = "submission"  # the note that says which
TEACHES = "teaches"  # the note that says whether the gate learns from it
LESSONS = 3  # tests of one key in a campaign that the gate learns from: some 30 pairs, and earlier pairs count as 8 at most
POLL_S = 0.5  # between looks at the record while nothing waits; a look takes some microseconds
NEVER_AHEAD = math.inf  # s of waiting: what is proposed before a slot is free goes before a known key that comes then
QUOTED = 300  # characters of a hypothesis


@dataclass(slots=True, kw_only=True)
class SubmissionsResearcher:
    """Takes the next submission that waits; waits itself while there is none."""

    record: HubRecord
    history: History
    tag: str  # of the campaign
    head: Callable[[], str]  # commit of the campaign's branch now
    estimate_s: Callable[[], float]  # what a verification takes, by those before
    turns: Turns = field(default_factory=Turns)
    name: str = "submissions"
    _begun: set[int] = field(default_factory=set)  # that became an experiment, or are about to
    _taught: Counter[str] = field(default_factory=Counter)  # tests that the gate learned from, by key

    def learn(self, experiment: Experiment) -> None:
        """Never propose again what had a verdict."""
        self._note([experiment])
        if experiment.conclusion and experiment.conclusion.pairs:
            self._taught.update(self._teachers([experiment]))

    def recall(self, trial: SearchTrial) -> None:
        """Nothing: submissions are found elsewhere."""

    async def propose(self, assignment: Assignment) -> Draft:
        """The next submission, written into the workspace.

        Raises:
            SearchEnded: the head moved while nothing waited; the workspace shows the old one.
        """
        self._note(assignment.under_way)
        while True:
            if self.head() != assignment.head:
                raise SearchEnded
            chosen = self.turns.choose(self.takeable(assignment.head))
            if chosen is None:
                await anyio.sleep(POLL_S)
                continue
            submission = self.record.submission(chosen.submission)
            if submission and (changes := self._moved(submission, assignment.head)):
                self._begun.add(chosen.submission)
                self.turns.charge(chosen, self.estimate_s())
                write_changes(assignment.workspace, changes)
                lesson = self.lesson(chosen, assignment.under_way)
                notes = {SUBMISSION: submission.number, TEACHES: lesson is not Lesson.NOTHING}
                hypothesis = printable(submission.hypothesis, QUOTED)
                return Draft(hypothesis=hypothesis, notes=notes, lesson=lesson, waited_s=NEVER_AHEAD)

    def takeable(self, head: str) -> Sequence[Waiting]:
        """What may be taken now: nothing while the hub is paused, or the head is not yet that of the chain."""
        if self.record.paused() or self.record.tag() != self.tag or self.record.head_commit() != head:
            return ()
        return may_be_next([each for each in self.record.waiting() if each.submission not in self._begun])

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

    def lesson(self, chosen: Waiting, under_way: Sequence[Proposed]) -> Lesson:
        """Only known keys teach the gate how trials vary, each by a few tests of a campaign; nobody where the head is."""
        may_teach = self._taught[chosen.key] + sum(key == chosen.key for key in self._teachers(under_way))
        return Lesson.SPREAD if chosen.lane is Lane.KNOWN and may_teach < LESSONS else Lesson.NOTHING

    def _teachers(self, made: Iterable[Experiment | Proposed]) -> Iterator[str]:
        """The keys of those that the gate learns from."""
        numbers = (submission_of(each) for each in made if each.notes.get(TEACHES))
        found = (self.record.submission(number) for number in numbers if number is not None)
        return (each.key for each in found if each)

    def _note(self, made: Iterable[Experiment | Proposed]) -> None:
        numbers = (submission_of(each) for each in made if each.researcher == self.name)
        self._begun.update(number for number in numbers if number is not None)


def submission_of(made: Experiment | Proposed) -> int | None:
    """The submission that became an experiment; None if none did."""
    number = made.notes.get(SUBMISSION)
    return number if isinstance(number, int) else None
