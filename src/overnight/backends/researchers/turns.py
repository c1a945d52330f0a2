"""Researchers that work in turns: a prompt goes in, the workspace changes, words come out.

What counts as done is the workspace, which we look at ourselves: exit codes and final words prove nothing. An agent that ends
without a change, often with a question, is told once that nobody answers; then its try is over.
"""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Protocol

from overnight.backends.researchers.desk import Desk
from overnight.backends.researchers.hypothesis import MARK, find_hypothesis, last_line
from overnight.models.port import ModelRun
from overnight.ports import Assignment, ProposalFailed
from overnight.records.experiment import Draft, Experiment

CONTINUE = (
    "You ended without changing a file. Nobody is here to answer questions: decide yourself, note the assumption, make the "
    f"edit in the current folder, and end with the line `{MARK} ...`."
)
UNSAID = "(no hypothesis was given)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What came of one prompt."""

    text: str
    fault: str = ""  # why it did not end well, in one line; what it changed may be good all the same


class Session(Protocol):
    """A conversation with an agent in one workspace."""

    async def turn(self, prompt: str) -> Turn:
        """Say something and wait until the agent has ended its turn.

        Raises:
            ProposalFailed: it hangs, or cannot be talked to.
        """
        ...


Opens = Callable[[Assignment, ModelRun | None], AbstractAsyncContextManager[Session]]


class TurnResearcher:
    """The ports `Researcher` and `Adviser`, over a session of any kind."""

    def __init__(self, name: str, desk: Desk, opens: Opens, *, script: bool = False) -> None:
        """`script`: a command that is no agent; its exit code counts, and it is not talked to twice."""
        self.name = name
        self._desk = desk
        self._opens = opens
        self._script = script

    def learn(self, experiment: Experiment) -> None:
        """Nothing: an agent learns from the brief."""

    async def propose(self, assignment: Assignment) -> Draft:
        """Let the agent edit the workspace."""
        with self._models(assignment) as run:
            async with self._opens(assignment, run) as session:
                turn = await _turn(session, assignment.brief, run)
                if not (self._script or turn.fault or _refused(run) or assignment.changed()):
                    turn = await _turn(session, CONTINUE, run)
            if run and run.refusal:
                raise run.refusal
            self._check(turn, assignment)
            hypothesis = find_hypothesis(turn.text) or UNSAID
            if run is None:
                return Draft(hypothesis=hypothesis)
            return Draft(hypothesis=hypothesis, tokens=run.usage.tokens, cost_usd=run.usage.cost_usd)

    async def advise(self, assignment: Assignment) -> str:
        """Let the agent answer."""
        with self._models(assignment) as run:
            async with self._opens(assignment, run) as session:
                turn = await _turn(session, assignment.brief, run)
            if run and run.refusal:
                raise run.refusal
        if turn.fault or not turn.text.strip():
            raise ProposalFailed(turn.fault or f"the {assignment.role} said nothing")
        return turn.text

    def _models(self, assignment: Assignment) -> AbstractContextManager[ModelRun | None]:
        if self._desk.models is None:
            return nullcontext()
        return self._desk.models.use(role=assignment.role, number=assignment.number, model=self._desk.spec.model)

    def _check(self, turn: Turn, assignment: Assignment) -> None:
        """Raise ProposalFailed where there is nothing worth a trial."""
        if self._script:
            if turn.fault or not turn.text.strip():
                raise ProposalFailed(turn.fault or "the command said nothing: its last line is its hypothesis")
        elif not assignment.changed():
            said = last_line(turn.text)
            raise ProposalFailed(turn.fault or "it ended without a change" + (f": {said}" if said else ""))


async def _turn(session: Session, prompt: str, run: ModelRun | None) -> Turn:
    """One turn; where it failed for want of a model, that is the reason, whatever the agent made of it.

    Raises:
        ProposalFailed: as `Session.turn`.
        ModelsParked: no provider could be asked.
    """
    try:
        return await session.turn(prompt)
    except ProposalFailed as failed:
        if run and run.refusal:
            raise run.refusal from failed
        raise


def _refused(run: ModelRun | None) -> bool:
    return run is not None and run.refusal is not None
