"""The only place where ports meet back ends: from a folder and a tag to a campaign that can run."""

import os
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, nullcontext, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from overnight.errors import UserError
from overnight.files.own import claim_folder, make_folder
from overnight.files.private_folder import private_folder, sweep
from overnight.git.history import GitHistory
from overnight.git.repository import Repository, check_branch_free
from overnight.jail.checkout import Checkout
from overnight.jail.job import Job
from overnight.jail.port import Executor
from overnight.ledger.artifacts import ArtifactStore
from overnight.machines.share import limit_notes, make_executor, search_path, share_of
from overnight.program.environment import gpu_notes, secret_notes
from overnight.program.program import OUTSIDE, Program
from overnight.research.budget import limits_from
from overnight.research.events import NetworkUsed
from overnight.research.kind import USUAL, CampaignKind, TrialsFor
from overnight.research.loop.assembly import make_campaign
from overnight.research.loop.campaign import Campaign
from overnight.research.loop.journal import Journal, Watcher
from overnight.research.loop.opening import Opening
from overnight.research.loop.port import Trials
from overnight.research.loop.scheduler import Scheduler
from overnight.research.loop.slots import Slots
from overnight.research.loop.stop import Stop
from overnight.research.loop.trial import TrialRunner
from overnight.research.places.begun import is_begun_here, mark_begun, require_unnamed_begun_here
from overnight.research.places.campaigns import campaign_folder, require_sort
from overnight.research.places.fingerprint import EnvironmentWatcher, fingerprint
from overnight.research.places.fresh_start import set_aside_barren
from overnight.research.places.orders import OrderFiles
from overnight.research.places.port import CacheState
from overnight.research.places.seclusion import check_readable_paths, checkout_of, not_shown_notes, shown_paths
from overnight.research.places.withdrawal import withdrawn_if_refused
from overnight.research.places.work_folders import WorkFolders, work_folders
from overnight.research.readiness.roles import has_agents, lasting_gaps
from overnight.research.record.ledger import SqliteLedger
from overnight.research.record.results import ResultsKeeper
from overnight.research.staffing import follow_budget, gpus_of_team, make_models, make_team
from overnight.research.state import State
from overnight.secrets.broker import user_broker
from overnight.words.scrubber import Scrubber, secrets_in

if TYPE_CHECKING:
    from overnight.egress.connection import Connection
    from overnight.research.loop.audit import Audit
    from overnight.research.loop.kept_results import KeptResults
    from overnight.research.loop.recheck import Recheck
    from overnight.research.machines import Elsewhere
    from overnight.research.places.transcripts import TranscriptFolder


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRequest:
    """What the user requested for one session."""

    tag: str | None = None
    experiments: int | None = None
    hours: float | None = None
    sandbox: str = "jail"
    slots: int | None = None
    on: str = ""  # name of the machines that trials run on; empty: this one
    allowed_only: bool = False  # others than the owner at home asked for it: what it runs must be what the owner allows
    allows: str = ""  # the owner's command on a terminal, which allows others what it starts; empty: it does not


def make_trial_runner(
    program: Program,
    start: str,
    executor: Executor,
    workspaces: WorkFolders,
    folder: Path,
    *,
    checkout: Checkout,
    slots: int = 1,
    scrubber: Scrubber | None = None,
    kept: "KeptResults | None" = None,
) -> TrialRunner:
    """The runner of the program's commands on so many slots; captured outputs are kept in `folder`.

    `kept`: of other machines, whose page cache is not ours to prepare.
    """
    readable = shown_paths(program, checkout)
    return TrialRunner(
        program=replace(program, readable=readable),
        start=start,
        executor=executor,
        workspaces=workspaces,
        artifacts=ArtifactStore(folder / "logs"),
        cache=_page_cache(readable, alone=program.measures_time and slots == 1) if readable and not kept else None,
        home=home_for(program),
        scrubber=scrubber,
        kept=kept,
    )


def _page_cache(readable: Sequence[str], *, alone: bool) -> CacheState:
    from overnight.research.places.page_cache import PageCache

    return PageCache(readable, alone=alone)


