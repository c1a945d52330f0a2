"""Asking models: one request after the other, each on a wire of a provider that can answer it now."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Protocol, TypeVar

from overnight.agents.chat.bounds import bounded, named
from overnight.agents.chat.dialogue import Entry, Form, ModelMessage
from overnight.agents.chat.wires import anthropic, gemini, openai_chat, openai_responses
from overnight.agents.port import TurnFailed
from overnight.agents.transcript import EntryKind, Transcript
from overnight.models.failures import NOT_FOUND
from overnight.models.port import ModelRun, ModelsParked, RequestRefused
from overnight.models.usage import Wire
from overnight.words.foreign import one_line

FORMS: Mapping[Wire, Form] = {
    Wire.OPENAI_CHAT: openai_chat,
    Wire.ANTHROPIC: anthropic,
    Wire.OPENAI_RESPONSES: openai_responses,
    Wire.GEMINI: gemini,
}

T = TypeVar("T")

ANSWER_TOKENS = 8192  # at most, of an answer
LEAST_ANSWER = 1024  # for a model that has no room for more
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


class _Call(Protocol):
    """One request on a wire."""

    async def __call__(self, wire: Wire, *, waits: bool) -> Mapping[str, object]: ...


class Asker:
    """Asks the models of one piece of work; what they say is added to its transcript."""

    def __init__(self, run: ModelRun, transcript: Transcript) -> None:
        """Raises TurnFailed if no provider speaks a wire of ours."""
        self._run = run
        self._transcript = transcript
        self._calls = 0  # so far
        if not self._wires:
            raise TurnFailed(f"no provider speaks {' or '.join(FORMS)}")

    @property
    def _wires(self) -> Sequence[Wire]:
        """Those of ours that a provider speaks, in the order in which to ask now."""
        return [wire for wire in self._run.wires if wire in FORMS]

    async def ask(self, entries: Sequence[Entry], *, system: str, most_tokens: int, tools: bool) -> ModelMessage:
        """What the model says next in a dialogue; `tools`: whether it may call the shell.

        Raises:
            ModelsParked: no provider of any wire can be asked now, or the budget is spent.
            ContextFull: the request is too long for the model.
            TurnFailed: a provider refuses the request, or the answer cannot be read.
        """

        async def call(wire: Wire, *, waits: bool) -> Mapping[str, object]:
            body = FORMS[wire].request(entries, model=self._run.model, most_tokens=most_tokens, system=system, tools=tools)
            return await self._run.call(wire, body, waits=waits)

        try:
            wire, answer = await self._first(call)
        except RequestRefused as refused:
            raise (ContextFull if refused.too_long else TurnFailed)(str(refused)) from refused
        try:
            said = named(bounded(FORMS[wire].read(answer)), self._calls)
        except ValueError as error:
            raise TurnFailed(f"the model's answer cannot be read: {one_line(str(error), 200)}") from error
        self._calls += len(said.calls)
        if said.text.strip():
            self._transcript.add(EntryKind.MESSAGE, said.text)
        return said

    async def _first(self, call: _Call, *, waited: bool = False) -> tuple[Wire, Mapping[str, object]]:
        """The answer on the first wire that gives one; a provider is waited for, once, only if no other wire has one now."""
        wires, parked = self._wires, dict[Wire, ModelsParked]()
        alone, missing = len(wires) == 1, None
        for wire in wires:
            try:
                return wire, await call(wire, waits=alone)
            except ModelsParked as refusal:
                if refusal.spent:
                    raise
                parked[wire] = refusal
            except RequestRefused as refused:
                if refused.status != NOT_FOUND:
                    raise
                missing = missing or refused
        soonest = min(parked, key=lambda wire: _wait_s(parked[wire]), default=None)
        if soonest is None or (missing is not None and parked[soonest].wait_s is None):
            raise missing or AssertionError("there is a wire, and it gave an outcome")
        if alone or waited or parked[soonest].wait_s is None:
            raise ModelsParked("; ".join(dict.fromkeys(map(str, parked.values()))), wait_s=parked[soonest].wait_s)
        try:
            return soonest, await call(soonest, waits=True)
        except ModelsParked as refusal:
            if refusal.spent:
                raise
        return await self._first(call, waited=True)  # meanwhile another may be alive again


def _wait_s(parked: ModelsParked) -> float:
    return float("inf") if parked.wait_s is None else parked.wait_s
