"""Notifying a person while a campaign runs: each piece of news once, also across sessions and kills; again if it fails."""

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import anyio
import anyio.to_thread
import pytest
from builders import PROGRAM, baseline, opened, session, stopped
from notice_servers import WebServer

from overnight.errors import UserError
from overnight.notices.notice import Notice, NotifySpec, Occasion, TextSource
from overnight.notices.outbox import FRESH_S, MOST_TRIES, NAME, Outbox
from overnight.notices.port import Channel, NotSent
from overnight.research.ending import EndReason
from overnight.research.events import Stopped
from overnight.research.notification_dispatcher import NotificationDispatcher
from overnight.research.state import State, begin, fold
from overnight.words.scrubber import Scrubber

REACHED = stopped(EndReason.TARGET)
NOTICE = Notice(key="k", occasion=Occasion.TARGET, title="t: target reached", lines=("yes",))


def state() -> State:
    return fold(begin(opened(PROGRAM.replace("editable:", "target: 2\neditable:"))), [session(), baseline(0, 1.5)])


@dataclass
class Phone:
    """A channel that fails as often as requested."""

    receiver: ClassVar[None] = None
    failures: list[NotSent | Exception] = field(default_factory=list)
    got: list[Notice] = field(default_factory=list)

    async def send(self, notice: Notice) -> None:
        """Take a notice, or fail."""
        if self.failures:
            raise self.failures.pop(0)
        self.got.append(notice)


def herald(*phones: Channel, now: float = 1e9, environment: Mapping[str, str] | None = None) -> NotificationDispatcher:
    def make(specs: Sequence[NotifySpec], environment: Mapping[str, str]) -> Mapping[NotifySpec, Channel]:
        return dict(zip(specs, phones, strict=True))

    return NotificationDispatcher(environment or {}, make=make, pauses_s=(0, 0), clock=lambda: now)


def channels(*names: str, on: Occasion = Occasion.TARGET) -> Sequence[NotifySpec]:
    return [NotifySpec(name=name, use="ntfy", on=(on, Occasion.PERSON)) for name in names]


def run_session(
    folder: Path,
    dispatcher: NotificationDispatcher,
    *signs: Stopped,
    error: Exception | None = None,
    specs: Sequence[NotifySpec] = channels("phone"),
    secret: str = "",
) -> None:
    async def body() -> None:
        async with dispatcher.on_duty(folder, specs, state, Scrubber([secret])):
            for sign in signs:
                dispatcher.see(sign)
            if error:
                raise error

    anyio.run(body)


def test_the_same_news_is_sent_once_over_all_sessions(tmp_path: Path) -> None:
    """Twice in one session, and in a later one."""
    phone = Phone()
    run_session(tmp_path, herald(phone), REACHED, REACHED)
    run_session(tmp_path, herald(phone), REACHED)
    assert [notice.title for notice in phone.got] == ["t: target reached: 1.5"]


def test_what_fails_is_tried_again_and_then_by_the_next_session(tmp_path: Path) -> None:
    """Three tries in a row; what still failed is shown on the terminal, and the next session sends it."""
    phone = Phone([NotSent("HTTP 503", again=True)] * 3)
    first = herald(phone)
    run_session(tmp_path, first, REACHED)
    assert not phone.got and first.problems == ["`phone` did not get “t: target reached: 1.5”: HTTP 503"]
    second = herald(phone)
    run_session(tmp_path, second)
    assert len(phone.got) == 1 and not second.problems and not phone.failures
    run_session(tmp_path, herald(phone))
    assert len(phone.got) == 1


def test_a_refusal_is_not_tried_again_in_a_row(tmp_path: Path) -> None:
    """A wrong token stays wrong; once it is fixed, the next session sends."""
    phone = Phone([NotSent("HTTP 401", again=False)])
    run_session(tmp_path, herald(phone), REACHED)
    assert not phone.got and not phone.failures
    run_session(tmp_path, herald(phone))
    assert len(phone.got) == 1


def test_old_news_and_what_fails_for_ever_is_given_up(tmp_path: Path) -> None:
    """After a day, or after so many tries."""
    phone = Phone([NotSent("HTTP 401", again=False)] * 1000)
    run_session(tmp_path, herald(phone, now=0.0), REACHED)
    run_session(tmp_path, herald(Phone(), now=FRESH_S + 1))
    for _ in range(MOST_TRIES + 5):
        run_session(tmp_path, herald(phone, now=1.0))
    assert len(phone.failures) == 1000 - MOST_TRIES


def test_a_fault_of_the_session_is_reported_and_raised(tmp_path: Path) -> None:
    """As it is, not in a group; with its fix, without secrets."""
    phone = Phone()
    error = UserError("the head itself cannot be measured: hunter2hunter2", fix="make it pass by hand")
    with pytest.raises(UserError) as caught:
        run_session(tmp_path, herald(phone), error=error, secret="hunter2hunter2")
    assert caught.value is error
    (notice,) = phone.got
    assert notice.occasion is Occasion.PERSON and "make it pass by hand" in notice.text
    assert "hunter2" not in notice.text + notice.title + str(notice.facts)
    assert b"hunter2" not in (tmp_path / NAME).read_bytes()


