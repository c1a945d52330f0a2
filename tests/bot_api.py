"""A Bot API on loopback that behaves as Telegram documents: offsets acknowledge, polls wait, one reader, touches of buttons."""

import asyncio
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import pytest
from aiohttp import web

TOKEN = "123456:" + "A" * 35
BOT = {"id": 123456, "is_bot": True, "first_name": "claw", "username": "claw_bot"}
Json = dict[str, Any]  # a message on the wire, of any shape


@dataclass
class BotApi:
    """The server; a test's thread writes as persons, and reads what was sent."""

    url: str = ""
    sent: list[Json] = field(default_factory=list)  # bodies of sendMessage that were answered with success, in order
    touched: list[str] = field(default_factory=list)  # queries that were answered
    faults: list[web.Response] = field(default_factory=list)  # answers to the next calls of sendMessage
    drops: list[bool] = field(default_factory=list)  # whether the answers to the next calls that succeed do not come
    poll_faults: list[web.Response] = field(default_factory=list)  # and of getUpdates
    polls: int = 0
    requests: list[str] = field(default_factory=list)  # methods
    _updates: list[Json] = field(default_factory=list)
    _number: int = 1000
    _poll: asyncio.Event | None = None  # set: the poll under way ends, as another one began
    _loop: asyncio.AbstractEventLoop | None = None
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _changed: threading.Condition = field(default_factory=threading.Condition)

    # --- What persons do ---

    def write(self, text: str, *, user: int = 42, chat: Mapping[str, Any] | None = None, **more: Any) -> int:
        """A message of somebody; its number."""
        self._number += 1
        message = {"message_id": self._number, "date": 1_790_000_000, "from": _user(user), "text": text}
        message["chat"] = chat or {"id": user, "type": "private"}
        message = {key: value for key, value in {**message, **more}.items() if value is not None}
        self.push({"message": message})
        return self._number

    def touch(self, data: str, *, user: int = 42) -> None:
        """The touch of a button below a message in a private chat."""
        self._number += 1
        message = {"message_id": 1, "date": 0, "chat": {"id": user, "type": "private"}, "text": "?"}
        self.push({"callback_query": {"id": f"q{self._number}", "from": _user(user), "message": message, "data": data}})

    def push(self, update: Json) -> None:
        """Any update; it gets the next number."""
        self._number += 1
        self._updates.append({"update_id": self._number, **update})
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._news.set)

    @property
    def unread(self) -> int:
        """How many updates were not acknowledged."""
        return len(self._updates)

    def texts(self, user: int = 42) -> list[str]:
        """What was sent to somebody."""
        return [each["text"] for each in self.sent if str(each["chat_id"]) == str(user)]

    def wait(self, holds: Any, timeout_s: float = 30.0) -> None:
        """Until a condition on this server holds, looked at after each request."""
        with self._changed:
            assert self._changed.wait_for(holds, timeout_s), (self.requests[-5:], self.sent, self.unread)

    # --- The server ---

    async def answer(self, request: web.Request) -> web.Response:
        """Any call."""
        if request.match_info["token"] != TOKEN:
            return _fault(401, "Unauthorized")
        method = request.match_info["method"]
        if request.content_type == "multipart/form-data":
            form = await request.post()
            body: Json = {key: value.file.read() if isinstance(value, web.FileField) else value for key, value in form.items()}
        else:
            body = await request.json() if request.can_read_body else {}
        with self._changed:
            self.requests.append(method)
            self._changed.notify_all()
        match method:
            case "getMe":
                return _ok(BOT)
            case "getUpdates":
                return await self._get_updates(body)
            case "sendMessage":
                answer = self._send(body)
                if answer.status == HTTPStatus.OK and self.drops and self.drops.pop(0) and request.transport:
                    request.transport.close()
                return answer
            case "sendPhoto":
                return self._send({**body, "text": body["caption"]})
            case "answerCallbackQuery":
                self.touched.append(body["callback_query_id"])
                return _ok(True)
            case _:
                return _fault(404, "Not Found")

    async def _get_updates(self, body: Json) -> web.Response:
        if self._poll is not None:
            self._poll.set()
        mine = self._poll = asyncio.Event()
        self.polls += 1
        self._updates[:] = [each for each in self._updates if each["update_id"] >= body.get("offset", 0)]
        with self._changed:
            self._changed.notify_all()
        if self.poll_faults:
            return self.poll_faults.pop(0)
        ends = asyncio.get_running_loop().time() + body.get("timeout", 0)
        while not self._updates and asyncio.get_running_loop().time() < ends:
            self._news.clear()
            waits = [asyncio.create_task(each.wait()) for each in (self._news, mine)]
            await asyncio.wait(waits, timeout=1.0, return_when=asyncio.FIRST_COMPLETED)
            for each in waits:
                each.cancel()
            if mine.is_set():
                return _fault(409, "Conflict: terminated by other getUpdates request")
        return _ok(self._updates[: body.get("limit", 100)])

    def _send(self, body: Json) -> web.Response:
        if self.faults:
            return self.faults.pop(0)
        if not body.get("text") or len(body["text"].encode("utf-16-le")) > 2 * 4096:
            return _fault(400, "Bad Request: message is too long")
        with self._changed:
            self.sent.append(body)
            self._changed.notify_all()
        return _ok({"message_id": 1, "date": 0, "chat": {"id": body["chat_id"], "type": "private"}, "text": body["text"]})


def _user(number: int) -> Json:
    return {"id": number, "is_bot": False, "first_name": "Somebody"}


def _ok(result: object) -> web.Response:
    return web.json_response({"ok": True, "result": result})


def _fault(code: int, why: str, **parameters: int) -> web.Response:
    answer: Json = {"ok": False, "error_code": code, "description": why}
    return web.json_response({**answer, "parameters": parameters} if parameters else answer, status=code)


fault = _fault


@contextmanager
def serving() -> Iterator[BotApi]:
    """A server in a thread of its own."""
    api, ready = BotApi(), threading.Event()

    async def serve() -> None:
        api._loop, stopped = asyncio.get_running_loop(), asyncio.Event()  # made here
        application = web.Application()
        application.router.add_post("/bot{token}/{method}", api.answer)
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        api.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        stops.append(stopped)
        ready.set()
        await stopped.wait()
        await runner.cleanup()

    stops: list[asyncio.Event] = []
    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    try:
        assert ready.wait(30)
        yield api
    finally:
        assert api._loop is not None
        api._loop.call_soon_threadsafe(stops[0].set)
        thread.join()


@pytest.fixture
def bot_api() -> Iterator[BotApi]:
    """A Bot API of the test's own."""
    with serving() as api:
        yield api
