"""Near misses of one role, put together by the author's word: real git, real ledger; only what fits is merged."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from builders import advanced, concluded, opened, proposed
from targets import git, repository_of

from overnight.gate.verdict import Verdict
from overnight.git.history import GitHistory
from overnight.git.port import FileChange
from overnight.research.changes.scope import proposal_digest
from overnight.research.events import Concluded, Moved, Proposed
from overnight.research.experiment import Draft, Experiment
from overnight.research.loop import together
from overnight.research.loop.assigning import Assigner
from overnight.research.loop.briefing import Briefing
from overnight.research.loop.council import Council, NamedAdviser
from overnight.research.loop.edit import NamedResearcher
from overnight.research.loop.journal import Journal
from overnight.research.loop.proposal import Intake
from overnight.research.loop.recording import ProposalOutcome
from overnight.research.loop.scope import Scope
from overnight.research.places.work_folders import WorkFolders
from overnight.research.record.ledger import SqliteLedger
from overnight.research.researchers.port import Assignment, SearchTrial
from overnight.research.state import begin

PROGRAM = "---\nmetric: loss\nmeasure: python a.py --seed {seed}\neditable: ['*.py']\n---\n"
GAP = "\n\n\n"
FILES = {"a.py": f"A = 1\nB = 1\n{GAP}C = 1\n{GAP}D = 1\n", "program.md": PROGRAM}


@dataclass
class Author:
    """Implements `Researcher`: for each time that it is asked, the text that it puts in place of another, and what it names."""

    acts: list[tuple[str, str, tuple[int, ...]]]
    name: str = "author"
    briefs: list[str] = field(default_factory=list)

    async def propose(self, assignment: Assignment) -> Draft:
        """Edit, and name experiments."""
        self.briefs.append(assignment.brief)
        old, new, named = self.acts.pop(0)
        path = assignment.workspace / ("program.md" if old == "metric" else "a.py")
        path.write_text(path.read_text().replace(old, new) if old else path.read_text())
        return Draft(hypothesis=f"words {len(self.briefs)}", together=named)

    def recall(self, trial: SearchTrial) -> None:
        """Nobody searches."""

    def learn(self, experiment: Experiment) -> None:
        """Nothing."""


@dataclass
class Critic:
    """Implements `Adviser`."""

    answers: list[str]
    briefs: list[str] = field(default_factory=list)

    async def advise(self, assignment: Assignment) -> str:
        """The next answer."""
        self.briefs.append(assignment.brief)
        return self.answers.pop(0)


@dataclass
class World:
    """A campaign of the role `explorer` with discarded experiments."""

    intake: Intake
    journal: Journal
    history: GitHistory
    folder: Path

    def ended(self, number: int, new: str, *, gain: float = 0.1, role: str = "explorer", keep: bool = False) -> None:
        """An experiment that changed a line of a.py, and its verdict; without a gain above 0 it was behind."""
        old = f"{new[0]} = 1"
        head = self.journal.state.head
        text = git(self.folder, "show", f"{head}:a.py").replace(old, new) + "\n"
        changes = [FileChange(path="a.py", content=text.encode())]
        commit = self.history.record_attempt(tag="t", number=number, base=head, changes=changes, message="m")
        self.journal.record(replace(proposed(number, role=role), base=head, commit=commit, tree=proposal_digest(changes, head)))
        self.journal.record(concluded(number, Verdict.KEEP if keep else Verdict.DISCARD, gain=gain))
        if keep:
            self.journal.record(replace(advanced(number, old=head), new=commit))

    def propose(
        self, *named: int, edit: tuple[str, str] = ("", ""), again: tuple[str, str] | None = None, critic: Critic | None = None
    ) -> ProposalOutcome:
        """What comes of a proposal that names experiments; `again`: what its author does after a refusal."""
        self.intake.council.critics = [NamedAdviser(role="critic", adviser=critic)] if critic else []
        author = Author([(*edit, named), *([(*again, ())] if again else [])])
        return asyncio.run(self.intake.propose(NamedResearcher(role="explorer", researcher=author, reads=True)))

    def newest(self) -> tuple[Proposed, str]:
        """The newest proposal, and its a.py in one line."""
        event = [entry.event for entry in self.journal.ledger.events() if isinstance(entry.event, Proposed)][-1]
        text = git(self.folder, "show", f"{event.commit}:a.py") if event.commit else ""
        return event, text.replace(" ", "").replace("\n\n\n\n", " ").replace("\n", " ")

    def reason(self) -> str:
        """Why the newest proposal was rejected."""
        event = [entry.event for entry in self.journal.ledger.events() if isinstance(entry.event, Concluded)][-1]
        assert event.conclusion.verdict is Verdict.REJECT
        return event.conclusion.reason


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Two near misses of the explorer in neighbouring lines, and one in the line of the first."""
    repository = repository_of(tmp_path / "repo", FILES)
    (tmp_path / "campaign").mkdir()
    history, ledger = GitHistory(repository), SqliteLedger(tmp_path / "campaign")
    first = replace(opened(PROGRAM), start=history.resolve_start())
    ledger.append(first)
    journal = Journal(ledger, begin(first))
    workspaces, scope = WorkFolders(tmp_path / "work", history, journal.state.program), Scope(journal=journal, history=history)
    briefing = Briefing(journal=journal, history=history)
    assigner = Assigner(journal=journal, history=history, briefing=briefing)
    council = Council(journal=journal, workspaces=workspaces, briefing=briefing, assigner=assigner)
    intake = Intake(journal=journal, history=history, workspaces=workspaces, council=council, assigner=assigner, scope=scope)
    made = World(intake, journal, history, tmp_path / "repo")
    for number, new in ((1, "A = 2"), (2, "B = 2"), (3, "A = 3")):
        made.ended(number, new)
    yield made
    history.close()
    ledger.close()


