"""JSON-RPC as MCP has it: what a line of a client says. The client is not trusted."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from overnight.operations.json_text import strict_json

HANDSHAKE = ("2025-11-25", "2025-06-18")  # revisions that begin with `initialize`, newest first
STATELESS = "2026-07-28"  # a revision whose requests each say who sends them
VERSION = "io.modelcontextprotocol/protocolVersion"  # keys of `_meta`
CLIENT = "io.modelcontextprotocol/clientInfo"
CAPABILITIES = "io.modelcontextprotocol/clientCapabilities"
SERVER = "io.modelcontextprotocol/serverInfo"
PARSE, INVALID, NO_METHOD, WRONG_PARAMS, INTERNAL, BUSY, NO_VERSION = -32700, -32600, -32601, -32602, -32603, -32000, -32022
LONGEST_ID = 200  # characters; it is repeated in every answer
LONGEST_METHOD = 100
MOST_NAME = 64  # characters of a client's name

Json = dict[str, Any]  # Any: an object of JSON
Id = str | int


class Failure(Exception):  # noqa: N818  # an answer
    """A request that is answered with an error of the protocol.

    Attributes:
        code: of JSON-RPC.
        data: that a program can use.
        id: of the request, None if it is not known.
    """

    def __init__(self, code: int, message: str, *, data: Json | None = None, id: Id | None = None) -> None:  # noqa: A002
        super().__init__(message)
        self.code = code
        self.data = data
        self.id = id


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A request, or a notification, which has no id."""

    id: Id | None
    method: str
    params: Mapping[str, Any]  # Any: JSON

    @property
    def meta(self) -> Mapping[str, Any]:  # Any: JSON
        """What is said about the request."""
        found = self.params.get("_meta")
        return found if isinstance(found, dict) else {}

    @property
    def stateless(self) -> bool:
        """Whether it says itself who sends it, in which revision."""
        return VERSION in self.meta

    @property
    def progress_token(self) -> Id | None:
        """By which the client wants to hear of progress."""
        token = self.meta.get("progressToken")
        return token if _is_id(token) else None


def read_message(line: bytes) -> Message | None:
    """The message of a line; None for an answer, as nothing is asked of clients.

    Raises:
        Failure: it is none.
    """
    try:
        found = strict_json(line)
    except ValueError as error:
        raise Failure(PARSE, f"this is no JSON: {type(error).__name__}") from error
    if isinstance(found, list):
        raise Failure(INVALID, f"revisions {', '.join((STATELESS, *HANDSHAKE))} have no batches: send each message by itself")
    if not isinstance(found, dict) or found.get("jsonrpc") != "2.0":
        raise Failure(INVALID, 'a message is a JSON object with `"jsonrpc": "2.0"`')
    if "method" not in found and ("result" in found or "error" in found):
        return None
    given = found.get("id")
    if "id" in found and not _is_id(given):
        raise Failure(INVALID, f"`id` has to be an integer, or a string of at most {LONGEST_ID} characters")
    method, params = found.get("method"), found.get("params", {})
    if not isinstance(method, str) or len(method) > LONGEST_METHOD:
        raise Failure(INVALID, "`method` has to be a short string", id=given)
    if not isinstance(params, dict):
        raise Failure(WRONG_PARAMS, "`params` has to be an object", id=given)
    return Message(id=given, method=method, params=params)


def check_envelope(message: Message) -> None:
    """Check what a request says about itself in a revision without a handshake.

    Raises:
        Failure: something is missing, or it is another revision.
    """
    asked = message.meta[VERSION]
    if not isinstance(asked, str) or not isinstance(message.meta.get(CAPABILITIES), dict):
        raise Failure(WRONG_PARAMS, f"`_meta` needs `{VERSION}`, a string, and `{CAPABILITIES}`, an object")
    if asked != STATELESS:
        data = {"supported": [STATELESS], "requested": asked[:LONGEST_ID]}
        raise Failure(NO_VERSION, "this revision of the protocol is not spoken here", data=data)


def client_name(info: object) -> str:
    """What a client calls itself, as a name of a principal has it."""
    name = info.get("name") if isinstance(info, dict) else None
    plain = "".join(
        each if each.isascii() and (each.isalnum() or each in "._-") else "-" for each in str(name or "")[:MOST_NAME]
    )
    return plain.strip("._-") or "mcp"


def _is_id(value: object) -> bool:
    if isinstance(value, str):
        return len(value) <= LONGEST_ID
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63
