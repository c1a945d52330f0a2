"""The worker of the folder around: what it agreed to, its copy of the chain, and the way to its hub."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from overnight.errors import UserError
from overnight.words.foreign import printable

if TYPE_CHECKING:
    from overnight.pool.keys import SecretKey
    from overnight.pool.work.asked import Taken
    from overnight.pool.work.joined import ChainCopy, Joined
    from overnight.pool.work.place import Place
    from overnight.pool.work.settings import WorkSettings
    from overnight.pool.work.submitting import Sender

LINE = 500  # characters


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """The worker of a folder."""

    place: "Place"
    joined: "Joined"
    copy: "ChainCopy"
    taken: "Taken"
    settings: "WorkSettings"
    key: "SecretKey"

    @asynccontextmanager
    async def sender(self) -> "AsyncIterator[Sender]":
        """Its way to the hub."""
        from overnight.pool.work.client import Hub
        from overnight.pool.work.outbox import Outbox
        from overnight.pool.work.submitting import Sender

        async with Hub(self.joined.address) as hub:
            yield Sender(
                hub=hub,
                key=self.key,
                joined=self.joined,
                outbox=Outbox(place=self.place),
                copy=self.copy,
                program=self.taken.program,
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinedFolder:
    """What `work join --json` prints."""

    folder: str
    hub: str  # its key
    project: str
    worker: str  # the public key of this machine's worker


def here() -> Worker:
    """The worker of the folder around.

    Raises:
        UserError: there is none, or something in its folder is not as it was.
    """
    from overnight.pool.keys import require_cryptography

    require_cryptography()
    from overnight.git.repository import open_repository
    from overnight.pool.work.joined import is_joined, joined_folders, read_copy, read_joined, worker_key
    from overnight.pool.work.joining import agreed
    from overnight.pool.work.place import Place
    from overnight.pool.work.settings import read_settings
    from overnight.secrets.broker import user_broker

    where = Path.cwd()
    if not any(is_joined(each) for each in (where, *where.parents)):
        known = joined_folders()
        fix = f"cd {known[-1]}" if known else "overnight work join URL DIR, then cd DIR"
        raise UserError(f"no hub is joined in {where}", fix=fix)
    place = Place(top=open_repository(where).toplevel)
    joined = read_joined(place)
    copy = read_copy(place)
    return Worker(
        place=place,
        joined=joined,
        copy=copy,
        taken=agreed(joined, copy),
        settings=read_settings(user_broker().environment, Path.home()),
        key=worker_key(make=False),
    )


def say(line: str) -> None:
    """Print what happened, with the time."""
    click.echo(f"{time.strftime('%H:%M:%S')} {printable(line, LINE)}")
