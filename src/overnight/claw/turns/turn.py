"""One turn: a cause is given to the minds in order, what they want is called, and what they say goes out.

Every step is recorded before it takes effect. A turn that a kill cut off goes on from its steps: what was said is not thought
again, and a call that was under way then is repeated only if it is known to have had no effect.

What a mind has read lowers whose words its calls follow, whatever it says of itself; words of strangers it does not read at
all, but handles that stand for them. Only the mind of fixed sentences passes on a person's own call.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from typing import Any

from overnight.claw.agenda.words import said_of
from overnight.claw.events import (
    Answered,
    CallBegun,
    CallEnd,
    CallEnded,
    Event,
    Finished,
    Fired,
    Received,
    Resumed,
    ScheduleKind,
    Thought,
    TurnBegun,
)
from overnight.claw.port import LITERAL, CallResult, Mind, Step, Turn
from overnight.claw.record.record import ClawRecord, sealed_json
from overnight.claw.taint import handle, joined
from overnight.claw.turns.answering import Answers
from overnight.claw.turns.buttons import Buttons, is_answer
from overnight.claw.turns.calling import PERSONS, Caller, Outcome
from overnight.claw.turns.parking import parking
from overnight.claw.turns.past import past_of, wanted_of
from overnight.ledger.port import Recorded
from overnight.models.port import ModelsParked
from overnight.operations.principal import Address, Kind, Origin
from overnight.operations.record import open_record
from overnight.operations.views import ApprovalState, state_of

MOST_STEPS = 12  # of a mind in one turn
MOST_CALLS = 8  # in one step
WENT_WELL = (CallEnd.DONE.value, CallEnd.ASKED.value)
NOT_UNDERSTOOD = "I do not understand that. `help` lists what I do without a model."
NO_END = f"I stopped after {MOST_STEPS} steps without an answer."
CUT = "`{operation}` was under way when this turn was cut off: it may have taken effect, or may still."
NOT_BEGUN = "`{operation}`, which you were asked about, was not begun; nothing was done."


class TurnRunner:
    """Runs turns, one after another."""

    def __init__(
        self,
        record: ClawRecord,
        minds: Sequence[Mind],
        caller: Caller,
        buttons: Buttons,
        *,
        zone: Callable[[], str],
        recall: Callable[[Turn], Sequence[int]] = lambda _: (),
    ) -> None:
        """`recall`: the numbers of what minds read of the memory in a turn, for the record."""
        self._record, self._minds, self._caller, self._buttons, self._zone = record, minds, caller, buttons, zone
        self._recall = recall
        self._answers = Answers(record)

    async def run(self, cause: Recorded[Event]) -> None:
        """Run the turn of a cause to its end; one of somebody who is not known any more ends at once."""
        if who := self._answers.stranger(cause.seq):
            self.cut(cause.seq, f"{who} is not known here any more.", ran=False)
            return
        match cause.event:
            case Resumed() as resumed:
                await self._resume(cause, resumed)
            case Fired(what=ScheduleKind.REMIND) | Finished():
                self.tell(cause)
            case Received(text=ref) as received if is_answer(received, text := self._record.text(ref)):
                said = self._buttons.answer(received, text)
                self._answers.end(cause.seq, Address(received.channel, received.sender), said, Origin.CLAW)
            case Received() | Fired():
                await self._think(self._turn_of(cause))
            case _:
                raise AssertionError("no cause")

    def tell(self, cause: Recorded[Event]) -> None:
        """The whole turn of a cause that needs no mind."""
        match cause.event:
            case Fired() as fired:
                text = said_of(fired, self._record.text(fired.text), self._zone())
                self._answers.end(cause.seq, fired.to, text, fired.origin)
            case Finished() as finished:
                self._answers.end(cause.seq, finished.to, self._record.text(finished.text), finished.origin)
            case _:
                raise AssertionError("it needs a mind")

    def cut(self, seq: int, why: str, *, ran: bool = True) -> None:
        """End a turn that may not go on, and say so; a call that is under way is not known to have had no effect.

        `ran`: the turn has run in this process.
        """
        said = "\n".join([why, *self._cut_call(seq, ran=ran)])
        questions = past_of(self._record, seq).questions
        self._answers.end(seq, self._answers.to(seq), said, Origin.CLAW, questions, failed=True)

    def _cut_call(self, seq: int, *, ran: bool) -> Sequence[str]:
        """End the call of a turn that has no end; what to say of it."""
        cause = self._record.event(seq)
        resumed = cause.event if cause is not None and isinstance(cause.event, Resumed) else None
        of, under_way = seq, past_of(self._record, seq).cut
        if under_way is None and resumed is not None:
            of, under_way = resumed.turn, self._approved(seq, resumed)
        if under_way is None:
            return []
        wanted, name = wanted_of(self._record, under_way), under_way.operation
        end, text = CallEnd.UNKNOWN, CUT.format(operation=name)
        if (
            of != seq
            and resumed is not None
            and not (resumed.granted and (ran or self._caller.began(of, under_way.call, resumed.key)))
        ):
            end, text = CallEnd.REFUSED, NOT_BEGUN.format(operation=name)
        self._caller.end(of, under_way.call, wanted, Outcome(end=end, text=text, origin=Origin.CLAW))
        return [text]

    def _approved(self, seq: int, resumed: Resumed) -> CallBegun | None:
        """The call that an answer was about, if it has no end since."""
        entries = self._record.turn(resumed.turn)
        if any(entry.seq > seq and _ends(entry.event, resumed.call) for entry in entries):
            return None
        return next((e.event for e in entries if isinstance(e.event, CallBegun) and e.event.call == resumed.call), None)

    # --- Thinking ---

    async def _think(self, turn: Turn) -> None:
        past = past_of(self._record, turn.number)
        steps, results = list(past.steps), list(past.results)
        if not past.begun:
            self._record.append(TurnBegun(turn=turn.number, recalled=tuple(self._recall(turn))))
        if past.cut is not None:  # by a kill
            wanted = wanted_of(self._record, past.cut)
            outcome = await self._caller.settle(turn, past.cut.call, wanted, past.cut.origin)
            results.append(self._caller.end(turn.number, past.cut.call, wanted, outcome))
        mind = next((each for each in self._minds if each.name == past.mind), None)
        while True:
            if not steps or (steps[-1].calls and len(results) >= _wanted_so_far(steps)):
                if len(steps) >= MOST_STEPS:
                    break
                now = replace(turn, steps=tuple(steps), results=tuple(results))
                try:
                    said = await self._next(now, mind)
                except ModelsParked as parked:
                    self._park(now, parked)
                    return
                if said is None:
                    self._answers.end(turn.number, turn.to, NOT_UNDERSTOOD, Origin.CLAW, failed=True)
                    return
                mind, step = said
                step = self._recorded(turn, len(steps), mind, step)
                steps.append(step)
            step = steps[-1]
            if not step.calls:
                break
            done = len(results) - _wanted_so_far(steps[:-1])
            for wanted in step.calls[:MOST_CALLS][done:]:
                results.append(await self._caller.call(turn, len(results) + 1, wanted, _read(turn, steps, results)))
        text = steps[-1].say or "\n\n".join([*(each.text for each in results), *([NO_END] if steps[-1].calls else [])])
        failed = steps[-1].failed or (bool(results) and not any(each.end in WENT_WELL for each in results))
        questions = past_of(self._record, turn.number).questions
        origin = _read(turn, steps, results)
        self._answers.end(turn.number, turn.to, text or "(nothing)", origin, questions, failed=failed)

    async def _next(self, turn: Turn, mind: Mind | None) -> tuple[Mind, Step] | None:
        """What a mind says next; the first one that understands keeps the turn.

        Raises:
            ModelsParked: no other one understands, and the model of one cannot be asked now.
        """
        parked: ModelsParked | None = None
        for each in [mind] if mind else self._minds:
            try:
                step = await each.think(turn)
            except ModelsParked as refusal:
                parked = refusal
                continue
            if step is not None:
                return each, step
        if parked is not None:
            raise parked
        return None

    def _park(self, turn: Turn, why: ModelsParked) -> None:
        """Put a turn aside until a model can be asked; if it waited too long, its end."""
        parked = parking(self._record, turn, why)
        if parked == "":
            self._record.append(Answered(turn=turn.number))
        elif isinstance(parked, str):
            self._answers.end(turn.number, turn.to, parked, Origin.CLAW, failed=True)
        else:
            event, texts = parked
            self._record.append(event, texts=texts)

    def _recorded(self, turn: Turn, number: int, mind: Mind, said: Step) -> Step:
        """Record a thought; only the mind of fixed sentences can pass on a person's own call."""
        calls = tuple(replace(each, direct=each.direct and mind.name == LITERAL) for each in said.calls[:MOST_CALLS])
        step = replace(said, calls=calls)
        more = {name: value for name in ("dialogue", "failed") if (value := getattr(step, name, None))}
        text = sealed_json({"calls": [asdict(each) for each in step.calls], "say": step.say, **more})
        thought = Thought(
            turn=turn.number,
            step=number,
            mind=mind.name,
            text=text.ref,
            origin=step.origin,
            tokens=step.tokens,
            cost_usd=step.cost_usd,
        )
        self._record.append(thought, texts=[text])
        return step

    # --- Going on when an approval was answered ---

    async def _resume(self, cause: Recorded[Event], resumed: Resumed) -> None:
        """Call what was approved, in the circumstances of its own turn; its mind goes on with what came of it."""
        entries = self._record.turn(resumed.turn)
        begun = next((e.event for e in entries if isinstance(e.event, CallBegun) and e.event.call == resumed.call), None)
        if begun is None:
            self._answers.end(cause.seq, self._answers.to(cause.seq), "What was approved is not known any more.", Origin.CLAW)
            return
        turn, wanted = self._turn_of(entries[0]), wanted_of(self._record, begun)
        ended = next((e for e in entries if e.seq > cause.seq and _ends(e.event, resumed.call)), None)
        if ended is None:
            outcome = await self._answered(turn, begun, resumed)
            result = self._caller.end(resumed.turn, begun.call, wanted, outcome)
        else:  # before a kill
            result = past_of(self._record, resumed.turn).results[resumed.call - 1]
        if result.end == CallEnd.ASKED.value:
            said = f"It is not as it was when you were asked, so I ask again. {result.text}"
            questions = past_of(self._record, resumed.turn).questions
            self._answers.end(cause.seq, turn.to, said, result.origin, questions)
            return
        past = past_of(self._record, resumed.turn)
        if past.mind in ("", LITERAL) or result.end == CallEnd.REFUSED.value:
            self._answers.end(cause.seq, turn.to, result.text, joined([begun.origin, result.origin]))
            return
        about = f"The owner let you call `{begun.operation}` for: {turn.text}\nWhat came of it ({result.end}): {result.text}"
        origin = joined([begun.origin, result.origin])
        await self._think(replace(turn, number=cause.seq, text=about, origin=origin))

    async def _answered(self, turn: Turn, begun: CallBegun, resumed: Resumed) -> Outcome:
        """What came of the answer: the call is made if it was granted."""
        if resumed.granted:
            return await self._caller.settle(
                turn, begun.call, wanted_of(self._record, begun), begun.origin, attempt=resumed.key
            )
        number = next((n for t, c, n in self._record.asked() if (t, c) == (resumed.turn, resumed.call)), 0)
        with open_record() as operations:
            approval = operations.by_number(number)
            state = state_of(approval, operations.now) if approval else ApprovalState.EXPIRED
        why = {
            ApprovalState.REFUSED: "was refused",
            ApprovalState.USED: "was approved once, which another call has used",
        }.get(state, "was not approved in time")
        text = f"`{begun.operation}` {why}; nothing was done."
        return Outcome(end=CallEnd.REFUSED, text=text, origin=Origin.CLAW)

    # --- What a turn is about ---

    def _turn_of(self, cause: Recorded[Event]) -> Turn:
        common: dict[str, Any] = {"number": cause.seq, "at": self._record.clock(), "zone": self._zone()}  # Any: kwargs
        match cause.event:
            case Received(person=person, role=role, origin=origin, channel=channel, sender=sender) as received:
                to = Address(channel, sender)
                text, origin = self._words(cause.seq, received, "a message that you pass on")
                return Turn(**common, text=text, person=person, role=role, origin=origin, to=to)
            case Fired(person=person, role=role, to=to) as fired:
                text, origin = self._words(cause.seq, fired, "what is due")
                return Turn(**common, text=text, person=person, role=role, origin=origin, to=to, silent=True)
            case _:
                to = self._answers.to(cause.seq)
                return Turn(**common, text="", person="", role=Kind.STRANGER, origin=Origin.CLAW, to=to)

    def _words(self, seq: int, cause: Received | Fired, what: str) -> tuple[str, Origin]:
        """What a turn is about, as minds see it: what another writes they see, and know for foreign."""
        text = self._record.text(cause.text)
        if cause.origin is not Origin.FOREIGN or (isinstance(cause, Received) and cause.role not in PERSONS):
            return text, cause.origin
        return handle(seq, what, len(text)), Origin.TOOL


def _wanted_so_far(steps: Sequence[Step]) -> int:
    return sum(len(step.calls[:MOST_CALLS]) for step in steps)


def _read(turn: Turn, steps: Sequence[Step], results: Sequence[CallResult]) -> Origin:
    """The lowest of all that stands in a turn's context."""
    return joined([turn.origin, *(step.origin for step in steps), *(each.origin for each in results)])


def _ends(event: Event, call: int) -> bool:
    return isinstance(event, CallEnded) and event.call == call
