"""What reaches the port of the webhook and is no message of WhatsApp: nothing of it is taken, and it stays open for what is."""

import http.client
import json
import socket
from collections.abc import Callable, Mapping

import anyio
import pytest
from claws import ClawUnderTest
from cloud_api import BY, PHONE, SECRETS, WORD, CloudApi, signed, update

from overnight.claw.channels import webhook
from overnight.claw.channels.whatsapp import WhatsAppChat, WhatsAppSpec
from overnight.claw.channels.whatsapp_updates import is_signed, read_update
from overnight.claw.events import Paired
from overnight.notices.port import Message
from overnight.operations.principal import Address, Kind

HEARD = {"from": BY, "id": "wamid.1", "timestamp": "1790000000", "type": "text", "text": {"body": "stop"}}
BODY = json.dumps(update([HEARD])).encode()


def attacked(api: CloudApi, attack: Callable[[int], object]) -> list[str]:
    """What was taken while somebody did this to the port, and a true message after it."""
    port = int(api.hook.split(":")[2].split("/")[0])
    chat, taken = WhatsAppChat(SECRETS, WhatsAppSpec(phone=PHONE, url=api.url, port=port)), list[str]()

    async def run() -> None:
        heard = anyio.Event()
        chat.health.heard = heard.set
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(chat.receive, lambda message: taken.append(message.text))
            await heard.wait()
            await anyio.to_thread.run_sync(attack, port)
            api.write("true")
            await anyio.to_thread.run_sync(lambda: api.wait(lambda: not api.unread))
            tasks.cancel_scope.cancel()

    anyio.run(run)
    return taken


def post(
    port: int, body: bytes, headers: Mapping[str, str], path: str = "/whatsapp", method: str = "POST"
) -> tuple[int, bytes]:
    """One request; its status and answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request(method, path, body, dict(headers))
    answer = connection.getresponse()
    found = answer.status, answer.read()
    connection.close()
    return found


BY_OTHER, OF_OTHER = signed(BODY, "other"), signed(BODY + b" ")
HUGE, DEEP, BROKEN = b"x" * (webhook.LARGEST + 1), b"[" * 100_000, b"\xff\xfe"
GREETING = "/whatsapp?hub.mode=subscribe&hub.verify_token="


@pytest.mark.parametrize(
    ("headers", "body", "where", "status"),
    [
        ({}, BODY, "POST /whatsapp", 401),
        (BY_OTHER, BODY, "POST /whatsapp", 401),
        (OF_OTHER, BODY, "POST /whatsapp", 401),
        ({"X-Hub-Signature-256": signed(BODY)["X-Hub-Signature-256"][:-1]}, BODY, "POST /whatsapp", 401),
        ({"X-Hub-Signature-256": "sha256=\u00e4"}, BODY, "POST /whatsapp", 401),
        ({"X-Hub-Signature": signed(BODY)["X-Hub-Signature-256"]}, BODY, "POST /whatsapp", 401),
        (signed(BODY), BODY, "POST /other", 404),
        (signed(BODY), BODY, "POST /whatsapp/", 404),
        (signed(BODY), BODY, "PUT /whatsapp", 405),
        (signed(HUGE), HUGE, "POST /whatsapp", 413),
        (signed(DEEP), DEEP, "POST /whatsapp", 200),
        (signed(BROKEN), BROKEN, "POST /whatsapp", 200),
        ({}, b"", f"GET {GREETING}{WORD}x&hub.challenge=1", 403),
        ({}, b"", f"GET {GREETING}{WORD}&hub.challenge=<b>", 403),
        ({}, b"", f"GET {GREETING}{WORD}&hub.challenge=12.3", 200),
    ],
)
def test_what_is_not_signed_is_not_taken(
    cloud_api: CloudApi, headers: dict[str, str], body: bytes, where: str, status: int
) -> None:
    """Signatures that are missing, wrong or of other bytes, other paths and methods, huge and broken bodies take nothing in."""
    answers: list[tuple[int, bytes]] = []
    method, path = where.split()
    assert attacked(cloud_api, lambda port: answers.append(post(port, body, headers, path, method))) == ["true"]
    [(found, text)] = answers
    assert found == status and text == (b"12.3" if method == "GET" and status == 200 else b"")


def test_a_body_without_end_is_cut(cloud_api: CloudApi) -> None:
    """One that does not say its length is read up to the bound."""

    def attack(port: int) -> None:
        with socket.create_connection(("127.0.0.1", port), timeout=60) as wire:
            wire.sendall(b"POST /whatsapp HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
            answer = b""
            try:
                for _ in range(webhook.LARGEST // 2**16 + 64):
                    wire.sendall(b"10000\r\n" + b"x" * 2**16 + b"\r\n")
                answer = wire.recv(100)
            except OSError:
                return  # it was closed meanwhile
            assert answer.startswith(b"HTTP/1.1 413")

    assert attacked(cloud_api, attack) == ["true"]


@pytest.mark.parametrize(
    "begun",
    [b"", b"POST /whatsapp HTTP/1.1\r\nHost: a\r\n", b"POST /whatsapp HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n{"],
)
def test_a_slow_client_keeps_nobody_waiting(cloud_api: CloudApi, monkeypatch: pytest.MonkeyPatch, begun: bytes) -> None:
    """Who does not go on is cut off, and messages come in meanwhile."""
    monkeypatch.setattr(webhook, "READ_S", 0.5)

    def attack(port: int) -> None:
        wires = [socket.create_connection(("127.0.0.1", port), timeout=60) for _ in range(webhook.AT_ONCE)]
        for wire in wires:
            wire.sendall(begun)
        for wire in wires:
            answer = wire.recv(1000)
            assert answer == b"" or answer.startswith(b"HTTP/1.1 408")
            wire.close()

    assert attacked(cloud_api, attack) == ["true"]


def test_a_replay_is_the_same_message(cloud_api: CloudApi, claw: ClawUnderTest) -> None:
    """The same signed bytes, sent again by whoever saw them, are taken once; the signature is over the raw bytes."""
    claw.record.append(Paired(address=Address("whatsapp", BY), person="owner", role=Kind.OWNER))
    for _ in range(3):
        for each in read_update(BODY, PHONE):
            assert isinstance(each, Message)
            claw.runner.reception.take("whatsapp", each)
    assert len(claw.record.newest_of(["received"], 10)) == 1
    key, secret = signed(BODY)["X-Hub-Signature-256"], SECRETS["CLAW_WHATSAPP_APP"]
    assert is_signed(BODY, key, secret) and not is_signed(BODY, key.upper(), secret) and not is_signed(BODY, "", secret)