def test_changes_are_merged_onto_the_head_and_the_edit(world: World) -> None:
    """One proposal, with the numbers in the record, the message and the row."""
    assert not world.propose(1, 2, edit=("D = 1", "D = 2")).problem
    event, text = world.newest()
    assert event.together == (1, 2) and text == "A=2 B=2 C=1 D=2"
    assert event.edit.files == 1 and world.history.parents(event.commit) == (world.journal.state.head,)
    assert "proposed by explorer, #1, #2 together." in git(world.folder, "log", "-1", "--format=%B", event.commit)
    row = world.journal.ledger.experiment(event.number)
    assert row is not None and row.together == (1, 2) and row.searched == 0


def test_no_edit_is_needed(world: World) -> None:
    """Only the numbers; and an author that made one of the edits by hand has not made it twice."""
    assert not world.propose(1, 2).problem
    assert world.newest()[1] == "A=2 B=2 C=1 D=1"
    assert not world.propose(1, 2, edit=("C = 1", "C = 2")).problem
    world.ended(6, "C = 3")
    assert not world.propose(1, 2, 6, edit=("A = 1", "A = 2")).problem
    assert world.newest()[1] == "A=2 B=2 C=3 D=1"


def test_they_come_onto_the_head_of_today(world: World) -> None:
    """Although they were measured against an earlier one; what the head has is refused."""
    world.ended(4, "C = 2", keep=True)
    world.ended(5, "D = 2")
    assert not world.propose(1, 5).problem
    assert world.newest()[1] == "A=2 B=1 C=2 D=2"
    world.ended(7, "B = 2", keep=True)
    world.propose(2, 5)
    assert world.reason().startswith("the files have the change of #2 already")


