"""The models of a claw: one gateway, opened when one is first asked, and a budget for each day and each turn.

The day's is kept by the owner's account, so it holds over kills and whatever other process asks models.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from overnight.claw.charter import SYSTEM, Charter
from overnight.claw.minds.spent import is_of_guest, label_of, schedule_of, spent_by, spent_since
from overnight.claw.port import Turn
from overnight.claw.record.record import ClawRecord
from overnight.jobs.schedule import zone_of
from overnight.models.port import ModelRun, ModelsParked
from overnight.models.usage import CallRecord
from overnight.operations.principal import Kind

if TYPE_CHECKING:
    from overnight.config import Settings
    from overnight.models.gateway import Gateway
    from overnight.models.provider import Provider
    from overnight.models.spending.account import SpendingAccount

NO_PROVIDER = "no provider of models is set up: `overnight docs gateway` says how"
TURN_SPENT = "This turn has used up its budget of {most} tokens, and ends here. `budget.tokens_a_turn` in claw.yaml sets it."
SCHEDULE_SPENT = "#{number} has used up its {most} tokens of this day. `budget.tokens_a_schedule` in claw.yaml sets it."
GUESTS_SPENT = "My guests have used up their {most} tokens of this day. `help` lists what works without."
WHOSE = "the claw's day's "  # a budget, in messages
TALK, SILENT = "talk", "silent"  # roles in the account: somebody wrote; something fell due


class TurnSpent(Exception):  # noqa: N818  # an outcome
    """The budget of one turn, or of its schedule for this day, is spent; says so."""


class ClawModels:
    """The models of one claw, for one process."""

    def __init__(
        self,
        folder: Path,
        charter: Callable[[], Charter],
        *,
        record: ClawRecord,
        environment: Mapping[str, str],
        only: str = "",
    ) -> None:
        """`environment` has the keys; `record` says what was spent; `only`: the one provider that is asked."""
        self._only = only
        self._folder, self._charter, self._environment, self._record = folder, charter, environment, record
        self._stack = AsyncExitStack()
        self._gateway: Gateway | None = None
        self._settings: Settings | None = None
        self._account: SpendingAccount | None = None

    async def close(self) -> None:
        """Close what was opened."""
        gateway, self._gateway = self._gateway, None
        if gateway is not None:
            await self._stack.aclose()

    @property
    def is_here(self) -> bool:
        """Whether whatever is asked stays on this machine."""
        from overnight.models.provider import is_here

        return all(is_here(each.base_url) for each in self._read().providers)

    async def open(self) -> None:
        """Open the gateway, if it is not.

        Raises:
            ModelsParked: no provider is set up.
        """
        if self._gateway is not None:
            return
        settings = self._read()
        if not settings.providers:
            self._settings = None  # they are looked for again
            raise ModelsParked(NO_PROVIDER)
        from overnight.models.budget import SpendingLimit
        from overnight.models.gateway import Gateway

        gateway = Gateway(
            settings.providers,
            settings.prices,
            allowance=SpendingLimit(),
            called=_nothing,
            environment=self._environment,
            sent=self._sent,
        )
        self._gateway = await self._stack.enter_async_context(gateway)

    @contextmanager
    def of(self, turn: Turn) -> Iterator[ModelRun]:
        """The models of a turn, within what is left of its budget and of the day's; open before.

        Raises:
            TurnSpent: the turn's own budget does not suffice.
            ModelsParked: from the block; `wait_s` says when the day's budget begins anew.
        """
        from overnight.models.budget import SpendingBudget, SpendingLimit
        from overnight.models.spending.purse import Purse

        gateway = self._gateway
        if gateway is None:
            raise ModelsParked(NO_PROVIDER)
        left, spent = self._left(turn)
        self._account = self._account_of(turn)
        self._account.open()
        try:
            purse = Purse(SpendingBudget(SpendingLimit(tokens=left)), self._account)
            role = SILENT if turn.silent else TALK
            with gateway.use(role=role, number=turn.number, model=self._charter().model, purse=purse) as run:
                yield run
        except ModelsParked as refusal:
            if not refusal.spent or refusal.wait_s is not None:
                raise
            if not str(refusal).startswith(WHOSE):
                raise TurnSpent(spent) from refusal
            raise ModelsParked(str(refusal), wait_s=_to_midnight_s(turn), spent=True) from refusal
        finally:
            self._account.close()
            self._account = None

    def _left(self, turn: Turn) -> tuple[int | None, str]:
        """What is left for a turn, and what is said when it is used up."""
        budget, schedule = self._charter().budget, schedule_of(self._record, turn.number)
        left, spent = budget.tokens_a_turn, TURN_SPENT.format(most=budget.tokens_a_turn)
        if left is not None:
            left = max(0, left - sum(step.tokens for step in turn.steps))
        if turn.role is Kind.GUEST:
            most = self._charter().guests.tokens_a_day
            rest = most - spent_by(self._record, is_of_guest, _day(turn)[1])
            return max(0, rest if left is None else min(rest, left)), GUESTS_SPENT.format(most=most)
        if schedule and budget.tokens_a_schedule is not None:
            mine = spent_by(self._record, lambda record, number: schedule_of(record, number) == schedule, _day(turn)[1])
            rest = budget.tokens_a_schedule - mine
            if left is None or rest < left:
                return max(0, rest), SCHEDULE_SPENT.format(number=schedule, most=budget.tokens_a_schedule)
        return left, spent

    def _account_of(self, turn: Turn) -> "SpendingAccount":
        from overnight.models.budget import SpendingLimit
        from overnight.models.spending.account import SpendingAccount
        from overnight.models.spending.job import Job
        from overnight.models.spending.limits import CLAW

        day, begins = _day(turn)
        tokens, cost_usd = spent_since(self._record, begins)
        budget = self._charter().budget
        job = Job(
            system=CLAW,
            key=f"{SYSTEM}:{self._folder}:{day}",
            label=label_of(self._folder.name, day),
            budget=SpendingLimit(tokens=budget.tokens_a_day, cost_usd=budget.usd_a_day),
            whose=WHOSE,
            spent_tokens=tokens,
            spent_usd=cost_usd,
        )
        return SpendingAccount(job, self._read().spending)

    def _read(self) -> "Settings":
        from overnight.config import read_settings

        if self._settings is None:
            found = read_settings(self._environment, Path.home())
            chosen = tuple(each for each in found.providers if self._only in ("", each.name))
            self._settings = replace(found, providers=chosen)
        return self._settings

    def _sent(self, provider: "Provider", size_bytes: int) -> None:
        """Count what left this machine."""
        if self._account is not None:
            self._account.sent(provider, size_bytes)


def _day(turn: Turn) -> tuple[str, float]:
    """The day of a turn by the claw's clock, and when it began, Unix time."""
    now = datetime.fromtimestamp(turn.at, zone_of(turn.zone))
    return f"{now:%Y-%m-%d}", now.replace(hour=0, minute=0, second=0, microsecond=0).timestamp()


def _to_midnight_s(turn: Turn) -> float:
    now = datetime.fromtimestamp(turn.at, zone_of(turn.zone))
    begins = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    return max(1.0, begins.timestamp() - turn.at)


def _nothing(_: CallRecord) -> None:
    """The run itself counts."""
