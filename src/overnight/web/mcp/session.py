"""A client's messages, one after the other: calls run in threads of their own, so that a ping is answered during a long one."""

import json
import sys
import threading
import traceback
from collections.abc import Callable
from functools import partial

from overnight.web.mcp.dispatcher import AT_ONCE, Dispatcher
from overnight.web.mcp.messages import BUSY, INTERNAL, INVALID, Failure, Id, Json, Message, read_message
from overnight.web.mcp.ongoing import Ongoing

MOST_CALLS = 32  # at once


class Session:
    """Is given lines, and sends lines."""

    def __init__(self, dispatcher: Dispatcher, send: Callable[[bytes], None]) -> None:
        self._dispatcher = dispatcher
        self._send = send
        self._calls: dict[Id, tuple[Ongoing, threading.Thread]] = {}
        self._lock = threading.Lock()  # of the calls

    def receive(self, line: bytes) -> None:
        """Take a message; what it asks is answered now, or by a thread."""
        try:
            message = read_message(line)
        except Failure as failure:
            self.fail(failure.id, failure)
            return
        if message is None:
            return
        if message.id is None:
            self._note(message)
        elif message.method in AT_ONCE:
            self._answer(message.id, message, Ongoing())
        else:
            self._begin(message.id, message)

    def fail(self, number: Id | None, failure: Failure) -> None:
        """Answer with an error of the protocol."""
        self._write({"id": number, "error": _error(failure)})

    def end(self, *, wait_s: float | None = None) -> None:
        """Cancel what only waits, and let the rest end."""
        with self._lock:
            calls = list(self._calls.values())
        for ongoing, _ in calls:
            ongoing.ending.set()
        for _, thread in calls:
            thread.join(wait_s)

    def _begin(self, number: Id, message: Message) -> None:
        token = message.progress_token
        ongoing = Ongoing() if token is None else Ongoing(progress=partial(self._progress, token))
        thread = threading.Thread(target=self._carry_out, args=(number, message, ongoing), daemon=True)
        with self._lock:
            is_new, is_free = number not in self._calls, len(self._calls) < MOST_CALLS
            if is_new and is_free:
                self._calls[number] = (ongoing, thread)
        if not is_new:
            self.fail(number, Failure(INVALID, "a request with this id is under way"))
        elif not is_free:
            self.fail(number, Failure(BUSY, f"{MOST_CALLS} calls are under way already: wait for one of them"))
        else:
            thread.start()

    def _carry_out(self, number: Id, message: Message, ongoing: Ongoing) -> None:
        try:
            self._answer(number, message, ongoing)
        finally:
            with self._lock:
                del self._calls[number]

    def _answer(self, number: Id, message: Message, ongoing: Ongoing) -> None:
        try:
            answer = {"id": number, "result": self._dispatcher.answer(message, ongoing)}
        except Failure as failure:
            answer = {"id": number, "error": _error(failure)}
        except Exception:  # noqa: BLE001  # the outermost frame of a request
            traceback.print_exc(file=sys.stderr)
            bug = Failure(INTERNAL, "this is a bug in overnight; see its standard error")
            answer = {"id": number, "error": _error(bug)}
        if not ongoing.withdrawn.is_set():
            self._write(answer)

    def _note(self, message: Message) -> None:
        """A notification: only a cancellation says something to us."""
        given = message.params.get("requestId")
        if message.method == "notifications/cancelled" and isinstance(given, str | int):
            with self._lock:
                call = self._calls.get(given)
            if call:
                call[0].withdrawn.set()
                call[0].ending.set()

    def _progress(self, token: Id, done: float, total: float, words: str) -> None:
        params = {"progressToken": token, "progress": done, "total": total, "message": words}
        self._write({"method": "notifications/progress", "params": params})

    def _write(self, message: Json) -> None:
        self._send(json.dumps({"jsonrpc": "2.0", **message}, allow_nan=False, separators=(",", ":")).encode() + b"\n")


def _error(failure: Failure) -> Json:
    return {"code": failure.code, "message": str(failure), **({} if failure.data is None else {"data": failure.data})}
