"""What a provider says of itself without a call: whether it answers, whether it takes the key, and which models it has.

Only lists of models are asked for, so no token is spent. A provider may be hostile: what is read of it is bounded, and comes
back printable and without keys. Does not cover: whether a call would succeed, which depends on quota and rights as well.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote, urlsplit

from overnight.models.failures import BAD_REQUEST, FORBIDDEN, NOT_FOUND, ProviderFault, message, understand
from overnight.models.host_lookup import look_up
from overnight.models.keys import Keys, NoKey
from overnight.models.listing import ModelList, read_list
from overnight.models.provider import Provider
from overnight.models.provider_facts import Presence, ProviderFacts, Trouble
from overnight.models.relay import MULTIPLE_CHOICES, OK
from overnight.models.upstream import Reply, Unreachable, Upstream, proxy_for
from overnight.models.usage import Wire
from overnight.models.wires.formats import FORMATS
from overnight.models.wires.wire import UpstreamRequest
from overnight.words.foreign import printable
from overnight.words.secret import Secret

WAIT_S = 3.0  # for all answers of a provider; a person waits for them
KEY_S = 10.0  # for a key_command, which may have to ask a password manager
LARGEST_LIST = 8 * 1024 * 1024  # bytes; a list of all models of a large provider has 1
LARGEST_WORDS = 64 * 1024  # bytes of any other answer
WHY = 200  # characters of a reason
# Lists come in pages; these are the largest.
WHOLE_LIST: Mapping[Wire, str] = {Wire.ANTHROPIC: "limit=1000", Wire.GEMINI: "pageSize=1000"}
MISSING_SCOPE = "missing scopes"  # OpenAI's words for a key that may call models but not list them
# OpenRouter lists its models to everybody, whatever the key; this path is for the key.
KEY_PATHS: Mapping[str, str] = {"openrouter.ai": "/key"}


async def inquire(
    providers: Sequence[Provider], wanted: Mapping[str, Collection[str]], environment: Mapping[str, str]
) -> Mapping[str, ProviderFacts]:
    """What each provider says, all asked at once; `wanted` has the models that matter, by provider, under its own names."""
    async with Upstream(environment, WAIT_S) as upstream:
        asked = (_Inquiry(upstream, each, environment).ask(wanted.get(each.name, ())) for each in providers)
        found = await asyncio.gather(*asked)
    return {provider.name: facts for provider, facts in zip(providers, found, strict=True)}


@dataclass(frozen=True, slots=True)
class _Answer:
    """A whole answer, without keys."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def good(self) -> bool:
        return OK <= self.status < MULTIPLE_CHOICES


