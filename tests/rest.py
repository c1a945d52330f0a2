"""A client of REST, and a server for it."""

import http.client
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlencode

from surface_server import running

from overnight.operations.principal import OWNER, Kind, Principal
from overnight.web.api_addresses import BASE
from overnight.web.requests import JSON
from overnight.web.token import Role, Use

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
    said: Sequence[str] = ()  # by the server, in its terminal

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
            return Answer(status=answer.status, headers=named, text=answer.read().decode("utf-8", "surrogateescape"))
        finally:
            connection.close()


@contextmanager
def served(principal: Principal = OWNER, **repositories: Path) -> Iterator[Rest]:
    """Serve these repositories while the context lasts, to a program with a token of this principal."""
    role = Role.AGENT if principal.kind is Kind.AGENT else Role.OWNER
    with TemporaryDirectory() as state, running(Path(state), repositories=repositories) as surface:
        _, token = surface.tokens.make(role, Use.PROGRAM, principal.name if role is Role.AGENT else "")
        yield Rest(port=surface.port, headers={"Authorization": f"Bearer {token}"}, said=surface.said)
