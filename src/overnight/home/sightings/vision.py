"""The vision model of the cameras: the user's own providers, within a budget of a day, if pictures may go to them.

Pictures stay on this machine unless home.yaml says `cameras: {cloud: true}`: until then a model is asked only if all providers
are on this machine.
"""

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from overnight.home.eyes.confirming import Confirmed, Vision, VisionModel
from overnight.models.pictures import Picture
from overnight.models.port import ModelsParked

if TYPE_CHECKING:
    from overnight.models.gateway import Gateway
    from overnight.models.provider import Provider
    from overnight.models.spending.account import SpendingAccount
    from overnight.models.spending.limits import SpendingRules
    from overnight.models.usage import CallRecord

ROLE = "cameras"
TOKENS_A_DAY = 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Looking:
    """Who confirms what a detector finds."""

    vision: Vision | None
    why: str  # there is none; empty if there is one


@asynccontextmanager
async def looking(environment: Mapping[str, str], *, cloud: bool) -> AsyncIterator[Looking]:
    """The vision model, open; or why the detector's word has to do."""
    from overnight.config import read_settings
    from overnight.models.budget import SpendingLimit
    from overnight.models.gateway import Gateway
    from overnight.models.provider import is_here

    settings = read_settings(environment, Path.home())
    if not settings.providers:
        yield Looking(vision=None, why="no model is set up")
        return
    if not cloud and not all(is_here(each.base_url) for each in settings.providers):
        yield Looking(vision=None, why="pictures stay at home, and not all models are here")
        return
    accounts = _Accounts(settings.spending)
    gateway = Gateway(
        settings.providers,
        settings.prices,
        allowance=SpendingLimit(),
        called=_nothing,
        environment=environment,
        sent=accounts.sent,
    )
    async with gateway:
        yield Looking(vision=DailyVision(gateway, accounts), why="")


class DailyVision:
    """Asks within the budget of the day; implements `Vision`."""

    def __init__(self, gateway: "Gateway", accounts: "_Accounts") -> None:
        self._gateway, self._accounts = gateway, accounts

    async def shows(self, picture: Picture, what: str) -> Confirmed | None:
        """What the model says; None: it cannot be asked now."""
        from overnight.models.budget import SpendingBudget, SpendingLimit
        from overnight.models.spending.purse import Purse

        try:
            with self._accounts.opened() as account:
                purse = Purse(SpendingBudget(SpendingLimit(tokens=TOKENS_A_DAY)), account)
                with self._gateway.use(role=ROLE, number=0, purse=purse) as run:
                    return await VisionModel(run).shows(picture, what)
        except ModelsParked:
            return None


class _Accounts:
    """The account of the day, open while something is asked."""

    def __init__(self, rules: "SpendingRules") -> None:
        self._rules = rules
        self._open: list[SpendingAccount] = []

    @contextmanager
    def opened(self) -> "Iterator[SpendingAccount]":
        from overnight.models.budget import SpendingLimit
        from overnight.models.spending.account import SpendingAccount
        from overnight.models.spending.job import Job
        from overnight.models.spending.limits import HOME

        day = f"{datetime.now().astimezone():%Y-%m-%d}"
        job = Job(system=HOME, key=f"cameras:{day}", label=f"cameras {day}", budget=SpendingLimit(tokens=TOKENS_A_DAY))
        account = SpendingAccount(job, self._rules)
        account.open()
        self._open.append(account)
        try:
            yield account
        finally:
            self._open.remove(account)
            account.close()

    def sent(self, provider: "Provider", size_bytes: int) -> None:
        """Count what left this machine."""
        if self._open:
            self._open[-1].sent(provider, size_bytes)


def _nothing(_: "CallRecord") -> None:
    """The account counts."""
