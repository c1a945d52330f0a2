"""Notifies a person while the board runs: on the channels of the user's settings, each piece of news once."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import anyio

from overnight.actions.board.news import board_news
from overnight.actions.record import ActionRecord
from overnight.research.notification_dispatcher import NotificationDispatcher
from overnight.secrets.broker import user_broker

LOOK_S = 2.0  # between looks at what was recorded; news is sent if it still stands at the next one


@asynccontextmanager
async def notifying(
    record: ActionRecord, environment: Mapping[str, str], *, most_waiting: int, look_s: float = LOOK_S
) -> AsyncIterator[NotificationDispatcher]:
    """Watch the record while the body runs; without a channel in the settings nothing is watched."""
    from overnight.config import read_settings

    channels = read_settings(environment, Path.home()).notify.channels
    dispatcher = NotificationDispatcher(environment)
    async with dispatcher.on_duty(record.folder, channels, None, user_broker().scrubber()):
        if not channels:
            yield dispatcher
            return
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_watch, record, dispatcher, most_waiting, look_s)
            yield dispatcher
            tasks.cancel_scope.cancel()
        if notice := board_news(record.board(), most_waiting=most_waiting):
            dispatcher.post(notice)


async def _watch(record: ActionRecord, dispatcher: NotificationDispatcher, most_waiting: int, look_s: float) -> None:
    """Post what the board is worth, whenever that has stood for a moment."""
    key = ""
    while True:
        notice = board_news(record.board(), most_waiting=most_waiting)
        if notice and notice.key == key:
            dispatcher.post(notice)
        key = notice.key if notice else ""
        await anyio.sleep(look_s)
