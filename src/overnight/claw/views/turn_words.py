"""Turns in words."""

import json
from collections.abc import Iterator, Sequence

from overnight.claw.views.turns import CallView, TurnLine, TurnList, TurnView
from overnight.words.foreign import one_line, printable_lines
from overnight.words.moments import moment
from overnight.words.quantities import compact, duration

LINE = 100  # characters of a text in a line
TEXT = 4000  # of one that is shown in full
MARKS = {"done": "✓", "failed": "✗", "refused": "✗", "asked": "?", "unknown": "?", "": "…"}


def log_words(found: TurnList) -> str:
    """A line for each turn, the newest first."""
    if not found.total:
        return "nothing happened yet: overnight claw chat"
    lines = [line for each in found.turns for line in _line(each)]
    after = found.offset + len(found.turns)
    return "\n".join([*lines, *([f"older: overnight claw log --offset {after}"] if after < found.total else [])])


def _line(turn: TurnLine) -> Iterator[str]:
    calls = f" [{', '.join(turn.calls)}]" if turn.calls else ""
    cost = f" · {compact(turn.tokens)} tokens" if turn.tokens else ""
    yield f"#{turn.number}  {moment(turn.at)}  {turn.about}: {one_line(turn.text, LINE)}{calls}{cost}"
    yield f"      → {one_line(turn.answer, LINE) if not turn.waits else 'waits'}"


def turn_words(turn: TurnView) -> str:
    """Everything of a turn."""
    return "\n".join(_turn(turn))


def _turn(turn: TurnView) -> Iterator[str]:
    yield f"turn {turn.number}, {moment(turn.at)}: {turn.cause.about}, words of {turn.cause.origin}"
    yield from _quoted(turn.cause.text)
    for each in turn.recalled:
        yield f"recalled #{each.number}: {one_line(each.text, LINE)}"
    for step in turn.steps:
        tokens = f", {compact(step.tokens)} tokens, ${step.cost_usd:.4f}" if step.tokens else ""
        yield f"step {step.step}, {step.mind}{tokens}: {', '.join(step.wants) or 'the answer'}"
    for call in turn.calls:
        yield from _call(call)
    for send in turn.sends:
        why = f": {one_line(send.why, LINE)}" if send.why else ""
        yield f"to {send.channel} ({send.state}{why})"
        yield from _quoted(send.text)
    if turn.answered_at is None:
        yield "it is not over"
    else:
        yield f"took {duration(max(0.0, turn.answered_at - turn.at))}, {compact(turn.tokens)} tokens, ${turn.cost_usd:.4f}"
    if turn.goes_on:
        yield f"went on in {', '.join(f'turn {number}' for number in turn.goes_on)}"


def _call(call: CallView) -> Iterator[str]:
    repo = f" in {call.repo}" if call.repo else ""
    idea = "a person's own words" if call.by_person else f"the claw's idea, after words of {call.origin}"
    approval = f", question {call.approval} to the owner" if call.approval else ""
    given = one_line(json.dumps(dict(call.given), ensure_ascii=False), 2 * LINE)
    yield f"{MARKS.get(call.end, ' ')} {call.operation}{repo} {given} ({call.end or 'under way'}; {idea}{approval})"
    yield from _quoted(call.text)


def _quoted(text: str) -> Sequence[str]:
    return [f"    {line}" for line in printable_lines(text, TEXT).splitlines()]
