"""One inner campaign from its start to its audit, by the code that runs every campaign.

Its budget is hard: at its last trial the campaign ends, also in the middle of a test, so no organisation gets more by having
much under way at the end. A kill or a stop at any moment loses no trial: it goes on from its ledger, the audit too.
"""

import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from overnight.errors import CampaignBusy, InternalError, UserError
from overnight.files.atomic import write_atomically
from overnight.files.own import make_folder
from overnight.git.repository import Repository, open_repository
from overnight.ledger.file import NAME
from overnight.meta.composition import inner_program
from overnight.meta.ended import ended, result_of, unmeasured
from overnight.meta.organisation import organisation_of
from overnight.meta.record import READY, REPOSITORY, RESULT, TAG, tidy
from overnight.meta.targets import checkout_behind, commit_program, make_target, own_program
from overnight.meta.task import Blame, InnerResult, InnerTask
from overnight.program.program import PROGRAM
from overnight.research.ending import TO_FIX, Ending, EndReason
from overnight.research.events import ProposalMissed, Sign, TrialFinished
from overnight.research.kind import CampaignKind
from overnight.research.loop.campaign import Campaign
from overnight.research.loop.journal import Journal
from overnight.research.loop.stop import PERSONS, Stop
from overnight.research.readiness.roles import lasting_gaps
from overnight.research.record.ledger import SqliteLedger
from overnight.research.record.restore import restore
from overnight.research.state import State
from overnight.research.wiring import SessionRequest, open_audit, open_session
from overnight.words.foreign import printable
from overnight.words.quantities import counted, duration, listed

if TYPE_CHECKING:
    from overnight.models.spending.job import Job

HALTED = Ending(reason=EndReason.SIGNAL, detail="the meta-campaign stops")
UNFINISHED = PERSONS | TO_FIX | {EndReason.ERROR}  # after which a campaign goes on where it was
AGAIN = frozenset({Blame.TARGET, Blame.MODELS, Blame.SETUP, Blame.BUDGET})  # what is no result for good
SAID = 1000  # characters of a reason
MOST_NAMED = 5  # roles in a message
OTHERS = "the meta-campaign's "  # whose budget it was, in the message of a refused call


class Halt:
    """A request to postpone what runs; it holds for all sessions of one inner campaign."""

    def __init__(self) -> None:
        self.asked = False
        self._stop: Stop | None = None

    def ask(self) -> None:
        """End the running session when its trial is recorded."""
        self.asked = True
        if self._stop:
            self._stop.request(HALTED)

    def stop(self) -> Stop:
        """What ends the next session."""
        self._stop = Stop()
        if self.asked:
            self._stop.request(HALTED)
        return self._stop


async def run_inner(task: InnerTask, halt: Halt) -> InnerResult | None:
    """Run an inner campaign, or go on with one that was cut off; None if it was halted before its end.

    Raises:
        OvernightError: our fault, or the machine's; it can be run again.
    """
    folder, began = Path(task.folder), time.process_time()
    for own in (folder.parent, folder):
        make_folder(own)
    if (known := ended(folder)) is None:
        known = await _run(task, folder, halt, began)
        if known is None or known.blame in AGAIN:
            return known
        write_atomically(folder / RESULT, known.text().encode())
    tidy(folder)
    return known


async def _run(task: InnerTask, folder: Path, halt: Halt, began: float) -> InnerResult | None:
    try:
        organisation_of(task.organisation, task.path)
    except UserError as error:
        return _failed(error, Blame.ORGANISATION)
    try:
        repository = _repository(task, folder / REPOSITORY)
        if (why := await _search(task, repository, halt)) is not None:
            return InnerResult(progress=None, failure=why.detail, blame=_blamed(why)) if why is not HALTED else None
        if not await _audit(task, repository, halt):
            return None
    except CampaignBusy as error:
        raise InternalError(f"an inner campaign still runs in a process that was given up: {error}") from error
    except UserError as error:
        state = _recorded_in(folder / REPOSITORY)
        return _failed(error, Blame.ORGANISATION if state and state.kept else Blame.TARGET)
    return result_of(folder, cpu_s=time.process_time() - began)


def _failed(error: UserError, blame: Blame) -> InnerResult:
    return InnerResult(progress=None, failure=printable(str(error).splitlines()[0], SAID), blame=blame)


def _repository(task: InnerTask, repo: Path) -> Repository:
    """The target's repository with the organisation's program; made again from its start if that was cut off."""
    from overnight.files.folders import remove_tree

    ready = repo.parent / READY
    if not ready.exists():
        remove_tree(repo)
        repo.parent.mkdir(parents=True, exist_ok=True)
        make_target(task, repo)
        open_repository(repo).check_overnight()  # a target could bring the record of a campaign that never ran
        budget = {"trials": task.trials, "tokens": task.tokens, "cost_usd": task.cost_usd}
        own = own_program(repo)
        organisation = organisation_of(task.organisation, task.path)
        wanted = {key: value for key, value in budget.items() if value is not None}
        commit_program(repo, inner_program(own, organisation, budget=wanted, path=PROGRAM, fixed=task.fixed))
        write_atomically(ready, b"")
    return open_repository(repo)


