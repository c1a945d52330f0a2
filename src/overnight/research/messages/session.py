"""Listens for people while a session of a campaign runs, on each of its channels that can receive."""

import os
import secrets
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import anyio

from overnight.errors import OvernightError
from overnight.files.own import NotOurs
from overnight.files.state_folder import state_folder
from overnight.notices.listeners import CHANNELS, Listener, ListenerFolder
from overnight.notices.notice import Notice, NotifySpec
from overnight.notices.port import Channel
from overnight.notices.reception import LAST_S, Paces, Reception
from overnight.notices.registry import make_channels
from overnight.research.events import Noted
from overnight.research.loop.campaign import Campaign
from overnight.research.messages.desk import CampaignDesk
from overnight.research.news import deaf
from overnight.words.quantities import counted


@asynccontextmanager
async def listening(
    campaign: Campaign,
    folder: Path,
    place: Path,
    specs: Sequence[NotifySpec],
    environment: Mapping[str, str],
    *,
    post: Callable[[Notice], None],
    make: Callable[[Sequence[NotifySpec], Mapping[str, str]], Mapping[NotifySpec, Channel]] = make_channels,
    paces: Paces = Paces(),  # noqa: B008  # frozen
) -> AsyncIterator[None]:
    """Listen while the body runs; at its end, answer what was asked and who stopped it.

    `folder` is the campaign's, `place` its repository; `post` sends a notice. No failure here ends the body.
    """
    made = make([spec for spec in specs if spec.receive], environment)
    lines = [_Line(campaign, folder, place, spec, environment, post) for spec in made]
    receptions = [line.reception(made[line.spec], paces) for line in lines]
    failure, done = None, anyio.Event()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_run, [each for each in receptions if each], done)
        try:
            yield
        except Exception as error:  # noqa: BLE001  # raised again below, outside the task group
            failure = error
        finally:
            with anyio.move_on_after(LAST_S, shield=True):
                for line, reception in zip(lines, receptions, strict=True):
                    await line.close(reception)
                await done.wait()
            for line, reception in zip(lines, receptions, strict=True):
                line.report(reception)
            tasks.cancel_scope.cancel()
    if failure:
        raise failure


async def _run(receptions: Sequence[Reception], done: anyio.Event) -> None:
    async with anyio.create_task_group() as tasks:
        for reception in receptions:
            tasks.start_soon(reception.run)
    done.set()


@dataclass(slots=True)
class _Line:
    """One channel of a session."""

    campaign: Campaign
    folder: Path
    place: Path
    spec: NotifySpec
    environment: Mapping[str, str]
    post: Callable[[Notice], None]
    desk: CampaignDesk | None = None

    def reception(self, channel: Channel, paces: Paces) -> Reception | None:
        """What listens on it; None if the channel's folder cannot be used, which is reported."""
        name, tag = self.spec.name, self.campaign.journal.state.tag
        if not self.spec.owners:
            self._show(f"`{name}` receives, but nobody may write: list senders as its `owners` (docs/notify.md)")
        try:
            listeners = ListenerFolder(state_folder() / CHANNELS / name)
        except (OSError, NotOurs) as error:
            self._report_deaf(str(error))
            return None
        me = Listener(session=secrets.token_hex(8), name=tag, place=str(self.place), process=os.getpid(), began=time.time())
        self.desk = CampaignDesk(campaign=self.campaign, channel=name, me=me, folder=self.folder)
        return Reception(
            spec=self.spec,
            channel=channel,
            folder=listeners,
            me=me,
            desk=self.desk,
            report_deaf=self._report_deaf,
            clean=self.campaign.journal.scrubber.text,
            paces=paces,
        )

    async def close(self, reception: Reception | None) -> None:
        """Say that it has ended to who stopped the session, if a message did; hear no more."""
        if reception is None:
            return
        await reception.settle()
        if self.desk and (message := self.desk.stopped_by):
            with suppress(OvernightError):  # such as a record that cannot be read any more
                reception.answer(message, self.desk.ended(), part=1)
        reception.end()

    def report(self, reception: Reception | None) -> None:
        """Show how many messages were refused, and why an answer was not sent."""
        if reception and (refused := reception.refused.total()):
            self._show(f"`{self.spec.name}`: {counted(refused, 'message')} refused: from others than its owners, or in a group")
        if reception and reception.unsent:
            self._show(f"`{self.spec.name}` did not take an answer: {reception.unsent}")

    def _show(self, text: str) -> None:
        self.campaign.journal.show(Noted(text=text))

    def _report_deaf(self, why: str) -> None:
        self._show(f"`{self.spec.name}` cannot receive: {why}")
        self.post(deaf(self.campaign.journal.state, self.spec.name, why))
