"""Makes the folder of a new claw: what its owner reads and edits."""

import json
from dataclasses import dataclass
from pathlib import Path

from overnight.claw.charter import FILES, MEMORY, NAMED, SETTINGS, SKILLS, SOUL, USER, after
from overnight.claw.setup.parsing import parse_charter
from overnight.errors import UserError
from overnight.files.local_zone import local_zone
from overnight.files.own import make_folder

SOUL_TEXT = """\
# Who you are

You are {name}, a teammate. You are brief and plain. You say what you did only after you looked that it is so, and you say what
you do not know. You praise only good ideas.
"""
USER_TEXT = """\
# Who you work for

(Write here what I should know of you.)
"""
SETTINGS_TEXT = """\
# All of it can be left out; `overnight docs claw` says what each key does.
zone: {zone}
{model}
{quiet}
{channels}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What a person answered at the first run."""

    name: str
    zone: str = ""
    model: str = ""
    about: str = ""  # what it should know of its owner
    quiet: tuple[str, str] | None = None  # from when to when it writes nothing unasked, as `22:00`
    telegram: bool = False  # whether it has a chat there


def check_new(folder: Path) -> None:
    """Refuse a folder that has a claw.

    Raises:
        UserError: it has.
    """
    if (folder / SETTINGS).exists():
        raise UserError(f"there is a claw in {folder} already", fix=f"talk to it: {after('overnight claw chat', folder.name)}")


def telegram_secret(name: str) -> str:
    """The secret that has the token of a claw's bot; each claw has a bot of its own, as a bot has one reader."""
    return "_".join([*([] if name == NAMED else ["CLAW"]), *name.upper().split("-"), "TELEGRAM"])


def make_claw(folder: Path, wishes: Wishes) -> None:
    """Make the folder.

    Raises:
        UserError: it is there already, or an answer cannot be.
    """
    check_new(folder)
    settings = _settings(wishes, telegram_secret(folder.name))
    parse_charter(settings)
    for each in (folder, folder / MEMORY, folder / SKILLS, folder / FILES):
        make_folder(each)
    texts = {
        SOUL: SOUL_TEXT.format(name=wishes.name),
        USER: f"# Who you work for\n\n{wishes.about}\n" if wishes.about else USER_TEXT,
        SETTINGS: settings,
    }
    for name, text in texts.items():  # the settings last: with them it is a claw
        (folder / name).write_text(text, encoding="utf-8")


def _settings(wishes: Wishes, secret: str) -> str:
    named, quiet = json.dumps(wishes.model), wishes.quiet
    return SETTINGS_TEXT.format(
        zone=wishes.zone or local_zone() or "UTC",
        model=f"model: {named}" if wishes.model else "# model: NAME    # without one it understands the sentences of `help`",
        quiet=f'quiet: {{begin: "{quiet[0]}", end: "{quiet[1]}"}}' if quiet else '# quiet: {begin: "22:00", end: "7:00"}',
        channels=("" if wishes.telegram else "# ") + f"channels: {{telegram: {{use: telegram, token: {secret}}}}}",
    )
