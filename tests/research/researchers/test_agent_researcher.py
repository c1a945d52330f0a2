"""Researchers that work in turns, over a session whose words a test scripts."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeVar

import pytest

from overnight.agents.agent import Agent
from overnight.agents.context import AgentContext, AgentSpec
from overnight.agents.hindrance import Hindrance
from overnight.agents.port import Session, Task, Turn, TurnFailed
from overnight.agents.transcript import EntryKind, Transcript
from overnight.jail.job import Limits
from overnight.jail.process import ProcessExecutor
from overnight.models.port import ModelRun, ModelsParked
from overnight.models.usage import Usage
from overnight.program.program import Direction, Metric, Program
from overnight.research.experiment import Draft
from overnight.research.researchers.agent_researcher import CONTINUE, OBJECTED, UNSAID, AgentResearcher
from overnight.research.researchers.port import Assignment, ProposalFailed

T = TypeVar("T")
BRIEF = "# Brief"


class Scripted:
    """A session that says what it is told to; a turn marked with `!` changes the workspace."""

    ended = ""

    def __init__(self, workspace: Path, turns: Sequence[Turn]) -> None:
        self.heard: list[str] = []
        self._workspace = workspace
        self._turns = list(turns)

    async def turn(self, prompt: str) -> Turn:
        """The next turn."""
        self.heard.append(prompt)
        turn = self._turns.pop(0)
        if "!" in turn.text:
            (self._workspace / "new").write_text("x")
        return turn


def said(text: str, fault: str = "") -> Turn:
    """One turn."""
    return Turn(text=text, fault=fault)


def ask(
    tmp_path: Path,
    what: Callable[[AgentResearcher, Assignment], Coroutine[Any, Any, T]],
    *turns: Turn,
    script: bool = False,
    program: bool = True,
    objection: str = "",
) -> tuple[T, list[str]]:
    """What comes of a proposal or an answer, and the prompts."""
    session = Scripted(tmp_path, turns)

    @asynccontextmanager
    async def opens(task: Task, run: ModelRun | None, transcript: Transcript) -> AsyncIterator[Session]:
        assert run is None
        yield session

    spec = AgentSpec(use="command", command="true")
    desk = AgentContext(
        spec=spec, executor=ProcessExecutor(slots=1, search_path=""), limits=Limits(), scratch=tmp_path, slot=0, models=None
    )
    declared = Program(path="program.md", metric=Metric(name="x", direction=Direction.MINIMIZE), editable=("new",))
    assignment = Assignment(
        number=1,
        role="r",
        program=declared,
        workspace=tmp_path,
        brief=BRIEF,
        head="c0",
        changed=(tmp_path / "new").exists,
        objection=lambda: objection,
    )
    got = asyncio.run(
        what(AgentResearcher(Agent(name="r", context=desk, opens=opens, script=script, program=program)), assignment)
    )
    return got, session.heard


def draft(tmp_path: Path, *turns: Turn, script: bool = False) -> tuple[str, list[str]]:
    """The hypothesis of a proposal, and the prompts."""
    got, heard = ask(tmp_path, lambda researcher, assignment: researcher.propose(assignment), *turns, script=script)
    return got.hypothesis, heard


def advice(tmp_path: Path, *turns: Turn) -> tuple[str, list[str]]:
    """An adviser's answer, and the prompts."""
    return ask(tmp_path, lambda researcher, assignment: researcher.advise(assignment), *turns)


def test_one_turn_is_enough_where_something_changed(tmp_path: Path) -> None:
    """Done is a changed workspace."""
    assert draft(tmp_path, said("! HYPOTHESIS: it helps")) == ("! HYPOTHESIS: it helps", [BRIEF])


def test_an_agent_that_asks_learns_once_that_nobody_answers(tmp_path: Path) -> None:
    """The second turn is the last."""
    assert draft(tmp_path, said("May I?"), said("!\nHYPOTHESIS: it helps")) == ("it helps", [BRIEF, CONTINUE])


def test_done_without_work_is_a_failure(tmp_path: Path) -> None:
    """However glad its words are; they are in the reason."""
    with pytest.raises(ProposalFailed, match="it ended without a change: All done, much better"):
        draft(tmp_path, said("All done"), said("All done, much better"))


def test_a_fault_with_an_edit_is_a_proposal(tmp_path: Path) -> None:
    """What it changed may be good all the same: that is measured."""
    assert draft(tmp_path, said("! halfway", fault="it did not end")) == ("! halfway", [BRIEF])


def test_a_fault_without_an_edit_is_not_talked_to_again(tmp_path: Path) -> None:
    """The fault is the reason."""
    with pytest.raises(ProposalFailed, match="it broke"):
        draft(tmp_path, said("", fault="it broke"))


def test_silence_has_a_hypothesis_that_says_so(tmp_path: Path) -> None:
    """An edit without words is measured too."""
    (tmp_path / "new").write_text("x")
    assert draft(tmp_path, said(" \n")) == (UNSAID, [BRIEF])


