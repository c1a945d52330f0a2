"""The queue of ideas: a fold of the ledger's events, and the choice of the next idea.

The event `Proposed` that names an idea makes it taken; the verdict on that experiment makes it tried. Nothing is recorded
between a request to a researcher and its proposal, so a killed session has nothing to give back.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from overnight.gate.verdict import Verdict
from overnight.research.charter import Charter
from overnight.research.events import Concluded, IdeasChanged, ProposalMissed, Proposed, Reopened
from overnight.research.idea import (
    PERSONS,
    PROGRAM,
    AddIdea,
    DropIdea,
    Idea,
    IdeaEdit,
    IdeaQueue,
    IdeaState,
    OrderIdeas,
    ReopenIdea,
    RewordIdea,
    Risk,
)
from overnight.research.ideas.text import (
    LONGEST_EFFECT,
    LONGEST_ORIGIN,
    LONGEST_REASON,
    clean_idea,
    clean_label,
    one_line,
    split_marks,
    twin,
    words_of,
)
from overnight.research.order import MOST_EDITS

MOST_OPEN = 500
MOST_DONE = 50  # newest ones; older ones are in the ledger only
PATIENCE = 3  # proposals for one idea that came to nothing, after which nobody is given it
NOBODY = "nobody"  # origin of an idea whose origin has no name
LAPSED = "overnight"  # recorded as the one who dropped an idea if nobody did

QueueEvent = IdeasChanged | Proposed | Reopened | ProposalMissed | Concluded


# --- Which is next ---


def choose_idea(queue: IdeaQueue, bold: float, busy: Collection[int] = (), *, reserved: Collection[int] = ()) -> Idea | None:
    """The idea for the next proposal: the first in order that the share of bold ideas allows; None if none is open.

    Args:
        queue: its current state.
        bold: share of bold ideas among those that are marked as bold or safe, 0 to 1.
        busy: numbers of ideas that researchers are working on, without a proposal yet.
        reserved: numbers of ideas that wait for somebody else.
    """
    in_hand = [idea.risk for idea in queue.ideas if idea.number in busy]
    bold_ones, safe_ones = queue.bold + in_hand.count(Risk.BOLD), queue.safe + in_hand.count(Risk.SAFE)
    wanted = Risk.BOLD if bold_ones + 0.5 < bold * (bold_ones + safe_ones + 1) + 1e-9 else Risk.SAFE
    left_out = {*busy, *reserved, *(idea.number for idea in queue.ideas if idea.misses >= PATIENCE)}
    free = [idea for idea in queue.ideas if idea.state is IdeaState.OPEN and idea.number not in left_out]
    return next((idea for idea in free if idea.risk in {wanted, None}), free[0] if free else None)


def refusal(queue: IdeaQueue, text: str) -> str:
    """Why the queue does not accept a new idea with this text; empty if it does."""
    if not words_of(clean_idea(text)):
        return "it has no words"
    known = twin(clean_idea(text), (*queue.ideas, *reversed(queue.done)))
    if known and known.verdict is not Verdict.CRASH:
        return f"nearly the same as idea #{known.number}{_outcome(known)}"
    full = len(queue.ideas) >= MOST_OPEN and all(idea.origin in PERSONS for idea in queue.ideas)
    return f"{MOST_OPEN} ideas are open already" if full else ""


def _outcome(idea: Idea) -> str:
    if idea.state is IdeaState.DROPPED:
        return f", dropped by {idea.dropped_by}"
    return f", {idea.verdict} in experiment #{idea.experiment}" if idea.verdict else ""


# --- The fold ---


def after(queue: IdeaQueue, event: QueueEvent) -> IdeaQueue:
    """The queue after an event of the ledger."""
    match event:
        case IdeasChanged():
            for edit in event.edits[:MOST_EDITS]:
                queue = _edited(queue, edit, event.by, event.giver)
            return queue
        case Proposed():
            return _taken(queue, event)
        case Reopened():
            return _taken(queue, event.proposed)
        case ProposalMissed():
            return queue if event.fault else _missed(queue, _find(queue.ideas, event.idea), event.reason)
        case Concluded():
            return _concluded(queue, event)


def with_charter(queue: IdeaQueue, charter: Charter) -> IdeaQueue:
    """The queue after a program was read: its new open ideas are added, those that it ticks are dropped."""
    for listed in charter.ideas:
        text, risk, effect = split_marks(listed.text)
        known = twin(clean_idea(text), (*queue.ideas, *queue.done))
        if not listed.done and known is None:
            queue = _added(queue, AddIdea(text=text, risk=risk, effect=effect), PROGRAM)
        elif listed.done and known and known in queue.ideas:
            queue = _dropped(queue, known, by=PROGRAM, reason="ticked in program.md")
    return queue


def _edited(queue: IdeaQueue, edit: IdeaEdit, by: str, giver: str) -> IdeaQueue:
    """Apply one edit. A role may only add ideas and drop those of roles; it cannot touch what persons want."""
    person = by in PERSONS
    match edit:
        case AddIdea():
            return _added(queue, edit, by, giver)
        case DropIdea():
            idea = _find(queue.ideas, edit.number)
            allowed = idea is not None and (person or (idea.origin not in PERSONS and idea.state is IdeaState.OPEN))
            return _dropped(queue, idea, by=by, reason=edit.reason) if idea and allowed else queue
        case RewordIdea() if person:
            return _reworded(queue, edit)
        case ReopenIdea() if person:
            return _reopened(queue, edit.number)
        case OrderIdeas() if person:
            return replace(queue, ideas=_ordered(queue.ideas, edit.numbers))
        case _:
            return queue


def _added(queue: IdeaQueue, edit: AddIdea, by: str, giver: str = "") -> IdeaQueue:
    """Add an idea. A refused idea of a person is listed as done, with the reason; a refused one of a role is ignored."""
    origin = clean_label(by, LONGEST_ORIGIN) or NOBODY
    idea = Idea(
        number=queue.next_number,
        text=clean_idea(edit.text),
        origin=origin,
        risk=edit.risk,
        effect=clean_label(edit.effect, LONGEST_EFFECT),
        giver=clean_label(giver, LONGEST_ORIGIN),
    )
    refused = refusal(queue, edit.text)
    if refused and (origin not in PERSONS or not idea.text):
        return queue
    queue = replace(queue, next_number=queue.next_number + 1)
    if edit.ticked:
        return replace(queue, done=_with_done(queue.done, _as_dropped(idea, by=origin, reason="ticked when it was written")))
    if refused:
        return replace(queue, done=_with_done(queue.done, _as_dropped(idea, by=LAPSED, reason=refused)))
    placed = replace(queue, ideas=_placed(queue.ideas, idea, edit.before))
    return placed if len(placed.ideas) <= MOST_OPEN else _relieved(placed)


def _placed(ideas: Sequence[Idea], idea: Idea, before: int) -> tuple[Idea, ...]:
    """Place an idea before a named one; otherwise persons' ideas come before those of roles."""
    at = next((place for place, other in enumerate(ideas) if other.number == before), None)
    if at is None and idea.origin in PERSONS:
        at = next((place for place, other in enumerate(ideas) if other.origin not in PERSONS), None)
    at = len(ideas) if at is None else at
    return (*ideas[:at], idea, *ideas[at:])


