"""A test message through each channel, which took it, and what comes back over those that can receive."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import anyio

from overnight.notices.listeners import CHANNELS, ListenerFolder
from overnight.notices.notice import Notice, NotifySpec
from overnight.notices.port import Channel, Deaf, Message, NotSent, Receiver
from overnight.notices.registry import make_channels
from overnight.words.foreign import printable

TEXT = 200  # characters of a message that are shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A message that came over a channel while `--wait` waited; nothing was done with it."""

    sender: str  # as `owners` has to list them
    owner: bool  # `owners` lists them
    group: bool  # others can read or write where it was written: such messages are refused
    text: str  # its beginning


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelTest:
    """What became of the test message at one channel."""

    channel: str
    use: str
    sent: bool
    why: str  # it was not sent; empty if it was
    receives: bool  # people can write to campaigns over it
    heard: Heard | None = None  # the first message that came; null: none did, or none was waited for
    deaf: str = ""  # why nothing can be received; empty if that was not tried


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifyReport:
    """What `notify test --json` prints."""

    channels: Sequence[ChannelTest]
    problems: Sequence[str]  # lines on what the settings do not know or allow


async def try_channels(
    specs: Sequence[NotifySpec], notice: Notice, environment: Mapping[str, str], *, state: Path, wait_s: float = 0.0
) -> Sequence[ChannelTest]:
    """Send a test message through all channels at once, one try each; in the order of the channels.

    With `wait_s` also wait so long for the first message on one that can receive; `state` is the user's state folder.
    """
    made = make_channels(specs, environment)
    why: dict[str, str] = {}
    heard: dict[str, Heard] = {}
    deaf: dict[str, str] = {}

    async def try_one(spec: NotifySpec, channel: Channel) -> None:
        why[spec.name] = ""
        try:
            await channel.send(notice)
        except NotSent as failure:
            why[spec.name] = str(failure)

    async with anyio.create_task_group() as tasks:
        for spec, channel in made.items():
            tasks.start_soon(try_one, spec, channel)

    async def hear(spec: NotifySpec, receiver: Receiver, first: anyio.CancelScope) -> None:
        found = await _hear(spec, receiver, state)
        if isinstance(found, Heard):
            heard[spec.name] = found
            first.cancel()
        else:
            deaf[spec.name] = found

    with anyio.move_on_after(wait_s):
        async with anyio.create_task_group() as tasks:
            for spec, channel in made.items():
                if wait_s and channel.receiver:
                    tasks.start_soon(hear, spec, channel.receiver, tasks.cancel_scope)
    return [
        ChannelTest(
            channel=spec.name,
            use=spec.use,
            sent=not why[spec.name],
            why=why[spec.name],
            receives=made[spec].receiver is not None,
            heard=heard.get(spec.name),
            deaf=deaf.get(spec.name, ""),
        )
        for spec in specs
    ]


async def _hear(spec: NotifySpec, receiver: Receiver, state: Path) -> Heard | str:
    """The first message, which is not acknowledged and so stays for a campaign, or why nothing can be received."""
    found: list[Message] = []
    folder = ListenerFolder(state / CHANNELS / spec.name)
    with folder.holding() as held:
        if not held:
            by = ", ".join(f"`{printable(each.name, TEXT)}`" for each in folder.listeners()) or "another process"
            return f"{by} listens on it now: stop that first"
        try:
            with anyio.CancelScope() as scope:

                def take(message: Message) -> None:
                    found.append(message)
                    scope.cancel()

                await receiver.receive(take)
        except Deaf as failure:
            return str(failure)
    if not found:
        return "it ended"
    first = found[0]
    return Heard(sender=first.sender, owner=first.sender in spec.owners, group=first.group, text=printable(first.text, TEXT))