def home_for(program: Program) -> str | None:
    """The user's home folder if a job may read something in it, since programs look there by `~`; else None."""
    user = Path.home()
    return str(user) if any(Path(path).is_relative_to(user) for path in program.readable) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """The open parts of a campaign, wherever it is stored."""

    repository: Repository
    folder: Path
    ledger: SqliteLedger
    history: GitHistory


@contextmanager
def _home(repository: Repository, folder: Path) -> Iterator[Home]:
    ledger, history = SqliteLedger(folder), GitHistory(repository)
    try:
        yield Home(repository=repository, folder=folder, ledger=ledger, history=history)
    finally:
        history.close()
        ledger.close()


@contextmanager
def open_session(
    repository: Repository, request: SessionRequest, stop: Stop, watchers: Sequence[Watcher], *, kind: CampaignKind = USUAL
) -> Iterator[Campaign]:
    """Open or resume a campaign and hold it; leaves nothing running, and no new campaign if a user's error ends it unused.

    Raises:
        UserError: the user must fix something before it can run.
    """
    program = _program_for(repository, request, kind)
    _require_jail(program, request)
    repository.exclude_overnight()
    tag = request.tag or kind.tag(repository)
    require_sort(tag, meta=kind.trials is not None)
    folder = campaign_folder(repository, tag)
    check_branch_free(repository, tag)
    sweep(repository.overnight)
    new = not os.path.lexists(folder)
    make_folder(folder)
    claim_folder(folder)
    if request.tag is None:
        require_unnamed_begun_here(folder)
    with closing(GitHistory(repository)) as history:
        set_aside_barren(folder, history, program)
    with (
        _home(repository, folder) as home,
        home.ledger.lock(),
        withdrawn_if_refused(folder, home.ledger, home.history, tag) if new else nullcontext(),
    ):
        state, notes = _take_up(home, program, tag, request.sandbox, kind)
        with _assembled(home, state, request, stop, watchers, notes=notes, kind=kind) as campaign:
            yield campaign


@contextmanager
def open_audit(
    repository: Repository,
    request: SessionRequest,
    stop: Stop,
    watchers: Sequence[Watcher],
    *,
    kind: CampaignKind = USUAL,
) -> "Iterator[Audit]":
    """Resume an existing campaign to audit it, and hold it; leaves nothing running.

    The request names it. The repository is one from `find_campaign`, which has checked what is in our folder.

    Raises:
        UserError: the user must fix something before it can be audited.
    """
    from overnight.research.loop.audit import Audit

    program, tag = _program_for(repository, request, kind), request.tag or kind.tag(repository)
    require_sort(tag, meta=kind.trials is not None)
    folder = campaign_folder(repository, tag)
    claim_folder(folder)
    with _home(repository, folder) as home, home.ledger.lock():
        state, notes = _take_up(home, program, tag, request.sandbox, kind)
        with _assembled(home, state, request, stop, watchers, notes=notes, kind=kind) as campaign:
            scheduler = campaign.head.scheduler
            yield Audit(
                journal=campaign.journal,
                head=campaign.head,
                scheduler=scheduler,
                history=home.history,
                stop=stop,
                beside=campaign.beside,
            )


@contextmanager
def rehearsal(repository: Repository, request: SessionRequest, stop: Stop, watchers: Sequence[Watcher]) -> Iterator[Campaign]:
    """A campaign that leaves no branch and no record, to measure the baseline before a real one.

    Raises:
        UserError: the user must fix something before it can run; or before a real one could, such as a branch in its way.
    """
    program = _program_for(repository, request)
    repository.exclude_overnight()
    check_branch_free(repository, request.tag or USUAL.tag(repository))
    with private_folder(repository.overnight, "rehearsal") as folder, _home(repository, folder) as home:
        state = _opening_of(home, request.sandbox).open(program, "rehearsal")
        with _assembled(home, state, request, stop, watchers) as campaign:
            yield campaign


