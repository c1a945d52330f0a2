"""What happened to one action, step by step, in words for people; pure.

Outputs and transcripts are named by the fields of events that hold artifacts, and by nothing that an agent wrote.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass

from overnight.actions.events import (
    Asked,
    Begun,
    Checked,
    Delivered,
    DeliveryAsked,
    Event,
    Judged,
    Merged,
    Parked,
    Planned,
    Returned,
    Reviewed,
    TurnBegun,
    TurnCut,
    TurnEnded,
    Waiting,
    Word,
)
from overnight.actions.findings import TurnOutcome
from overnight.ledger.port import Recorded
from overnight.words.moments import moment
from overnight.words.quantities import counted

HELD = frozenset(("log", "transcript", "shown"))  # fields that hold the names of artifacts
SAID = {Word.ACCEPT: "accepted it", Word.SEND_BACK: "sent it back", Word.DROP: "dropped it"}
COMMIT = 12  # characters of a commit that people read


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """A file that a step left."""

    artifact: str  # its name, for `action output`
    about: str  # the command that printed it, `transcript` or `shown`


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing that happened."""

    at: float  # Unix time, s
    what: str  # one line
    text: str  # what was said, as somebody wrote it; may have lines
    agent: str  # that worked; empty: none did
    seconds: float
    tokens: int
    cost_usd: float
    outputs: Sequence[Output]


def steps_of(entries: Sequence[Recorded[Event]]) -> Iterator[Step]:
    """The steps of one action's events, in order; a turn that began is a step only as long as it has not ended."""
    for place, entry in enumerate(entries):
        event = entry.event
        if isinstance(event, TurnBegun) and place + 1 < len(entries):
            continue
        what, text = _words(event)
        outcome = getattr(event, "outcome", None)
        outcome = outcome if isinstance(outcome, TurnOutcome) else TurnOutcome(text="")
        yield Step(
            at=entry.at,
            what=what,
            text=text,
            agent=outcome.agent,
            seconds=outcome.wall_s,
            tokens=outcome.usage.tokens,
            cost_usd=outcome.usage.cost_usd,
            outputs=list(outputs_of(event)),
        )


def outputs_of(value: object, about: str = "") -> Iterator[Output]:
    """The files that a value names, however deep; each once, with the command that printed it."""
    seen: set[str] = set()
    for output in _outputs(value, about):
        if output.artifact not in seen:
            seen.add(output.artifact)
            yield output


def _outputs(value: object, about: str) -> Iterator[Output]:
    if isinstance(value, Sequence) and not isinstance(value, str):
        for each in value:
            yield from _outputs(each, about)
    elif is_dataclass(value) and not isinstance(value, type):
        command = getattr(value, "command", "")
        for field in fields(value):
            found = getattr(value, field.name)
            if field.name in HELD:
                names = [found] if isinstance(found, str) else found
                yield from (Output(artifact=name, about=command or field.name) for name in names if name)
            else:
                yield from _outputs(found, about)


def _words(event: Event) -> tuple[str, str]:  # noqa: C901, PLR0911, PLR0912  # a case each
    match event:
        case Asked():
            return f"asked for by {event.by}", event.request.text
        case Begun():
            return f"begun on {event.base[:COMMIT]}", ""
        case Planned():
            if event.plan.split:
                return f"planned, and split into {counted(len(event.plan.split), 'action')}", "\n".join(event.plan.split)
            return "planned", "\n".join(event.plan.steps)
        case TurnBegun():
            return f"the {event.role} works", ""
        case TurnEnded():
            did = f", as {event.commit[:COMMIT]}" if event.commit else ", without a change"
            return (
                f"the {event.role} ended{did}{f': {event.outcome.reason}' if event.outcome.reason else ''}",
                event.outcome.text,
            )
        case TurnCut():
            kept = f", and left {event.commit[:COMMIT]}" if event.commit else ""
            return f"the {event.role} was cut off{kept}: {event.why}", ""
        case Parked():
            return f"waits until {moment(event.until)} for a model: {event.why}", ""
        case Checked():
            failed = [each.command for each in event.evidence.after if not each.passed]
            which = f"{counted(len(failed), 'check')} failed: {', '.join(failed)}" if failed else "all checks passed"
            return f"checked {event.commit[:COMMIT]}: {which}", ""
        case Reviewed():
            blocking = sum(each.blocking for each in event.findings)
            said = counted(len(event.findings), "finding") if event.findings else "no findings"
            return f"reviewed: {said}{f', {blocking} of them blocking' if blocking else ''}", event.outcome.text
        case Waiting():
            return f"waits for a person{f': {event.why}' if event.why else ': the result is there'}", ""
        case Judged():
            return f"{event.by} {SAID[event.word]}", event.text
        case Merged():
            return f"merged as {event.commit[:COMMIT]}", ""
        case Returned():
            return f"returned: {event.why}", "\n".join(event.conflicts)
        case Delivered():
            return f"not delivered: {event.problem}" if event.problem else f"delivered: {event.where}", ""
        case DeliveryAsked():
            return f"{event.by} asked for its delivery", ""
    return event.kind.replace("_", " "), ""


def names_of(entries: Sequence[Recorded[Event]]) -> Mapping[str, Output]:
    """Every file that one action's events name."""
    return {output.artifact: output for entry in entries for output in outputs_of(entry.event)}
