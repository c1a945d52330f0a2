"""The mind with a model: it reads the turn, and says in words or by calls of tools what happens next.

What it says is a wish: each call is recorded, judged and carried out by others, as the claw's own idea. A step keeps all that
was said in it, so a turn that was cut off goes on from there, and nothing is asked of a model twice.
"""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from overnight.claw.charter import Charter
from overnight.claw.minds.context import LEAST, ContextBuilder
from overnight.claw.minds.dialogue import Exchange, SaidCall, encode, messages_of
from overnight.claw.minds.ending import with_calls
from overnight.claw.minds.models import ClawModels, TurnSpent
from overnight.claw.minds.privacy import veil_of, veiled
from overnight.claw.minds.prompt import AGAIN, ANSWER_NOW, CUT, FOUND_ENOUGH, REPEATED, TOO_MANY, UNREAD
from overnight.claw.minds.tools import TOOLS, NoCall, wanted_of
from overnight.claw.port import CallResult, Step, Turn, Wanted
from overnight.claw.taint import joined
from overnight.models.asking.ask import Answer, ask
from overnight.models.asking.form import Ending
from overnight.models.asking.messages import Message, UserMessage
from overnight.models.asking.tools import BadCall, Call
from overnight.models.asking.written import documents
from overnight.models.port import ModelRun, RequestRefused
from overnight.models.usage import Usage
from overnight.operations.principal import Kind, Origin
from overnight.words.foreign import one_line, printable_lines

MOST_CALLS = 8  # in one step
MOST_STEPS = 10  # with calls, in one turn
TRIES = 4  # answers in a row that are no step
SAME = 2  # times that one call is made in a turn
FINDING, FINDS = "claw tools", 4  # the looks for operations that one turn may take
ANSWER_TOKENS = 2048  # at most, of one answer
LONGEST = 16_000  # characters of an answer to a person
WHY = 300  # characters
CIRCLES = "I went round in circles, and stopped."
NO_ANSWER = "My model gave no answer."
REFUSED = "My model does not answer this: {why}"
_NAMES = [tool.name for tool in TOOLS]
ROOMS = (1.0, 0.5, LEAST)  # shares of the usual limits, if a request is too long


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """An answer, as what is to be called and what goes into the dialogue."""

    exchange: Exchange
    wanted: Sequence[Wanted] = ()
    say: str | None = None  # it is the answer to the person
    failed: bool = False  # and it is none to what was asked


