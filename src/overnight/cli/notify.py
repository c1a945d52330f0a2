"""`overnight notify`: whether the channels for notices work."""

import os
from pathlib import Path

import anyio
import click

from overnight.cli.options import json_option, print_json
from overnight.config import read_settings
from overnight.errors import RepositoryError, UserError
from overnight.git.repository import open_repository
from overnight.notices.channel_test import NotifyReport, try_channels
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
@json_option
def test(as_json: bool) -> int:
    """Send a test message through every channel, and show which ones accepted it.

    In a repository these are the channels that its program.md names, elsewhere all channels in your settings. Exit code:
    0 if every channel accepted the message, 1 if one did not.
    """
    channels = channels_here(Path.cwd())
    if not channels.chosen:
        why = channels.problems[0] if channels.problems else "your settings describe no channel"
        raise UserError(why, fix="docs/notify.md has an example of each kind")
    found = anyio.run(try_channels, channels.chosen, greeting(os.uname().nodename), user_broker().environment)
    if as_json:
        print_json(NotifyReport(channels=found, problems=channels.problems))
    else:
        for each in found:
            shown = f"{printable(each.channel, NAME)} ({each.use})"
            click.echo(f"ok    {shown}" if each.sent else f"FAIL  {shown}: {each.why}")
        for problem in channels.problems:
            click.echo(f"note: {problem}", err=True)
    return 0 if all(each.sent for each in found) else 1


def channels_here(folder: Path) -> Channels:
    """The channels of a campaign in this folder; without a program, those in the user's settings."""
    settings = read_settings(user_broker().environment, Path.home()).notify
    try:
        repository = open_repository(folder)
    except RepositoryError:
        return choose_channels((), settings)
    wanted = read_program(repository).notify if (repository.toplevel / PROGRAM).exists() else ()
    return choose_channels(wanted, settings)
