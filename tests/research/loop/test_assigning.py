"""What researchers are asked for: never the same thing twice at once, and never the same brief if there is another."""

from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import anyio
import pytest
from builders import PROGRAM, advanced, change, concluded, opened, proposed
from memory_history import MemoryHistory, repository

from overnight.gate.verdict import Verdict
from overnight.program.program import ResearcherSpec
from overnight.research.briefs.angles import ANGLES
from overnight.research.events import IdeasChanged, ProposalMissed, SessionStarted
from overnight.research.idea import AddIdea
from overnight.research.loop.assigning import Assigner, ProposalRequest
from overnight.research.loop.briefing import Briefing
from overnight.research.loop.journal import Journal
from overnight.research.record.ledger import SqliteLedger
from overnight.research.state import begin

FILES = {"train.py": b"LR = 1\n", "model.py": b"WIDTH = 1  # the largest\n", "notes.txt": b"not editable, and very long\n" * 9}
ROLES = ("explorer", "critic", "tuner")
RESEARCHERS = f"researchers: [{', '.join(f'{{role: {role}, use: command, command: x}}' for role in ROLES)}]"


@dataclass
class World:
    """An assigner on a campaign that has just begun, with a real ledger."""

    assigner: Assigner
    journal: Journal
    history: MemoryHistory

    def ask(self, role: str = "explorer", problems: Sequence[str] = ()) -> ProposalRequest:
        """A request that is answered before the next one is made."""

        async def ask() -> ProposalRequest:
            async with self.assigner.assigned(role, reads=True, problems=problems) as request:
                return request

        return anyio.run(ask)

    def ask_at_once(self, *roles: str) -> list[ProposalRequest]:
        """Requests that are all in hand together."""

        async def ask() -> list[ProposalRequest]:
            async with AsyncExitStack() as stack:
                assigned = (self.assigner.assigned(role, reads=True, problems=()) for role in roles)
                return [await stack.enter_async_context(one) for one in assigned]

        return anyio.run(ask)

    def add_ideas(self, *texts: str) -> None:
        """A person's ideas, numbered from 1."""
        self.journal.record(IdeasChanged(by="person", edits=tuple(AddIdea(text=text) for text in texts)))

    def keep(self, number: int, content: bytes) -> None:
        """A change of the head to train.py is kept."""
        head = self.journal.state.head
        commit = self.commit(number, content)
        kept = replace(advanced(number, old=head), new=commit)
        self.journal.record(proposed(number, base=head, commit=commit), concluded(number, Verdict.KEEP), kept)

    def send_back(self, number: int, role: str = "explorer", *, idea: int = 0) -> None:
        """A change of the head is returned to its author."""
        made = proposed(number, base=self.journal.state.head, commit=self.commit(number, b"LR = 7\n"), role=role)
        self.journal.record(replace(made, idea=idea), replace(concluded(number), returned=True))

    def commit(self, number: int, content: bytes) -> str:
        """A commit on the head."""
        changes = [change("train.py", content)]
        return self.history.record_attempt(tag="t", number=number, base=self.journal.state.head, changes=changes, message="m")