class ModelMind:
    """Thinks with a model; implements `Mind`."""

    name = "model"

    def __init__(self, context: ContextBuilder, models: ClawModels, charter: Callable[[], Charter]) -> None:
        self._context, self._models, self._charter = context, models, charter

    async def think(self, turn: Turn) -> Step | None:
        """The next step; None without a model.

        Raises:
            ModelsParked: it cannot be asked now.
        """
        if not self._charter().model or (turn.role is Kind.GUEST and not self._charter().guests.tokens_a_day):
            return None
        await self._models.open()
        fresh: list[Exchange] = []
        usage, read = Usage(), _Read(exchange=Exchange(text=""), say=NO_ANSWER)
        try:
            with self._models.of(turn) as run:
                for tries in range(TRIES):
                    read = self._read(turn, await self._asked(run, turn, fresh), last=tries == TRIES - 1)
                    usage = run.usage
                    fresh.append(read.exchange)
                    if read.wanted or read.say is not None:
                        break
        except TurnSpent as spent:
            read = _Read(exchange=Exchange(text=""), say=str(spent), failed=True)
        except RequestRefused as refused:
            read = _Read(exchange=Exchange(text=""), say=REFUSED.format(why=one_line(str(refused), WHY)), failed=True)
        return Step(
            calls=read.wanted,
            say="" if read.wanted else with_calls(read.say or NO_ANSWER, turn.results),
            origin=joined([turn.origin, Origin.CLAW, *(step.origin for step in turn.steps)]),
            tokens=usage.tokens,
            cost_usd=usage.cost_usd,
            failed=read.failed or not (read.wanted or read.say),
            dialogue=encode(fresh),
        )

    async def _asked(self, run: ModelRun, turn: Turn, fresh: Sequence[Exchange]) -> Answer[None]:
        """One answer; what is read is cut if the model has no room for it."""
        veil = str if self._models.is_here else veil_of(self._context.record)
        for room in ROOMS:
            try:
                messages = veiled(self._messages(turn, fresh, room), veil)
                return await ask(run, messages, system=veil(self._context.system(turn)), most_output=ANSWER_TOKENS, tools=TOOLS)
            except RequestRefused as refused:
                if not refused.too_long or room == ROOMS[-1]:
                    raise
        raise AssertionError("the last try returns or raises")

    def _messages(self, turn: Turn, fresh: Sequence[Exchange], room: float) -> Sequence[Message]:
        def shown(number: int, result: CallResult) -> str:
            return self._context.shown(number, result, room)

        messages: list[Message] = [UserMessage(text=self._context.first(turn, room))]
        messages += messages_of(turn.steps, fresh, turn.results, TOOLS, shown)
        if len(turn.steps) >= MOST_STEPS:
            messages.append(UserMessage(text=ANSWER_NOW))
        return messages

    def _read(self, turn: Turn, answer: Answer[None], *, last: bool) -> _Read:
        text = printable_lines(answer.text, LONGEST).strip()
        if answer.ending is Ending.REFUSED:
            return _Read(exchange=Exchange(text=text), say=REFUSED.format(why=text), failed=True)
        if not answer.calls:
            if answer.cut and not last:
                return _Read(exchange=Exchange(text=text, then=CUT))
            if not text and not last:
                return _Read(exchange=Exchange(text="", then=AGAIN))
            if _is_broken_call(text):
                return _Read(exchange=Exchange(text=text, then=UNREAD), say=CIRCLES if last else None, failed=last)
            return _Read(exchange=Exchange(text=text), say=f"{text} (cut)" if answer.cut else text)
        wanted: list[Wanted] = []
        said: list[SaidCall] = []
        made = Counter(_key(result.wanted) for result in turn.results)
        made[FINDING] = sum(result.wanted.operation == FINDING for result in turn.results)
        for call in answer.calls:
            one, why = _wanted(call, made, room=len(wanted) < MOST_CALLS and len(turn.steps) < MOST_STEPS)
            if one is not None:
                wanted.append(one)
                made[_key(one)] += 1
                made[FINDING] += one.operation == FINDING
            said.append(
                SaidCall(
                    id=call.id,
                    name=call.said.name,
                    arguments=call.said.arguments,
                    seal=call.said.seal,
                    written=isinstance(call, Call) and call.written,
                    result=why,
                )
            )
        exchange = Exchange(text=text, calls=said)
        if not wanted and last:
            written = any(isinstance(call, Call) and call.written for call in answer.calls)
            return _Read(exchange=exchange, say=CIRCLES if written else text or CIRCLES, failed=True)
        return _Read(exchange=exchange, wanted=wanted)


def _wanted(call: Call | BadCall, made: Counter[str], *, room: bool) -> tuple[Wanted | None, str | None]:
    """What a call asks for, or why it is not made."""
    if isinstance(call, BadCall):
        return None, f"Not done: {call.why}"
    try:
        wanted = wanted_of(call.input)
    except NoCall as error:
        return None, f"Not done: {error}"
    if not room:
        return None, f"Not done: {TOO_MANY.format(most=MOST_CALLS)}"
    if wanted.operation == FINDING and made[FINDING] >= FINDS:
        return None, f"Not done: {FOUND_ENOUGH.format(n=FINDS)}"
    if made[_key(wanted)] >= SAME:
        return None, f"Not done: {REPEATED.format(n=made[_key(wanted)])}"
    return wanted, None


def _is_broken_call(text: str) -> bool:
    """Whether an answer in words is a call that cannot be read."""
    if "{" not in text:
        return False
    found = (each for document in documents(text) for each in (document if isinstance(document, list) else [document]))
    return any(isinstance(each, dict) and each.get("name") in _NAMES for each in found)


def _key(wanted: Wanted) -> str:
    return json.dumps([wanted.operation, wanted.given, wanted.repo], sort_keys=True, default=str)
