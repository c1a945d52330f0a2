"""What of a turn is recorded already, so that one that was cut off goes on from there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from overnight.claw.events import CallBegun, CallEnd, CallEnded, Thought, TurnBegun
from overnight.claw.port import CallResult, Step, Wanted
from overnight.claw.record.record import ClawRecord, json_of
from overnight.claw.taint import handle
from overnight.operations.principal import Origin
from overnight.words.foreign import printable

NAME = 60  # characters of an operation's name in a handle


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """The steps and results of a turn so far."""

    begun: bool = False
    mind: str = ""  # that thinks in it; empty: none yet
    steps: Sequence[Step] = ()
    results: Sequence[CallResult] = ()
    cut: CallBegun | None = None  # a call that has no end
    questions: Sequence[int] = ()  # numbers of the approvals that its calls wait for


def past_of(record: ClawRecord, turn: int) -> Past:
    """The past of a turn; nothing if it has not begun."""
    begun, mind = False, ""
    cut: CallBegun | None = None
    steps: list[Step] = []
    results: dict[int, CallResult] = {}
    asked: dict[int, int] = {}
    wanted: dict[int, Wanted] = {}
    for entry in record.turn(turn):
        match entry.event:
            case TurnBegun():
                begun = True
            case Thought() as thought:
                mind = mind or thought.mind
                steps.append(_step_of(json_of(record.text(thought.text)), thought))
            case CallBegun() as call:
                cut, wanted[call.call] = call, wanted_of(record, call)
            case CallEnded(call=number, end=end, text=text, origin=origin, approval=approval):
                words = record.text(text)
                results[number] = result_of(wanted.get(number, Wanted(operation="")), entry.seq, end, words, origin)
                asked[number] = approval if end is CallEnd.ASKED else 0
                cut = None
            case _:
                pass
    questions = tuple(number for number in asked.values() if number)
    return Past(begun=begun, mind=mind, steps=steps, results=[*results.values()], cut=cut, questions=questions)


def result_of(wanted: Wanted, number: int, end: CallEnd, text: str, origin: Origin) -> CallResult:
    """What came of a call as minds see it: words of strangers are a quotation with this number."""
    if origin is Origin.FOREIGN:
        text, origin = handle(number, printable(wanted.operation, NAME), len(text)), Origin.CLAW
    return CallResult(wanted=wanted, end=end.value, text=text, origin=origin)


def wanted_of(record: ClawRecord, begun: CallBegun) -> Wanted:
    """What was called; without its input if that was forgotten."""
    said = json_of(record.text(begun.given))
    given = said.get("given")
    return Wanted(
        operation=begun.operation,
        given=given if isinstance(given, dict) else {},
        repo=str(said.get("repo", "")),
        direct=said.get("direct") is True,
    )


def _step_of(said: Mapping[str, object], thought: Thought) -> Step:
    calls = said.get("calls")
    return Step(
        calls=tuple(Wanted(**each) for each in calls) if isinstance(calls, list) else (),
        say=str(said.get("say", "")),
        origin=thought.origin,
        tokens=thought.tokens,
        cost_usd=thought.cost_usd,
        failed=said.get("failed") is True,
        dialogue=str(said.get("dialogue", "")),
    )
