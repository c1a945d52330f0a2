"""JSON-RPC over lines with a program that may be hostile: what is no message is skipped.

Does not cover: how much it sends (`incoming.py`), and what the messages mean (`client.py`).
"""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel, StrictInt, ValidationError

from overnight.agents.acp.incoming import Incoming
from overnight.agents.port import TurnFailed
from overnight.words.foreign import one_line, printable

_NOT_FOUND = -32601
_SHOWN = 200  # characters

M = TypeVar("M", bound=BaseModel)
Params = Mapping[str, Any]  # Any: JSON of another program, read by pydantic where it is used


class Refused(TurnFailed):
    """The agent answered a request with an error."""

    def __init__(self, why: str, *, code: int) -> None:
        super().__init__(f"the agent refuses: {why}")
        self.code = code


class _Fault(BaseModel):
    code: int = 0
    message: str = ""


class _Message(BaseModel):
    id: StrictInt | str | None = None  # strict: `2.0` and `true` are no numbers of ours
    method: str | None = None
    params: dict[str, Any] = {}  # Any: as above
    result: Any = None  # as above
    error: _Fault | None = None


@dataclass(frozen=True, slots=True)
class _NoAnswer:
    why: str


class Peer:
    """One end of the connection."""

    def __init__(
        self,
        incoming: Incoming,
        writer: asyncio.StreamWriter,
        *,
        on_notification: Callable[[str, Params], None],
        on_request: Callable[[str, Params], Params | None],
    ) -> None:
        """`on_request` returns the answer to a request, None if it does not know the method."""
        self._incoming, self._writer = incoming, writer
        self._on_notification, self._on_request = on_notification, on_request
        # Never an exception: one that nobody waits for any more would be printed.
        self._waiting: dict[int, asyncio.Future[_Message | _NoAnswer]] = {}
        self._next = 0
        self.ended = ""  # why nothing more is read from it, in one line; empty while something is
        self.closed = False  # by the agent, or the end of its process

    async def listen(self) -> None:
        """Handle messages until the connection ends, or more comes than may."""
        broke = ""
        try:
            while line := await self._incoming.next_line():
                await self._on_line(line)
        except TurnFailed as failed:
            broke = str(failed)
        except OSError:  # a broken connection
            pass
        finally:
            self.closed = not broke
            self.ended = broke or "the agent's process is gone"
            for waiting in self._waiting.values():
                if not waiting.done():
                    waiting.set_result(_NoAnswer(broke or "the agent ended before it answered"))

    async def request(self, method: str, params: Params) -> Any:  # Any: as above
        """Send a request and wait for its answer.

        Raises:
            Refused: the agent answers with an error.
            TurnFailed: it has ended.
        """
        if self.ended:
            raise TurnFailed(self.ended)
        number, self._next = self._next, self._next + 1
        waiting = self._waiting[number] = asyncio.get_running_loop().create_future()
        try:
            await self._send({"id": number, "method": method, "params": params})
            answer = await waiting
        finally:
            del self._waiting[number]
        if isinstance(answer, _NoAnswer):
            raise TurnFailed(answer.why)
        if answer.error:
            raise Refused(printable(answer.error.message, _SHOWN), code=answer.error.code)
        return answer.result

    async def notify(self, method: str, params: Params) -> None:
        """Send a message that has no answer."""
        await self._send({"method": method, "params": params})

    async def _send(self, message: Params) -> None:
        line = json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n"
        try:
            self._writer.write(line)
            await self._writer.drain()
        except OSError as error:
            raise TurnFailed("the agent no longer reads its input") from error

    async def _on_line(self, line: bytes) -> None:
        try:
            message = _Message.model_validate_json(line)
        except ValidationError:  # agents print other things too
            return
        if message.method is None:
            self._on_response(message)
        elif message.id is None:
            self._on_notification(message.method, message.params)
        else:
            answer = self._on_request(message.method, message.params)
            missing = {"error": {"code": _NOT_FOUND, "message": "not supported"}}
            await self._send({"id": message.id, **({"result": answer} if answer is not None else missing)})

    def _on_response(self, message: _Message) -> None:
        waiting = self._waiting.get(message.id) if isinstance(message.id, int) else None
        if waiting and not waiting.done():
            waiting.set_result(message)


def read(kind: type[M], answer: object) -> M:
    """The part of an answer that we read.

    Raises:
        TurnFailed: the answer has another form.
    """
    try:
        return kind.model_validate(answer)
    except ValidationError as error:
        raise TurnFailed(f"the agent's answer is not ACP: {one_line(str(error), _SHOWN)}") from error
