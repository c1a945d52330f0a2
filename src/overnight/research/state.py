"""The state of a campaign as a pure fold of its events, a few kilobytes however long the campaign is."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from overnight.egress.connection import HostUse, by_host
from overnight.gate.lesson import Lesson
from overnight.gate.memory import (
    GateMemory,
    after_concluded,
    after_registered,
    after_restart,
    after_session,
    after_trial,
    with_head,
)
from overnight.gate.trial import Arm, Stage, Trial
from overnight.gate.verdict import Verdict
from overnight.models.provider_state import ProviderStanding, ProviderState
from overnight.models.usage import Usage
from overnight.program.parser import parse_program
from overnight.program.program import Budget, Program
from overnight.research.audit import AuditState, with_trial, without_trial
from overnight.research.charter import parse_charter
from overnight.research.ending import Ending, SessionKind
from overnight.research.events import (
    Advanced,
    AuditConcluded,
    AuditOpened,
    Believed,
    BudgetChanged,
    CampaignOpened,
    Concluded,
    EnvironmentChanged,
    Event,
    IdeasChanged,
    ModelCalled,
    Moved,
    NetworkUsed,
    NodeJoined,
    NodeLost,
    ProgramChanged,
    ProposalMissed,
    Proposed,
    ProviderChanged,
    Registered,
    Reopened,
    SessionStarted,
    Stopped,
    TrialFinished,
    TrialVoided,
)
from overnight.research.idea import IdeaQueue
from overnight.research.ideas.queue import after, with_charter
from overnight.research.nodes import Nodes, after_node, after_trial_on, after_void, loss_of
from overnight.research.order import edited_budget, giver_words
from overnight.research.returned import Returned, after_ended, after_proposal
from overnight.research.standing import (
    Kept,
    OpenExperiment,
    Tally,
    continued,
    counted_in,
    levels_of,
    opened_by,
    voided,
    with_beliefs,
)

JAIL = "jail"
MOST_PROVIDERS = 64  # whose states are kept


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """Where a campaign stands."""

    tag: str
    program: Program
    secret: str
    sandbox: str
    unjailed: int = 0  # sessions that ran candidates without a jail
    environment: Mapping[str, str] = field(default_factory=dict)  # fingerprint, as last seen
    strayed: tuple[str, ...] = ()  # names of what changed during the campaign, so trials may not be comparable
    editable_judges: tuple[str, ...] = ()  # files that judge proposals, and that proposals may change
    start: str  # commit
    head: str  # commit
    head_experiment: int = 0  # the keep that made the head; 0: the start
    gate: GateMemory = field(default_factory=GateMemory)
    tally: Tally = field(default_factory=Tally)
    kept: tuple[Kept, ...] = ()
    open: tuple[OpenExperiment, ...] = ()
    returned: tuple[Returned, ...] = ()  # changes that their authors may bring into the head
    next_number: int = 1
    next_assignment: int = 1
    next_search: int = 0  # index of the next search trial
    sessions: int = 0
    elapsed_s: float = 0.0
    stopped: Stopped | None = None  # the end of the newest session; None while one runs, or after a kill
    ending: Ending | None = None  # why the campaign stopped: as `stopped`, except that an audit ends no campaign
    ending_before: Ending | None = None  # of the session before; an audit restores it
    audit: AuditState | None = None  # the newest
    ideas: IdeaQueue = field(default_factory=IdeaQueue)
    budget: Budget  # by the program and by orders, whichever spoke last of a limit
    budget_by: str = ""  # who ordered it last; empty: the program alone
    head_trial: Trial | None = None  # the first of the head; after a keep, until there is one, that which screened it first
    trial_s: tuple[float, ...] = ()  # wall times of the newest trials that have a value, oldest first
    usage: Mapping[str, Usage] = field(default_factory=dict)  # of models, by role
    providers: Mapping[str, ProviderState] = field(default_factory=dict)  # that are not ready in this session, by name
    missed: ProposalMissed | None = None  # the newest try that came to nothing
    network: Mapping[str, HostUse] = field(default_factory=dict)  # what jobs reached and were refused, by host
    nodes: Nodes = field(default_factory=dict)  # other machines that trials ran on, by name

    @property
    def surroundings(self) -> str:
        """A short hex digest of the environment: equal for trials that ran in the same one."""
        facts = json.dumps(sorted(self.environment.items())).encode()
        return hashlib.sha256(facts).hexdigest()[:SURROUNDINGS]


TRIALS = 15  # whose wall times are remembered
SURROUNDINGS = 16  # digits of a digest that people compare


def begin(opened: CampaignOpened, program: Program | None = None) -> State:
    """The state of a campaign that was just opened; `program` is for a caller that has parsed it already."""
    program = program or parse_program(opened.program, opened.file)
    return State(
        tag=opened.tag,
        program=program,
        secret=opened.secret,
        sandbox=opened.sandbox,
        unjailed=int(opened.sandbox != JAIL),
        environment=opened.environment,
        editable_judges=opened.editable_judges,
        start=opened.start,
        head=opened.start,
        gate=GateMemory(rules=opened.rules, head_tree=opened.start if program.gate.expensive else ""),
        ideas=with_charter(IdeaQueue(), parse_charter(program.body)),
        budget=program.budget,
    )


def fold(state: State, events: Iterable[Event]) -> State:
    """The state after further events.

    Raises:
        ValueError: an event does not follow from the ones before.
    """
    for event in events:
        state = apply(state, event)
    return state


def fold_all(events: Iterable[Event]) -> State | None:
    """The state that a whole ledger folds to; None if it is empty."""
    rest = iter(events)
    first = next(rest, None)
    if first is None:
        return None
    if not isinstance(first, CampaignOpened):
        raise ValueError(f"a ledger begins with campaign_opened, not {first.kind}")
    return fold(begin(first), rest)


def apply(state: State, event: Event) -> State:
    """The state after one event."""
    if isinstance(event, IdeasChanged | Proposed | Reopened | ProposalMissed | Concluded):
        state = replace(state, ideas=after(state.ideas, event))
    if isinstance(event, Proposed | ProposalMissed):
        state = replace(state, returned=after_proposal(state.returned, event))
    if isinstance(event, Proposed | ProposalMissed | ModelCalled):
        number = event.number if isinstance(event, ModelCalled) else event.assignment
        state = replace(state, next_assignment=max(state.next_assignment, number + 1))
    match event:
        case SessionStarted() | EnvironmentChanged() | ProgramChanged() | Stopped():
            return _session(state, event)
        case Proposed() | Reopened() | Moved() | Registered() | Concluded() | Advanced():
            return _experiment(state, event)
        case TrialFinished() | TrialVoided() | NodeJoined() | NodeLost():
            return _measured(state, event)
        case ModelCalled() | ProviderChanged() | ProposalMissed() | NetworkUsed():
            return _asked(state, event)
        case AuditOpened() | AuditConcluded():
            return _audited(state, event)
        case Believed() | BudgetChanged():
            return _ordered(state, event)
        case _:
            return state


def _ordered(state: State, event: Believed | BudgetChanged) -> State:
    match event:
        case Believed(commit=commit):
            return replace(state, kept=with_beliefs(state.kept, (commit,)))
        case BudgetChanged(budget=budget, by=by, origin=origin):
            return replace(state, budget=budget, budget_by=giver_words(by, origin))


def _experiment(state: State, event: Proposed | Reopened | Moved | Registered | Concluded | Advanced) -> State:
    match event:
        case Proposed():
            return _opened(state, opened_by(event))
        case Reopened():
            return _reopened(state, event)
        case Moved():
            return _moved(state, event)
        case Registered():
            opened = continued(_open(state, event.number), event)
            return replace(state, gate=after_registered(state.gate), open=_swap(state, opened))
        case Concluded():
            return _concluded(state, event)
        case Advanced():
            return _advanced(state, event)


def _session(state: State, event: SessionStarted | EnvironmentChanged | ProgramChanged | Stopped) -> State:
    match event:
        case SessionStarted():
            unjailed = state.unjailed + (event.sandbox != JAIL)
            return replace(
                state,
                sessions=state.sessions + 1,
                sandbox=event.sandbox,
                unjailed=unjailed,
                stopped=None,
                ending=None,
                ending_before=state.ending,
                providers={},
                nodes=after_node(state.nodes, event),
                gate=after_session(state.gate, expensive=state.program.gate.expensive),
            )
        case EnvironmentChanged():
            strayed = tuple(dict.fromkeys((*state.strayed, *event.changed)))
            return replace(state, environment=event.environment, strayed=strayed)
        case ProgramChanged():
            program = parse_program(event.program, state.program.path)
            budget = edited_budget(state.budget, state.program.budget, program.budget)
            return replace(state, program=program, ideas=with_charter(state.ideas, parse_charter(program.body)), budget=budget)
        case Stopped():
            ending = state.ending_before if event.session is SessionKind.AUDIT else event.ending
            return replace(state, elapsed_s=event.elapsed_s, stopped=event, ending=ending)


def _asked(state: State, event: ModelCalled | ProviderChanged | ProposalMissed | NetworkUsed) -> State:
    match event:
        case ModelCalled():
            return _called(state, event)
        case NetworkUsed():
            return replace(state, network=by_host(event.connections, state.network))
        case ProviderChanged():
            return replace(state, providers=_providers(state, event))
        case ProposalMissed(final=False):
            return replace(state, missed=event, tally=replace(state.tally, missed=state.tally.missed + 1))
        case _:
            return state


def _providers(state: State, event: ProviderChanged) -> Mapping[str, ProviderState]:
    others = {name: known for name, known in state.providers.items() if name != event.state.provider}
    if event.state.standing is ProviderStanding.READY or len(others) >= MOST_PROVIDERS:
        return others
    return {**others, event.state.provider: event.state}


def _called(state: State, event: ModelCalled) -> State:
    usage = event.usage
    tally = replace(state.tally, tokens=state.tally.tokens + usage.tokens, cost_usd=state.tally.cost_usd + usage.cost_usd)
    by_role = {**state.usage, event.role: state.usage.get(event.role, Usage()) + usage}
    return replace(state, tally=tally, usage=by_role)


def _open(state: State, number: int) -> OpenExperiment:
    for experiment in state.open:
        if experiment.number == number:
            return experiment
    raise ValueError(f"experiment {number} is not open")


def _swap(state: State, changed: OpenExperiment) -> tuple[OpenExperiment, ...]:
    return tuple(changed if o.number == changed.number else o for o in state.open)


def _without(state: State, number: int) -> tuple[OpenExperiment, ...]:
    return tuple(o for o in state.open if o.number != number)


def _opened(state: State, opened: OpenExperiment) -> State:
    return replace(state, open=(*state.open, opened), next_number=max(state.next_number, opened.number + 1))


def _reopened(state: State, event: Reopened) -> State:
    if any(opened.number == event.number for opened in state.open):
        raise ValueError(f"experiment {event.number} is open already")
    if event.verdict is Verdict.KEEP:
        raise ValueError(f"experiment {event.number} was kept, and cannot be opened again")
    before = getattr(state.tally, event.verdict.value)
    tally = replace(state.tally, reopened=state.tally.reopened + 1, **{event.verdict.value: before - 1})
    return _opened(replace(state, tally=tally), opened_by(event))


def _moved(state: State, event: Moved) -> State:
    opened = _open(state, event.number)
    gate = after_restart(state.gate, opened.trials, state.program.metric, opened.proposed.lesson)
    return replace(state, gate=gate, open=_swap(state, continued(opened, event)))


def _measured(state: State, event: TrialFinished | TrialVoided | NodeJoined | NodeLost) -> State:
    match event:
        case TrialFinished():
            return _trial(replace(state, elapsed_s=max(state.elapsed_s, event.elapsed_s)), event)
        case TrialVoided():
            return _voided(state, event)
        case NodeJoined() | NodeLost():
            return replace(state, nodes=after_node(state.nodes, event))


def _trial(state: State, event: TrialFinished) -> State:
    trial = event.trial
    if trial.value is not None:
        state = replace(state, trial_s=(*state.trial_s, trial.wall_s)[-TRIALS:], head_trial=_of_head(state, trial))
    gate = after_trial(state.gate, trial, _lesson(state, trial))
    state = replace(state, tally=counted_in(state.tally, trial), gate=gate, nodes=after_trial_on(state.nodes, trial))
    if trial.key.stage is Stage.SEARCH:
        return replace(state, next_search=max(state.next_search, trial.key.index + 1))
    if trial.key.stage is Stage.BASELINE:
        return state
    if trial.key.stage is Stage.AUDIT:
        return replace(state, audit=with_trial(_audit(state), trial))
    return replace(state, open=_swap(state, continued(_open(state, trial.key.experiment), event)))


def _voided(state: State, event: TrialVoided) -> State:
    loss = loss_of(state.nodes, event)
    state = replace(state, nodes=after_void(state.nodes, event))
    if event.key.stage is Stage.AUDIT:
        return replace(state, audit=without_trial(_audit(state), event.key))
    opened = tuple(voided(one, event, loss) if one.number == event.key.experiment else one for one in state.open)
    return replace(state, open=opened)


def _lesson(state: State, trial: Trial) -> Lesson:
    lessons = (opened.proposed.lesson for opened in state.open if opened.number == trial.key.experiment)
    return next(lessons, Lesson.ALL) if trial.key.stage is Stage.CONFIRM else Lesson.ALL


def _of_head(state: State, trial: Trial) -> Trial | None:
    """The trial that shows what the head does, after another trial with a value."""
    known = state.head_trial
    if trial.key.stage is not Stage.BASELINE or trial.key.experiment != state.head_experiment:
        return known
    earlier = known is not None and known.key.stage is Stage.BASELINE and known.key.index <= trial.key.index
    return known if earlier else trial


def _concluded(state: State, event: Concluded) -> State:
    opened, known = _open(state, event.number), state.gate
    verdict = event.conclusion.verdict
    tally = replace(state.tally, **{verdict.value: getattr(state.tally, verdict.value) + 1})
    gate = after_concluded(state.gate, event.conclusion, opened.trials, state.program.metric, opened.proposed.lesson)
    returned = after_ended(state.returned, event, opened)
    state = replace(state, tally=tally, gate=gate, elapsed_s=event.elapsed_s, returned=returned)
    if verdict is Verdict.KEEP:
        judged_by = () if opened.level else known.baseline
        keep = replace(opened, conclusion=event.conclusion, head_values=judged_by)
        keep = replace(keep, levels=levels_of(keep, state.program, known))
        return replace(state, open=_swap(state, keep))
    return replace(state, open=_without(state, event.number))


def _advanced(state: State, event: Advanced) -> State:
    opened = _open(state, event.number)
    if opened.conclusion is None:
        raise ValueError(f"experiment {event.number} advanced without a verdict")
    kept = Kept(
        number=event.number,
        commit=event.new,
        hypothesis=opened.proposed.hypothesis,
        conclusion=opened.conclusion,
        head_values=opened.head_values,
        levels=opened.levels,
        searched=opened.proposed.searched,
        unscreened=opened.unscreened,
        together=opened.proposed.together,
    )
    before = tuple(replace(k, replaced_by=event.number) if k.number in opened.replaces else k for k in state.kept)
    own = (trial for trial in opened.trials if trial.key.stage is Stage.SCREEN and trial.key.arm is Arm.CANDIDATE)
    screened = next((trial for trial in own if trial.value is not None), None)
    return replace(
        state,
        gate=with_head(state.gate, event.new) if state.program.gate.expensive else state.gate,
        head=event.new,
        head_experiment=event.number,
        head_trial=screened,
        kept=(*before, kept),
        open=_without(state, event.number),
    )


def _audited(state: State, event: AuditOpened | AuditConcluded) -> State:
    if isinstance(event, AuditOpened):
        return replace(state, audit=AuditState(opened=event))
    audit = replace(_audit(state), samples=(), concluded=event)  # its trials stay in the ledger
    return replace(state, audit=audit, elapsed_s=event.elapsed_s)


def _audit(state: State) -> AuditState:
    if state.audit is None or state.audit.concluded:
        raise ValueError("no audit is open")
    return state.audit
