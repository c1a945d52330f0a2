"""`overnight claw init`: makes a claw, after a few questions."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from overnight.errors import OvernightError, UserError

if TYPE_CHECKING:
    from overnight.claw.setup.making import Wishes

SHOWN = 8  # models that are named in the question


@click.command("init")
@click.argument("name", default="claw")
@click.option("--yes", is_flag=True, help="Ask nothing.")
@click.option("--model", help="That it thinks with, by a name that a provider of your settings has.")
@click.option("--zone", help="Your time zone, such as Europe/Berlin; by default this machine's.")
def init(*, name: str, yes: bool, model: str | None, zone: str | None) -> None:
    """Make a claw: a folder with SOUL.md, USER.md and claw.yaml, which you can edit at any time.

    At a terminal it asks five questions; Enter takes what is in brackets. On a pipe it asks nothing.
    """
    from overnight.claw.folders import claw_folder
    from overnight.claw.setup.making import Wishes, make_claw

    folder = claw_folder(name)
    wishes = Wishes(name=name, zone=_zone(zone or ""), model=model or "")
    if not yes and sys.stdin.isatty():
        wishes = _asked(name, zone, model)
    make_claw(folder, wishes)
    suffix = "" if name == "claw" else f" {name}"
    click.echo(f"made {folder}: SOUL.md, USER.md and claw.yaml are yours to edit")
    if not wishes.model:
        click.echo(
            "it has no model, and understands what `help` lists; with `model: NAME` in claw.yaml it understands the rest"
        )
    click.echo(f"talk to it:       overnight claw chat{suffix}")
    click.echo(f"keep it running:  overnight up --claw{suffix}")


def _asked(name: str, zone: str | None, model: str | None) -> "Wishes":
    from overnight.claw.setup.making import Wishes
    from overnight.files.local_zone import local_zone

    called = click.prompt("1. What is it called?", default=name.capitalize())
    about = click.prompt("2. What should it know of you, in a sentence?", default="", show_default=False)
    while True:
        try:
            found = _zone(click.prompt("3. Your time zone?", default=zone or local_zone() or "UTC"))
            break
        except UserError as error:
            click.echo(f"   {error}")
    known = _models()
    listed = f" ({', '.join(known[:SHOWN])})" if known else ""
    thinks = click.prompt(f"4. The model that it thinks with?{listed} Enter: none", default=model or "", show_default=False)
    quiet = click.prompt("5. When may it write nothing unasked? `none`, or hours such as", default="22:00-7:00")
    return Wishes(name=called, about=about, zone=found, model=thinks.strip(), quiet=_quiet(quiet))


def _zone(text: str) -> str:
    from overnight.files.local_zone import find_zone

    if text and not find_zone(text):
        raise UserError(f"`{text}` is no time zone that this machine knows", fix="write a name such as Europe/Berlin or UTC")
    return text


def _quiet(text: str) -> tuple[str, str] | None:
    """Two times of the day; None if there are no such hours."""
    begin, dash, end = text.replace(" ", "").partition("-")
    return (_clock(begin), _clock(end)) if dash else None


def _clock(text: str) -> str:
    return text if ":" in text else f"{text}:00"


def _models() -> Sequence[str]:
    """The models that the settings name, in order."""
    from overnight.config import read_settings

    try:
        providers = read_settings(os.environ, Path.home()).providers
    except (OSError, OvernightError):
        return ()
    return list(dict.fromkeys(name for each in providers for name in ([each.model] if each.model else []) + list(each.models)))
