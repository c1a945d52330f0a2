"""A driver for an unknown device: from its own description if that is plain, else written by a model or an agent."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from overnight.agents.model_source import describe
from overnight.home.drivers._http import Http
from overnight.home.learning.agent_writer import COMMAND, open_agent, spec_of
from overnight.home.learning.exchange import Exchange, keep_exchange, kept_exchange
from overnight.home.learning.judge import Looked
from overnight.home.learning.model_writer import ROLE, ModelWriter, open_models, user_settings
from overnight.home.learning.openapi import openapi_driver
from overnight.home.learning.pages import look_around
from overnight.home.learning.thing import NoDescription, NoDriver, NoKind, thing_driver
from overnight.home.learning.writing import NotWritten, Writer, go_on
from overnight.home.things import Trait
from overnight.secrets.broker import user_broker
from overnight.words.quantities import counted

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """For which device, and how."""

    address: str
    trait: Trait | None  # what the owner says that it is
    documents: Sequence[str] = ()  # texts of the owner's about it; foreign
    by: str = ""  # the agent that writes it; empty: a model
    fresh: bool = False  # begin anew


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A driver, and how it came to be."""

    source: str
    by: str
    left_out: Sequence[str] = ()  # of the device's description; foreign
    exchange: Exchange | None = None
    looked: Looked | None = None  # what was found at the device; None: it was not judged, or is not right


async def draft_driver(wish: Wish, http: Http, say: Say) -> Draft:
    """A driver, by what the device says of itself; documents and agents are asked for where they were named.

    Raises:
        NoDriver: the device describes itself, and not plainly enough.
        NotWritten: nobody can be asked, or in no round a file was written.
        DeviceError: it does not answer.
    """
    why = "it does not describe itself"
    if not wish.by and not wish.documents:
        try:
            return Draft(source=await thing_driver(http, wish.trait), by="thing")
        except NoDescription:
            pass
        try:
            described = await openapi_driver(http, wish.trait)
            return Draft(source=described.source, by="openapi", left_out=described.left_out)
        except NoKind:
            raise
        except NoDescription:
            pass
        except NoDriver as error:
            why = str(error)
    async with _writer(wish, why, say) as writer:
        exchange = await _begun(wish, http, say)
        try:
            exchange, looked = await go_on(exchange, writer, http, say)
        except BaseException as error:
            if not isinstance(error, Exception):  # Ctrl-C
                say("Stopped. What was written is kept: the same command goes on.")
            raise
    last = next((each for each in reversed(exchange.rounds) if each.source), None)
    if last is None:
        raise NotWritten(f"in {len(exchange.rounds)} rounds no driver was written")
    return Draft(source=last.source, by=wish.by.partition(":")[0] or "model", exchange=exchange, looked=looked)


async def _begun(wish: Wish, http: Http, say: Say) -> Exchange:
    """The exchange that goes on, else a new one."""
    exchange = Exchange(address=wish.address, trait=wish.trait, documents=wish.documents)
    before = None if wish.fresh else kept_exchange(wish.address)
    if before and before.is_open and before.is_about(exchange):
        say(f"It goes on after {counted(len(before.rounds), 'round')}; --fresh begins anew.")
        return before
    pages = await look_around(http)
    exchange = Exchange(address=wish.address, trait=wish.trait, documents=wish.documents, pages=pages)
    keep_exchange(exchange)
    return exchange


@asynccontextmanager
async def _writer(wish: Wish, why: str, say: Say) -> AsyncIterator[Writer]:
    spec = spec_of(wish.by) if wish.by else None
    environment = user_broker().environment
    settings = user_settings(environment)
    if not settings.providers and not wish.by.startswith(COMMAND):
        raise NotWritten(f"{why}, and no model is set up that could write a driver")
    async with AsyncExitStack() as stack:
        models = None
        if settings.providers:
            who = "; ".join(describe(each, environment) for each in settings.providers)
            say(f"What the device says of itself, and your documents, go to: {who}")
            models = await stack.enter_async_context(open_models(settings, environment, wish.address))
        if spec:
            yield await stack.enter_async_context(open_agent(spec, models))
        elif models:
            yield ModelWriter(stack.enter_context(models.use(role=ROLE, number=0)))
