"""Notifies a person of news, such as a campaign's: on every channel, with retries, each piece of news once."""

import math
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import anyio

from overnight.errors import leaf_errors
from overnight.notices.notice import Notice, NotifySpec
from overnight.notices.port import Channel, NotSent
from overnight.research.events import Sign
from overnight.research.state import State
from overnight.words.foreign import printable
from overnight.words.scrubber import Scrubber

if TYPE_CHECKING:
    from overnight.notices.outbox import Delivery, Outbox

PAUSES_S = (2.0, 8.0)  # before each retry in a row
AGAIN_S = 300.0  # after which a failed notice is sent again, while the session lasts
LINE = 200  # characters of a foreign error
LAST_S = 60.0  # how long the end of a session waits for the last messages


@dataclass(frozen=True, slots=True, kw_only=True)
class _Duty:
    """What is watched."""

    outbox: "Outbox"
    channels: Mapping[NotifySpec, Channel]
    state: Callable[[], State] | None  # of the campaign; None: it is none, and who watches posts its notices
    scrubber: Scrubber
    failed: dict[tuple[str, str], float] = field(default_factory=dict)  # when, by key and channel, on the monotonic clock

    def pending(self) -> "Sequence[Delivery]":
        """The deliveries to try now; not those that failed recently."""
        names = {spec.name for spec in self.channels}
        ripe = time.monotonic() - AGAIN_S
        return [
            each
            for each in self.outbox.pending()
            if each.channel in names and self.failed.get((each.notice.key, each.channel), -math.inf) <= ripe
        ]


class NotificationDispatcher:
    """The notices of one session; no failure here stops a campaign."""

    def __init__(
        self,
        environment: Mapping[str, str],
        *,
        make: Callable[[Sequence[NotifySpec], Mapping[str, str]], Mapping[NotifySpec, Channel]] | None = None,
        pauses_s: Sequence[float] = PAUSES_S,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.problems: list[str] = []  # for the person at the terminal, one line each
        self._environment = environment
        self._make = make or _make
        self._pauses_s = tuple(pauses_s)
        self._clock = clock
        self._duty: _Duty | None = None
        self._news = anyio.Event()
        self._over = False

    def see(self, sign: Sign) -> None:
        """A watcher of the journal; counts only while `on_duty`."""
        if self._duty and self._duty.state:
            from overnight.research.news import news

            if notice := news(self._duty.state(), sign):
                self.post(notice)

    def post(self, notice: Notice) -> None:
        """Store a notice, to be sent soon; repeated news is left out. Counts only while `on_duty`."""
        names = [spec.name for spec in self._duty.channels if notice.occasion in spec.on] if self._duty else []
        if not names or not self._duty:
            return
        try:
            self._duty.outbox.post(notice.scrubbed(self._duty.scrubber.text), names)
        except sqlite3.Error as error:
            self._complain(f"a notice cannot be stored: {error}")
        self._news.set()

    @asynccontextmanager
    async def on_duty(
        self,
        folder: Path,
        channels: Sequence[NotifySpec],
        state: Callable[[], State] | None,
        scrubber: Scrubber | None = None,
    ) -> AsyncIterator[None]:
        """Send new notices and those of earlier sessions while the body runs, and the rest at its end.

        `folder` is the campaign's, or of what else is watched; `scrubber` knows what no notice may hold, beside what looks like
        a secret. An exception of the body of a campaign is reported too, and raised again.
        """
        if not channels:
            yield
            return
        from overnight.notices.outbox import Outbox
        from overnight.research.news import failed

        made, scrubber = self._make(channels, self._environment), scrubber or Scrubber()
        scrubber.learn(self._environment.get(name, "").strip() for spec in channels for name in spec.secret_variables)
        outbox = Outbox(folder, clock=self._clock)
        self._duty = duty = _Duty(outbox=outbox, channels=made, state=state, scrubber=scrubber)
        self._over, failure, done = False, None, anyio.Event()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._deliver, duty, done)
            try:
                yield
            except Exception as error:  # noqa: BLE001  # raised again below, outside the task group
                failure = error
                if state:
                    self.post(failed(state(), _message_of(error)))
            finally:
                self._over = True
                self._news.set()
                with anyio.move_on_after(LAST_S, shield=True):
                    await done.wait()
                tasks.cancel_scope.cancel()
                self._duty = None
        if failure:
            raise failure

    async def _flush(self, duty: _Duty) -> None:
        """Try to send all that is pending, on all channels at once; ends when each notice was accepted or failed."""
        by_name = {spec.name: channel for spec, channel in duty.channels.items()}
        try:
            waiting = duty.pending()
        except (sqlite3.Error, ValueError) as error:
            self._complain(f"notices cannot be read: {printable(str(error), LINE)}")
            return
        async with anyio.create_task_group() as tasks:
            for name in dict.fromkeys(delivery.channel for delivery in waiting):
                mine = [each for each in waiting if each.channel == name]
                tasks.start_soon(self._send_all, duty, by_name[name], mine)

    def _complain(self, line: str) -> None:
        if line not in self.problems:
            self.problems.append(line)

    async def _deliver(self, duty: _Duty, done: anyio.Event) -> None:
        """Flush whenever there is news, and from time to time, until the session is over."""
        try:
            while True:
                self._news, over = anyio.Event(), self._over
                await self._flush(duty)
                if over:
                    return
                with anyio.move_on_after(AGAIN_S):
                    await self._news.wait()
        finally:
            done.set()

    async def _send_all(self, duty: _Duty, channel: Channel, deliveries: "Sequence[Delivery]") -> None:
        for delivery in deliveries:
            why = await self._send(duty.outbox, channel, delivery)
            if why:
                duty.failed[delivery.notice.key, delivery.channel] = time.monotonic()
                self._complain(f"`{delivery.channel}` did not get “{delivery.notice.title}”: {why}")

    async def _send(self, outbox: "Outbox", channel: Channel, delivery: "Delivery") -> str:
        """Why it did not get through; empty if it did."""
        why = ""
        try:
            for pause_s in (*self._pauses_s, None):
                outbox.tried(delivery, "")
                failure = await _try(channel, delivery.notice)
                if failure is None:
                    outbox.sent(delivery)
                    return ""
                why = str(failure)
                outbox.tried(delivery, why)
                if not failure.again or pause_s is None:
                    break
                await anyio.sleep(max(pause_s, failure.wait_s))
        except sqlite3.Error as error:
            return f"what was sent cannot be recorded: {error}"
        return why


def _make(specs: Sequence[NotifySpec], environment: Mapping[str, str]) -> Mapping[NotifySpec, Channel]:
    """The channels of settings; they are imported where a channel is set."""
    from overnight.notices.registry import make_channels

    return make_channels(specs, environment)


async def _try(channel: Channel, notice: Notice) -> NotSent | None:
    """Why one try failed; None if it succeeded."""
    try:
        await channel.send(notice)
    except NotSent as failure:
        return failure
    except Exception as error:  # noqa: BLE001  # a bug in a channel, perhaps a third party's, stops no campaign
        return NotSent(f"a bug in the channel: {type(error).__name__}", again=False)
    return None


def _message_of(error: BaseException) -> str:
    """The message of an error, also if a task group wrapped it."""
    first = leaf_errors(error)[0]
    return str(first) or type(first).__name__
