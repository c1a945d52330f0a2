"""A critic's refusal is answered once, in the same workspace; an edit is not lost for lack of a critic's model."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from targets import make_repo, program

from overnight.git.history import GitHistory
from overnight.git.repository import open_repository
from overnight.models.port import ModelsParked
from overnight.research.events import CampaignOpened, Concluded, Proposed
from overnight.research.experiment import Draft, Experiment
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
from overnight.research.researchers.agent_researcher import UNSAID, UNSAID_CUT
from overnight.research.researchers.port import Assignment, ProposalFailed, SearchTrial
from overnight.research.state import begin

OLD, GAMED, BETTER = "OFFSET = 5.0", "OFFSET = 0.0  # gamed", "OFFSET = 4.0"
REFUSE = "REFUSE: it games the metric"


def replacing(old: str, new: str) -> Callable[[Path], None]:
    """An edit of train.py."""

    def edit(folder: Path) -> None:
        path = folder / "train.py"
        path.write_text(path.read_text().replace(old, new))

    return edit


def fails(_folder: Path) -> None:
    """No proposal."""
    raise ProposalFailed("it hung")


def stays(_folder: Path) -> None:
    """No edit."""


@dataclass
class Author:
    """Implements `Researcher`: one act for each time that it is asked."""

    acts: list[Callable[[Path], None]]
    name: str = "author"
    says: list[str] = field(default_factory=list)  # at each time; then how often it was asked
    briefs: list[str] = field(default_factory=list)

    async def propose(self, assignment: Assignment) -> Draft:
        """Act, and say something."""
        self.briefs.append(assignment.brief)
        self.acts.pop(0)(assignment.workspace)
        says, asked = self.says.pop(0) if self.says else "", len(self.briefs)
        return Draft(hypothesis=says or f"words {asked}", notes={f"note {asked}": asked}, tokens=10, cost_usd=0.5)

    def learn(self, experiment: Experiment) -> None:
        """Nothing."""

    def recall(self, trial: SearchTrial) -> None:
        """Nothing."""


@dataclass
class Critic:
    """Implements `Adviser`: one answer after the other."""

    answers: list[str | Exception]
    briefs: list[str] = field(default_factory=list)

    async def advise(self, assignment: Assignment) -> str:
        """The next answer."""
        self.briefs.append(assignment.brief)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


@dataclass
class World:
    """An intake on a real repository."""

    intake: Intake
    journal: Journal
    repo: Path

    def propose(self, author: Author, critic: Critic) -> ProposalOutcome:
        """What comes of one request."""
        self.intake.council.critics = [NamedAdviser(role="critic", adviser=critic)]
        return asyncio.run(self.intake.propose(NamedResearcher(role="explorer", researcher=author, reads=True)))

    def proposed(self) -> Proposed:
        """The only proposal."""
        [event] = [entry.event for entry in self.journal.ledger.events() if isinstance(entry.event, Proposed)]
        return event

    def reason(self) -> str:
        """Why it was rejected."""
        found = [entry.event for entry in self.journal.ledger.events()]
        return next(event.conclusion.reason for event in found if isinstance(event, Concluded))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A campaign that has just begun."""
    text = program((OLD, BETTER))
    repo = make_repo(tmp_path / "r", text)
    repository = open_repository(repo)
    history, ledger = GitHistory(repository), SqliteLedger(tmp_path)
    start = history.resolve_start()
    opened = CampaignOpened(tag="t", version="0", program=text, start=start, secret="s", sandbox="jail", environment={})
    ledger.append(opened)
    journal = Journal(ledger, begin(opened))
    workspaces, scope = WorkFolders(tmp_path / "work", history, journal.state.program), Scope(journal=journal, history=history)
    briefing = Briefing(journal=journal, history=history)
    assigner = Assigner(journal=journal, history=history, briefing=briefing)
    council = Council(journal=journal, workspaces=workspaces, briefing=briefing, assigner=assigner)
    intake = Intake(journal=journal, history=history, workspaces=workspaces, council=council, assigner=assigner, scope=scope)
    yield World(intake, journal, repo)
    history.close()
    ledger.close()


def test_an_author_may_edit_again(world: World) -> None:
    """It reads the reason and its own lines; what it has then is measured, and both sessions are counted."""
    author, critic = Author([replacing(OLD, GAMED), replacing(GAMED, BETTER)]), Critic([REFUSE, "ACCEPT"])
    outcome = world.propose(author, critic)
    assert outcome.number == 1 and not outcome.problem
    assert '"the critic refused: it games the metric"' in author.briefs[1] and f"      +{GAMED}" in author.briefs[1]
    assert "It was refused before" not in critic.briefs[0] and "It was refused before" in critic.briefs[1]
    event = world.proposed()
    assert event.edit.lines[-1] == f"+{BETTER}" and (event.hypothesis, event.tokens, event.cost_usd) == ("words 2", 20, 1.0)


