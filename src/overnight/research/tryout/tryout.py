"""One tiny edit by a researcher, in a throw-away repository: through the port, the jail and the gateway of a campaign.

Does not cover: whether an agent is any good at research; whether a command that is made for one repository works there.
"""

from contextlib import AbstractAsyncContextManager, closing, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import anyio

from overnight.agents.port import Task
from overnight.agents.registry import AGENTS
from overnight.agents.transcript import Transcript
from overnight.errors import UserError
from overnight.files.folders import remove_tree
from overnight.git.history import GitHistory
from overnight.machines.share import make_executor
from overnight.models.breaker import RetryTimes
from overnight.models.budget import SpendingLimit
from overnight.models.gateway import Gateway
from overnight.models.port import ModelsParked
from overnight.models.provider import FREE, Prices
from overnight.models.spending.account import SpendingAccount
from overnight.models.spending.job import Job
from overnight.models.spending.limits import TRYOUT
from overnight.research.briefs.brief import write_brief
from overnight.research.briefs.task import BriefTask
from overnight.research.changes.scope import check_scope
from overnight.research.charter import parse_charter
from overnight.research.events import CampaignOpened
from overnight.research.places.port import View
from overnight.research.places.seclusion import checkout_around
from overnight.research.places.work_folders import WorkFolders
from overnight.research.readiness.judging import Surroundings, judge
from overnight.research.readiness.role import describe_problem
from overnight.research.readiness.roles import ask_around, with_offers
from overnight.research.researchers.port import Assignment, NoIdeas, ProposalFailed, Researcher
from overnight.research.staffing import make_team
from overnight.research.state import State, begin
from overnight.research.tryout.claims import false_claim, other_value
from overnight.research.tryout.edit_forms import entry_for, finds_form, try_forms
from overnight.research.tryout.fixes import LATE, SPENT, fix_edit, fix_failed, fix_parked, missing, out_of_service, ties
from overnight.research.tryout.repo import TASK, make_throwaway
from overnight.research.tryout.result import (
    COST_USD,
    SHOWN,
    Ask,
    Failing,
    FormTried,
    Tryout,
    TryoutEdit,
    TryoutMeter,
    result_of,
)
from overnight.secrets.broker import user_broker
from overnight.words.foreign import printable
from overnight.words.quantities import duration
from overnight.words.scrubber import Scrubber

PACE = RetryTimes(patience_s=5.0)  # a person waits for the answer
TAG, ROLE = "tryout", "researcher"
SLOT = 0  # the researcher's; no trial runs here


async def try_out(ask: Ask, meter: TryoutMeter) -> Tryout:
    """Have the researcher make one edit; leaves nothing behind and nothing running, however it ends."""
    dollars = ask.cost_usd is not None or ask.settings.spending.limits_cost(TRYOUT)
    around = Surroundings(settings=ask.settings, environment=ask.environment, dollars=dollars)
    around = await with_offers([ask.spec], await ask_around([ask.spec], around))
    role = judge(ask.spec, around)
    outcome: TryoutEdit | Failing | None = missing(role) or ties(ask.spec, Path.cwd())
    forms: list[FormTried] = []
    if outcome is None:
        try:
            if finds_form(ask.spec):
                outcome, forms = await try_forms(ask, meter, _try)
            else:
                outcome = await _try(ask, meter)
        except UserError as error:  # the machine's or the settings'
            outcome = Failing(reason=str(error.args[0]), fix=error.fix)
    notes = [describe_problem(each) for each in role.problems if not each.fatal]
    return replace(result_of(ask, meter, outcome, notes=notes), forms=forms, write=entry_for(ask, forms))


async def _try(ask: Ask, meter: TryoutMeter) -> TryoutEdit | Failing:
    with TemporaryDirectory(prefix="overnight-") as place:
        root = Path(place) / "work"
        try:
            with closing(GitHistory(make_throwaway(Path(place) / "repo"))) as history:
                state = _state(history.resolve_start(), ask)
                scrubber = user_broker().scrubber()
                async with _gateway(ask, meter, scrubber) as gateway:
                    workspaces = WorkFolders(root, history, state.program)
                    return await _TryoutRun(ask, meter, state, history, workspaces, gateway, scrubber).run()
        finally:
            remove_tree(root)  # which a job may have made hard to delete


