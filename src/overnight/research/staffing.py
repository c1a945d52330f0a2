"""Who works in a campaign: the researchers and advisers of a program, and their models."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from overnight.agents.context import AgentContext, agent_limits
from overnight.agents.port import Task
from overnight.agents.registry import AGENTS
from overnight.agents.transcript import EntryKind, Transcript
from overnight.jail.port import Executor
from overnight.models.port import Models
from overnight.models.usage import CallRecord
from overnight.program.program import ADVISERS, CRITIC, DIRECTOR, Budget, Program, ResearcherSpec
from overnight.research.events import BudgetChanged, Event, ModelCalled, Noted, ProgramChanged, ProviderChanged, Sign, Working
from overnight.research.loop.council import NamedAdviser
from overnight.research.loop.edit import NamedResearcher
from overnight.research.researchers.registry import RESEARCHERS, Makes, agent_researcher
from overnight.research.state import State
from overnight.words.scrubber import Scrubber

if TYPE_CHECKING:
    from overnight.models.gateway import Gateway
    from overnight.models.spending.job import Job


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """Everybody who works in a campaign."""

    staff: Sequence[NamedResearcher]
    directors: Sequence[NamedAdviser]
    critics: Sequence[NamedAdviser]


def make_models(
    program: Program,
    state: State,
    record: Callable[[Event], None],
    show: Callable[[Sign], None],
    *,
    origin: str,
    name: str,
    environment: Mapping[str, str],
    learn: Callable[[Iterable[str]], None],
    payer: "Job | None" = None,
) -> "Gateway | None":
    """The gateway for the agents of a program; None if it has no agents, or no provider is set up.

    The campaign's budget is kept by the owner's account, where it is known by `origin` (its ledger's) and shown as `name`: so
    no two sessions spend it twice, and what a session that was killed had under way counts as well. `environment` has the
    keys; `learn` is told of each that is read. With a `payer`, calls are counted with that job and within its budget, and this
    process alone keeps the campaign's own.

    Raises:
        UserError: the settings are wrong.
    """
    uses = {spec.use for spec in program.researchers}
    if not uses & AGENTS.keys():
        return None
    from overnight.config import read_settings

    settings = read_settings(environment, Path.home())
    if not settings.providers:
        return None
    from overnight.models.budget import SpendingLimit
    from overnight.models.gateway import Gateway
    from overnight.models.spending.account import SpendingAccount
    from overnight.models.spending.job import Job
    from overnight.models.spending.limits import CAMPAIGN

    budget, tally = state.budget, state.tally
    left = SpendingLimit(
        tokens=None if budget.tokens is None else max(0, budget.tokens - tally.tokens),
        cost_usd=None if budget.cost_usd is None else max(0.0, budget.cost_usd - tally.cost_usd),
    )
    job = payer or Job(
        system=CAMPAIGN,
        key=f"{CAMPAIGN}:{origin}",
        label=name,
        budget=SpendingLimit(tokens=state.budget.tokens, cost_usd=state.budget.cost_usd),
        spent_tokens=state.tally.tokens,
        spent_usd=state.tally.cost_usd,
    )
    return Gateway(
        settings.providers,
        settings.prices,
        allowance=left if payer else SpendingLimit(),
        account=SpendingAccount(job, settings.spending, note=lambda text: show(Noted(text=text))),
        called=lambda call: record(_as_event(call)),
        changed=lambda state: record(ProviderChanged(state=state)),
        doing=lambda role, number, doing: show(Working(role=role, assignment=number, doing=doing)),
        environment=environment,
        learn=learn,
    )


def follow_budget(models: "Gateway", budget: Callable[[], Budget]) -> Callable[[Sign], None]:
    """A watcher that gives the gateway the budget of the campaign whenever it changes."""
    from overnight.models.budget import SpendingLimit

    def see(sign: Sign) -> None:
        if isinstance(sign, BudgetChanged | ProgramChanged):
            now = budget()
            models.limit(SpendingLimit(tokens=now.tokens, cost_usd=now.cost_usd))

    return see


def _as_event(call: CallRecord) -> ModelCalled:
    return ModelCalled(number=call.number, role=call.role, provider=call.provider, model=call.model, usage=call.usage)


def gpus_of_team(program: Program, without: Collection[str] = ()) -> Sequence[int]:
    """How many GPUs each member's jobs have: those that the limits of its role name; none without them."""
    return [spec.limits.gpus if spec.limits else 0 for spec in _everybody(program, without)]


def _everybody(program: Program, without: Collection[str]) -> Sequence[ResearcherSpec]:
    """A role for each member, in the order of their slots."""
    return [spec for spec in program.researchers if spec.role not in without for _ in range(spec.count)]


def make_team(
    program: Program,
    executor: Executor,
    scratch: Path,
    first_slot: int,
    models: Models | None,
    *,
    keep_transcript: Callable[[Task, Transcript], None] | None = None,
    show: Callable[[Sign], None] | None = None,
    without: Collection[str] = (),
    scrubber: Scrubber | None = None,
    researchers: Mapping[str, Makes] | None = None,
) -> Team:
    """The team of a program, less some roles; each member has its own slot of the executor, from `first_slot` on."""
    staff: list[NamedResearcher] = []
    advisers: dict[str, list[NamedAdviser]] = {name: [] for name in ADVISERS}
    for slot, spec in enumerate(_everybody(program, without), first_slot):
        limits = spec.limits or agent_limits(program.limits, spec.use)
        context = AgentContext(
            spec=spec.agent,
            executor=executor,
            limits=limits,
            scratch=scratch,
            slot=slot,
            variables=program.env,
            models=models,
            watch=partial(_show_step, show) if show else None,
            keep_transcript=keep_transcript,
            scrubber=scrubber or Scrubber(),
        )
        if spec.role in advisers:
            advisers[spec.role].append(NamedAdviser(role=spec.role, adviser=agent_researcher(context)))
        else:
            staff.append(
                NamedResearcher(
                    role=spec.role,
                    researcher=(researchers or RESEARCHERS)[spec.use](spec, context),
                    reads=spec.use in AGENTS,
                    patience_s=spec.patience_s,
                )
            )
    return Team(staff=staff, directors=advisers[DIRECTOR], critics=advisers[CRITIC])


def _show_step(show: Callable[[Sign], None], task: Task, kind: EntryKind, text: str) -> None:
    """Show what an agent runs now."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    show(Working(role=task.role, assignment=task.number, doing=f"runs {first.strip()}" if kind is EntryKind.CALL else ""))