def test_an_author_may_say_why_the_critic_is_wrong(world: World) -> None:
    """Without another edit: the critic reads its words, and may consent; they do not take the place of its hypothesis."""
    critic = Critic([REFUSE, "ACCEPT"])
    assert not world.propose(Author([replacing(OLD, BETTER), stays]), critic).problem
    assert 'Its author says: "words 1"' in critic.briefs[1] and 'Its author answers: "words 2"' in critic.briefs[1]
    assert f"+{BETTER}" in critic.briefs[1]
    assert (world.proposed().hypothesis, world.proposed().tokens) == ("words 1", 20)


@pytest.mark.parametrize("unsaid", [UNSAID, UNSAID_CUT])
def test_an_answer_without_a_hypothesis_keeps_the_first_one(world: World, unsaid: str) -> None:
    """Also if its session was cut off after the edit; the notes of both sessions stay."""
    author = Author([replacing(OLD, GAMED), replacing(GAMED, BETTER)], says=["", unsaid])
    assert not world.propose(author, Critic([REFUSE, "ACCEPT"])).problem
    event = world.proposed()
    assert event.edit.lines[-1] == f"+{BETTER}" and event.hypothesis == "words 1"
    assert event.notes == {"note 1": 1, "note 2": 2}


def test_the_second_answer_is_final(world: World) -> None:
    """With its own reason; the author is not asked a third time."""
    author = Author([replacing(OLD, GAMED), stays])
    outcome = world.propose(author, Critic([REFUSE, "REFUSE: it still does"]))
    assert "the critic refused: it still does" in outcome.problem and not author.acts
    assert world.reason() == "the critic refused: it still does"


def test_a_refusal_without_an_answer_stands(world: World) -> None:
    """The author fails when it is asked again: that is its answer."""
    world.propose(Author([replacing(OLD, GAMED), fails]), Critic([REFUSE]))
    assert world.reason() == "the critic refused: it games the metric" and world.proposed().hypothesis == "words 1"


def test_an_answer_out_of_scope_is_rejected_for_that(world: World) -> None:
    """The critic is not asked about what cannot be measured."""
    critic = Critic([REFUSE])
    world.propose(Author([replacing(OLD, GAMED), replacing(GAMED, OLD)]), critic)
    assert world.reason() == "the proposal changes nothing" and not critic.answers


@pytest.mark.parametrize("wait_s", [3600.0, None])
def test_an_edit_goes_on_unreviewed_if_its_critic_has_no_model(world: World, wait_s: float | None) -> None:
    """It is not lost, it does not wait, and a note says so."""
    author, critic = Author([replacing(OLD, BETTER)]), Critic([ModelsParked("no quota", wait_s=wait_s)])
    assert not world.propose(author, critic).problem
    assert world.proposed().edit.lines[-1] == f"+{BETTER}"
    assert world.proposed().notes["review"] == "none: no quota"


def test_a_refusal_stands_if_its_author_has_no_model_to_answer(world: World) -> None:
    """What a critic has read and refused is not measured for lack of a model."""

    def parked(_folder: Path) -> None:
        raise ModelsParked("no quota", wait_s=3600.0)

    refused = world.propose(Author([replacing(OLD, GAMED), parked]), Critic([REFUSE]))
    assert "the critic refused: it games the metric" in refused.problem


def test_a_refusal_stands_if_its_critic_has_no_model_to_read_the_answer(world: World) -> None:
    """The answer is not taken for consent."""
    author = Author([replacing(OLD, GAMED), replacing(GAMED, BETTER)])
    refused = world.propose(author, Critic([REFUSE, ModelsParked("no quota", wait_s=3600.0)]))
    assert "the critic refused: it games the metric" in refused.problem


@pytest.mark.parametrize(
    ("edit", "why"),
    [
        (replacing(OLD, BETTER), "the same change is being tried in experiment 1"),
        (lambda folder: (folder / "program.md").write_text("x"), "program.md"),
        (replacing(OLD, "OFFSET = 3.0"), ""),
    ],
    ids=["tried", "scope", "new"],
)
def test_an_author_can_know_what_speaks_against_its_edit(world: World, edit: Callable[[Path], None], why: str) -> None:
    """Before it submits: what was tried, and what is out of scope."""
    heard: list[str] = []

    class Asks(Author):
        async def propose(self, assignment: Assignment) -> Draft:
            edit(assignment.workspace)
            heard.append(assignment.objection())
            return Draft(hypothesis="words")

    world.propose(Author([replacing(OLD, BETTER)]), Critic(["ACCEPT"]))
    world.propose(Asks([]), Critic(["ACCEPT"]))
    assert why in heard[0] and bool(heard[0]) is bool(why)