def _program_for(repository: Repository, request: SessionRequest, kind: CampaignKind = USUAL) -> Program:
    """The program that a session works with: read once, so that nothing else runs than what was checked.

    Raises:
        UserError: it has mistakes, or is not allowed and would have to be.
    """
    program = kind.program(repository)
    if request.allowed_only or request.allows:
        from overnight.research.places.allowed import allow, require_allowed

        if request.allowed_only:
            require_allowed(program, repository.toplevel)
        else:
            with suppress(OSError, UserError):  # then others cannot start it, and the error says why
                allow(repository.toplevel, program, request.allows)
    return program


@contextmanager
def remeasuring(repository: Repository, program: Program, start: str, request: SessionRequest) -> "Iterator[Recheck]":
    """Measures commits again, outside any campaign: it leaves no record and shares no seed with one.

    `start`: the commit whose frozen files score what a candidate produced.
    """
    from overnight.research.loop.recheck import Recheck

    with (
        share_of(program.limits, request.slots, alone=program.measures_time) as share,
        private_folder(repository.overnight, "rerun") as folder,
        closing(GitHistory(repository)) as history,
        work_folders(repository, history, program, start) as workspaces,
    ):
        checkout = checkout_of(repository)
        executor = make_executor(request.sandbox, share, checkout=checkout)
        trials = make_trial_runner(program, start, executor, workspaces, folder, checkout=checkout, slots=share.slots)
        yield Recheck(trials=trials, slots=Slots(share.places), secret=secrets.token_hex(16))


def _take_up(home: Home, program: Program, tag: str, sandbox: str, kind: CampaignKind) -> tuple[State, Sequence[str]]:
    """Open or continue a campaign, which counts as begun here from then on; also returns what the user should know of that."""
    known = is_begun_here(home.folder, home.ledger)
    state = _opening_of(home, sandbox, kind).take_up(program, tag)
    told = f"the campaign `{tag}` was not begun here; it is taken up because you named it, and is yours from now on"
    return state, [note for note in ("" if known else told, mark_begun(home.folder, home.ledger)) if note]


def _opening_of(home: Home, sandbox: str, kind: CampaignKind = USUAL) -> Opening:
    top = (kind.seen_from or home.repository).toplevel

    def environment(program: Program) -> Mapping[str, str]:
        return fingerprint(top, readable=program.readable, search_path=search_path())

    return Opening(
        ledger=home.ledger,
        history=home.history,
        sandbox=sandbox,
        environment=environment,
        secret=kind.secret,
        start=kind.start,
    )


