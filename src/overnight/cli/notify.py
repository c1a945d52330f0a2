"""`overnight notify`: whether the channels for notices work."""

import json
import os
from functools import partial
from pathlib import Path

import anyio
import click

from overnight.cli.options import json_option, print_json
from overnight.config import read_settings
from overnight.errors import RepositoryError, UserError
from overnight.files.state_folder import state_folder
from overnight.git.repository import open_repository
from overnight.notices.channel_test import ChannelTest, NotifyReport, try_channels
from overnight.notices.channels import Channels, choose_channels
from overnight.program.program import PROGRAM
from overnight.research.news import greeting
from overnight.research.places.campaigns import read_program
from overnight.secrets.broker import user_broker
from overnight.words.foreign import printable

NAME = 100  # characters of a channel's name


@click.group()
def notify() -> None:
    """Test the channels that campaigns send notices through."""


@notify.command()
@click.option(
    "--wait",
    "wait_s",
    type=click.FloatRange(min=0, max=3600),
    default=0.0,
    help="Then wait this many seconds for a message to you, and show who sent it.",
)
@json_option
def test(wait_s: float, as_json: bool) -> int:
    """Send a test message through every channel, and show which ones accepted it and which can receive.

    In a repository these are the channels that its program.md names, elsewhere all channels in your settings. Exit code:
    0 if every channel accepted the message, and one came in if you waited; else 1.
    """
    channels = channels_here(Path.cwd())
    if not channels.chosen:
        why = channels.problems[0] if channels.problems else "your settings describe no channel"
        raise UserError(why, fix="docs/notify.md has an example of each kind")
    receiving = any(spec.receive for spec in channels.chosen)
    if wait_s and not receiving:
        raise UserError("no channel can receive", fix="give one a `receive` in your settings, as docs/notify.md shows")
    if wait_s and not as_json:
        click.echo(f"waiting up to {wait_s:g} s for a message: write one now", err=True)
    greet = greeting(os.uname().nodename)
    environment = user_broker().environment
    found = anyio.run(partial(try_channels, channels.chosen, greet, environment, state=state_folder(), wait_s=wait_s))
    if as_json:
        print_json(NotifyReport(channels=found, problems=channels.problems))
    else:
        for each in found:
            shown = f"{printable(each.channel, NAME)} ({each.use})"
            click.echo(f"ok    {shown}{_receives(each)}" if each.sent else f"FAIL  {shown}: {each.why}")
            if wait_s and each.receives:
                click.echo(_heard(each))
        for problem in channels.problems:
            click.echo(f"note: {problem}", err=True)
    came = not wait_s or any(each.heard for each in found)
    return 0 if came and all(each.sent for each in found) else 1


def _receives(tested: ChannelTest) -> str:
    return ", can receive" if tested.receives else ""


def _heard(tested: ChannelTest) -> str:
    """What came over one channel, in a line."""
    name, heard = printable(tested.channel, NAME), tested.heard
    if heard is None:
        return f"      {name}: {tested.deaf or 'nothing was received'}"
    who = "an owner" if heard.owner else f"not among its owners; to list them: owners = [{json.dumps(heard.sender)}]"
    group = ", in a group: messages of groups are refused" if heard.group else ""
    return f"      {name}: received “{heard.text}” from {printable(heard.sender, NAME)}, {who}{group}"


def channels_here(folder: Path) -> Channels:
    """The channels of a campaign in this folder; without a program, those in the user's settings."""
    settings = read_settings(user_broker().environment, Path.home()).notify
    try:
        repository = open_repository(folder)
    except RepositoryError:
        return choose_channels((), settings)
    wanted = read_program(repository).notify if (repository.toplevel / PROGRAM).exists() else ()
    return choose_channels(wanted, settings)
