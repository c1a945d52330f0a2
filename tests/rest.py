"""A client of REST, and a server that takes everybody for one caller."""

import http.client
import json
from collections.abc import Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from aiohttp import web
from anyio.from_thread import start_blocking_portal

from overnight.operations.principal import OWNER, Address, Kind, Origin, Principal
from overnight.web.api import JSON
from overnight.web.api_addresses import BASE
from overnight.web.application import application
from overnight.web.calls import Caller

PATIENCE_S = 60.0
AGENT = Principal(Kind.AGENT, "claude")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]  # names in lower case
    text: str

    @property
    def json(self) -> Any:  # Any: JSON
        return json.loads(self.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rest:
    """Whom to ask, and with which headers."""

    port: int
    host: str = "127.0.0.1"
    headers: Mapping[str, str] = field(default_factory=dict)

    def get(self, address: str, **query: object) -> Answer:
        """Below `/api/v1`."""
        return self.ask("GET", f"{BASE}{address}{'?' if query else ''}{urlencode(query, doseq=True)}")

    def post(self, address: str, headers: Mapping[str, str] | None = None, /, **given: object) -> Answer:
        """The same with a JSON object."""
        return self.ask("POST", f"{BASE}{address}", json.dumps(given), headers)

    def ask(self, method: str, path: str, body: str | bytes | None = None, headers: Mapping[str, str] | None = None) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        form = {"Content-Type": JSON} if body is not None else {}
        try:
            connection.request(
                method, path, body, {"Host": f"{self.host}:{self.port}", **form, **self.headers, **(headers or {})}
            )
            answer = connection.getresponse()
            named = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(status=answer.status, headers=named, text=answer.read().decode())
        finally:
            connection.close()


def caller_for(principal: Principal = OWNER, **repositories: Path) -> Caller:
    """Somebody who calls by REST."""
    origin = Origin.OWNER if principal.kind is Kind.OWNER else Origin.CLAW
    face = Address(channel="rest", id=principal.name)
    return Caller(principal=principal, origin=origin, address=face, repositories=repositories)


@contextmanager
def served(principal: Principal = OWNER, **repositories: Path) -> Iterator[Rest]:
    """Serve these repositories while the context lasts."""
    made = application(caller_for(principal, **repositories))

    @asynccontextmanager
    async def running() -> Any:  # Any: a generator of ports
        runner = web.AppRunner(made)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            yield runner.addresses[0][1]
        finally:
            await runner.cleanup()

    with start_blocking_portal() as portal, portal.wrap_async_context_manager(running()) as port:
        yield Rest(port=port)
