"""What a turn came to, by what its agent said and by what the folder holds; exit codes and praise prove nothing. Pure."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from overnight.actions.charter import Role
from overnight.actions.findings import TurnOutcome
from overnight.actions.roles.answers import asks, marked, read_findings
from overnight.actions.roles.planning import read_plan
from overnight.agents.hypothesis import last_line
from overnight.words.foreign import printable

WHY = 400  # characters of a reason
UNREAD = "its answer names no finding and does not say that there is none"
NO_PLAN = "its answer is no plan"
NOTHING = "it said nothing"


def is_usable(role: Role, text: str, *, changed: bool, paths: Collection[str]) -> bool:
    """Whether an agent that ended so has done what its role asks for; `changed`: whether the folder holds a change."""
    match role:
        case Role.CODER:
            return changed and not asks(text)
        case Role.REVIEWER:
            return read_findings(text, paths) is not None
        case Role.PLANNER:
            return read_plan(text) is not None
        case Role.RESEARCHER:
            return bool(text.strip())


def read_outcome(
    outcome: TurnOutcome, role: Role, said: Sequence[str], *, changed: bool, paths: Collection[str]
) -> TurnOutcome:
    """An outcome with what its agent's answers say, and why it is of no use, if it is not. `said`: all of them, in order."""
    last, reason = (said[-1] if said else ""), outcome.reason
    match role:
        case Role.CODER:
            words = last_line(last)
            why = "" if changed else f"it ended without a change{f': {words}' if words else ''}"
            text = "\n".join(said)
            assumptions, claims = marked(text, "ASSUMPTIONS?"), marked(text, "DOES")
            return replace(outcome, reason=reason or printable(why, WHY), assumptions=assumptions, claims=claims)
        case Role.REVIEWER:
            found = read_findings(last, paths)
            if reason:  # of one that failed what it found may be true, but its silence and its words are no approval
                found = found or None
            return replace(outcome, findings=found, reason=reason or (UNREAD if found is None else ""))
        case Role.PLANNER:
            plan = None if reason else read_plan(last)
            return replace(outcome, plan=plan, reason=reason or ("" if plan else NO_PLAN))
        case Role.RESEARCHER:
            return replace(outcome, reason=reason or ("" if last.strip() else NOTHING))