def _relieved(queue: IdeaQueue) -> IdeaQueue:
    """The queue without the oldest idea of a role; `refusal` makes sure that there is one."""
    oldest = min((idea for idea in queue.ideas if idea.origin not in PERSONS), key=lambda idea: idea.number)
    return _dropped(queue, oldest, by=LAPSED, reason=f"more than {MOST_OPEN} ideas")


def _reworded(queue: IdeaQueue, edit: RewordIdea) -> IdeaQueue:
    idea = _find(queue.ideas, edit.number)
    text = clean_idea(edit.text)
    if idea is None or not words_of(text):
        return queue
    effect = clean_label(edit.effect, LONGEST_EFFECT)
    return _swapped(queue, replace(idea, text=text, risk=edit.risk, effect=effect, misses=0, reason=""))


def _reopened(queue: IdeaQueue, number: int) -> IdeaQueue:
    idea = _find(queue.done, number)
    if idea is None or len(queue.ideas) >= MOST_OPEN:
        return queue
    again = Idea(number=number, text=idea.text, origin=idea.origin, risk=idea.risk, effect=idea.effect, giver=idea.giver)
    done = tuple(each for each in queue.done if each.number != number)
    return replace(queue, ideas=_placed(queue.ideas, again, 0), done=done)


def _ordered(ideas: Sequence[Idea], numbers: Sequence[int]) -> tuple[Idea, ...]:
    """The named ideas in the given order, in the places that they occupy together."""
    by_number = {idea.number: idea for idea in ideas}
    wanted = [number for number in dict.fromkeys(numbers) if number in by_number]
    named, turn = frozenset(wanted), iter(wanted)
    return tuple(by_number[next(turn)] if idea.number in named else idea for idea in ideas)


