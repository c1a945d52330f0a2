"""Asking models in an agent's session: what they say is added to its transcript."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from overnight.agents.port import TurnFailed
from overnight.agents.transcript import EntryKind, Transcript
from overnight.models.asking.ask import FORMS, Answer, ask
from overnight.models.asking.messages import Message
from overnight.models.asking.tools import Tool
from overnight.models.port import ModelRun, RequestRefused

T = TypeVar("T")

LEAST_ANSWER = 1024  # tokens, for a model that has no room for more
SHORTER = 2  # times that a request is shortened if it is too long for its model


def less_room(answer_tokens: int) -> int:
    """How long an answer may be from now on, if a request with the room for so long a one was too long."""
    return max(LEAST_ANSWER, answer_tokens // 4)


class ContextFull(TurnFailed):
    """A provider refuses the request for its length: a shorter one may do."""


async def with_less(attempt: Callable[[], Awaitable[T]], shorten: Callable[[], None]) -> T:
    """What an attempt gives, made again with less if its request is too long for the model.

    Raises:
        ContextFull: it is still too long when it was shortened as often as it may be.
    """
    for _ in range(SHORTER):
        try:
            return await attempt()
        except ContextFull:
            shorten()
    return await attempt()


class Asker:
    """Asks the models of one piece of work."""

    def __init__(self, run: ModelRun, transcript: Transcript) -> None:
        """Raises TurnFailed if no provider speaks a wire of ours."""
        self._run = run
        self._transcript = transcript
        if not set(run.wires) & FORMS.keys():
            raise TurnFailed(f"no provider speaks {' or '.join(FORMS)}")

    async def ask(
        self, messages: Sequence[Message], *, system: str, most_output: int, tools: Sequence[Tool] = ()
    ) -> Answer[None]:
        """What the model says next in a dialogue.

        Raises:
            ModelsParked: no provider of any wire can be asked now, or the budget is spent.
            ContextFull: the request is too long for the model.
            TurnFailed: a provider refuses the request, or the answer cannot be read.
        """
        try:
            said = await ask(self._run, messages, system=system, most_output=most_output, tools=tools)
        except RequestRefused as refused:
            raise (ContextFull if refused.too_long else TurnFailed)(str(refused)) from refused
        if said.text.strip():
            self._transcript.add(EntryKind.MESSAGE, said.text)
        return said