class _Inquiry:
    """The questions to one provider."""

    def __init__(self, upstream: Upstream, provider: Provider, environment: Mapping[str, str]) -> None:
        self._upstream = upstream
        self._provider = provider
        self._keys = Keys(provider, environment)
        self._wire = provider.wires[0]
        self._proxy = proxy_for(provider.base_url, environment)

    async def ask(self, wanted: Collection[str]) -> ProviderFacts:
        """All of them, within the time."""
        if self._proxy and not _is_url(self._proxy):
            why = "the proxy that the environment names for it is not a URL with a host, such as http://proxy.example:3128"
            return ProviderFacts(trouble=Trouble.ADDRESS, why=why)
        try:
            async with asyncio.timeout(KEY_S):
                key = await self._keys.get()
        except NoKey as none:
            return ProviderFacts(trouble=Trouble.NO_KEY, why=str(none))
        except TimeoutError:
            return ProviderFacts(trouble=Trouble.BUSY, why=f"its key_command did not end within {KEY_S:g} s")
        try:
            async with asyncio.timeout(WAIT_S):
                await look_up(self._host())
                return await self._facts(key, wanted)
        except TimeoutError:
            return ProviderFacts(trouble=Trouble.BUSY, why=f"no answer within {WAIT_S:g} s{self._through()}")
        except Unreachable as unreachable:
            trouble = Trouble.ADDRESS if unreachable.refused else Trouble.BUSY
            return ProviderFacts(trouble=trouble, why=printable(f"{unreachable}{self._through()}", WHY))
        except OSError as error:
            why = f"no connection: {error.strerror or error}{self._through()}"
            return ProviderFacts(trouble=Trouble.ADDRESS, why=printable(why, WHY))

    async def _facts(self, key: Secret | None, wanted: Collection[str]) -> ProviderFacts:
        if path := KEY_PATHS.get(urlsplit(self._provider.base_url).hostname or ""):
            checked = await self._get(key, path, most=LARGEST_WORDS)
            if trouble := _trouble(checked):
                return trouble
        answer = await self._get(key, "/models", WHOLE_LIST.get(self._wire, ""))
        if trouble := _trouble(answer):
            return trouble
        listed = read_list(answer.body) if answer.good else None
        if listed is None:
            return ProviderFacts(presence=dict.fromkeys(wanted, Presence.UNKNOWN))
        presence = {name: await self._presence(key, listed, name) for name in wanted}
        return ProviderFacts(models=listed.names, presence=presence)

    async def _presence(self, key: Secret | None, listed: ModelList, name: str) -> Presence:
        """Whether it has a model. Lists lack aliases, so that a model which is not listed is asked for by name."""
        if listed.has(name):
            return Presence.THERE
        if listed.complete or not (name and listed.names):
            return Presence.ABSENT if listed.complete or listed.names else Presence.UNKNOWN
        answer = await self._get(key, f"/models/{quote(name, safe='')}", most=LARGEST_WORDS)
        if answer.good:
            one = read_list(b"[" + answer.body + b"]")
            return Presence.THERE if one and one.names else Presence.UNLISTED
        # A path that a server does not know is a 404 as well; only an error that names the model is about the model.
        named = answer.status == NOT_FOUND and name in message(answer.body)
        return Presence.ABSENT if named else Presence.UNLISTED

    async def _get(self, key: Secret | None, path: str, query: str = "", *, most: int = LARGEST_LIST) -> _Answer:
        form = FORMATS[self._wire]
        sent = UpstreamRequest(path=path, body=None, query=query)
        reply: Reply | None = None
        try:
            reply = await self._upstream.ask(self._provider, key, form, sent, form.headers)
            return _Answer(reply.status, reply.headers, self._keys.scrub(await reply.body(most)))
        finally:
            if reply is not None:
                reply.close()

    def _host(self) -> str:
        """Whose name has to be resolved here: the proxy's, if there is one."""
        return urlsplit(self._proxy or self._provider.base_url).hostname or ""

    def _through(self) -> str:
        """Which proxy the environment names for it; a proxy's URL may have a password, its host has not."""
        parts = urlsplit(self._proxy or "")
        return f", through the proxy {parts.hostname}:{parts.port}" if parts.hostname else ""


def _is_url(text: str) -> bool:
    """Whether a URL has a host, and a port that there can be."""
    try:
        parts = urlsplit(text)
        return bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False


def _trouble(answer: _Answer) -> ProviderFacts | None:
    """What an answer says against its provider; None if it says nothing, as where there is no list."""
    if answer.good or (answer.status == FORBIDDEN and MISSING_SCOPE in answer.body.decode(errors="replace").lower()):
        return None
    if answer.status < BAD_REQUEST:
        return ProviderFacts(trouble=Trouble.ADDRESS, why=f"it answers with {answer.status}, a redirect")
    failure = understand(answer.status, answer.headers, answer.body, datetime.now(UTC))
    troubles = {
        ProviderFault.BROKEN: Trouble.KEY,
        ProviderFault.QUOTA: Trouble.QUOTA,
        ProviderFault.RATE: Trouble.BUSY,
        ProviderFault.BUSY: Trouble.BUSY,
    }
    trouble = troubles.get(failure.fault)
    return ProviderFacts(trouble=trouble, why=printable(failure.why, WHY)) if trouble else None