@pytest.fixture(params=["[train.py, model.py]"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """With two editable files, or as a test says."""
    history, ledger = MemoryHistory(repository(FILES)), SqliteLedger(tmp_path)
    program = PROGRAM.replace("[train.py]", f"{request.param}\n{RESEARCHERS}")
    event = opened(program, start=history.resolve_start())
    ledger.append(event)
    journal = Journal(ledger, begin(event))
    briefing = Briefing(journal=journal, history=history)
    yield World(Assigner(journal=journal, history=history, briefing=briefing), journal, history)
    ledger.close()


one_file = pytest.mark.parametrize("world", ["[train.py]"], indirect=True)


def briefs(requests: Sequence[ProposalRequest]) -> set[str]:
    return {request.brief for request in requests}


# --- Without ideas ---


def test_researchers_of_one_role_begin_in_different_places(world: World) -> None:
    """Each brief has its own angle, and says where the others look."""
    requests = world.ask_at_once(*["explorer"] * 4)
    assert len(briefs(requests)) == len({request.angle for request in requests}) == 4
    for request in requests:
        assert f"Begin with {request.angle}" in request.brief
    assert "Begin in `model.py`" in requests[0].angle, "the largest editable file"
    assert requests[-1].brief.count("looks for an idea of its own") == 3


def test_the_same_state_asked_again_gives_another_brief(world: World) -> None:
    """Also more often than there are ways to look, as each way applies to every file."""
    asked = [world.ask() for _ in range(2 * len(ANGLES))]
    assert len(briefs(asked)) == 2 * len(ANGLES)


@one_file
def test_with_one_file_every_way_to_look_is_tried_before_one_comes_again(world: World) -> None:
    """Then there is no other brief, and the request is made all the same."""
    asked = [world.ask() for _ in range(3 * len(ANGLES))]
    assert briefs(asked) == briefs(asked[: len(ANGLES)]) and len(briefs(asked)) == len(ANGLES)


@one_file
def test_a_brief_that_was_sent_is_passed_over(world: World) -> None:
    """Two roles in turn get every second angle; when these are used up, each gets those of the other."""
    asked = [world.ask(role) for _ in range(len(ANGLES)) for role in ("explorer", "critic")]
    assert len(briefs(asked)) == 2 * len(ANGLES)


def test_a_researcher_that_reads_nothing_gets_no_brief(world: World) -> None:
    """Nor an idea or a returned change; the others know of it."""
    world.add_ideas("warm up longer")
    world.send_back(1, "tuner")

    async def ask_both() -> None:
        async with world.assigner.assigned("tuner", reads=False, problems=()) as request:
            assert request == ProposalRequest(assignment=1, role="tuner")
            async with world.assigner.assigned("explorer", reads=True, problems=()) as other:
                assert "- tuner looks for an idea of its own" in other.brief

    anyio.run(ask_both)


def test_assignments_are_never_used_twice(world: World) -> None:
    """They rise with every request; a session that continues leaves out those that may have been under way."""
    first = [request.assignment for request in (*world.ask_at_once("explorer", "critic"), world.ask())]
    assert first == [1, 2, 3]
    world.journal.record(ProposalMissed(role="explorer", reason="it slept", assignment=30))
    assert world.ask().assignment == 31
    seen = {1, 2, 3, 31}
    for _ in range(3):  # sessions that are stopped at once, with four assignments under way
        world.journal.record(SessionStarted(version="0", sandbox="jail", elapsed_s=1.0))
        again = replace(world.assigner, at_once=4, _last=0)
        numbers = {again.next_number() for _ in range(4)}
        assert not numbers & seen
        seen |= numbers


# --- Ideas and returned changes ---


def test_no_two_researchers_get_the_same_idea(world: World) -> None:
    """They get them in order; without one left, a place to look. The brief says who works on which."""
    world.add_ideas("warm up longer", "drop the bias")
    requests = world.ask_at_once("explorer", "critic", "explorer")
    assert [request.idea and request.idea.number for request in requests] == [1, 2, None]
    assert [bool(request.angle) for request in requests] == [False, False, True]
    assert '- explorer (your role) works on idea #1: "warm up longer"' in requests[2].brief
    assert '- critic works on idea #2: "drop the bias"' in requests[2].brief
    assert (again := world.ask().idea) and again.number == 1, "nobody has it in hand any more"


def test_a_request_that_fails_gives_back_what_was_in_hand(world: World) -> None:
    """Its idea is free for the next one."""
    world.add_ideas("warm up longer")

    async def fail() -> None:
        async with world.assigner.assigned("explorer", reads=True, problems=()):
            raise RuntimeError("the researcher broke")

    with pytest.raises(RuntimeError):
        anyio.run(fail)
    request = world.ask()
    assert request.idea and request.idea.number == 1 and "works on idea" not in request.brief


def test_a_returned_change_goes_to_its_own_role_before_ideas(world: World) -> None:
    """The oldest first, each to one researcher, with its diff and that of what was kept since."""
    world.add_ideas("warm up longer")
    world.send_back(1)
    world.send_back(2)
    world.keep(3, b"LR = 0.5\n")
    requests = world.ask_at_once("critic", "explorer", "explorer", "explorer")
    assert [request.rework and request.rework.number for request in requests] == [None, 1, 2, None]
    assert [request.idea and request.idea.number for request in requests] == [1, None, None, None]
    own, kept = requests[1].brief.split("## Kept since then")
    assert "    +LR = 7" in own and "    +LR = 0.5" in kept
    assert "- explorer (your role) brings #1 into the head" in requests[2].brief
    assert not requests[1].angle and requests[3].angle


def test_the_idea_of_a_returned_change_waits_for_its_author(world: World) -> None:
    """Nobody else gets it, now or later; the author gets it with the change."""
    world.add_ideas("warm up longer", "drop the bias")
    world.send_back(1, idea=1)
    team = (ResearcherSpec(role="explorer", use="agent"), ResearcherSpec(role="critic", use="agent"))
    world.journal.state = replace(world.journal.state, program=replace(world.journal.state.program, researchers=team))
    assert [request.idea and request.idea.number for request in world.ask_at_once("critic", "critic")] == [2, None]
    request = world.ask("explorer")
    assert request.rework and request.rework.number == 1 and request.idea and request.idea.number == 1


def test_an_idea_does_not_wait_for_an_author_who_has_left(world: World) -> None:
    """The program has no such role any more, so that another gets its idea."""
    world.add_ideas("warm up longer")
    world.send_back(1, "nobody", idea=1)
    assert (idea := world.ask("critic").idea) and idea.number == 1


def test_a_change_that_is_reworked_is_not_given_out_again(world: World) -> None:
    """Until the try comes to nothing; when too many have, its idea is free for all."""
    world.add_ideas("warm up longer")
    world.send_back(1, idea=1)
    world.journal.record(replace(proposed(2, role="explorer"), reworks=1))
    assert world.ask("explorer").rework is None
    world.journal.record(concluded(2, Verdict.REJECT))
    assert (again := world.ask("explorer").rework) and again.number == 1
    world.journal.record(*[ProposalMissed(role="explorer", reason="it slept", reworks=1)] * 2)
    assert world.ask("explorer").rework is None
    assert (idea := world.ask("critic").idea) and idea.number == 1
