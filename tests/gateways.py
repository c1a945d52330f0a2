"""A gateway over scripted providers, and requests in each wire."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from scripted_models import ScriptedModels

from overnight.models.breaker import RetryTimes
from overnight.models.budget import SpendingLimit
from overnight.models.gateway import Gateway
from overnight.models.provider import Price, Prices, Provider
from overnight.models.usage import CallRecord, Wire

DEAD = "http://127.0.0.1:9"  # the discard port, where nothing listens
BODIES: Mapping[Wire, dict[str, Any]] = {
    Wire.OPENAI_CHAT: {"model": "m1", "messages": [{"role": "user", "content": "hi"}]},
    Wire.OPENAI_RESPONSES: {"model": "m1", "input": "hi"},
    Wire.ANTHROPIC: {"model": "m1", "max_tokens": 100, "messages": [{"role": "user", "content": "hi"}]},
    Wire.GEMINI: {"contents": [{"role": "user", "parts": [{"text": "hi"}]}]},
}
PATHS: Mapping[Wire, str] = {
    Wire.OPENAI_CHAT: "/v1/chat/completions",
    Wire.OPENAI_RESPONSES: "/v1/responses",
    Wire.ANTHROPIC: "/v1/messages",
}
QUICK = RetryTimes(busy_s=0.02, busiest_s=0.05, patience_s=0.5, same_s=0.2)
PRICES = Prices(table={"m1": Price(input=10.0, cached=1.0, written=12.0, output=100.0)})


def provider(server: ScriptedModels, mode: str, **more: Any) -> Provider:
    """A provider in a mode; `dead` is unreachable."""
    base_url = DEAD if mode == "dead" else server.url(mode)
    return Provider(**{"name": mode, "base_url": base_url, "wires": tuple(Wire), "silence_s": 5.0, **more})


@dataclass
class Open:
    """An open gateway, and the calls that it reported."""

    gateway: Gateway
    called: list[CallRecord] = field(default_factory=list)


@asynccontextmanager
async def gateway(providers: Sequence[Provider], **more: Any) -> AsyncIterator[Open]:
    """A gateway in front of providers."""
    called: list[CallRecord] = []
    settings = {"allowance": SpendingLimit(), "pace": QUICK, "environment": {}, **more}
    prices = settings.pop("prices", Prices())
    async with Gateway(providers, prices, called=called.append, **settings) as opened:
        yield Open(opened, called)


@dataclass(frozen=True)
class Got:
    """What a client got."""

    status: int
    text: str
    headers: Mapping[str, str]

    @property
    def document(self) -> Any:
        """The body as JSON."""
        return json.loads(self.text)


def request_of(wire: Wire, *, stream: bool = False, **more: Any) -> tuple[str, dict[str, Any]]:
    """Path and body of a request."""
    if wire is Wire.GEMINI:
        return f"/v1beta/models/m1:{'streamGenerateContent?alt=sse' if stream else 'generateContent'}", {**BODIES[wire], **more}
    return PATHS[wire], {**BODIES[wire], **({"stream": True} if stream else {}), **more}


async def post(url: str, body: object, headers: Mapping[str, str] | None = None, method: str = "POST") -> Got:
    """One request of a client with its own connection."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    async with aiohttp.ClientSession() as session, session.request(method, url, data=data, headers=headers) as response:
        return Got(response.status, await response.text(), dict(response.headers))


async def ask(url: str, wire: Wire = Wire.OPENAI_CHAT, *, stream: bool = False, **more: Any) -> Got:
    """One request in a wire."""
    path, body = request_of(wire, stream=stream, **more)
    return await post(url + path, body)
