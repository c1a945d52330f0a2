"""Servers of models on this machine, found at their usual ports on loopback, so that a person can be offered them.

They are offered and never used unasked: any user of the machine can listen on such a port, and a brief has the user's code in
it. What is sent is two requests for lists, without a key. Does not cover: servers on other ports, or on other machines.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from overnight.models.known_providers import KNOWN, OLLAMA_PORT
from overnight.models.listing import LLAMA_CPP, VLLM, ModelList, read_list
from overnight.models.provider import Provider, is_here
from overnight.models.relay import MULTIPLE_CHOICES, OK
from overnight.models.upstream import Unreachable, Upstream

LOOPBACK = "127.0.0.1"
PORTS = (OLLAMA_PORT, 8080, 8000, 1234)  # of Ollama, llama.cpp, vLLM, LM Studio
WAIT_S = 1.0  # for all answers of a server; a port where nobody listens says so at once
LARGEST = 1024 * 1024  # bytes of an answer
SERVER = "llama.cpp"  # its header, which it also sends while it loads its model
# What the servers write as the owner of their models.
OWNERS: Mapping[str, str] = {LLAMA_CPP: "llamacpp", VLLM: "vllm", "organization_owner": "lmstudio", "library": "ollama"}
TITLES: Mapping[str, str] = {"ollama": "Ollama", "llamacpp": "llama.cpp", "vllm": "vLLM", "lmstudio": "LM Studio"}


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalServer:
    """A server of models that listens on loopback."""

    port: int
    kind: str = ""  # as in the settings file; empty: it speaks as OpenAI does, and is none that we know
    models: tuple[str, ...] = ()  # as it names them: foreign text
    loading: bool = False  # its model

    @property
    def address(self) -> str:
        """Host and port."""
        return f"{LOOPBACK}:{self.port}"

    @property
    def title(self) -> str:
        """What it is, for people."""
        return TITLES.get(self.kind, "a server of models")

    @property
    def usual(self) -> bool:
        """Whether it listens where its kind does by default."""
        return bool(self.kind) and KNOWN[self.kind].base_url.endswith(f":{self.port}")


async def find_local_servers(ports: Sequence[int] | None = None) -> Sequence[LocalServer]:
    """Those that listen now, on these ports or the usual ones."""
    async with Upstream({}, WAIT_S) as upstream:
        found = await asyncio.gather(*(_look(upstream, port) for port in (PORTS if ports is None else ports)))
    return [server for server in found if server]


async def _look(upstream: Upstream, port: int) -> LocalServer | None:
    """The server at a port; None if nobody listens there, or something else."""
    try:
        async with asyncio.timeout(WAIT_S):
            server, listed = await _list(upstream, port, "/v1/models")
            if server == SERVER:
                return LocalServer(port=port, kind="llamacpp", models=listed.names if listed else (), loading=listed is None)
            if listed is None:
                return None
            kind = _kind(listed)
            if not kind and (await _list(upstream, port, "/api/tags"))[1] is not None:  # Ollama, perhaps without a model
                kind = "ollama"
            return LocalServer(port=port, kind=kind, models=listed.names) if kind or listed.names else None
    except (TimeoutError, Unreachable):
        return None


async def _list(upstream: Upstream, port: int, path: str) -> tuple[str, ModelList | None]:
    """What a server calls itself, and its list of models at a path; None if it has none there."""
    reply = await upstream.get(f"http://{LOOPBACK}:{port}{path}", WAIT_S)
    try:
        body = await reply.body(LARGEST)
    finally:
        reply.close()
    return reply.headers.get("server", ""), read_list(body) if OK <= reply.status < MULTIPLE_CHOICES else None


def _kind(listed: ModelList) -> str:
    """What the owner of its models shows, if all have one."""
    known = {OWNERS.get(owner, "") for owner in listed.owners}
    return next(iter(known)) if len(known) == 1 else ""


def unused(found: Sequence[LocalServer], providers: Sequence[Provider]) -> Sequence[LocalServer]:
    """Those that no provider of the settings leads to."""
    taken = {urlsplit(provider.base_url).port for provider in providers if is_here(provider.base_url)}
    return [server for server in found if server.port not in taken]
