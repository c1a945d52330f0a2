"""The board as the one fold of its events: what each action has come to, and what it needs next. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import chain

from overnight.actions.charter import Request, Role
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
    Word,
)
from overnight.actions.findings import CheckOutcome, Evidence, Finding, Plan, TurnOutcome
from overnight.ledger.port import Recorded
from overnight.models.usage import Usage
from overnight.words.foreign import printable
from overnight.words.quantities import listed

CHECK_ROUNDS = 3  # that a failing check goes back to the coder, between two words of a person's
REVIEW_ROUNDS = 2  # that blocking findings do
MOST_NAMED, PATH = 50, 200  # files in what a coder is asked, and characters of each
MERGE_ROUNDS = 3  # that it goes back because it does not fit on what was merged meanwhile
AGAIN = "Try again."
KEPT_ENDED = 30  # actions that have ended and are on the board as a whole
PLANNED_FROM = 400  # characters of a request, from which a planner is asked


class Stage(StrEnum):
    """What an action needs next."""

    QUEUED = "queued"  # room, or the actions that it comes after
    PLANNING = "planning"
    RESEARCHING = "researching"
    CODING = "coding"
    CHECKING = "checking"
    REVIEWING = "reviewing"
    READY = "ready"  # to be shown to a person
    WAITING = "waiting"  # for a person's word
    MERGING = "merging"
    DELIVERING = "delivering"  # it is merged, and is to be pushed
    MERGED = "merged"
    DROPPED = "dropped"
    SPLIT = "split"  # other actions do its work


ENDED = frozenset((Stage.MERGED, Stage.DROPPED, Stage.SPLIT))
FLOWING = frozenset(
    (
        *(Stage.PLANNING, Stage.RESEARCHING, Stage.CODING, Stage.CHECKING, Stage.REVIEWING),
        *(Stage.READY, Stage.MERGING, Stage.DELIVERING),
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One action, as its events left it."""

    number: int
    request: Request
    by: str
    key: str = ""  # of the call that asked for it
    asked_at: float  # Unix time, s, as all times here
    changed_at: float
    base: str = ""  # commit that its changes are on; empty: it has not begun
    rules: str = ""  # the text of actions.md in the base
    plan: Plan | None = None
    note: str = ""  # the researcher's
    commit: str = ""  # its newest; empty: there is none
    commit_base: str = ""  # that this one is on: another than `base` once it did not fit on what was merged
    to_fix: str = ""  # what the coder is asked to change next; empty: nothing
    why_fix: str = ""  # "checks", "review", "person", "merge" or ""
    left: str = ""  # commit of what a turn left that was cut off: the next one goes on from it; empty: nothing
    onto: str = ""  # what the coder begins with after a merge that failed: the head with this in it; empty: its own commit
    conflicts: Sequence[str] = ()  # paths of the newest merge that failed
    beside: Sequence[str] = ()  # paths of its own versions there, which must go
    joined: str = ""  # what the coder began with then
    accepted_before: str = ""  # the commit that a person had accepted then
    evidence: Evidence | None = None  # of `commit`
    findings: Sequence[Finding] | None = None  # of `commit`
    unreviewed: str = ""  # why `commit` has no review although a reviewer was asked; empty: it has one, or nobody was
    past_findings: Sequence[Finding] = ()  # of earlier commits, that the coder was asked to fix
    turns: int = 0  # begun
    turns_before: int = 0  # of these, before a person's newest word: a budget counts from there
    usage_before: Usage = field(default_factory=Usage)  # the same
    open_turn: Role | None = None  # one that has begun and not ended
    unusable: str = ""  # why the newest turn left nothing to go on with
    assumptions: Sequence[str] = ()
    not_taken: Sequence[str] = ()  # what the newest coder left that is no part of the commit
    claims: Sequence[str] = ()  # of the newest coder
    check_rounds: int = 0
    review_rounds: int = 0
    merge_rounds: int = 0
    parked: str = ""  # why no model can be asked; empty: it is not parked
    parked_until: float = 0.0
    waiting: str | None = None  # for a person, and why; empty: its result is there; None: it does not
    fault: bool = False  # it waits because we or the machine failed
    fault_log: str = ""  # artifact that says more of it
    ready_at: float = 0.0
    accepted: str = ""  # the commit that a person accepted
    judged_by: str = ""
    dropped: str | None = None
    merged: str = ""  # commit of the integration branch
    flaky: Sequence[str] = ()  # checks that failed first on the merged tree, and passed when they were tried again
    failing: Sequence[str] = ()  # checks that failed there, as on the head before
    deliver: str = ""  # the remote that it is pushed to; empty: it is not
    delivered: str = ""
    problem: str = ""  # of the delivery
    split_into: Sequence[int] = ()  # actions that do its work
    usage: Usage = field(default_factory=Usage)
    working_s: float = 0.0  # of agents
    agents: Mapping[str, str] = field(default_factory=dict)  # by role, which one worked last

    @property
    def stage(self) -> Stage:  # a table
        """What it needs next."""
        if self.dropped is not None:
            return Stage.DROPPED
        if self.merged:
            return Stage.DELIVERING if self.deliver and not (self.delivered or self.problem) else Stage.MERGED
        if self.split_into:
            return Stage.SPLIT
        if not self.base:
            return Stage.QUEUED if self.waiting is None else Stage.WAITING
        if self.waiting is not None:
            return Stage.WAITING
        if self.accepted:
            return Stage.MERGING
        return self._working_stage()

    def _working_stage(self) -> Stage:  # a table
        if not self.commit or self.to_fix:
            if self.plan is None and not self.commit and self.wants_plan:
                return Stage.PLANNING
            if self.plan and self.plan.research and not self.note:
                return Stage.RESEARCHING
            return Stage.READY if self.unusable else Stage.CODING
        if self.evidence is None:
            return Stage.CHECKING
        if self.findings is None and not self.evidence.to_fix:
            return Stage.REVIEWING
        return Stage.READY

    @property
    def wants_plan(self) -> bool:
        """Whether a planner is asked."""
        if self.request.commit or self.request.measure or self.request.plan is False:
            return False
        return bool(self.request.plan) or len(self.request.text) >= PLANNED_FROM

    @property
    def start(self) -> str:
        """The commit that the coder begins with."""
        return self.left or self.onto or self.commit or self.base

    @property
    def blocking(self) -> Sequence[Finding]:
        """Findings that keep its commit from being good."""
        return [finding for finding in self.findings or () if finding.blocking]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrunkState:
    """How the integration branch of a repository stands."""

    head: str
    held: str = ""  # why it cannot be moved, and what to type
    apart: str = ""  # which commits of the user's are not in it, why, and what to type
    broken: Sequence[str] = ()  # checks that fail on it
    since: float = 0.0  # when they were first seen to fail
    after: int = 0  # the action that was merged last before that; 0: none of ours
    said: str = ""  # what somebody else did to it last
    last: int = 0  # the action that was merged last; 0: none


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """The actions of this user that go on, and the newest that have ended; of those before, which were merged.

    So what a look or a step costs does not grow with the actions that there were.
    """

    actions: Mapping[int, Action] = field(default_factory=dict)  # by number; those that have ended come last, in that order
    merged: frozenset[int] = frozenset()  # of those that have left `actions`
    newest: int = 0  # number of the action that was asked for last
    trunks: Mapping[str, TrunkState] = field(default_factory=dict)  # by the repository's path
    deliveries: frozenset[str] = frozenset()  # digests of those that a person allowed
    seq: int = 0  # of the newest event
    open: Mapping[int, Action] = field(default_factory=dict)  # those that have not ended

    def in_stage(self, *stages: Stage) -> Sequence[Action]:
        """The actions in some stages, oldest first."""
        among = self.actions if ENDED.intersection(stages) else self.open
        return [action for action in among.values() if action.stage in stages]

    def standing(self, number: int) -> bool | None:
        """Whether an action is merged, as a whole if it was split, however long ago; None if it never will be."""
        return _standing(number, self.actions, self.merged)


