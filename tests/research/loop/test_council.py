"""When advisers are asked, and what happens to their answers."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from targets import make_repo, program

from overnight.git.history import GitHistory
from overnight.git.port import FileChange
from overnight.git.repository import open_repository
from overnight.models.port import ModelsParked
from overnight.research.events import CampaignOpened, IdeasChanged, Noted, ProposalMissed, Sign
from overnight.research.experiment import Draft
from overnight.research.loop.assigning import Assigner
from overnight.research.loop.briefing import Briefing
from overnight.research.loop.council import FEW, LONGEST, PAUSE, Council, NamedAdviser
from overnight.research.loop.journal import Journal
from overnight.research.places.work_folders import WorkFolders
from overnight.research.record.ledger import SqliteLedger
from overnight.research.researchers.port import Assignment, ProposalFailed
from overnight.research.state import begin

MANY = "".join(f"IDEA: {word} the optimizer\n" for word in ("replace", "shrink", "restart", "average"))


@dataclass
class Scripted:
    """Implements `Adviser`: the same answer each time."""

    answer: str | Exception
    asked: list[Assignment] = field(default_factory=list)

    async def advise(self, assignment: Assignment) -> str:
        """The answer; meanwhile it writes into its folder, which does not count."""
        self.asked.append(assignment)
        (assignment.workspace / "train.py").write_text("hacked")
        await asyncio.sleep(0)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@dataclass
class World:
    """A council on a real repository."""

    council: Council
    journal: Journal

    def direct(self, answer: str | Exception) -> Scripted:
        """A director with this answer."""
        adviser = Scripted(answer)
        self.council.directors = [NamedAdviser(role="director", adviser=adviser)]
        return adviser

    def judge(self, *answers: str | Exception) -> str:
        """The result with critics who answer this."""
        self.council.critics = [NamedAdviser(role="critic", adviser=Scripted(answer)) for answer in answers]
        change: Any = FileChange(path="train.py", content=b"OFFSET = 4.0\n")
        return asyncio.run(self.council.object(Draft(hypothesis="h"), [change], {}, 7))

    def concluded(self, experiments: int) -> None:
        """So many experiments have ended."""
        tally = replace(self.journal.state.tally, discard=experiments)
        self.journal.state = replace(self.journal.state, tally=tally)

    def missed(self) -> list[str]:
        """Why answers are missing."""
        found = [entry.event for entry in self.journal.ledger.events()]
        return [event.reason for event in found if isinstance(event, ProposalMissed)]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A campaign that has just begun."""
    text = program(("OFFSET = 5.0", "OFFSET = 4.0"))
    repository = open_repository(make_repo(tmp_path / "r", text))
    history, ledger = GitHistory(repository), SqliteLedger(tmp_path)
    opened = CampaignOpened(
        tag="t", version="0", program=text, start=history.resolve_start(), secret="s", sandbox="jail", environment={}
    )
    ledger.append(opened)
    journal = Journal(ledger, begin(opened))
    workspaces = WorkFolders(tmp_path / "work", history, journal.state.program)
    briefing = Briefing(journal=journal, history=history)
    assigner = Assigner(journal=journal, history=history, briefing=briefing)
    yield World(Council(journal=journal, workspaces=workspaces, briefing=briefing, assigner=assigner), journal)
    history.close()
    ledger.close()


def test_a_directors_ideas_are_recorded_as_its_own(world: World) -> None:
    """Its brief is a director's, its folder is gone afterwards, and nothing that it wrote there is left."""
    adviser = world.direct(MANY)
    asyncio.run(world.council.have_ideas())
    changed = [entry.event for entry in world.journal.ledger.events() if isinstance(entry.event, IdeasChanged)]
    assert [(event.by, len(event.edits)) for event in changed] == [("director", 4)]
    assert "IDEA: " in adviser.asked[0].brief
    assert not adviser.asked[0].workspace.exists()


@pytest.mark.parametrize(("answer", "due"), [(MANY, LONGEST), ("I have none.", PAUSE)])
def test_a_director_is_asked_when_ideas_are_few_or_old(world: World, answer: str, due: int) -> None:
    """Only after so many experiments; sooner if fewer than three ideas are free."""
    assert len(MANY.splitlines()) > FEW
    adviser = world.direct(answer)
    for experiments, times in ((0, 1), (due - 1, 1), (due, 2), (due + 1, 2)):
        world.concluded(experiments)
        asyncio.run(world.council.have_ideas())
        assert len(adviser.asked) == times


def test_one_question_at_a_time(world: World) -> None:
    """Researchers that come while a director thinks neither wait for it nor ask again."""
    adviser = world.direct(MANY)

    async def several() -> None:
        await asyncio.gather(*(world.council.have_ideas() for _ in range(3)))

    asyncio.run(several())
    assert len(adviser.asked) == 1


def test_a_failed_director_is_a_miss_and_is_asked_later(world: World) -> None:
    """It ends nothing; the next question comes after the usual pause."""
    adviser = world.direct(ProposalFailed("it said nothing"))
    asyncio.run(world.council.have_ideas())
    asyncio.run(world.council.have_ideas())
    assert (world.missed(), len(adviser.asked)) == (["it said nothing"], 1)


@pytest.mark.parametrize("wait_s", [3600.0, None])
def test_nobody_waits_for_a_parked_director(world: World, wait_s: float | None) -> None:
    """Others may have a model; it is said that this one has none, and the next question comes after the usual pause."""
    said: list[Sign] = []
    world.journal.watch(said.append)
    adviser = world.direct(ModelsParked("no quota", wait_s=wait_s))
    for _ in range(2):
        asyncio.run(world.council.have_ideas())
    assert len(adviser.asked) == 1
    assert [sign.text for sign in said if isinstance(sign, Noted)] == ["director: no ideas come from it now: no quota"]
    assert not any(asked.workspace.exists() for asked in adviser.asked)


def test_the_first_refusal_counts(world: World) -> None:
    """With its reason; critics after it are not asked."""
    assert world.judge("ACCEPT", "REFUSE: it special-cases the seed", "REFUSE: later") == (
        "the critic refused: it special-cases the seed"
    )


def test_a_broken_critic_consents(world: World) -> None:
    """A failure is a miss on record; chatter and a refusal without a reason are consent."""
    assert world.judge(ProposalFailed("it hung"), "Hm.", "REFUSE") == ""
    assert world.missed() == ["it hung"]
