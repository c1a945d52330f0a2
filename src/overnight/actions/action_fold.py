"""What an event makes of the action that it is about. Pure."""

from collections.abc import Sequence
from dataclasses import replace

from overnight.actions.charter import Role
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
from overnight.actions.findings import CheckOutcome, Evidence, Finding, TurnOutcome
from overnight.actions.state import ENDED, Action
from overnight.ledger.port import Recorded
from overnight.words.foreign import printable
from overnight.words.quantities import listed

CHECK_ROUNDS = 3  # that a failing check goes back to the coder, between two words of a person's
REVIEW_ROUNDS = 2  # that blocking findings do
MERGE_ROUNDS = 3  # that it goes back because it does not fit on what was merged meanwhile
MOST_NAMED, PATH = 50, 200  # files in what a coder is asked, and characters of each
AGAIN = "Try again."


def fold_action(action: Action | None, entry: Recorded[Event]) -> Action | None:
    """One action after an event of its own; None before it was asked for, the same one if nothing changes."""
    event = entry.event
    if action is None:
        if not isinstance(event, Asked):
            return None
        at = entry.at
        return Action(number=event.action, request=event.request, by=event.by, key=event.key, asked_at=at, changed_at=at)
    after = _after_any(action, event, entry.at)
    return action if after is action else replace(after, changed_at=entry.at)


def _after_any(action: Action, event: Event, at: float) -> Action:
    return _after_end(action, event) if action.stage in ENDED else _after(action, event, at)


def _after_end(action: Action, event: Event) -> Action:
    """What can still happen to an action that has ended; it stays ended."""
    match event:
        case Merged() if not action.merged:  # it was dropped in the moment in which it was merged
            return _after_merge(replace(action, dropped=None), event)
        case Delivered():
            return replace(action, delivered=event.where, problem=event.problem)
        case DeliveryAsked() if action.merged and action.deliver:
            return replace(action, delivered="", problem="")
        case TurnEnded():  # dropped while an agent worked
            return _used(action, event.role, event.outcome)
        case Planned():
            return _used(action, Role.PLANNER, event.outcome)
        case Reviewed() if event.commit == action.commit:
            return _used(action, Role.REVIEWER, event.outcome)
        case TurnCut():
            return replace(action, usage=action.usage + event.usage, open_turn=None)
    return action


def _after(action: Action, event: Event, at: float) -> Action:  # noqa: C901, PLR0911, PLR0912  # a case each
    match event:
        case Begun() if not action.base:
            commit = action.request.commit
            return replace(action, base=event.base, rules=event.rules, commit=commit, commit_base=event.base)
        case Planned():
            return replace(_used(action, Role.PLANNER, event.outcome), plan=event.plan, split_into=event.into)
        case TurnBegun():
            return replace(action, turns=event.turn, open_turn=event.role, parked="", parked_until=0.0)
        case TurnEnded():
            return _after_turn(_used(action, event.role, event.outcome), event)
        case TurnCut():
            left = event.commit if event.role is Role.CODER else ""
            return replace(action, usage=action.usage + event.usage, open_turn=None, left=left or action.left)
        case Parked():
            return replace(action, parked=event.why, parked_until=event.until)
        case Checked() if event.commit == action.commit and action.evidence is None:
            return _after_checks(action, event.evidence)
        case Reviewed() if event.commit == action.commit and action.findings is None:
            return _after_review(replace(_used(action, Role.REVIEWER, event.outcome), unreviewed=event.missing), event.findings)
        case Waiting():
            said = replace(action, waiting=event.why, fault=event.fault, fault_log=event.log, ready_at=at)
            return replace(said, parked="", parked_until=0.0)
        case Judged():
            return _after_word(action, event)
        case Merged():
            return _after_merge(action, event)
        case Returned():
            return _after_return(action, event)
        case Delivered():
            return replace(action, delivered=event.where, problem=event.problem)
    return action


def _after_merge(action: Action, event: Merged) -> Action:
    return replace(action, merged=event.commit, flaky=event.flaky, failing=event.failing, deliver=event.deliver, onto="")


def _used(action: Action, role: Role, outcome: TurnOutcome) -> Action:
    return replace(
        action,
        usage=action.usage + outcome.usage,
        working_s=action.working_s + outcome.wall_s,
        agents={**action.agents, role: outcome.agent},
        open_turn=None,
    )