def test_a_script_is_not_talked_to_and_its_faults_count(tmp_path: Path) -> None:
    """A command that is no agent answers for its exit code; without a change the scope check has the word."""
    assert draft(tmp_path, said("same"), script=True) == ("same", [BRIEF])
    with pytest.raises(ProposalFailed, match="exited with 3"):
        draft(tmp_path, said("!", fault="the command exited with 3"), script=True)
    with pytest.raises(ProposalFailed, match="its last line is its hypothesis"):
        draft(tmp_path, said("\n"), script=True)


def test_advice_is_all_that_was_said(tmp_path: Path) -> None:
    """Word for word, whatever became of the workspace."""
    assert advice(tmp_path, said("one\ntwo\n")) == ("one\ntwo\n", [BRIEF])


@pytest.mark.parametrize(("turn", "why"), [(said("x", fault="it broke"), "it broke"), (said(" \n"), "the r said nothing")])
def test_no_advice_is_a_failure(tmp_path: Path, turn: Turn, why: str) -> None:
    """A fault or silence, with the reason."""
    with pytest.raises(ProposalFailed, match=why):
        advice(tmp_path, turn)


def test_an_agent_that_breaks_for_want_of_a_model_is_no_failure_of_its_own(tmp_path: Path) -> None:
    """Some end with an error when nobody answers them: the campaign hears that there is no model, not of the error."""

    class Breaks:
        ended = ""

        async def turn(self, prompt: str) -> Turn:
            raise TurnFailed("the agent refuses: internal error")

    @asynccontextmanager
    async def opens(task: Task, run: ModelRun | None, transcript: Transcript) -> AsyncIterator[Session]:
        yield Breaks()

    @contextmanager
    def use(**_: object) -> Iterator[object]:
        yield SimpleNamespace(refusal=parked, failure="", wires=(), usage=Usage(), url="http://127.0.0.1:9/token")

    models: Any = SimpleNamespace(use=use)
    spec = AgentSpec(use="acp", command="true")
    executor = ProcessExecutor(slots=1, search_path="")
    context = AgentContext(spec=spec, executor=executor, limits=Limits(), scratch=tmp_path, slot=0, models=models)
    researcher = AgentResearcher(Agent(name="r", context=context, opens=opens))
    program = Program(path="program.md", metric=Metric(name="x", direction=Direction.MINIMIZE), editable=("new",))
    assignment = Assignment(number=1, role="r", program=program, workspace=tmp_path, brief=BRIEF, head="c0")
    parked: ModelsParked | None = ModelsParked("out of quota", wait_s=60)
    for work in (researcher.propose, researcher.advise):
        with pytest.raises(ModelsParked, match="out of quota"):
            asyncio.run(work(assignment))
    parked = None
    with pytest.raises(ProposalFailed, match="internal error"):
        asyncio.run(researcher.propose(assignment))


# --- Work in hand ---


class CutOff:
    """A session that edits and says something, and then has no end of its own."""

    ended = ""

    def __init__(self, workspace: Path, transcript: Transcript, error: Exception) -> None:
        self._workspace, self._transcript, self._error = workspace, transcript, error

    async def turn(self, prompt: str) -> Turn:
        """One turn."""
        (self._workspace / "new").write_text("x")
        self._transcript.add(EntryKind.MESSAGE, "HYPOTHESIS: it helps\nNow I check it.")
        raise self._error


def cut_off(tmp_path: Path, error: Exception, unfit: Callable[[], str] | None, *, script: bool = False) -> Draft:
    """What comes of a session that edits and is then cut off."""

    @asynccontextmanager
    async def opens(task: Task, run: ModelRun | None, transcript: Transcript) -> AsyncIterator[Session]:
        yield CutOff(tmp_path, transcript, error)

    spec, executor = AgentSpec(use="acp", command="true"), ProcessExecutor(slots=1, search_path="")
    context = AgentContext(spec=spec, executor=executor, limits=Limits(), scratch=tmp_path, slot=0)
    program = Program(path="program.md", metric=Metric(name="x", direction=Direction.MINIMIZE), editable=("new",))
    assignment = Assignment(
        number=1,
        role="r",
        program=program,
        workspace=tmp_path,
        brief=BRIEF,
        head="c0",
        changed=(tmp_path / "new").exists,
        unfit=unfit,
    )
    return asyncio.run(AgentResearcher(Agent(name="r", context=context, opens=opens, script=script)).propose(assignment))


CUTS = [TurnFailed("it did nothing for 600 s"), ModelsParked("out of quota", wait_s=60), ModelsParked("spent", spent=True)]
CUT = pytest.mark.parametrize("error", CUTS, ids=str)


@CUT
def test_an_edit_that_was_in_hand_is_a_proposal(tmp_path: Path, error: Exception) -> None:
    """Its hypothesis is what its author had said, and a note says what cut it off."""
    draft = cut_off(tmp_path, error, lambda: "")
    assert (draft.hypothesis, draft.notes) == ("it helps", {"session": f"cut short: {error}"})


