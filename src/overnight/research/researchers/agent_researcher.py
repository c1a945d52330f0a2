"""Researchers and advisers that are agents: a brief goes in, the workspace changes, words come out.

What counts is the workspace, which we read ourselves: exit codes and final words prove nothing. An agent that ends
without a change, often with a question, gets one reminder that nobody answers; then its try is over.

An edit is work in hand: if its author's session is cut off, for whatever reason, it is submitted as it stands, with a note
that says so, unless it is unfit (`Assignment.unfit`). A script's edit counts only if the script ended well.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from overnight.agents.agent import Agent, AgentSession
from overnight.agents.hindrance import Hindrance
from overnight.agents.hypothesis import MARK, find_hypothesis, last_line
from overnight.agents.port import Task, Turn, TurnFailed
from overnight.agents.together import find_together
from overnight.models.port import ModelsParked
from overnight.program.judge.rules import is_editable
from overnight.program.scope import path_problem
from overnight.research.experiment import Draft, Experiment
from overnight.research.researchers.port import Assignment, ProposalFailed, SearchTrial
from overnight.words.foreign import printable

CONTINUE = (
    "You ended without changing a file that you may edit. Nobody is here to answer questions: decide yourself, note the "
    f"assumption, make the edit in the current folder, and end with the line `{MARK} ...`."
)
OBJECTED = (
    "This edit would be rejected: {why}. Undo it, make another one in the current folder, and end with the line "
    f"`{MARK} ...`."
)
UNSAID = "(no hypothesis was given)"
UNSAID_CUT = "(its session was cut short before it said what it changed)"
SESSION = "session"  # name of the note on a session that was cut off
LONGEST_NOTE = 300  # characters

_Cut = ProposalFailed | ModelsParked


class AgentResearcher:
    """The ports `Researcher` and `Adviser`, over an agent of any kind."""

    def __init__(self, agent: Agent) -> None:
        self.name = agent.name
        self._agent = agent

    def learn(self, experiment: Experiment) -> None:
        """Nothing: an agent learns from the brief."""

    def recall(self, trial: SearchTrial) -> None:
        """Nothing: its brief tells of experiments."""

    async def propose(self, assignment: Assignment) -> Draft:
        """Let the agent edit the workspace."""
        with self._explained() as opened:
            return await self._propose(assignment, opened)

    async def _propose(self, assignment: Assignment, opened: list[AgentSession]) -> Draft:
        async with self._open(assignment, opened) as session:
            turn, cut = await self._work(session, assignment)
        if cut is None:
            self._check(turn, assignment)
            said = turn.text
        else:
            self._check_cut(turn, cut, assignment)
            said = f"{session.transcript.said}\n{turn.text}"
        usage = session.usage
        return Draft(
            hypothesis=find_hypothesis(said) or (UNSAID_CUT if cut else UNSAID),
            together=() if cut else find_together(turn.text),
            notes={} if cut is None else {SESSION: printable(f"cut short: {cut}", LONGEST_NOTE)},
            tokens=usage.tokens,
            cost_usd=usage.cost_usd,
        )

    async def _work(self, session: AgentSession, assignment: Assignment) -> tuple[Turn, _Cut | None]:
        """The last turn, and what cut the session off, if anything did."""
        turn = Turn(text="")
        try:
            turn = await session.turn(assignment.brief)
            if more := "" if turn.fault or session.refusal else self._once_more(assignment, turn.text):
                turn = await session.turn(more)
        except TurnFailed as failed:
            return turn, ProposalFailed(str(failed))
        except ModelsParked as parked:
            return turn, parked
        return turn, session.refusal or (ProposalFailed(turn.fault) if turn.fault else None)

    def _once_more(self, assignment: Assignment, said: str) -> str:
        """What the agent is told once, if what it has done by now is of no use; empty if it is of use."""
        if self._agent.script:
            return ""
        if find_together(said):
            return ""  # what it has edited is only a part of it
        if not assignment.changed():
            return CONTINUE
        # A program that is started again costs as much as another try, whose brief says what was wrong.
        why = "" if self._agent.program else assignment.objection()
        return OBJECTED.format(why=printable(why, LONGEST_NOTE)) if why else ""

    async def advise(self, assignment: Assignment) -> str:
        """Let the agent answer."""
        with self._explained() as opened:
            return await self._advise(assignment, opened)

    @contextmanager
    def _explained(self) -> Iterator[list[AgentSession]]:
        """A failed try says what kept the agent from working, if that is why; its session is put into what this gives."""
        opened: list[AgentSession] = []
        try:
            yield opened
        except ProposalFailed as failed:
            unopened = Hindrance.PROGRAM if self._agent.program else Hindrance.MODELS
            raise ProposalFailed(str(failed), hindrance=opened[0].hindrance if opened else unopened) from failed

    async def _advise(self, assignment: Assignment, opened: list[AgentSession]) -> str:
        async with self._open(assignment, opened, advises=True) as session:
            turn = await session.turn(assignment.brief)
        if session.refusal:
            raise session.refusal
        if turn.fault or not turn.text.strip():
            raise ProposalFailed(turn.fault or f"the {assignment.role} said nothing")
        return turn.text

    @asynccontextmanager
    async def _open(
        self, assignment: Assignment, opened: list[AgentSession], *, advises: bool = False
    ) -> AsyncIterator[AgentSession]:
        task = Task(
            folder=assignment.workspace,
            role=assignment.role,
            number=assignment.number,
            advises=advises,
            done=lambda: assignment.changed() and not (assignment.unfit and assignment.unfit()),
            may_edit=lambda path: not path_problem(path) and is_editable(path, assignment.program),
            objection=assignment.objection,
        )
        try:
            async with self._agent.open(task) as session:
                opened.append(session)
                yield session
        except TurnFailed as failed:
            raise ProposalFailed(str(failed)) from failed

    def _check(self, turn: Turn, assignment: Assignment) -> None:
        """Raise ProposalFailed if there is nothing worth a trial."""
        if self._agent.script:
            if not turn.text.strip():
                raise ProposalFailed("the command said nothing: its last line is its hypothesis")
        elif not assignment.changed() and not find_together(turn.text):
            said = last_line(turn.text)
            raise ProposalFailed("it ended without a change" + (f": {said}" if said else ""))

    def _check_cut(self, turn: Turn, cut: _Cut, assignment: Assignment) -> None:
        """Raise what cut the session off, with the reason, unless the edit is submitted all the same."""
        if not assignment.changed() or (self._agent.script and (turn.fault or not turn.text.strip())):
            raise cut
        if assignment.unfit is None:
            if isinstance(cut, ModelsParked) or not turn.fault:
                raise cut
        elif unfit := assignment.unfit():
            why = f"{cut}; what it had changed is not submitted: {unfit}"
            if isinstance(cut, ModelsParked):
                raise ModelsParked(why, wait_s=cut.wait_s, spent=cut.spent) from cut
            raise ProposalFailed(why) from cut