def _taken(queue: IdeaQueue, event: Proposed) -> IdeaQueue:
    idea = _find(queue.ideas, event.idea) or _find(queue.done, event.idea)
    if idea is None or idea.state is IdeaState.DROPPED:
        return queue
    taken = replace(idea, state=IdeaState.TAKEN, experiment=event.number, verdict=None, gain=None)
    if idea.state is IdeaState.TRIED:  # proposed again because the head moved: it is already counted
        done = tuple(each for each in queue.done if each.number != idea.number)
        return replace(queue, ideas=(*queue.ideas, taken), done=done)
    first = idea.state is IdeaState.OPEN
    bold, safe = first and idea.risk is Risk.BOLD, first and idea.risk is Risk.SAFE
    return replace(_swapped(queue, taken), bold=queue.bold + bold, safe=queue.safe + safe)


def _concluded(queue: IdeaQueue, event: Concluded) -> IdeaQueue:
    """A verdict on its own merits uses an idea up.

    A reject, or an end that says nothing about the change, is a miss; with a returned change the idea is open again.
    """
    idea = next((i for i in queue.ideas if i.state is IdeaState.TAKEN and i.experiment == event.number), None)
    if idea is None:
        return queue
    conclusion = event.conclusion
    if conclusion.verdict is Verdict.REJECT or event.unjudged or event.returned:
        counts = replace(queue, bold=queue.bold - (idea.risk is Risk.BOLD), safe=queue.safe - (idea.risk is Risk.SAFE))
        if event.returned:
            return _swapped(counts, replace(idea, state=IdeaState.OPEN, experiment=0))
        return _missed(counts, idea, conclusion.reason)
    tried = replace(idea, state=IdeaState.TRIED, verdict=conclusion.verdict, gain=conclusion.gain)
    return replace(queue, ideas=_without(queue.ideas, idea.number), done=_with_done(queue.done, tried))


def _missed(queue: IdeaQueue, idea: Idea | None, reason: str) -> IdeaQueue:
    """A proposal for an idea came to nothing, which says little about the idea: it is open again, and never used up."""
    if idea is None:
        return queue
    why = one_line(reason, LONGEST_REASON)
    return _swapped(queue, replace(idea, state=IdeaState.OPEN, experiment=0, misses=idea.misses + 1, reason=why))


def _dropped(queue: IdeaQueue, idea: Idea, *, by: str, reason: str) -> IdeaQueue:
    done = _with_done(queue.done, _as_dropped(idea, by=by, reason=reason))
    return replace(queue, ideas=_without(queue.ideas, idea.number), done=done)


def _as_dropped(idea: Idea, *, by: str, reason: str) -> Idea:
    return replace(
        idea, state=IdeaState.DROPPED, dropped_by=clean_label(by, LONGEST_ORIGIN), reason=one_line(reason, LONGEST_REASON)
    )


def _with_done(done: Sequence[Idea], idea: Idea) -> tuple[Idea, ...]:
    return (*done, idea)[-MOST_DONE:]


def _find(ideas: Iterable[Idea], number: int) -> Idea | None:
    return next((idea for idea in ideas if idea.number == number), None)


def _without(ideas: Sequence[Idea], number: int) -> tuple[Idea, ...]:
    return tuple(idea for idea in ideas if idea.number != number)


def _swapped(queue: IdeaQueue, idea: Idea) -> IdeaQueue:
    return replace(queue, ideas=tuple(idea if each.number == idea.number else each for each in queue.ideas))
