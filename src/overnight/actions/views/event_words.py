"""What happens to actions, as a line for each event. Pure."""

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
    TrunkNoted,
    TurnBegun,
    TurnCut,
    TurnEnded,
    Waiting,
)
from overnight.actions.findings import Evidence, TurnOutcome
from overnight.words.foreign import one_line, printable
from overnight.words.quantities import compact, counted, duration

LINE = 200  # characters of foreign text
SHORT = 12  # digits of a commit


def event_words(event: Event) -> str:
    """The event on one line."""
    return f"#{event.action} {_words(event)}"


def _words(event: Event) -> str:  # noqa: C901, PLR0911, PLR0912  # a case each
    match event:
        case Asked(request=request, by=by):
            return f"asked by {printable(by, LINE)}: {printable(request.title, LINE)}"
        case Begun(base=base):
            return f"begins on {base[:SHORT]}"
        case Planned(plan=plan, outcome=outcome):
            return f"planned: {counted(len(plan.steps), 'step')}{_ended(outcome)}"
        case TurnBegun(turn=turn, role=role):
            return f"turn {turn}: the {role} works"
        case TurnEnded(turn=turn, role=role, outcome=outcome, commit=commit):
            made = f", commit {commit[:SHORT]}" if commit else ""
            return f"turn {turn}: the {role} has ended{made}{_ended(outcome)}"
        case TurnCut(turn=turn, role=role, why=why):
            return f"turn {turn}: the {role} was cut off: {one_line(why, LINE)}"
        case Parked(why=why):
            return f"waits for a model: {one_line(why, LINE)}"
        case Checked(commit=commit, evidence=evidence):
            return f"checked {commit[:SHORT]}: {_checked(evidence)}"
        case Reviewed(findings=findings, outcome=outcome):
            blocking = sum(found.blocking for found in findings)
            return f"reviewed: {counted(len(findings), 'finding')}, {blocking} blocking{_ended(outcome)}"
        case Waiting(why=why):
            return f"needs you: {one_line(why, LINE)}" if why else "its result is there: overnight review"
        case Judged(word=word, by=by, text=text):
            return f"{word} by {printable(by, LINE)}{f': {one_line(text, LINE)}' if text else ''}"
        case Merged(commit=commit):
            return f"merged as {commit[:SHORT]}"
        case Returned(why=why):
            return f"could not be merged: {one_line(why, LINE)}"
        case DeliveryAsked(by=by):
            return f"is to be delivered, by {printable(by, LINE)}"
        case TrunkNoted(held=held, apart=apart, broken=broken, said=said):
            return f"overnight/main: {one_line(held or apart or said or ', '.join(broken) or 'in order', LINE)}"
        case Delivered(where=where, problem=problem):
            return f"not delivered: {one_line(problem, LINE)}" if problem else f"delivered to {printable(where, LINE)}"
    return ""


def _ended(outcome: TurnOutcome) -> str:
    tokens = f", {compact(outcome.usage.tokens)} tokens" if outcome.usage.tokens else ""
    reason = f": {one_line(outcome.reason, LINE)}" if outcome.reason else ""
    return f", {duration(outcome.wall_s)}{tokens}{reason}"


def _checked(evidence: Evidence) -> str:
    passed = sum(each.passed for each in evidence.after)
    return f"{passed} of {counted(len(evidence.after), 'check')} pass"