def fold(board: Board, entry: Recorded[Event]) -> Board:
    """The board after an event; one of an action that is not known changes nothing."""
    return fold_all(board, (entry,))


def fold_all(board: Board, entries: Iterable[Recorded[Event]]) -> Board:
    """The board after some events, at the cost of one copy of it; the same one if there are none."""
    following = iter(entries)
    if (first := next(following, None)) is None:
        return board
    actions, still_open, trunks, seq, newest = dict(board.actions), dict(board.open), board.trunks, board.seq, board.newest
    deliveries = board.deliveries
    for entry in chain((first,), following):
        event, seq = entry.event, entry.seq
        if isinstance(event, TrunkNoted | Merged):
            trunks = _with_trunk(trunks, actions, event, entry.at)
        if isinstance(event, DeliveryAsked) and event.allows:
            deliveries |= {event.allows}
        known = actions.get(event.action)
        after = fold_action(known, entry)
        if after is None or after is known:
            continue
        newest = max(newest, event.action)
        if after.stage in ENDED:
            if still_open.pop(event.action, None):
                del actions[event.action]  # it comes last now
            actions[event.action] = after
        else:
            actions[event.action] = still_open[event.action] = after
    merged = _forget(actions, still_open, board.merged)
    return Board(actions=actions, open=still_open, trunks=trunks, deliveries=deliveries, merged=merged, newest=newest, seq=seq)


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