@contextmanager
def _assembled(
    home: Home,
    state: State,
    request: SessionRequest,
    stop: Stop,
    watchers: Sequence[Watcher],
    *,
    notes: Sequence[str] = (),
    kind: CampaignKind = USUAL,
) -> Iterator[Campaign]:
    program, checkout = state.program, checkout_of(home.repository, seen_from=kind.seen_from)
    check_readable_paths(program, checkout)
    secrets_of_user = user_broker()
    scrubber = secrets_of_user.scrubber(spare={program.metric.name, *OUTSIDE, *(guard.metric for guard in program.guards)})
    scrubber.learn(secrets_in(dict(program.env)))
    results = ResultsKeeper(home.folder, home.ledger, state)
    journal = Journal(home.ledger, state, [*watchers, results.see], scrubber=scrubber)
    origin, name = home.ledger.origin() or "", f"{home.repository.toplevel.name}/{state.tag}"
    models = make_models(
        program,
        state,
        journal.record,
        journal.show,
        origin=origin,
        name=name,
        environment=secrets_of_user.environment,
        learn=scrubber.learn,
        payer=kind.payer,
    )
    if models is not None and kind.payer is None:
        journal.watch(follow_budget(models, lambda: journal.state.budget))
    without = lasting_gaps(program, home.repository.toplevel)
    gpus = gpus_of_team(program, without)
    with (
        share_of(
            program.limits,
            request.slots,
            alone=program.measures_time,
            claim=kind.trials is None and not request.on,
            others=gpus,
        ) as share,
        work_folders(home.repository, home.history, program, state.start, seen_from=kind.seen_from) as workspaces,
        _elsewhere(home, journal, request, checkout, stop) as away,
    ):
        others = sum(spec.count for spec in program.researchers)
        executor = make_executor(
            request.sandbox, share, others=others, checkout=checkout, reached=partial(_record_network, journal)
        )
        team = make_team(
            program,
            executor,
            workspaces.scratch,
            share.slots,
            models,
            keep_transcript=_transcripts(home.folder, scrubber).keep if has_agents(program) else None,
            show=journal.show,
            without=without,
            scrubber=scrubber,
            researchers=kind.researchers,
        )
        trials: Trials
        if kind.trials is not None:
            trials = kind.trials(
                TrialsFor(
                    journal=journal,
                    folder=home.folder,
                    sandbox=request.sandbox,
                    stop=stop,
                    origin=origin,
                    name=name,
                    files=home.history.read_files,
                )
            )
        else:
            trials = make_trial_runner(
                program,
                state.start,
                away.executor if away else executor,
                workspaces,
                home.folder,
                checkout=checkout,
                slots=share.slots,
                scrubber=scrubber,
                kept=away.kept if away else None,
            )
        yield make_campaign(
            scheduler=Scheduler(
                journal=journal,
                trials=trials,
                slots=away.slots if away else Slots(share.places),
                kept=away.kept if away else None,
                stop=stop,
                environment=EnvironmentWatcher((kind.seen_from or home.repository).toplevel, search_path()),
            ),
            history=home.history,
            workspaces=workspaces,
            orders=OrderFiles(
                home.repository.toplevel / kind.file, home.folder, known=program.source, rewritten=kind.rewritten
            ),
            limits=limits_from(state, experiments=request.experiments, hours=request.hours),
            staff=team.staff,
            directors=team.directors,
            critics=team.critics,
            models=models,
            scope_rule=kind.scope_rule,
            beside=[away.follow] if away else [],
            background=partial(kind.background, journal, home.folder) if kind.background else None,
            notes=[
                *(
                    *notes,
                    *kind.notes,
                    *(away.notes if away else ()),
                    *share.notes,
                    *secret_notes(program.env),
                    *gpu_notes(program.env, program.limits.gpus),
                    *_network_notes(program),
                    *not_shown_notes(program, checkout),
                ),
                *limit_notes(executor),
            ],
        )


@contextmanager
def _elsewhere(
    home: Home, journal: Journal, request: SessionRequest, checkout: Checkout, stop: Stop
) -> "Iterator[Elsewhere | None]":
    """The machines that trials run on; None: this one."""
    if not request.on:
        yield None
        return
    from overnight.research.machines import Terms, elsewhere

    state = journal.state
    terms = Terms(
        session=f"{home.ledger.origin()}/{state.tag}",
        limits=state.program.limits,
        timed=state.program.measures_time,
        hidden=bool(state.program.hidden),
        checkout=checkout,
        slots=request.slots,
        reached=partial(_record_network, journal),
    )
    with private_folder(home.repository.overnight, "machines") as own, elsewhere(request.on, terms, own, journal, stop) as away:
        yield away


def _require_jail(program: Program, request: SessionRequest) -> None:
    sandbox = request.sandbox
    if request.on and sandbox != "jail":
        raise UserError("trials on other machines run in a jail", fix=f"leave out `--sandbox {sandbox}`")
    if sandbox != "jail":
        from overnight.program.network import require_jail

        require_jail(program, sandbox)


def _network_notes(program: Program) -> Sequence[str]:
    if program.limits.network == "none" and not program.limits.hosts:
        return ()
    from overnight.program.network import network_notes

    return network_notes(program.limits, os.environ)


def _record_network(journal: Journal, job: Job, connections: "Sequence[Connection]") -> None:
    journal.record(NetworkUsed(role=job.role, number=job.number, connections=tuple(connections)))


def _transcripts(folder: Path, scrubber: Scrubber) -> "TranscriptFolder":
    """What keeps the transcripts of a campaign's agents."""
    from overnight.research.places.transcripts import FOLDER, TranscriptFolder

    return TranscriptFolder(folder / FOLDER, scrubber=scrubber)
