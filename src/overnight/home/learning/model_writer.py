"""The writer that is a model: the user's own providers, within a budget for one device and the owner's limits."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from overnight.home.learning.brief import SYSTEM
from overnight.home.learning.writing import Brief, NotWritten
from overnight.models.asking.ask import ask
from overnight.models.asking.messages import UserMessage
from overnight.models.port import ModelRun, ModelsParked, RequestRefused
from overnight.words.foreign import one_line

if TYPE_CHECKING:
    from overnight.config import Settings
    from overnight.models.gateway import Gateway
    from overnight.models.usage import CallRecord

ROLE = "driver"
TOKENS = 120_000  # for one device and one call of the command
ANSWER_TOKENS = 4_096
ROOMS = (1.0, 0.5, 0.2)  # shares of foreign text, if a request is too long
WHY = 200


class ModelWriter:
    """Asks for a file; implements `Writer`."""

    def __init__(self, run: ModelRun) -> None:
        self._run = run

    async def write(self, brief: Brief) -> str:
        """What the model answers."""
        for room in ROOMS:
            try:
                asked = UserMessage(text=brief(room=room))
                return (await ask(self._run, [asked], system=SYSTEM, most_output=ANSWER_TOKENS)).text
            except ModelsParked as parked:
                raise NotWritten(one_line(str(parked), WHY)) from parked
            except RequestRefused as refused:
                if not refused.too_long or room == ROOMS[-1]:
                    raise NotWritten(one_line(str(refused), WHY)) from refused
        raise AssertionError("the last try returns or raises")

    @property
    def used(self) -> tuple[int, float]:
        """Of this run."""
        return self._run.usage.tokens, self._run.usage.cost_usd


@asynccontextmanager
async def open_models(settings: "Settings", environment: Mapping[str, str], address: str) -> AsyncIterator["Gateway"]:
    """The models of the user, whose calls count for one device.

    Raises:
        NotWritten: none is set up.
    """
    from overnight.models.budget import SpendingLimit
    from overnight.models.gateway import Gateway
    from overnight.models.spending.account import SpendingAccount
    from overnight.models.spending.job import Job
    from overnight.models.spending.limits import HOME

    if not settings.providers:
        raise NotWritten("no model is set up")
    job = Job(system=HOME, key=f"driver:{address}", label=f"driver for {address}")
    async with Gateway(
        settings.providers,
        settings.prices,
        allowance=SpendingLimit(tokens=TOKENS),
        account=SpendingAccount(job, settings.spending),
        called=_nothing,
        environment=environment,
    ) as gateway:
        yield gateway


def user_settings(environment: Mapping[str, str]) -> "Settings":
    """The user's settings."""
    from overnight.config import read_settings

    return read_settings(environment, Path.home())


def _nothing(_: "CallRecord") -> None:
    """The account counts."""