def _after_turn(action: Action, event: TurnEnded) -> Action:
    if event.role is Role.RESEARCHER:
        return replace(action, note=event.outcome.text or event.outcome.reason or "(nothing)")
    if event.role is not Role.CODER:
        return action
    assumptions = tuple(dict.fromkeys((*action.assumptions, *event.outcome.assumptions)))
    action = replace(action, not_taken=event.outcome.not_taken)
    if not event.commit or event.commit == action.commit:
        why = event.outcome.reason or "the coder ended without a change"
        return replace(action, assumptions=assumptions, unusable=why)
    return replace(
        action,
        commit=event.commit,
        commit_base=action.base,
        onto="",
        assumptions=assumptions,
        claims=event.outcome.claims,
        to_fix="",
        why_fix="",
        left="",
        unusable="",
        accepted="",
        waiting=None,
        evidence=None,
        findings=None,
        unreviewed="",
        past_findings=(*action.past_findings, *action.blocking),
    )


def _failure(outcome: CheckOutcome) -> str:
    return f"`{outcome.command}` fails: {outcome.reason}{f' ({outcome.note})' if outcome.note else ''}"


def _after_checks(action: Action, evidence: Evidence) -> Action:
    checked = replace(action, evidence=evidence)
    if not evidence.to_fix or action.request.commit or action.check_rounds >= CHECK_ROUNDS:
        return checked
    said = "\n".join("\n".join((_failure(each), *each.excerpt)) for each in evidence.to_fix)
    return replace(checked, to_fix=said, why_fix="checks", check_rounds=action.check_rounds + 1)


def _after_review(action: Action, findings: Sequence[Finding]) -> Action:
    reviewed = replace(action, findings=findings)
    if not reviewed.blocking or action.request.commit or action.review_rounds >= REVIEW_ROUNDS:
        return reviewed
    said = "\n".join(f"{each.path}:{each.line}: {each.text}" for each in reviewed.blocking)
    return replace(reviewed, to_fix=said, why_fix="review", review_rounds=action.review_rounds + 1)


def _after_return(action: Action, event: Returned) -> Action:
    """Back to the coder, with the head as its base; after some rounds to a person."""
    fix = [f"This change does not fit on what was merged meanwhile: {event.why}"]
    if event.conflicts:
        fix.append(
            "The folder holds what was merged, with this change in it where it fits. Decide what is right in each file,"
            " keep what both sides meant, and leave no conflict markers. They are: " + _named(event.conflicts)
        )
    if event.beside:
        fix.append("These are this change's own versions; take what is needed and delete them: " + _named(event.beside))
    returned = replace(
        action,
        base=event.onto,
        accepted="",
        left="",
        check_rounds=0,
        review_rounds=0,
        merge_rounds=action.merge_rounds + 1,
        to_fix="\n".join(fix),
        why_fix="merge",
        onto=event.start,
        conflicts=event.conflicts,
        beside=event.beside,
        joined=event.start,
        accepted_before=action.accepted_before or action.accepted,
    )
    if action.merge_rounds < MERGE_ROUNDS:
        return replace(returned, unusable="")
    return replace(returned, unusable=f"it does not fit on what was merged meanwhile: {event.why.splitlines()[0]}")


def _named(paths: Sequence[str]) -> str:
    return listed((printable(path, PATH) for path in paths), MOST_NAMED, noun="file")


def _after_word(action: Action, event: Judged) -> Action:
    """Of a result that waits; an action can also be dropped at any other time. A word on another commit accepts nothing."""
    judged = replace(action, waiting=None, fault=False, fault_log="", judged_by=event.by)
    if event.word is Word.DROP:
        return replace(judged, dropped=event.text)
    if action.waiting is None and not event.carried:
        return action
    if event.word is Word.ACCEPT:
        if not event.commit or event.commit != action.commit:
            return action
        return replace(judged, accepted=event.commit, accepted_before=event.carried)
    fresh = replace(judged, check_rounds=0, review_rounds=0, merge_rounds=0, unusable="", accepted_before="")
    fresh = replace(fresh, turns_before=action.turns, usage_before=action.usage)
    if not action.base and not action.fault:  # what it comes after will not be merged: it begins without that
        fresh = replace(fresh, request=replace(action.request, after=()))
    if not event.text and action.is_only_stuck:  # the step is done again
        began = action.commit or action.left or action.onto
        return fresh if began else replace(fresh, base="", rules="")  # on what is there now, which may be repaired
    if action.why_fix == "merge":
        return replace(fresh, accepted="", to_fix=f"{action.to_fix}\n\n{event.text}".strip())
    return replace(fresh, accepted="", to_fix=event.text or action.to_fix or AGAIN, why_fix="person")
