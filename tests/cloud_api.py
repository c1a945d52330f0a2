"""WhatsApp's Cloud API on loopback: signed webhooks that are brought until they are taken, fates of messages, the 24 hours."""

import asyncio
import hashlib
import hmac
import json
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
from aiohttp import web

TOKEN, APP, WORD, PHONE = "EAA" + "t" * 40, "app" + "s" * 29, "word" + "w" * 20, "106540352242922"
SECRETS = {"CLAW_WHATSAPP": TOKEN, "CLAW_WHATSAPP_APP": APP, "CLAW_WHATSAPP_VERIFY": WORD}
BY = "4915112345678"
Json = dict[str, Any]  # on the wire, of any shape


@dataclass
class CloudApi:
    """The server; a test's thread writes as persons, and reads what was sent."""

    url: str = ""
    hook: str = ""  # where webhooks go
    sent: list[Json] = field(default_factory=list)  # bodies that were taken, in order; also those that failed later
    faults: list[web.Response] = field(default_factory=list)  # answers to the next messages
    fates: list[Sequence[Json]] = field(default_factory=list)  # errors of the next messages that are taken
    pictures: dict[str, bytes] = field(default_factory=dict)  # that were uploaded, by id
    outside: set[str] = field(default_factory=set)  # who wrote more than 24 hours ago
    answers: list[int] = field(default_factory=list)  # status of each webhook that was brought
    requests: int = 0
    unread: int = 0  # webhooks that were not taken yet
    _number: int = 0
    _loop: asyncio.AbstractEventLoop | None = None
    _changed: threading.Condition = field(default_factory=threading.Condition)
    _tasks: set["asyncio.Future[None]"] = field(default_factory=set)

    # --- What persons do ---

    def write(self, text: str = "", *, user: str = BY, **more: Any) -> str:
        """A message of somebody; its id."""
        self._number += 1
        id_ = f"wamid.HBg{self._number:05}=="
        message = {"from": user, "id": id_, "timestamp": "1790000000", "type": "text", "text": {"body": text}, **more}
        self.outside.discard(user)
        self.push(update([message]))
        return id_

    def touch(self, data: str, *, user: str = BY) -> None:
        """The touch of a button."""
        reply = {"type": "button_reply", "button_reply": {"id": data, "title": "?"}}
        self.write(user=user, type="interactive", interactive=reply)

    def push(self, content: Json) -> None:
        """Bring a webhook until it is taken, as WhatsApp does."""
        assert self._loop is not None
        self.unread += 1
        self._loop.call_soon_threadsafe(self._bring, json.dumps(content).encode())

    def has_been_asked(self, times: int) -> bool:
        """Whether so many calls came in."""
        return self.requests >= times

    def texts(self, user: str = BY) -> list[str]:
        """What somebody was sent, in whatever form."""
        return [text_of(each) for each in self.sent if each["to"] == user]

    def wait(self, holds: Callable[[], bool], timeout_s: float = 30.0) -> None:
        """Until a condition on this server holds, looked at after each request and each webhook."""
        with self._changed:
            assert self._changed.wait_for(holds, timeout_s), (self.answers[-5:], self.sent, self.unread)

    # --- The server ---

    async def answer(self, request: web.Request) -> web.Response:
        """Any call."""
        self.requests += 1
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return fault(401, 190, "Invalid OAuth access token")
        if request.match_info["phone"] != PHONE:
            return fault(400, 100, "Unsupported request")
        if request.method == "GET":
            with self._changed:
                self._changed.notify_all()
            return web.json_response({"verified_name": "Claw", "display_phone_number": "+1 555 0100", "id": PHONE})
        if request.path.endswith("/media"):
            return self._upload(await request.post())
        return self._send(await request.json())

    def _upload(self, form: Any) -> web.Response:  # Any: aiohttp's mapping of several kinds
        if self.faults:
            return self.faults.pop(0)
        picture = form["file"].file.read()
        if form["messaging_product"] != "whatsapp" or form["type"] not in ("image/jpeg", "image/png") or len(picture) > 5 << 20:
            return fault(400, 100, "Invalid parameter")
        self._number += 1
        self.pictures[f"media{self._number}"] = picture
        return web.json_response({"id": f"media{self._number}"})

    def _send(self, body: Json) -> web.Response:
        if self.faults:
            return self.faults.pop(0)
        if (body["type"] == "interactive" and len(body["interactive"]["body"]["text"]) > 1024) or len(text_of(body)) > 4096:
            return fault(400, 131009, "Parameter value is not valid")
        if (shown := picture_of(body)) and shown not in self.pictures:
            return fault(400, 131009, "Parameter value is not valid")
        self._number += 1
        id_ = f"wamid.out{self._number}"
        errors: Sequence[Json] = self.fates.pop(0) if self.fates else ()
        if body["to"] in self.outside and body["type"] != "template":
            errors = [{"code": 131047, "title": "Re-engagement message"}]
        with self._changed:
            self.sent.append(body)
            self._changed.notify_all()
        status = {"id": id_, "status": "failed" if errors else "sent", "recipient_id": body["to"], "errors": list(errors)}
        self.unread += 1
        self._bring(json.dumps(update(statuses=[status])).encode())
        return web.json_response(
            {"messaging_product": "whatsapp", "contacts": [{"wa_id": body["to"]}], "messages": [{"id": id_}]}
        )

    def _bring(self, body: bytes) -> None:
        task = asyncio.ensure_future(self._until_taken(body))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _until_taken(self, body: bytes) -> None:
        async with aiohttp.ClientSession() as session:
            status = 0
            while status != 200:
                try:
                    async with session.post(self.hook, data=body, headers=signed(body)) as response:
                        status = response.status
                except (aiohttp.ClientError, OSError):
                    status = 0
                with self._changed:
                    self.answers += [status] if status else []
                    self.unread -= status == 200
                    self._changed.notify_all()
                await asyncio.sleep(0.02 if status != 200 else 0)  # the server's own pause, hours at the real one


