"""`overnight claw init`: makes a claw, after a few questions."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from overnight.errors import OvernightError, UserError

if TYPE_CHECKING:
    from overnight.claw.setup.making import Wishes
    from overnight.models.provider import Provider

SHOWN = 8  # models that are named in the question
NO_HOURS = ("", "none", "no", "never", "-")
T = TypeVar("T")


@click.command("init")
@click.argument("name", default="claw")
@click.option("--yes", is_flag=True, help="Ask nothing.")
@click.option("--model", help="That it thinks with, by a name that a provider of your settings has.")
@click.option("--zone", help="Your time zone, such as Europe/Berlin; by default this machine's.")
@click.option("--telegram", is_flag=True, help="Talk to it on Telegram, too.")
def init(*, name: str, yes: bool, model: str | None, zone: str | None, telegram: bool) -> None:
    """Make a claw: a folder with SOUL.md, USER.md and claw.yaml, which you can edit at any time.

    At a terminal it asks six questions; Enter takes what is in brackets. On a pipe it asks nothing.
    """
    from overnight.claw.charter import after
    from overnight.claw.folders import claw_folder
    from overnight.claw.setup.making import Wishes, check_new, make_claw

    folder = claw_folder(name)
    check_new(folder)
    wishes = Wishes(name=name, zone=_zone(zone or ""), model=model or "", telegram=telegram)
    if not yes and sys.stdin.isatty():
        wishes = _asked(wishes)
    make_claw(folder, wishes)
    click.echo(f"made {folder}: SOUL.md, USER.md and claw.yaml are yours to edit")
    if not wishes.model:
        click.echo(
            "it has no model, and understands what `help` lists; with `model: NAME` in claw.yaml it understands the rest"
        )
    elif not _providers():
        click.echo(f"no provider of models is set up, so `{wishes.model}` cannot be asked yet: overnight docs gateway")
    click.echo(f"talk to it:       {after('overnight claw chat', name)}")
    click.echo(f"keep it running:  {after('overnight up --claw', name)}")
    if wishes.telegram:
        click.echo(_on_telegram(name))


def _on_telegram(name: str) -> str:
    """What is left to do for a chat on Telegram."""
    from overnight.claw.charter import after
    from overnight.claw.setup.making import telegram_secret

    return "\n".join(
        [
            "on Telegram:      write /newbot to @BotFather there, which makes a bot of your own and gives you its token; then",
            f"  overnight secret set {telegram_secret(name)}      asks for the token",
            f"  {after('overnight up --claw', name)}",
            f"  {after('overnight claw pair --claw', name).removesuffix(' --claw')}      shows a code: send it to your bot",
        ]
    )


def _asked(wishes: "Wishes") -> "Wishes":
    """The six answers; what cannot be is asked again."""
    from dataclasses import replace

    from overnight.files.local_zone import local_zone

    called = click.prompt("1. What is it called?", default=wishes.name.capitalize())
    about = click.prompt("2. What should it know of you, in a sentence?", default="", show_default=False)
    zone = _prompt("3. Your time zone?", wishes.zone or local_zone() or "UTC", _zone)
    known = _models()
    listed = f" ({', '.join(known[:SHOWN])})" if known else ""
    thinks = click.prompt(
        f"4. The model that it thinks with?{listed} Enter: none", default=wishes.model or "", show_default=False
    )
    quiet = _prompt("5. When may it write nothing unasked? `none`, or hours such as", "22:00-7:00", _quiet)
    telegram = click.confirm("6. Talk to it on Telegram, too?", default=wishes.telegram)
    return replace(wishes, name=called, about=about.strip(), zone=zone, model=thinks.strip(), quiet=quiet, telegram=telegram)


def _prompt(question: str, usual: str, read: Callable[[str], T]) -> T:
    """An answer that can be read."""
    while True:
        try:
            return read(click.prompt(question, default=usual))
        except UserError as error:
            click.echo(f"   {error}")


def _zone(text: str) -> str:
    from overnight.files.local_zone import find_zone

    if text and not find_zone(text):
        raise UserError(f"`{text}` is no time zone that this machine knows", fix="write a name such as Europe/Berlin or UTC")
    return text


def _quiet(text: str) -> tuple[str, str] | None:
    """Two times of the day; None if there are no such hours."""
    from overnight.claw.setup.schema import QuietKeys

    if text.strip().lower() in NO_HOURS:
        return None
    begin, _, end = text.replace(" ", "").replace("to", "-").partition("-")
    try:
        QuietKeys(begin=_clock(begin), end=_clock(end))
    except ValueError:
        raise UserError(f"`{text}` are no hours", fix="write them as 22:00-7:00, or `none`") from None
    return _clock(begin), _clock(end)


def _clock(text: str) -> str:
    return text if ":" in text else f"{text}:00"


def _models() -> Sequence[str]:
    """The models that the settings name, in order."""
    named = [name for each in _providers() for name in ([each.model] if each.model else []) + list(each.models)]
    return list(dict.fromkeys(named))


def _providers() -> "Sequence[Provider]":
    """Who offers models, as far as the settings can be read."""
    from overnight.config import read_settings
    from overnight.secrets.broker import user_broker

    try:
        return read_settings(user_broker().environment, Path.home()).providers
    except (OSError, OvernightError):
        return ()