@CUT
@pytest.mark.parametrize("unfit", [None, lambda: "line 1 of `a.py` is no Python"], ids=["nobody asks", "unfit"])
def test_an_edit_that_is_unfit_is_none(tmp_path: Path, error: Exception, unfit: Callable[[], str] | None) -> None:
    """What cut it off is raised, with all that it says of a wait, and with why the edit is not submitted."""
    with pytest.raises((ProposalFailed, ModelsParked)) as raised:
        cut_off(tmp_path, error, unfit)
    assert str(raised.value).startswith(str(error))
    assert ("is no Python" in str(raised.value)) is (unfit is not None)
    assert isinstance(raised.value, ModelsParked) is isinstance(error, ModelsParked)
    if isinstance(raised.value, ModelsParked) and isinstance(error, ModelsParked):
        assert (raised.value.wait_s, raised.value.spent) == (error.wait_s, error.spent)


@CUT
def test_a_script_that_is_cut_off_has_no_edit(tmp_path: Path, error: Exception) -> None:
    """It answers for its end: nobody knows how far it came."""
    with pytest.raises((ProposalFailed, ModelsParked), match=str(error)):
        cut_off(tmp_path, error, lambda: "", script=True)


def test_an_edit_that_would_be_rejected_is_told_once(tmp_path: Path) -> None:
    """In a dialogue of ours, which goes on; its second answer is taken as it is."""

    async def proposes(researcher: AgentResearcher, assignment: Assignment) -> Draft:
        return await researcher.propose(assignment)

    why = "the same change was tried in experiment 3"
    turns = said("!\nHYPOTHESIS: first"), said("!\nHYPOTHESIS: second")
    got, heard = ask(tmp_path, proposes, *turns, program=False, objection=why)
    assert (got.hypothesis, heard) == ("second", [BRIEF, OBJECTED.format(why=why)])


@pytest.mark.parametrize(("program", "objection"), [(True, "it was tried"), (False, "")])
def test_nothing_is_told_to_a_program_or_of_an_edit_that_is_new(tmp_path: Path, *, program: bool, objection: str) -> None:
    """A program would be started again, which costs as much as its next try."""

    async def proposes(researcher: AgentResearcher, assignment: Assignment) -> Draft:
        return await researcher.propose(assignment)

    got, heard = ask(tmp_path, proposes, said("!\nHYPOTHESIS: first"), program=program, objection=objection)
    assert (got.hypothesis, heard) == ("first", [BRIEF])


def test_each_question_of_several_at_once_has_its_own_reason(tmp_path: Path) -> None:
    """A critic reads the proposals of several authors at a time; one session fails, and another is opened meanwhile."""
    other = asyncio.Event()

    @asynccontextmanager
    async def opens(task: Task) -> AsyncIterator[Any]:
        async def turn(_prompt: str) -> Turn:
            if task.number == 2:
                other.set()
                return Turn(text="ACCEPT")
            await other.wait()
            raise TurnFailed("its model refuses")

        hindrance = Hindrance.MODELS if task.number == 1 else None
        yield SimpleNamespace(turn=turn, refusal=None, hindrance=hindrance)

    agent: Any = SimpleNamespace(name="critic", open=opens, program=True, script=False)
    researcher = AgentResearcher(agent)
    program = Program(path="program.md", metric=Metric(name="x", direction=Direction.MINIMIZE), editable=("new",))

    async def ask_both() -> list[str | BaseException]:
        both = (
            Assignment(number=number, role="critic", program=program, workspace=tmp_path, brief=BRIEF, head="c0")
            for number in (1, 2)
        )
        return await asyncio.gather(*map(researcher.advise, both), return_exceptions=True)

    failed, answer = asyncio.run(ask_both())
    assert isinstance(failed, ProposalFailed) and failed.hindrance is Hindrance.MODELS
    assert answer == "ACCEPT"


def test_numbers_to_put_together_are_a_proposal_without_an_edit(tmp_path: Path) -> None:
    """It is not asked for an edit, and not told what speaks against a part; without the line it is."""
    proposing: Callable[[AgentResearcher, Assignment], Coroutine[Any, Any, Draft]] = lambda researcher, a: researcher.propose(a)  # noqa: E731
    got, heard = ask(tmp_path, proposing, said("TOGETHER: #3 #5\nHYPOTHESIS: both"), program=False, objection="tried before")
    assert (got.together, got.hypothesis, heard) == ((3, 5), "both", [BRIEF])
    got, heard = ask(
        tmp_path, proposing, said("!\nTOGETHER: #3\nHYPOTHESIS: and mine"), program=False, objection="tried before"
    )
    assert got.together == (3,) and len(heard) == 1
    assert not ask(tmp_path, proposing, said("HYPOTHESIS: mine"))[0].together


def test_a_session_that_was_cut_off_puts_nothing_together(tmp_path: Path) -> None:
    """What it named may have been a plan."""
    with pytest.raises(ProposalFailed):
        ask(tmp_path, lambda researcher, assignment: researcher.propose(assignment), said("TOGETHER: #3 #5", fault="it hung"))
