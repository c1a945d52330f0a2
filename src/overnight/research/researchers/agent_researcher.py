"""Researchers and advisers that are agents: a brief goes in, the workspace changes, words come out.

What counts is the workspace, which we read ourselves: exit codes and final words prove nothing. An agent that ends
without a change, often with a question, gets one reminder that nobody answers; then its try is over.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from overnight.agents.agent import Agent, AgentSession
from overnight.agents.hypothesis import MARK, find_hypothesis, last_line
from overnight.agents.port import Task, Turn, TurnFailed
from overnight.research.experiment import Draft, Experiment
from overnight.research.researchers.port import Assignment, ProposalFailed

CONTINUE = (
    "You ended without changing a file that you may edit. Nobody is here to answer questions: decide yourself, note the "
    f"assumption, make the edit in the current folder, and end with the line `{MARK} ...`."
)
UNSAID = "(no hypothesis was given)"


class AgentResearcher:
    """The ports `Researcher` and `Adviser`, over an agent of any kind."""

    def __init__(self, agent: Agent) -> None:
        self.name = agent.name
        self._agent = agent

    def learn(self, experiment: Experiment) -> None:
        """Nothing: an agent learns from the brief."""

    async def propose(self, assignment: Assignment) -> Draft:
        """Let the agent edit the workspace."""
        async with self._open(assignment) as session:
            turn = await session.turn(assignment.brief)
            if not (self._agent.script or turn.fault or session.refusal or assignment.changed()):
                turn = await session.turn(CONTINUE)
        if session.refusal:
            raise session.refusal
        self._check(turn, assignment)
        usage = session.usage
        return Draft(hypothesis=find_hypothesis(turn.text) or UNSAID, tokens=usage.tokens, cost_usd=usage.cost_usd)

    async def advise(self, assignment: Assignment) -> str:
        """Let the agent answer."""
        async with self._open(assignment, advises=True) as session:
            turn = await session.turn(assignment.brief)
        if session.refusal:
            raise session.refusal
        if turn.fault or not turn.text.strip():
            raise ProposalFailed(turn.fault or f"the {assignment.role} said nothing")
        return turn.text

    @asynccontextmanager
    async def _open(self, assignment: Assignment, *, advises: bool = False) -> AsyncIterator[AgentSession]:
        task = Task(
            folder=assignment.workspace,
            role=assignment.role,
            number=assignment.number,
            advises=advises,
        )
        try:
            async with self._agent.open(task) as session:
                yield session
        except TurnFailed as failed:
            raise ProposalFailed(str(failed)) from failed

    def _check(self, turn: Turn, assignment: Assignment) -> None:
        """Raise ProposalFailed if there is nothing worth a trial."""
        if self._agent.script:
            if turn.fault or not turn.text.strip():
                raise ProposalFailed(turn.fault or "the command said nothing: its last line is its hypothesis")
        elif not assignment.changed():
            said = last_line(turn.text)
            raise ProposalFailed(turn.fault or "it ended without a change" + (f": {said}" if said else ""))