@pytest.mark.parametrize(
    ("named", "reason"),
    [
        ((1, 99), "#99 is no experiment of this campaign"),
        ((0,), "#0 is no experiment of this campaign"),
        ((1, 4), "#4 is a change of another role"),
        ((1, 5), "#5 was not ahead in its trials"),
        ((1, 6), "#6 ended as keep: only discarded changes are put together"),
        ((1, 7), "#7 has no verdict yet"),
        (tuple(range(1, 10)), "more than 8 changes cannot be put together"),
    ],
)
def test_what_does_not_fit_is_rejected_with_the_reason(world: World, named: tuple[int, ...], reason: str) -> None:
    """Nothing is merged, and the record says of nothing that it is part of the proposal."""
    world.ended(4, "C = 4", role="other")
    world.ended(5, "C = 5", gain=-0.1)
    world.ended(6, "C = 6", keep=True)
    world.journal.record(proposed(7, role="explorer"))
    outcome = world.propose(*named, edit=("D = 1", "D = 2"))
    assert reason in outcome.problem and world.reason() == reason and world.newest()[0].together == ()


def test_texts_that_conflict_are_named(world: World) -> None:
    """With each other, or with the edit; a change that conflicts with what was kept was never judged alone."""
    world.propose(1, 2, 3)
    assert world.reason() == (
        "#3 cannot be put together with the rest: its text conflicts with #1, #2; make the edit by hand; "
        "the proposal changes nothing"
    )
    world.propose(1, edit=("A = 1", "A = 9"))
    assert "#1 cannot be put together with the rest: its text conflicts with your own edit" in world.reason()
    world.ended(6, "C = 3")
    opened_ = replace(proposed(7, role="explorer"), base=world.journal.state.head, commit=world.journal.state.head)
    moved = Moved(number=7, onto=world.journal.state.head, commit=opened_.commit, tree="d" * 64, replaces=(6,))
    world.journal.record(opened_, moved, concluded(7, gain=0.5))
    world.propose(1, 7)
    assert world.reason().startswith("the text of #7 conflicts with #6, which was kept")


def test_merges_that_take_too_long_are_given_up(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Texts may be made for it."""
    monkeypatch.setattr(together, "MERGE_S", 0.0)
    world.ended(4, "C = 2", keep=True)
    world.propose(1, 2)
    assert "#1 cannot be put together with the rest: git takes too long to merge" in world.reason()


def test_the_same_as_before_is_refused(world: World) -> None:
    """As any other change that was tried; a single one without an edit is no other change than it was."""
    assert not world.propose(1, 2).problem
    assert "the same change is being tried in experiment 4" in world.propose(2, 1).problem
    assert "the same change was tried in experiment 1" in world.propose(1).problem


def test_an_edit_out_of_scope_is_rejected_before_anything_is_merged(world: World) -> None:
    """The names do not hide it."""
    assert "program.md" in world.propose(1, 2, edit=("metric", "other")).problem
    assert not git(world.folder, "for-each-ref", "refs/overnight/t/together")


def test_a_critic_reads_the_whole_of_it_and_an_answer_keeps_the_names(world: World) -> None:
    """What its author changes after a refusal is merged with the same changes again."""
    critic = Critic(["REFUSE: D is too much", "ACCEPT"])
    assert not world.propose(1, 2, edit=("D = 1", "D = 9"), again=("D = 9", "D = 2"), critic=critic).problem
    assert "A = 2" in critic.briefs[0] and "D = 9" in critic.briefs[0] and "D = 2" in critic.briefs[1]
    event, text = world.newest()
    assert event.together == (1, 2) and text == "A=2 B=2 C=1 D=2" and event.hypothesis == "words 2"


def test_an_answer_that_conflicts_is_rejected_and_records_nothing_as_put_together(world: World) -> None:
    """Although its first edit was merged."""
    critic = Critic(["REFUSE: D is too much"])
    outcome = world.propose(1, 2, edit=("D = 1", "D = 9"), again=("A = 1", "A = 9"), critic=critic)
    assert "#1 cannot be put together with the rest: its text conflicts with your own edit" in outcome.problem
    assert world.newest()[0].together == ()