@dataclass(slots=True)
class _TryoutRun:
    """One try, with what it needs."""

    ask: Ask
    meter: TryoutMeter
    state: State
    history: GitHistory
    workspaces: WorkFolders
    gateway: Gateway | None
    scrubber: Scrubber
    said: str = ""  # by the agent

    async def run(self) -> TryoutEdit | Failing:
        """The edit, or why there is none."""
        program, folder = self.state.program, self.workspaces.create(self.state.head, View.OPEN)
        executor = make_executor("jail", others=1, checkout=checkout_around(Path.cwd()))
        team = make_team(
            program, executor, self.workspaces.scratch, SLOT, self.gateway, keep_transcript=self._hear, scrubber=self.scrubber
        )
        try:
            return await self._propose(team.staff[0].researcher, folder)
        except NoIdeas as none:
            return Failing(reason=str(none) or "it has nothing to propose")
        except ModelsParked as parked:
            ours = parked.spent and parked.wait_s is None  # not the owner's limit, which says itself what sets it
            return Failing(reason=str(parked), fix=self._fix_parked(parked.wait_s) or (SPENT if ours else ""))
        except ProposalFailed as failed:
            claim = "" if self.workspaces.collect(folder, self.state.head).changes else false_claim(self.said)
            fix = fix_failed(self.ask.spec, self.meter.usage.calls)
            return Failing(reason=f"{claim}; {failed}" if claim else str(failed), fix=fix)

    def _hear(self, _task: Task, transcript: Transcript) -> None:
        self.said = transcript.said

    async def _propose(self, researcher: Researcher, folder: Path) -> TryoutEdit | Failing:
        head = self.state.head
        assignment = Assignment(
            number=1,
            role=ROLE,
            program=self.state.program,
            workspace=folder,
            brief=self._brief(),
            head=head,
            changed=lambda: bool(self.workspaces.collect(folder, head).changes),
        )
        self.meter.begin()
        with anyio.move_on_after(self.ask.seconds - self.meter.seconds) as scope:
            draft = await researcher.propose(assignment)
        if scope.cancelled_caught:
            return self._late()
        return self._collect(folder, draft.hypothesis)

    def _late(self) -> Failing:
        """The failure of an agent that we ended: some try again and again if no provider answers."""
        reason = f"it did not end within {duration(self.ask.seconds)}, and was ended with all its processes"
        accounts = self.gateway.accounts() if self.gateway else ()
        whys = "".join(f"; {account.name}: {account.why}" for account in out_of_service(accounts))
        return Failing(reason=reason + whys, fix=self._fix_parked(None) or LATE)

    def _fix_parked(self, wait_s: float | None) -> str:
        return fix_parked(wait_s, self.gateway.accounts() if self.gateway else (), self.ask.settings)

    def _brief(self) -> str:
        files = {file.path: file.size_bytes for file in self.history.files(self.state.head)}
        charter = parse_charter(self.state.program.body)
        return write_brief(BriefTask(state=self.state, charter=charter, role=ROLE, files=files))

    def _collect(self, folder: Path, hypothesis: str) -> TryoutEdit | Failing:
        """What it changed, judged as a campaign would."""
        head, program = self.state.head, self.state.program
        collected = self.workspaces.collect(folder, head)
        executable = {file.path: file.executable for file in self.history.files(head)}
        before = self.history.read_files(head, [change.path for change in collected.changes if change.path in executable])
        scope = check_scope(collected.changes, before=before, executable=executable, program=program)
        if problems := (*collected.problems, *scope):
            return Failing(reason="; ".join(problems), fix=fix_edit(self.ask.spec))
        commit = self.history.record_attempt(
            tag=TAG, number=1, base=head, changes=collected.changes, message=f"{printable(hypothesis, SHOWN)}\n"
        )
        diff = self.history.diff(head, commit)
        claim = other_value(hypothesis, diff)
        return TryoutEdit(hypothesis=hypothesis, diff=diff, notes=(printable(claim, SHOWN),) if claim else ())


def _state(start: str, ask: Ask) -> State:
    """A campaign that has just been opened, with this one researcher."""
    opened = begin(CampaignOpened(tag=TAG, version="", program=TASK, start=start, secret="", sandbox="jail"))
    program = replace(opened.program, researchers=(replace(ask.spec, role=ROLE, count=1),))
    if ask.program:
        program = replace(program, limits=ask.program.limits, readable=ask.program.readable)
    return replace(opened, program=program)


def _gateway(ask: Ask, meter: TryoutMeter, scrubber: Scrubber) -> AbstractAsyncContextManager[Gateway | None]:
    if ask.spec.use not in AGENTS or not ask.settings.providers:
        return nullcontext()
    prices, cost_usd, spending = ask.settings.prices, ask.cost_usd, ask.settings.spending
    if cost_usd is None and not spending.limits_cost(TRYOUT):
        # Our own limit must not refuse what has no price: the limit of tokens applies to that.
        prices = Prices(table={"*": FREE, **prices.table})
    cost_usd = COST_USD if cost_usd is None else cost_usd
    used = meter.usage  # by earlier tries
    allowance = SpendingLimit(tokens=max(0, ask.tokens - used.tokens), cost_usd=max(0.0, cost_usd - used.cost_usd))
    providers, environment = ask.settings.providers, ask.environment
    account = SpendingAccount(Job(system=TRYOUT, key=f"{TRYOUT}:{ask.name}", label=ask.name), spending)
    return Gateway(
        providers,
        prices,
        allowance=allowance,
        account=account,
        called=meter.count,
        environment=environment,
        pace=PACE,
        learn=scrubber.learn,
    )