def test_the_secret_of_a_channel_is_in_no_notice(tmp_path: Path) -> None:
    """Whatever its variable is called; a variable that is not set is nothing."""
    phone, address = Phone(), "https://hooks.example.org/T0/B1/9Uz0T1SIaXqA2h9DbzDZ"
    specs = [NotifySpec(name="phone", use="webhook", on=(Occasion.PERSON,), url=TextSource(variable="MY_HOOK"))]
    dispatcher = herald(phone, environment={"MY_HOOK": address})
    with pytest.raises(UserError):
        run_session(tmp_path, dispatcher, error=UserError(f"no route to {address}"), specs=specs)
    assert "no route to [hidden]" in phone.got[0].text and address not in repr(phone.got)


def test_nothing_that_is_wrong_with_a_channel_stops_a_campaign(tmp_path: Path) -> None:
    """Neither a bug in a channel, nor a file that is not a database, nor a missing folder."""
    phone = Phone([RuntimeError("bug with a token tk_1234567890")])
    broken = herald(phone)
    run_session(tmp_path, broken, REACHED)
    assert "RuntimeError" in broken.problems[0] and "tk_" not in broken.problems[0]
    (tmp_path / NAME).write_bytes(b"not a database" * 1000)
    for folder in (tmp_path, tmp_path / "nowhere"):
        run_session(folder, herald(phone), REACHED)


def test_a_channel_that_asks_for_other_occasions_gets_nothing(tmp_path: Path) -> None:
    """And nothing is stored for it."""
    phone = Phone()
    run_session(tmp_path, herald(phone), REACHED, specs=channels("phone", on=Occasion.BUDGET))
    assert not phone.got and not (tmp_path / NAME).exists()


def test_channels_do_not_wait_for_each_other(tmp_path: Path) -> None:
    """One that hangs delays no other; each has its own record of what it accepted."""

    other_got = threading.Event()

    class Hanging:
        receiver = None

        async def send(self, notice: Notice) -> None:
            await anyio.to_thread.run_sync(other_got.wait)
            raise NotSent("no answer", again=False)

    class Quick:
        receiver = None

        async def send(self, notice: Notice) -> None:
            other_got.set()

    run_session(tmp_path, herald(Hanging(), Quick()), REACHED, specs=channels("a", "b"))
    assert [delivery.channel for delivery in Outbox(tmp_path, clock=lambda: 1e9).pending()] == ["a"]


KILLED = """
import os, signal, sys
from pathlib import Path
import anyio
from overnight.words.scrubber import Scrubber
from overnight.research.notification_dispatcher import NotificationDispatcher
from overnight.notices.outbox import Outbox
from overnight.notices.notice import Notice, NotifySpec, Occasion, TextSource

folder, url, when = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)
if when == "before":
    Outbox.tried = die
if when == "after":
    Outbox.sent = die
async def body():
    specs = [NotifySpec(name="w", use="webhook", url=TextSource(literal=url))]
    dispatcher = NotificationDispatcher({})
    async with dispatcher.on_duty(folder, specs, None):
        dispatcher.post(Notice(key="k", occasion=Occasion.TARGET, title="t", lines=("yes",)))
anyio.run(body)
"""


@pytest.mark.parametrize(("when", "times"), [("before", 1), ("after", 2), ("never", 1)])
def test_a_kill_between_writing_and_sending_loses_nothing(tmp_path: Path, web: WebServer, when: str, times: int) -> None:
    """Killed before it was sent, it is sent by the next session; killed after, it is sent once more and not again."""
    for moment in (when, "never", "never"):
        subprocess.run([sys.executable, "-c", KILLED, str(tmp_path), f"{web.url}/x", moment], check=False)
    assert [posted.body["title"] for posted in web.posted] == ["t"] * times


def test_retries_against_a_real_server(tmp_path: Path, web: WebServer) -> None:
    """Two failures of the server, then it accepts the message."""
    web.answers = [(500, {}), (429, {"Retry-After": "0"}), (200, {})]
    specs = [NotifySpec(name="w", use="ntfy", url=TextSource(literal=f"{web.url}/topic"))]
    dispatcher = NotificationDispatcher({}, pauses_s=(0, 0))
    run_session(tmp_path, dispatcher, REACHED, specs=specs)
    assert len(web.posted) == 3 and not dispatcher.problems and not Outbox(tmp_path).pending()
    with sqlite3.connect(tmp_path / NAME) as database:
        assert database.execute("SELECT tries FROM deliveries").fetchall() == [(3,)]
    database.close()
