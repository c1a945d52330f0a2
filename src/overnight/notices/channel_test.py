"""A test message through each channel, and which took it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import anyio

from overnight.notices.notice import Notice, NotifySpec
from overnight.notices.port import Notifier, NotSent
from overnight.notices.registry import make_notifiers


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelTest:
    """What became of the test message at one channel."""

    channel: str
    use: str
    sent: bool
    why: str  # it was not sent; empty if it was


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifyReport:
    """What `notify test --json` prints."""

    channels: Sequence[ChannelTest]
    problems: Sequence[str]  # lines on what the settings do not know or allow


async def try_channels(specs: Sequence[NotifySpec], notice: Notice, environment: Mapping[str, str]) -> Sequence[ChannelTest]:
    """Send a test message through all channels at once, one try each; in the order of the channels."""
    found: dict[str, ChannelTest] = {}

    async def try_one(spec: NotifySpec, notifier: Notifier) -> None:
        why = ""
        try:
            await notifier.send(notice)
        except NotSent as failure:
            why = str(failure)
        found[spec.name] = ChannelTest(channel=spec.name, use=spec.use, sent=not why, why=why)

    async with anyio.create_task_group() as tasks:
        for spec, notifier in make_notifiers(specs, environment).items():
            tasks.start_soon(try_one, spec, notifier)
    return [found[spec.name] for spec in specs]