def _forget(actions: dict[int, Action], still_open: Mapping[int, Action], merged: frozenset[int]) -> frozenset[int]:
    """Let the actions go that ended longest ago and that nothing waits for; all that were merged of those that are gone."""
    if (many := len(actions) - len(still_open) - KEPT_ENDED) <= 0:
        return merged
    needed = {number for action in still_open.values() for number in action.request.after}
    ended = [number for number, action in actions.items() if action.stage in ENDED and number not in needed]
    old = {number: standing for number in ended[:many] if (standing := _standing(number, actions, merged)) is not False}
    for number in old:
        del actions[number]
    return merged.union(number for number, standing in old.items() if standing)


def _standing(number: int, actions: Mapping[int, Action], merged: frozenset[int]) -> bool | None:
    """As `Board.standing`."""
    if number in merged:
        return True
    action = actions.get(number)
    if action is None or action.stage is Stage.DROPPED:
        return None
    if action.stage is not Stage.SPLIT:
        return bool(action.merged)
    parts = [_standing(part, actions, merged) for part in action.split_into if part > number]
    return None if None in parts else all(parts)


def _with_trunk(
    trunks: Mapping[str, TrunkState], actions: Mapping[int, Action], event: TrunkNoted | Merged, at: float
) -> Mapping[str, TrunkState]:
    """How the integration branches stand after one was looked at, or has moved."""
    if isinstance(event, TrunkNoted):
        repo, broken, last = event.repo, event.broken, 0
        head, held, apart, said = event.head, event.held, event.apart, event.said
    elif (known := actions.get(event.action)) is None:
        return trunks
    else:
        repo, broken, last = known.request.repo, event.failing, event.action
        head, held, apart, said = event.commit, "", "", ""
    old = trunks.get(repo, TrunkState(head=""))
    since, after = (old.since, old.after) if old.broken else (at, old.last)
    apart = apart if isinstance(event, TrunkNoted) else old.apart
    state = TrunkState(head=head, held=held, apart=apart, broken=broken, said=said or old.said, last=last or old.last)
    return {**trunks, repo: replace(state, since=since, after=after) if broken else state}


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
    assumptions = (*action.assumptions, *event.outcome.assumptions)
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
    if not event.text and (action.fault or not action.base):  # nothing is wrong with the work: the step is done again
        return fresh
    if action.why_fix == "merge":
        return replace(fresh, accepted="", to_fix=f"{action.to_fix}\n\n{event.text}".strip())
    return replace(fresh, accepted="", to_fix=event.text or action.to_fix or AGAIN, why_fix="person")