def text_of(body: Json) -> str:
    """The words of a message."""
    match body["type"]:
        case "text":
            assert body["text"]["preview_url"] is False
            return str(body["text"]["body"])
        case "interactive":
            return str(body["interactive"]["body"]["text"])
        case "image":
            assert len(body["image"]["caption"]) <= 1024
            return str(body["image"]["caption"])
        case _:
            return str(body["template"]["components"][0]["parameters"][0]["text"])


def picture_of(body: Json) -> str:
    """The id of the picture of a message; empty: it has none."""
    head = body["interactive"].get("header", {}) if body["type"] == "interactive" else body
    return str(head.get("image", {}).get("id", ""))


def signed(body: bytes, secret: str = APP) -> dict[str, str]:
    """The headers of a webhook."""
    found = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {"X-Hub-Signature-256": f"sha256={found}", "Content-Type": "application/json"}


def update(messages: Sequence[Json] = (), statuses: Sequence[Json] = (), *, phone: str = PHONE) -> Json:
    """What a webhook brings."""
    metadata = {"display_phone_number": "15550100", "phone_number_id": phone}
    value: Json = {"messaging_product": "whatsapp", "metadata": metadata}
    value |= {"messages": list(messages)} if messages else {"statuses": list(statuses)}
    return {"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [{"field": "messages", "value": value}]}]}


def fault(status: int, code: int, why: str, **headers: str) -> web.Response:
    """An error as the Graph API writes it."""
    error = {"message": f"(#{code}) {why}", "type": "OAuthException", "code": code, "fbtrace_id": "A"}
    return web.json_response(
        {"error": error}, status=status, headers={key.replace("_", "-"): each for key, each in headers.items()}
    )


def free_port() -> int:
    """A port that was free just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving() -> Iterator[CloudApi]:
    """A server in a thread of its own."""
    api, ready, stops = CloudApi(hook=f"http://127.0.0.1:{free_port()}/whatsapp"), threading.Event(), []

    async def serve() -> None:
        api._loop, stopped = asyncio.get_running_loop(), asyncio.Event()  # made here
        application = web.Application(client_max_size=16 << 20)
        application.router.add_get("/v23.0/{phone}", api.answer)
        application.router.add_post("/v23.0/{phone}/messages", api.answer)
        application.router.add_post("/v23.0/{phone}/media", api.answer)
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        api.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v23.0"
        stops.append(stopped)
        ready.set()
        await stopped.wait()
        for task in list(api._tasks):
            task.cancel()
        await asyncio.gather(*api._tasks, return_exceptions=True)
        await runner.cleanup()

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
def cloud_api() -> Iterator[CloudApi]:
    """A Cloud API of the test's own."""
    with serving() as api:
        yield api