async def _search(task: InnerTask, repository: Repository, halt: Halt) -> Ending | None:
    """Run the campaign itself to the end of its budget; why it has not come that far, if so."""
    state = _recorded(repository)
    if state and (spent(task, state) or (state.ending and state.ending.reason not in UNFINISHED)):
        return None
    stop = halt.stop()
    with open_session(repository, _request(task), stop, [], kind=_kind(task)) as campaign:
        if gaps := lasting_gaps(campaign.journal.state.program, repository.toplevel):
            return Ending(reason=EndReason.SETUP, detail=f"nobody can play {listed(sorted(gaps), MOST_NAMED)} here")
        campaign.journal.watch(_within_budget(task, campaign.journal, stop))
        campaign.journal.watch(_with_everybody(campaign, stop))
        ending = (await campaign.run()).ending
    if spent(task, campaign.journal.state):
        return None
    if ending.reason in PERSONS:
        return HALTED
    return ending if ending.reason in TO_FIX or ending.detail.startswith(OTHERS) else None


def _blamed(ending: Ending) -> Blame:
    return {EndReason.MODELS: Blame.MODELS, EndReason.SETUP: Blame.SETUP}.get(ending.reason, Blame.BUDGET)


async def _audit(task: InnerTask, repository: Repository, halt: Halt) -> bool:
    """Audit what the campaign came to, if it kept anything; whether that is done."""
    state = _recorded(repository)
    if state is None:
        raise InternalError(f"the record of the inner campaign in {task.folder} is empty")
    if not state.kept:
        return True
    if state.audit and (done := state.audit.concluded) and (done.total or not _repeats(repository)):
        return True
    with open_audit(repository, _request(task), halt.stop(), [], kind=_kind(task)) as audit:
        stopped = await audit.run(pairs=task.audit_pairs, leave_one_out=False)
    return stopped.ending.reason is EndReason.AUDITED


def _repeats(repository: Repository) -> bool:
    """Whether the audit failed for a reason that says nothing about what was kept."""
    with closing(SqliteLedger.for_reading(repository.overnight / TAG)) as ledger:
        return unmeasured([entry.event for entry in ledger.events()]) is Blame.TARGET


def spent(task: InnerTask, state: State) -> str:
    """Which part of its own budget an inner campaign has spent on trials; empty if none."""
    tally = state.tally
    if task.trials is not None and tally.trials >= task.trials:
        return f"the budget of {counted(task.trials, 'trial')} is spent"
    if task.trial_seconds is not None and tally.trial_wall_s >= task.trial_seconds:
        return f"the budget of {duration(task.trial_seconds)} of trials is spent"
    return ""


def _within_budget(task: InnerTask, journal: Journal, stop: Stop) -> Callable[[Sign], None]:
    def see(sign: Sign) -> None:
        if isinstance(sign, TrialFinished) and (why := spent(task, journal.state)):
            stop.request(Ending(reason=EndReason.BUDGET, detail=why))

    return see


def _with_everybody(campaign: Campaign, stop: Stop) -> Callable[[Sign], None]:
    """A watcher that ends a campaign one of whose researchers cannot work: what the others did is not the organisation's."""

    def see(sign: Sign) -> None:
        over = campaign.asking.over
        if isinstance(sign, ProposalMissed) and sign.final and over and over.reason in TO_FIX:
            stop.request(over)

    return see


def _recorded(repository: Repository) -> State | None:
    """Where the campaign stands by its record; None if it has not begun."""
    return _recorded_in(repository.toplevel)


def _recorded_in(repo: Path) -> State | None:
    folder = repo / ".overnight" / TAG
    if not (folder / NAME).exists():
        return None
    with closing(SqliteLedger.for_reading(folder)) as ledger:
        return restore(ledger)


def _request(task: InnerTask) -> SessionRequest:
    return SessionRequest(tag=TAG, slots=1, sandbox=task.sandbox)


def _kind(task: InnerTask) -> CampaignKind:
    return CampaignKind(secret=task.secret, payer=_payer(task), seen_from=checkout_behind(task))


def _payer(task: InnerTask) -> "Job | None":
    if not task.payer:
        return None
    from overnight.models.budget import SpendingLimit
    from overnight.models.spending.job import Job
    from overnight.models.spending.limits import CAMPAIGN

    budget = SpendingLimit(tokens=task.payer_tokens, cost_usd=task.payer_usd)
    return Job(system=CAMPAIGN, key=task.payer, label=task.payer_label, budget=budget, whose=OTHERS)
