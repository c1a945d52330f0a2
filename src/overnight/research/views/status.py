"""Where a campaign stands, as a value and in words."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from overnight.egress.connection import HostUse
from overnight.gate.audit import harm
from overnight.gate.caution import basis
from overnight.gate.noise import noise_report
from overnight.gate.plausibility import hold, look_at
from overnight.git.port import branch_of
from overnight.models.provider_state import ProviderState
from overnight.models.usage import Usage
from overnight.program.program import Budget, Noise
from overnight.research.caution import cautions_of, doubts_of
from overnight.research.ending import EndReason, SessionKind
from overnight.research.events import AuditConcluded, Stopped
from overnight.research.given import GivenOrder, given_words
from overnight.research.nodes import NodeStanding
from overnight.research.origin import origin_words
from overnight.research.search_trial import SearchTrial, so_far_in
from overnight.research.state import State
from overnight.research.views.audit import total_verdict
from overnight.research.views.budget import budget_words
from overnight.research.views.network import network_lines
from overnight.research.views.nodes import node_lines
from overnight.research.views.numbers import estimated, interval, money, number, pace, replaced
from overnight.research.views.providers import provider_lines
from overnight.research.views.trial_use import TrialUse, use_of, used_words
from overnight.words.figures import figure
from overnight.words.foreign import one_line, printable
from overnight.words.quantities import compact, counted, duration

ENDINGS = {
    "": "killed; {run} continues it",
    SessionKind.AUDIT: "not running; its last session was an audit",
    EndReason.ERROR: "ended by an error; {run} continues it, or says what is wrong",
    EndReason.INTERRUPT: "stopped by Ctrl-C",
    EndReason.SIGNAL: "stopped by a signal",
    EndReason.TARGET: "stopped: the target is reached",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepSummary:
    """A kept change; gain and interval are in the metric's units, positive is better."""

    number: int
    commit: str
    hypothesis: str
    gain: float | None
    low: float | None
    high: float | None
    replaced_by: int  # later keep that undid it, because their texts conflict; 0: none
    doubts: tuple[str, ...]  # what makes its value hard to believe; for people, no part of the verdict
    searched: int  # search trials that it was found by
    unscreened: bool  # it was put to the test at once, as those stand in for screening
    together: tuple[int, ...]  # earlier experiments whose changes are merged into it
    unbelievable: bool  # its gain cannot be true until a person has read it, and `finalize` refuses it
    believed: bool  # a person has read it, and said so with `believe`


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleUse:
    """What the models of a role used, as the gateway counted it."""

    role: str
    calls: int
    estimated: int  # of the calls, whose tokens are our estimate, as their answers did not come to the end
    input_tokens: int  # cached ones included
    cached_tokens: int
    output_tokens: int
    output_tokens_per_s: float | None  # while answers came; null if no provider counted any
    first_token_s: float | None  # mean wait for the first token; null if none came
    cost_usd: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Missed:
    """A try that came to nothing."""

    role: str
    assignment: int  # `show --assignment` has its transcript; 0 if it ended before it had one
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What `status --json` prints."""

    tag: str
    command: str  # what the commands begin with that run and audit it: "overnight", or "overnight meta"
    running: int | None  # process id; None: it is not running
    stopped: str  # why the last session ended; empty while running or after a kill
    stopped_detail: str  # the same in words for people
    stopped_by: str  # who ordered it, such as "owner" by `overnight stop`; empty if it was not ordered
    failed: str  # why the head cannot be measured, if no trial ever had a value; else empty
    branch: str  # of kept changes
    metric: str
    direction: str  # "minimize" or "maximize"
    roles: tuple[str, ...]  # of `researchers`, in order
    start: str  # commit
    head: str  # commit
    head_value: float | None  # mean of the newest trials of the head, including those of confirmations
    head_trials: int  # behind that mean
    noise: str  # kind of noise, as the gate sees it
    sigma: float | None  # standard deviation of one trial; None while there are too few to say
    smallest_effect: float | None  # that the gate can prove within its cap of pairs
    experiments: int
    kept: int
    discarded: int
    crashed: int
    rejected: int  # without a trial
    open: int  # proposed, and without a verdict
    testing: int  # of these, put to the test
    unmeasured: int  # of these, without a finished trial
    missed: int  # tries of researchers and advisers that came to nothing
    newest_missed: Missed | None  # of these
    trials: int
    trials_used: tuple[TrialUse, ...]  # for what; purposes without a trial are left out
    search: str  # what a search on this head has found, and why that is not proposed yet; empty: nothing is known
    elapsed_s: float  # of all sessions, until now if it is running
    tokens: int
    estimated: int  # calls to models whose tokens are our estimate
    output_tokens_per_s: float | None  # of all roles, while answers came; null if no provider counted any
    cost_usd: float
    cost_per_kept_usd: float | None  # null if nothing is kept
    models: tuple[RoleUse, ...]  # the most expensive first
    providers: tuple[ProviderState, ...]  # of models, that are not ready now; empty if it is not running
    sandbox: str  # "jail" or "process"
    cautions: tuple[str, ...]  # what weakens the evidence
    basis: str  # what values rest on, if candidates could make them up; empty with `produce` and `score`
    tests: int  # hypotheses that drew on the error budget
    holdouts: int  # candidates about which the sealed holdout was asked
    has_holdout: bool  # the program has one
    drifting: bool  # the machine's level moves; see docs/gate.md
    audit: AuditConcluded | None  # the newest of this head, if it is finished
    keeps: tuple[KeepSummary, ...]
    deaf: tuple[str, ...]  # channels that cannot receive now, and why; empty if it is not running
    budget: Budget  # what the whole campaign may use, by program.md and by orders
    budget_by: str  # who ordered a limit last; empty: program.md alone sets them
    orders: tuple[GivenOrder, ...]  # the newest, newest first
    folder: str  # of the campaign
    network: Mapping[str, HostUse]  # what jobs reached and were refused, by host; empty: more hosts than are listed
    nodes: Mapping[str, NodeStanding]  # other machines that trials ran on, by name


def summarise(
    state: State,
    running: int | None,
    folder: str,
    *,
    failed: str = "",
    elapsed_s: float | None = None,
    searched: SearchTrial | None = None,
    deaf: tuple[str, ...] = (),
    orders: tuple[GivenOrder, ...] = (),
) -> Status:
    """The status of a campaign in this state; `elapsed_s`: if it runs, until now; `searched`: its newest search trial."""
    report, tally, metric = noise_report(state.program, state.gate), state.tally, state.program.metric
    doubted, used = doubts_of(state), sum(state.usage.values(), Usage())
    won = state.kept[-1].levels.after if state.program.gate.expensive and state.kept and state.kept[-1].levels else None
    fresh, unfinished = state.gate.baseline, [opened for opened in state.open if opened.conclusion is None]
    return Status(
        tag=state.tag,
        command=state.program.command,
        running=running,
        stopped=_reason(state.stopped) if state.stopped else "",
        stopped_detail=state.stopped.ending.detail if state.stopped else "",
        stopped_by=state.stopped.ending.by if state.stopped else "",
        failed=failed,
        branch=branch_of(state.tag),
        metric=metric.name,
        direction=metric.direction.value,
        roles=tuple(printable(spec.role, 40) for spec in state.program.researchers),
        start=state.start,
        head=state.head,
        head_value=math.fsum(fresh) / len(fresh) if fresh else won,
        head_trials=len(fresh),
        noise=report.kind.value,
        sigma=report.sigma if report.known else None,
        smallest_effect=report.smallest_effect if report.known else None,
        experiments=tally.experiments,
        kept=tally.keep,
        discarded=tally.discard,
        crashed=tally.crash,
        rejected=tally.reject,
        open=len(unfinished),
        testing=sum(opened.registered is not None for opened in unfinished),
        unmeasured=sum(not opened.trials for opened in unfinished),
        missed=tally.missed,
        newest_missed=_missed(state),
        trials=tally.trials,
        trials_used=use_of(tally),
        search=_search(state, searched) if searched else "",
        elapsed_s=state.elapsed_s if elapsed_s is None else elapsed_s,
        tokens=tally.tokens,
        estimated=used.estimated,
        output_tokens_per_s=used.output_tokens_per_s,
        cost_usd=tally.cost_usd,
        cost_per_kept_usd=tally.cost_usd / len(state.kept) if state.kept else None,
        models=_uses(state.usage),
        providers=tuple(state.providers.values()) if running else (),
        sandbox=state.sandbox,
        cautions=cautions_of(state),
        basis=basis(state.program),
        tests=state.gate.tests,
        holdouts=state.gate.holdouts,
        has_holdout=state.program.holdout is not None,
        drifting=report.drifting,
        audit=state.audit.concluded if state.audit and state.audit.opened.head == state.head else None,
        keeps=tuple(
            KeepSummary(
                number=k.number,
                commit=k.commit,
                hypothesis=k.hypothesis,
                gain=k.conclusion.gain,
                low=k.conclusion.low,
                high=k.conclusion.high,
                replaced_by=k.replaced_by,
                doubts=doubted[k.number].says if k.number in doubted else (),
                searched=k.searched,
                unscreened=k.unscreened,
                together=k.together,
                unbelievable=k.number in doubted and doubted[k.number].held,
                believed=k.believed,
            )
            for k in state.kept
        ),
        deaf=deaf,
        budget=state.budget,
        budget_by=state.budget_by,
        orders=orders,
        folder=folder,
        network=state.network,
        nodes=state.nodes,
    )


def _search(state: State, newest: SearchTrial) -> str:
    """What its researcher says of the search; empty if that is of another head, or what was found is proposed."""
    over = newest.base != state.head or any(opened.proposed.searched for opened in state.open)
    said = printable(so_far_in(newest.notes), 200)
    return "" if over or not said else f"{printable(newest.role, 40)}: {said}"


def _missed(state: State) -> Missed | None:
    missed = state.missed
    return Missed(role=missed.role, assignment=missed.assignment, reason=missed.reason) if missed else None


def _reason(stopped: Stopped) -> str:
    return (stopped.session if stopped.session is SessionKind.AUDIT else stopped.ending.reason).value


def _uses(usage: Mapping[str, Usage]) -> tuple[RoleUse, ...]:
    uses = (
        RoleUse(
            role=role,
            calls=used.calls,
            estimated=used.estimated,
            input_tokens=used.input_tokens,
            cached_tokens=used.cached_tokens,
            output_tokens=used.output_tokens,
            output_tokens_per_s=used.output_tokens_per_s,
            first_token_s=used.mean_first_token_s,
            cost_usd=used.cost_usd,
        )
        for role, used in usage.items()
    )
    return tuple(sorted(uses, key=lambda use: (-use.cost_usd, -use.input_tokens - use.output_tokens)))


def describe(now: Status) -> str:
    """The status in a few lines for people."""
    lines = [
        f"campaign  {now.tag}, {life(now)}, {duration(now.elapsed_s)} so far",
        *(f"HELD      {hold(keep.number, keep.doubts)}" for keep in now.keeps if keep.unbelievable),
        f"metric    {now.metric} ({now.direction}); {measured_level(now)}",
        f"roles     {', '.join(now.roles)}",
        f"tried     {counted(now.experiments, 'experiment')} in {counted(now.trials, 'trial')}: {now.kept} kept, "
        f"{now.discarded} discarded, {now.crashed} crashed; {now.rejected} rejected free of charge, "
        f"{now.open} open{open_stages(now)}",
        f"branch    {now.branch} at {now.head[:12]}",
    ]
    lines += [f"trials    {used_words(now.trials_used)}"] if now.trials_used else []
    lines += [f"search    {now.search}"] if now.search else []
    if missed := now.newest_missed:
        what = "try" if now.missed == 1 else "tries"
        lines.append(f"missed    {now.missed} {what} came to nothing; the newest, of {_try(missed)}")
    lines += [f"models    {_use(use)}" for use in now.models]
    lines += [f"cost      {_cost(now)}"] if now.tokens else []
    lines += [f"provider  {line}" for line in provider_lines(now.providers)]
    lines += [f"network   {line}" for line in network_lines(now.network)]
    lines += [f"machine   {line}" for line in node_lines(now.nodes)]
    if now.failed:
        lines.append("fix       make the measure command pass and run again: the campaign starts over under its tag")
    if now.tests or now.holdouts:
        holdout = f"the sealed holdout was asked about {now.holdouts}" if now.has_holdout else "there is no holdout"
        lines.append(f"gate      {now.tests} put to the test; {holdout}")
    if now.drifting:
        lines.append("drift     the machine's level moves: screening uses only the newest trials of the head")
    if now.audit and now.audit.total:
        total = now.audit.total
        verdict = "" if total.low > 0 else f": the head is {total_verdict(total)}"
        gained = f"gain {number(total.gain)}{interval(total.low, total.high)} over the start by {counted(total.pairs, 'pair')}"
        lines.append(f"audit     {gained}{verdict}")
    for change in now.audit.changes if now.audit else ():
        if lost := harm(change):
            lines.append(f"audit     #{change.number} harms: {figure(lost, 4)} better without it")
    lines += [f"budget    {budget_words(now.budget)}; by order of {printable(now.budget_by, 200)}"] if now.budget_by else []
    lines += [f"order     {given_words(given)}" for given in now.orders if not given.is_plain]
    lines += [f"deaf      {printable(line, 300)}" for line in now.deaf]
    lines += [f"WARNING   {caution}" for caution in now.cautions]
    lines += [f"basis     {now.basis}"] if now.basis else []
    unread = [keep for keep in now.keeps if keep.doubts and not keep.unbelievable and not keep.believed]
    lines += [f"DOUBT     {look_at(keep.number, keep.doubts)}" for keep in unread]
    for keep in now.keeps:
        gained = f"{number(keep.gain)}{interval(keep.low, keep.high)}"
        origin = origin_words(keep.searched, keep.together, unscreened=keep.unscreened)
        found = f" ({origin})" if origin else ""
        marks = f"{found}{_mark(keep)}{replaced(keep.replaced_by)}"
        lines.append(f"kept #{keep.number:<4} gain {gained}  {printable(keep.hypothesis, 200)}{marks}")
    return "\n".join(lines)


def _mark(keep: KeepSummary) -> str:
    """What a person said of it, or has to say."""
    if keep.unbelievable:
        return " (unbelievable until read)"
    return " (read by a person)" if keep.believed else ""


def _try(missed: Missed) -> str:
    """A try that came to nothing, and how its transcript is shown."""
    shown = f" (`overnight show --assignment {missed.assignment}`)" if missed.assignment else ""
    return f"{printable(missed.role, 40)}{shown}: {one_line(missed.reason, 300)}"


def open_stages(now: Status) -> str:
    """How far the open experiments are."""
    stages = ((now.testing, "in the test"), (now.unmeasured, "not measured yet"))
    named = ", ".join(f"{count} {stage}" for count, stage in stages if count)
    return f" ({named})" if named else ""


def life(now: Status) -> str:
    """Whether it runs, else how its last session ended."""
    if now.running:
        return f"running (process {now.running})"
    if now.failed:
        return f"failed: the head cannot be measured: {printable(now.failed, 300)}"
    detail = printable(now.stopped_detail, 300)
    ended = ENDINGS.get(now.stopped, "").format(run=f"`{now.command} run`")
    return detail if now.stopped == EndReason.STOP else ended or f"stopped: {detail}"


def _use(use: RoleUse) -> str:
    """What a role's models used, in one line."""
    cached = f" ({compact(use.cached_tokens)} cached)" if use.cached_tokens else ""
    cost = f", {money(use.cost_usd)}" if use.cost_usd else ""
    return (
        f"{printable(use.role, 40)}: {counted(use.calls, 'call')}{estimated(use.estimated)}, "
        f"{compact(use.input_tokens)} tokens in{cached}, {compact(use.output_tokens)} out{pace(use.output_tokens_per_s)}{cost}"
    )


def _cost(now: Status) -> str:
    """What the models used in all, and for each kept change; no money of models without a price."""
    written = "" if now.output_tokens_per_s is None else f", written at {now.output_tokens_per_s:.0f} a second"
    used = f"{compact(now.tokens)} tokens{estimated(now.estimated)}{written}"
    kept = "" if now.cost_per_kept_usd is None else f", {money(now.cost_per_kept_usd)} a kept change"
    return f"{used}; {money(now.cost_usd)}{kept}" if now.cost_usd else used


def measured_level(now: Status) -> str:
    """Where the head is, and how its trials scatter."""
    if now.head_value is None:
        return "the head is not measured yet"
    level = f"head {number(now.head_value)}"
    if not now.head_trials:
        return f"{level} in the pairs that it was kept for"
    if now.sigma is None:
        return f"{level}, too few trials to know the noise"
    if now.noise == Noise.DETERMINISTIC:
        return f"{level}, deterministic"
    trials = f"by its newest {counted(now.head_trials, 'trial')}" if now.head_trials > 1 else "by 1 trial"
    return f"{level} {trials}, {now.noise}, sigma now {number(now.sigma)}"
