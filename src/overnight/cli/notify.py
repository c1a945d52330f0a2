"""`overnight notify`: whether the channels that a person is told through work."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import anyio
import click

from overnight.cli.options import json_option, print_json
from overnight.config import read_settings
from overnight.errors import RepositoryError, UserError
from overnight.git.repository import open_repository
from overnight.notices.channels import Channels, choose_channels
from overnight.notices.notice import NotifySpec
from overnight.notices.port import Notifier, NotSent
from overnight.notices.registry import make_notifiers
from overnight.research.news import greeting
from overnight.research.wiring import PROGRAM, read_program
from overnight.words.foreign import printable

NAME = 100  # characters of a channel's name


@dataclass(frozen=True, slots=True, kw_only=True)
class Tested:
    """What became of the test message at one channel."""

    channel: str
    use: str
    sent: bool
    why: str  # it was not sent; empty if it was


@click.group()
def notify() -> None:
    """Test the channels through which campaigns tell a person what happened."""


@notify.command()
@json_option
def test(as_json: bool) -> int:
    """Send a test message through every channel, and say which took it.

    In a repository these are the channels that its program.md asks for, anywhere else all of your settings. Exit code: 0 when
    every channel took the message, 1 when one did not.
    """
    channels = channels_here(Path.cwd())
    if not channels.chosen:
        why = channels.problems[0] if channels.problems else "your settings describe no channel"
        raise UserError(why, fix="docs/notify.md has an example of each kind")
    found = anyio.run(try_all, channels.chosen)
    if as_json:
        print_json({"channels": found, "problems": channels.problems})
    else:
        for each in found:
            shown = f"{printable(each.channel, NAME)} ({each.use})"
            click.echo(f"ok    {shown}" if each.sent else f"FAIL  {shown}: {each.why}")
        for problem in channels.problems:
            click.echo(f"note: {problem}", err=True)
    return 0 if all(each.sent for each in found) else 1


def channels_here(folder: Path) -> Channels:
    """The channels of a campaign in this folder; without a program, those of the user's settings."""
    settings = read_settings(os.environ, Path.home()).notify
    try:
        repository = open_repository(folder)
    except RepositoryError:
        return choose_channels((), settings)
    wanted = read_program(repository).notify if (repository.toplevel / PROGRAM).exists() else ()
    return choose_channels(wanted, settings)


async def try_all(specs: Sequence[NotifySpec]) -> Sequence[Tested]:
    """Send a test message through all channels at once, one try each; in the order of the channels."""
    found: dict[str, Tested] = {}

    async def try_one(spec: NotifySpec, notifier: Notifier) -> None:
        why = ""
        try:
            await notifier.send(greeting(os.uname().nodename))
        except NotSent as failure:
            why = str(failure)
        found[spec.name] = Tested(channel=spec.name, use=spec.use, sent=not why, why=why)

    async with anyio.create_task_group() as tasks:
        for spec, notifier in make_notifiers(specs, os.environ).items():
            tasks.start_soon(try_one, spec, notifier)
    return [found[spec.name] for spec in specs]
