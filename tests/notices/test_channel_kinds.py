"""Each kind of channel keeps the promises of `Channel`, and a channel that breaks a promise is found."""

import json
import os
import socket
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import pytest
from conformance import holds
from notice_servers import mail_server, web_server

from overnight.notices import http, smtp
from overnight.notices.command import CommandChannel
from overnight.notices.notice import Notice, NotifySpec
from overnight.notices.port import NotSent
from overnight.notices.registry import make_channels
from overnight.notices.settings import NotifySettingsKeys
from overnight.testing import BothEnds, ChannelConformance
from overnight.testing.channel import SECRET

TAKES = "import json, sys; print(json.dumps(sys.stdin.read()), file=open(sys.argv[1], 'a'))"


@contextmanager
def silence() -> Iterator[int]:
    """A port that takes connections and says nothing, where our own patience is short."""
    with pytest.MonkeyPatch.context() as patch, socket.create_server(("127.0.0.1", 0)) as server:
        patch.setenv("no_proxy", "127.0.0.1")
        for module in (http, smtp):
            patch.setattr(module, "ANSWER_S", 0.1)
        yield server.getsockname()[1]


def channel(keys: Mapping[str, object], arrived: Callable[[], list[str]] = list) -> BothEnds:
    """The channel that the settings would describe so."""
    (spec,) = NotifySettingsKeys.model_validate({"channels": {"it": keys}}).record().channels
    (channel,) = make_channels([spec], {"T": SECRET}).values()
    return BothEnds(channel=channel, arrived=arrived)


class OverHttp(ChannelConformance):
    """A channel that posts JSON."""

    keys: Mapping[str, object]

    def working(self, folder: Path) -> AbstractContextManager[BothEnds]:
        return self._answering(200)

    def refusing(self, folder: Path) -> AbstractContextManager[BothEnds]:
        return self._answering(403)

    @contextmanager
    def silent(self, folder: Path) -> Iterator[BothEnds]:
        with silence() as port:
            yield channel({**self.keys, "url": f"http://127.0.0.1:{port}/topic", "token_env": "T"})

    def text(self, body: Any) -> str:
        """What a person reads of a request."""
        return f"{body['title']}\n{body['text']}"

    @contextmanager
    def _answering(self, status: int) -> Iterator[BothEnds]:
        with web_server() as server:
            server.answers = [(status, {})]
            keys = {**self.keys, "url": f"{server.url}/topic", "token_env": "T"}
            yield channel(keys, lambda: [self.text(posted.body) for posted in server.posted])


class TestWebhook(OverHttp):
    """Our own JSON."""

    keys = {"use": "webhook"}  # noqa: RUF012  # never changed


class TestDiscord(OverHttp):
    """Discord's JSON."""

    keys = {"use": "webhook", "format": "discord"}  # noqa: RUF012  # never changed

    def text(self, body: Any) -> str:
        return str(body["content"])


class TestNtfy(OverHttp):
    """A topic of ntfy."""

    keys = {"use": "ntfy"}  # noqa: RUF012  # never changed

    def text(self, body: Any) -> str:
        return f"{body['title']}\n{body['message']}"


class TestEmail(ChannelConformance):
    """A mail server."""

    def working(self, folder: Path) -> AbstractContextManager[BothEnds]:
        return self._answering("250 OK")

    def refusing(self, folder: Path) -> AbstractContextManager[BothEnds]:
        return self._answering(f"554 {SECRET} no")

    @contextmanager
    def silent(self, folder: Path) -> Iterator[BothEnds]:
        with silence() as port:
            yield channel(self._keys(port))

    def _keys(self, port: int) -> Mapping[str, object]:
        mail = {"use": "email", "security": "none", "sender": "overnight@example.org", "to": "me@example.org"}
        return {**mail, "host": "127.0.0.1", "port": port}

    @contextmanager
    def _answering(self, reply: str) -> Iterator[BothEnds]:
        with mail_server() as server:
            server.reply = reply

            def texts() -> list[str]:
                return [f"{mail['Subject']}\n{_decoded(mail.get_payload(decode=True))}" for _, mail in server.mails]

            yield channel(self._keys(server.port), texts)


def _decoded(payload: object) -> str:
    assert isinstance(payload, bytes)
    return payload.decode()


class TestCommand(ChannelConformance):
    """A program of the user's."""

    @contextmanager
    def working(self, folder: Path) -> Iterator[BothEnds]:
        yield self._running(folder, TAKES)

    @contextmanager
    def refusing(self, folder: Path) -> Iterator[BothEnds]:
        yield self._running(folder, f"{TAKES}; sys.exit(3)")

    @contextmanager
    def silent(self, folder: Path) -> Iterator[BothEnds]:
        spec = NotifySpec(name="c", use="command", command=("sleep", "600"))
        yield BothEnds(channel=CommandChannel(spec=spec, environment={"PATH": os.environ["PATH"]}, wall_s=0.1), arrived=list)

    def _running(self, folder: Path, script: str) -> BothEnds:
        messages = folder / "messages"
        command = [sys.executable, "-S", "-c", script, str(messages)]

        def texts() -> list[str]:
            return [json.loads(line) for line in messages.read_text().splitlines()]

        return channel({"use": "command", "command": command}, texts)


@dataclass
class Postbox:
    """Implements `Channel` by a list."""

    receiver: ClassVar[None] = None
    full: bool = False
    messages: list[str] = field(default_factory=list)

    async def send(self, notice: Notice) -> None:
        self.messages.append(f"{notice.title}\n{notice.text}")
        if self.full:
            raise NotSent("the box is full", again=True)


class TestPostbox(ChannelConformance):
    """Another implementation."""

    kind = Postbox

    def working(self, folder: Path) -> AbstractContextManager[BothEnds]:
        return self._box(full=False)

    def refusing(self, folder: Path) -> AbstractContextManager[BothEnds]:
        return self._box(full=True)

    silent = refusing

    @contextmanager
    def _box(self, *, full: bool) -> Iterator[BothEnds]:
        box = self.kind(full=full)
        yield BothEnds(channel=box, arrived=lambda: box.messages)


class SaysNothing(Postbox):
    """Takes a full box for a good end."""

    async def send(self, notice: Notice) -> None:
        self.messages.append(f"{notice.title}\n{notice.text}")


class TriesTwice(Postbox):
    """Does not give up at once."""

    async def send(self, notice: Notice) -> None:
        self.messages.append(notice.title)
        await super().send(notice)


class TellsTheSecret(Postbox):
    """Shows where it sent the notice."""

    async def send(self, notice: Notice) -> None:
        raise NotSent(f"https://example.org/{SECRET} is full", again=True)


class LosesLines(Postbox):
    """Sends the title alone."""

    async def send(self, notice: Notice) -> None:
        self.messages.append(notice.title)


@pytest.mark.parametrize(
    ("kind", "promise"),
    [
        (SaysNothing, "test_what_is_turned_away_is_not_sent"),
        (TriesTwice, "test_a_send_is_one_try"),
        (TellsTheSecret, "test_what_is_turned_away_is_not_sent"),
        (LosesLines, "test_a_notice_arrives_once_and_whole"),
    ],
)
def test_a_broken_promise_is_found(tmp_path: Path, kind: type[Postbox], promise: str) -> None:
    """The suite fails for a channel that breaks one of its promises."""
    suite = TestPostbox()
    suite.kind = kind
    assert not holds(suite, promise, tmp_path)
