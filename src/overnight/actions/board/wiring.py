"""Where the parts of one action are put together."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from anyio import to_thread

from overnight.actions.asking.parsing import parse_rules
from overnight.actions.asking.rules import rules_text
from overnight.actions.board.recovery import landed_all_the_same, recover
from overnight.actions.board.runner import ActionRunner
from overnight.actions.charter import ActionBudget, Rules
from overnight.actions.checkouts.commands import Commands
from overnight.actions.checkouts.disk import Disk
from overnight.actions.checkouts.folders import action_folders
from overnight.actions.checkouts.machine import AT_ONCE, Machine
from overnight.actions.checkouts.preparation import Preparation, PreparedExecutor, PreparedWorker, shown_paths
from overnight.actions.checkouts.setups import Setups
from overnight.actions.events import Begun, Event, Merged, TurnCut
from overnight.actions.evidence.base_runs import FOLDER as KNOWN
from overnight.actions.evidence.checks import ActionChecks
from overnight.actions.record import ActionRecord
from overnight.actions.roles.models import ActionGateway
from overnight.actions.roles.turns import AgentWorker
from overnight.actions.state import Action
from overnight.actions.trunk.campaigns import CampaignWorker, campaign_place, forget_campaign
from overnight.actions.trunk.delivery import Delivering
from overnight.actions.trunk.following import alone
from overnight.actions.trunk.merging import Merging
from overnight.actions.trunk.trunk import GitTrunk, held_now
from overnight.errors import ProgramError
from overnight.git.history import GitHistory
from overnight.git.repository import open_repository
from overnight.models.usage import Usage
from overnight.words.scrubber import Scrubber


@dataclass(frozen=True, slots=True, kw_only=True)
class RealWorkshop:
    """The port `Workshop`: the user's repositories, a jail, agents and their models."""

    record: ActionRecord
    machine: Machine
    gateway: ActionGateway
    scrubber: Scrubber = field(default_factory=Scrubber)

    def recover(self) -> list[TurnCut | Merged]:
        """What became of turns and merges that were under way when another process that ran the board ended."""
        actions = self.record.board().actions
        cut = [replace(each, usage=self.gateway.lost(actions[each.action])) for each in recover(self.record)]
        return [*cut, *landed_all_the_same(self.record)]

    def held(self, repo: str) -> str:
        """Why the trunk of a repository cannot be moved now, and what to type; empty if it can."""
        return held_now(Path(repo))

    def scrub(self, text: str) -> str:
        """A text without the user's secrets."""
        return self.scrubber.text(text)

    async def begin(self, action: Action) -> Begun:
        """The base of a new action, and the rules there; what the user committed meanwhile is taken in before."""
        repository = open_repository(Path(action.request.repo))
        with closing(GitHistory(repository)) as history:
            trunk = GitTrunk(repository=repository, history=history)
            if trunk.news():
                await self._catch_up(action, trunk)
            base = trunk.base_of(given) if (given := action.request.commit) else trunk.head()
            if given:
                trunk.keep(action=action.number, commit=given)
            text = await to_thread.run_sync(rules_text, repository, history, base)  # of many files: a second
        parse_rules(text)  # an action does not begin on rules that cannot be read
        return Begun(action=action.number, base=base, rules=text)

    async def _catch_up(self, action: Action, trunk: GitTrunk) -> None:
        """Take in what the user committed, checked as the trunk's own rules say."""
        try:
            rules = parse_rules(await to_thread.run_sync(trunk.rules, trunk.head()))
        except ProgramError:
            rules = Rules()
        with self._runner(action, rules, goes_on=lambda _: True) as runner:
            await runner.merging.catch_up(action)

    @contextmanager
    def runner(self, action: Action, *, goes_on: Callable[[Action], bool]) -> Iterator[ActionRunner]:
        """The runner of an action; its folders are deleted at the end."""
        with self._runner(action, parse_rules(action.rules), goes_on=goes_on) as runner:
            yield runner

    @contextmanager
    def _runner(self, action: Action, rules: Rules, *, goes_on: Callable[[Action], bool]) -> Iterator[ActionRunner]:
        record, machine, number, scrubber = self.record, self.machine, action.number, self.scrubber
        repository = open_repository(Path(action.request.repo))
        budget = budget_of(action, rules)

        def note(event: Event) -> Action:
            return record.append(event).actions[number]

        with (
            closing(GitHistory(repository)) as history,
            machine.slot() as slot,
            self.gateway.of(action, budget) as models,
        ):
            trunk = GitTrunk(repository=repository, history=history)

            def trusted(commit: str) -> bool:
                now = record.board().actions[number]
                return bool(now.accepted) or commit in (now.base, now.commit_base, trunk.head())

            start = action.base or trunk.head()
            with action_folders(repository, history, record.folder, start, action=number, full=machine.disk.problem) as folders:
                jail = machine.executor(repository)
                preparation = Preparation(
                    rules=rules,
                    repository=repository,
                    folders=folders,
                    machine=machine,
                    executor=jail,
                    artifacts=record.artifacts,
                    base=lambda: record.board().actions[number].base or start,
                    trusted=trusted,
                    scrubber=scrubber,
                )
                with closing(preparation):
                    executor = PreparedExecutor(jail, preparation, readable=shown_paths(rules, repository))
                    commands = Commands(
                        executor=executor,
                        folders=folders,
                        artifacts=record.artifacts,
                        limits=rules.limits,
                        machine=machine,
                        preparation=preparation,
                        env=rules.env,
                        scrubber=scrubber,
                    )
                    checks = ActionChecks(commands=commands, history=history, known=record.folder / KNOWN)
                    worker = AgentWorker(
                        rules=rules,
                        budget=budget,
                        executor=executor,
                        scratch=folders.scratch,
                        slot=slot,
                        models=models,
                        uses=models.take_uses if models else tuple,
                        watch=models.step if models else None,
                        scrubber=scrubber,
                        artifacts=record.artifacts,
                    )
                    merging = Merging(
                        rules=rules,
                        checks=checks,
                        trunk=trunk,
                        record=note,
                        known=lambda: record.board().trunks.get(action.request.repo),
                        alone=partial(alone, repository),
                    )
                    delivering = Delivering(
                        repository=repository,
                        trunk=trunk,
                        allowed=lambda: record.board().deliveries,
                        record=note,
                        scrub=scrubber.text,
                    )
                    yield ActionRunner(
                        rules=rules,
                        worker=CampaignWorker(
                            agents=PreparedWorker(inner=worker, preparation=preparation),
                            repository=repository,
                            trunk=trunk,
                            place=campaign_place(record.folder, action),
                            action=lambda: record.board().actions[number],
                            budget=budget,
                            sandbox=machine.sandbox,
                        ),
                        checkout=folders,
                        checks=checks,
                        merging=merging,
                        deliver=delivering.step,
                        record=note,
                        split=record.split,
                        goes_on=goes_on,
                        scrub=scrubber.text,
                        uncounted=models.uncounted if models else Usage,
                    )
        forget_campaign(record.folder, record.board().actions.get(number, action))


def budget_of(action: Action, rules: Rules) -> ActionBudget:
    """What an action may use in all: its budget, anew since a person's newest word."""
    budget, before = action.request.budget or rules.budget, action.usage_before
    return replace(
        budget,
        tokens=None if budget.tokens is None else budget.tokens + before.tokens,
        cost_usd=None if budget.cost_usd is None else budget.cost_usd + before.cost_usd,
    )


@asynccontextmanager
async def open_workshop(record: ActionRecord, *, sandbox: str, at_once: int = AT_ONCE) -> AsyncIterator[RealWorkshop]:
    """What all actions of one board share."""
    from overnight.config import read_settings
    from overnight.secrets.broker import user_broker

    broker = user_broker()
    scrubber, environment = broker.scrubber(), broker.environment
    machine = Machine(sandbox=sandbox, at_once=at_once, disk=Disk(place=record.folder, setups=Setups()))
    gateway = ActionGateway(
        read_settings(environment, Path.home()),
        record.folder,
        origin=record.store.origin() or "",
        environment=environment,
        learn=scrubber.learn,
    )
    async with gateway:
        yield RealWorkshop(record=record, machine=machine, gateway=gateway, scrubber=scrubber)
