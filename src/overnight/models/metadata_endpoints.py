"""Requests that are no calls, cost nothing and are not counted: which models there are, and how long a text is."""

import asyncio
from collections.abc import Mapping, Sequence
from urllib.parse import quote

from pydantic_core import from_json

from overnight.models.accounts import Account, Accounts
from overnight.models.breaker import BreakerState
from overnight.models.keys import NoKey
from overnight.models.relay import MULTIPLE_CHOICES, OK
from overnight.models.stream import BYTES_PER_TOKEN
from overnight.models.upstream import Reply, Unreachable, Upstream
from overnight.models.usage import Wire
from overnight.models.wires.formats import FORMATS
from overnight.models.wires.wire import UpstreamRequest

MOST_MODELS = 1000
LONGEST_S = 20.0  # of a question, whatever its provider's `silence_s` is: an agent can do without the answer
LARGEST = 8 * 1024 * 1024  # bytes of an answer; a list of all models of a large provider has 1


class MetadataEndpoints:
    """Asks the first provider that is ready, once, and answers by itself if that fails."""

    def __init__(self, accounts: Accounts, upstream: Upstream) -> None:
        self._accounts = accounts
        self._upstream = upstream

    async def models(self, wires: Sequence[Wire], model: str, headers: Mapping[str, str]) -> Mapping[str, object]:
        """The models by name: the program's, else those of the settings, else those of the first provider of the wires."""
        speaking = [account for wire in wires for account in self._accounts.speaking(wire)]
        named = [name for account in speaking for name in (*account.provider.models, account.provider.model) if name]
        known = [model] if model else list(dict.fromkeys(named))
        if not known and (account := self._ready(speaking)):
            wire = next(wire for wire in wires if wire in account.provider.wires)
            document = await self._question(account, wire, UpstreamRequest(path="/models", body=None), headers)
            if document is not None:
                return document
        return _listing(known[:MOST_MODELS])

    async def count_tokens(
        self, wire: Wire, body: Mapping[str, object], model: str, size: int, headers: Mapping[str, str]
    ) -> Mapping[str, object]:
        """How many tokens a request has: by its provider, else by its size in bytes."""
        if account := self._ready(self._accounts.speaking(wire)):
            theirs = account.provider.model_for(model)
            if wire is Wire.GEMINI:
                sent = UpstreamRequest(path=f"/models/{quote(theirs, safe='')}:countTokens", body=body)
            else:
                sent = UpstreamRequest(path="/messages/count_tokens", body={**body, "model": theirs})
            document = await self._question(account, wire, sent, headers)
            if document is not None:
                return document
        tokens = -(-size // BYTES_PER_TOKEN)
        return {"totalTokens": tokens} if wire is Wire.GEMINI else {"input_tokens": tokens}

    def _ready(self, among: Sequence[Account]) -> Account | None:
        ready = {state.name for state in self._accounts.states() if state.standing is BreakerState.READY}
        return next((account for account in among if account.provider.name in ready), None)

    async def _question(
        self, account: Account, wire: Wire, sent: UpstreamRequest, headers: Mapping[str, str]
    ) -> Mapping[str, object] | None:
        """The provider's answer, None if it has none; its state does not change by it."""
        reply: Reply | None = None
        try:
            async with asyncio.timeout(LONGEST_S):
                key = await account.keys.get()
                form = FORMATS[wire]
                reply = await self._upstream.ask(account.provider, key, form, sent, {**form.headers, **headers})
                if not OK <= reply.status < MULTIPLE_CHOICES:
                    return None
                body = await reply.body(LARGEST)
            document: object = from_json(account.keys.scrub(body))
        except (NoKey, Unreachable, ValueError, TimeoutError):
            return None
        finally:
            if reply is not None:
                reply.close()
        return document if isinstance(document, dict) else None


def _listing(names: Sequence[str]) -> Mapping[str, object]:
    """A list that the clients of all wires understand."""
    data = [
        {
            "id": name,
            "object": "model",
            "type": "model",
            "display_name": name,
            "created": 0,
            "created_at": "1970-01-01T00:00:00Z",
            "owned_by": "overnight",
        }
        for name in names
    ]
    models = [{"name": f"models/{name}", "supportedGenerationMethods": ["generateContent"]} for name in names]
    ends = {"first_id": names[0] if names else None, "last_id": names[-1] if names else None}
    return {"object": "list", "data": data, "models": models, "has_more": False, **ends}
