"""A campaign at a glance: where it stands, what it is doing, and what waits for a person."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from overnight.gate.plausibility import hold, look_at
from overnight.gate.trial import Arm, Stage
from overnight.gate.verdict import Verdict
from overnight.program.program import Budget, Program
from overnight.research.ending import TO_FIX
from overnight.research.experiment import Experiment
from overnight.research.idea import Idea, IdeaState
from overnight.research.standing import OpenExperiment
from overnight.research.state import State
from overnight.research.views.status import Status, life
from overnight.research.views.status import describe as describe_status
from overnight.words.foreign import printable
from overnight.words.quantities import counted

TEXT = 200  # characters of a hypothesis
NEXT = 5  # ideas that are listed
TO_FIX_BY_A_PERSON = frozenset(reason.value for reason in TO_FIX)


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetUse:
    """A part of the budget, and what is used of it."""

    what: str  # "experiments", "trials", "hours", "tokens" or "dollars"
    used: float
    limit: float


@dataclass(frozen=True, slots=True, kw_only=True)
class UnderWay:
    """An experiment without a verdict."""

    number: int
    role: str
    researcher: str
    hypothesis: str
    stage: str  # what is measured now, such as "screening" or "in the test"
    trials: int  # of screening, that are finished
    pairs: int  # of the test, that are finished
    most_pairs: int  # that the test takes before it gives up
    idea: int  # that it tries; 0: none


@dataclass(frozen=True, slots=True, kw_only=True)
class Recent:
    """One of the newest experiments."""

    number: int
    verdict: Verdict | None  # null while it is open
    role: str
    hypothesis: str
    reason: str
    gain: float | None  # in the metric's units, positive is better
    low: float | None
    high: float | None
    at: float  # Unix time of the proposal, s


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """What `overview --json` prints."""

    status: Status
    state: str  # in words: running, or why it does not run
    waits: tuple[str, ...]  # for a person, the most urgent first
    spent: tuple[BudgetUse, ...]  # of the budget; what has no limit is left out
    open: tuple[UnderWay, ...]  # the oldest first
    newest: tuple[Recent, ...]  # experiments, the newest first
    ideas: tuple[Idea, ...]  # that are tried next
    ideas_open: int
    events: int  # in the ledger: a version of all this


def overview(status: Status, state: State, newest: Sequence[Experiment], *, events: int) -> Overview:
    """All of it."""
    waiting = [idea for idea in state.ideas.ideas if idea.state is IdeaState.OPEN]
    return Overview(
        status=status,
        state=life(status),
        waits=tuple(_waits(status)),
        spent=tuple(_spent(status, state.budget)),
        open=tuple(_under_way(opened, state.program) for opened in state.open),
        newest=tuple(map(_recent, newest)),
        ideas=tuple(waiting[:NEXT]),
        ideas_open=len(waiting),
        events=events,
    )


def describe(found: Overview) -> str:
    """In words: the status, then what runs, what waits and what came."""
    parts = [
        describe_status(found.status),
        *(f"waits     {printable(line, TEXT)}" for line in found.waits),
        *(f"now       {_going_on(each)}" for each in found.open),
        *(f"newest    #{each.number} {verdict_word(each)}: {printable(each.hypothesis, TEXT)}" for each in found.newest),
        *(f"idea      #{idea.number} {printable(idea.text, TEXT)}" for idea in found.ideas),
    ]
    return "\n".join(parts)


def verdict_word(each: Recent) -> str:
    """How it ended, or that it is open."""
    return each.verdict.value if each.verdict else "open"


def measured(each: UnderWay) -> str:
    """What of it is measured, in words."""
    if each.pairs:
        return f"{each.stage}, {counted(each.pairs, 'pair')} of at most {each.most_pairs}"
    return f"{each.stage}, {counted(each.trials, 'trial')}" if each.trials else each.stage


def _going_on(each: UnderWay) -> str:
    return f"#{each.number} {measured(each)}, by {printable(each.role, 40)}: {printable(each.hypothesis, TEXT)}"


def _waits(status: Status) -> Iterator[str]:
    if status.failed:
        yield "the head cannot be measured: fix its command, then `overnight check`"
    if not status.running and status.stopped in TO_FIX_BY_A_PERSON:
        yield f"nobody could work: {status.stopped_detail}"
    for keep in status.keeps:
        if keep.doubts and keep.unbelievable:
            yield hold(keep.number, keep.doubts)
    for keep in status.keeps:
        if keep.doubts and not keep.unbelievable and not keep.believed:
            yield look_at(keep.number, keep.doubts)
    if status.drifting:
        yield "the machine's level moves: end what else runs on it"
    yield from (f"a channel cannot receive: {line}" for line in status.deaf)


def _spent(status: Status, budget: Budget) -> Iterator[BudgetUse]:
    used: Mapping[str, tuple[float, float | None]] = {
        "experiments": (status.experiments, budget.experiments),
        "trials": (status.trials, budget.trials),
        "hours": (status.elapsed_s / 3600, budget.hours),
        "tokens": (status.tokens, budget.tokens),
        "dollars": (status.cost_usd, budget.cost_usd),
    }
    for what, (so_far, limit) in used.items():
        if limit is not None:
            yield BudgetUse(what=what, used=so_far, limit=limit)


def _under_way(opened: OpenExperiment, program: Program) -> UnderWay:
    proposed = opened.proposed
    trials = [trial.key for trial in opened.trials if trial.key.arm is Arm.CANDIDATE]
    return UnderWay(
        number=proposed.number,
        role=proposed.role,
        researcher=proposed.researcher,
        hypothesis=proposed.hypothesis,
        stage=_stage(opened),
        trials=sum(key.stage is Stage.SCREEN for key in trials),
        pairs=sum(key.stage is Stage.CONFIRM for key in trials),
        most_pairs=program.gate.max_pairs,
        idea=proposed.idea,
    )


def _stage(opened: OpenExperiment) -> str:
    if opened.conclusion:
        return "kept, the branch moves"
    if any(trial.key.stage is Stage.HOLDOUT for trial in opened.trials):
        return "on the sealed holdout"
    if opened.registered:
        return "in the test"
    return "screening" if opened.trials else "not measured yet"


def _recent(experiment: Experiment) -> Recent:
    conclusion = experiment.conclusion
    return Recent(
        number=experiment.number,
        verdict=conclusion.verdict if conclusion else None,
        role=experiment.role,
        hypothesis=experiment.hypothesis,
        reason=conclusion.reason if conclusion else "",
        gain=conclusion.gain if conclusion else None,
        low=conclusion.low if conclusion else None,
        high=conclusion.high if conclusion else None,
        at=experiment.at,
    )
