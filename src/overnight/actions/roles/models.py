"""The models of all actions: one gateway, whose breakers they share, and for each action a budget of its own.

Ten actions that ask the same account learn together that its quota is spent. What an action may use is kept by the owner's
account, in which it is a job: so it holds over kills, and whatever other process asks models.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from overnight.actions.charter import ActionBudget
from overnight.actions.findings import ModelUse
from overnight.actions.roles.live import LiveBoard
from overnight.actions.state import Action
from overnight.agents.hypothesis import last_line
from overnight.agents.port import Task
from overnight.agents.transcript import EntryKind
from overnight.models.port import ModelRun
from overnight.models.usage import CallRecord, Usage

if TYPE_CHECKING:
    from overnight.config import Settings
    from overnight.models.breaker import RetryTimes
    from overnight.models.gateway import Gateway
    from overnight.models.provider import Provider
    from overnight.models.spending.account import SpendingAccount
    from overnight.models.spending.purse import Purse

WRITE_S = 1.0  # between two writes of the live signs


class ActionGateway:
    """The gateway of the process that runs the board; open from `async with` to its end."""

    def __init__(
        self,
        settings: "Settings",
        folder: Path,
        *,
        origin: str,
        environment: Mapping[str, str],
        learn: Callable[[Iterable[str]], None] | None = None,
        pace: "RetryTimes | None" = None,
    ) -> None:
        """`folder`: of the record, for live signs; `origin`: the record's, which tells its actions from any others'.

        `environment` has the keys; `learn` gets each that is read.
        """
        from overnight.models.budget import SpendingLimit
        from overnight.models.gateway import Gateway

        self._settings = settings
        self._origin = origin
        self._open: dict[int, ActionModels] = {}
        self._stack = AsyncExitStack()
        self._gateway: Gateway | None = None
        if settings.providers:
            self._gateway = Gateway(
                settings.providers,
                settings.prices,
                allowance=SpendingLimit(),
                called=self._called,
                doing=self._doing,
                environment=environment,
                pace=pace,
                learn=learn,
                sent=self._sent,
            )
        self.live = LiveBoard(folder, self._gateway.accounts if self._gateway else tuple)

    async def __aenter__(self) -> Self:
        if self._gateway is not None:
            await self._stack.enter_async_context(self._gateway)
        self._writing = asyncio.create_task(self._write())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._writing.cancel()
        with suppress(asyncio.CancelledError):
            await self._writing
        await self._stack.aclose()
        with suppress(OSError, ValueError):
            self.live.write()

    @contextmanager
    def of(self, action: Action, budget: ActionBudget) -> "Iterator[ActionModels | None]":
        """The models of one action, within its budget; None if no provider is set up."""
        if self._gateway is None:
            yield None
            return
        from overnight.models.budget import SpendingBudget, SpendingLimit
        from overnight.models.spending.purse import Purse

        account = self._account(action, budget)
        account.open()
        try:
            purse = Purse(SpendingBudget(SpendingLimit()), account)
            models = ActionModels(gateway=self._gateway, purse=purse, account=account, live=self.live)
            self._open[action.number] = models
            yield models
        finally:
            self._open.pop(action.number, None)
            self.live.works(action.number, "", "")
            account.close()

    def lost(self, action: Action) -> Usage:
        """What an action used beyond what its record says: of a turn that a kill cut off, so in one sum, as input."""
        if self._gateway is None:
            return Usage()
        account = self._account(action, ActionBudget())
        account.open()
        tokens, cost_usd = account.spent()
        account.close()
        return Usage(input_tokens=max(0, tokens - action.usage.tokens), cost_usd=max(0.0, cost_usd - action.usage.cost_usd))

    def _account(self, action: Action, budget: ActionBudget) -> "SpendingAccount":
        """The owner's account as an action uses it."""
        from overnight.models.budget import SpendingLimit
        from overnight.models.spending.account import SpendingAccount
        from overnight.models.spending.job import Job
        from overnight.models.spending.limits import ACTION

        job = Job(
            system=ACTION,
            key=f"{ACTION}:{self._origin}:{action.number}",
            label=f"{Path(action.request.repo).name}/action {action.number}",
            budget=SpendingLimit(tokens=budget.tokens, cost_usd=budget.cost_usd),
            whose="the action's ",
            spent_tokens=action.usage.tokens,
            spent_usd=action.usage.cost_usd,
        )
        return SpendingAccount(job, self._settings.spending)

    def _called(self, call: CallRecord) -> None:
        self.live.called(call)
        if models := self._open.get(call.number):
            models.count(call)

    def _doing(self, role: str, number: int, doing: str) -> None:
        self.live.works(number, role, doing)

    def _sent(self, provider: "Provider", size_bytes: int) -> None:
        """Count what left this machine with any open action: it is counted by system."""
        if models := next(iter(self._open.values()), None):
            models.account.sent(provider, size_bytes)

    async def _write(self) -> None:
        while True:
            if self.live.is_due:
                with suppress(OSError, ValueError):
                    await asyncio.to_thread(self.live.writer())
            await asyncio.sleep(WRITE_S)


@dataclass(slots=True, kw_only=True)
class ActionModels:
    """Implements `Models` for one action."""

    gateway: "Gateway"
    purse: "Purse"
    account: "SpendingAccount"
    live: LiveBoard
    _uses: dict[tuple[str, str], Usage] = field(default_factory=dict)

    @contextmanager
    def use(self, *, role: str, number: int, model: str = "") -> Iterator[ModelRun]:
        """Models for one piece of work, paid from the action's budget."""
        with self.gateway.use(role=role, number=number, model=model, purse=self.purse) as run:
            yield run

    def count(self, call: CallRecord) -> None:
        """A call of the action was settled."""
        key = call.provider, call.model
        self._uses[key] = self._uses.get(key, Usage()) + call.usage

    def step(self, task: Task, kind: EntryKind, text: str) -> None:
        """An agent begins a step; what it runs is shown."""
        if kind is EntryKind.CALL and (line := last_line(text.partition("\n")[0])):
            self.live.works(task.number, task.role, f"runs {line}")

    def uncounted(self) -> Usage:
        """What was used since uses were taken last, such as by a turn that was stopped."""
        return sum(self._uses.values(), Usage())

    def take_uses(self) -> Sequence[ModelUse]:
        """What was used since this was asked last, by model."""
        uses = [ModelUse(provider=provider, model=model, usage=usage) for (provider, model), usage in self._uses.items()]
        self._uses.clear()
        return uses
