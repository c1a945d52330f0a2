"""What is answered to a request: the methods of MCP. What an answer needs is imported when the first call needs it."""

from collections.abc import Callable, Mapping
from threading import Lock
from typing import TYPE_CHECKING, Any

from overnight import __version__
from overnight.web.mcp.messages import (
    CLIENT,
    HANDSHAKE,
    INVALID,
    NO_METHOD,
    SERVER,
    STATELESS,
    WRONG_PARAMS,
    Failure,
    Json,
    Message,
    check_envelope,
    client_name,
)
from overnight.web.mcp.ongoing import Ongoing
from overnight.web.mcp.tools import BY_NAME, INSTRUCTIONS, TOOLS

if TYPE_CHECKING:
    from overnight.web.calls import Caller
    from overnight.web.mcp.answers import Answers

INFO = {"name": "overnight", "title": "overnight", "version": __version__}
ABLE: Json = {"tools": {}, "resources": {}}
CACHED = frozenset({"server/discover", "tools/list", "resources/list", "resources/templates/list", "resources/read"})
AT_ONCE = frozenset({"initialize", "ping", "server/discover", "tools/list"})  # answered without a thread


class Dispatcher:
    """One client's requests."""

    def __init__(self, caller_named: "Callable[[str], Caller]") -> None:
        self._caller_named = caller_named
        self._client = ""  # as it was introduced by a handshake
        self._answers: Answers | None = None
        self._loading = Lock()

    def answer(self, message: Message, ongoing: Ongoing) -> Json:
        """The result of a request.

        Raises:
            Failure: it is answered with an error of the protocol.
        """
        if not message.stateless:
            return self._result(message, self._client, ongoing)
        check_envelope(message)
        found = self._result(message, client_name(message.meta.get(CLIENT)), ongoing)
        cached = {"ttlMs": 0, "cacheScope": "private"} if message.method in CACHED else {}
        return {**found, **cached, "resultType": "complete", "_meta": {SERVER: INFO}}

    def _result(self, message: Message, client: str, ongoing: Ongoing) -> Json:
        params = message.params
        match message.method:
            case "initialize":
                return self._introduced(params)
            case "ping":
                return {}
            case "server/discover" if message.stateless:
                return {"supportedVersions": [STATELESS], "capabilities": ABLE, "instructions": INSTRUCTIONS}
        if not client:
            raise Failure(INVALID, f"send `initialize` first, or say in `_meta` who you are, as {STATELESS} does")
        match message.method:
            case "tools/list":
                return {"tools": list(TOOLS)}
            case "tools/call":
                return self._called(params, client, ongoing)
            case "resources/list":
                return self._loaded().resources(lambda: self._caller_named(client))
            case "resources/templates/list":
                return self._loaded().templates()
            case "resources/read":
                return self._loaded().read(lambda: self._caller_named(client), params.get("uri"))
        raise Failure(NO_METHOD, "there is no such method here")

    def _introduced(self, params: Mapping[str, Any]) -> Json:  # Any: JSON
        self._client = client_name(params.get("clientInfo"))
        asked = params.get("protocolVersion")
        spoken = asked if asked in HANDSHAKE else HANDSHAKE[0]
        return {"protocolVersion": spoken, "capabilities": ABLE, "serverInfo": INFO, "instructions": INSTRUCTIONS}

    def _called(self, params: Mapping[str, Any], client: str, ongoing: Ongoing) -> Json:  # Any: JSON
        name = params.get("name")
        if not isinstance(name, str) or name not in BY_NAME:
            raise Failure(WRONG_PARAMS, f"there is no such tool; there are {', '.join(BY_NAME)}")
        return self._loaded().call(name, params.get("arguments", {}), lambda: self._caller_named(client), ongoing)

    def _loaded(self) -> "Answers":
        with self._loading:
            if self._answers is None:
                from overnight.web.mcp.answers import Answers

                self._answers = Answers()
            return self._answers
