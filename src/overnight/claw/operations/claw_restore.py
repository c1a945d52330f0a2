"""A claw made from a backup."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from overnight.claw.folders import claw_names
from overnight.claw.keeping.restore import restore
from overnight.claw.operations.claw_backup import passphrase
from overnight.files.local_zone import local_zone
from overnight.jobs.schedule_words import time_words
from overnight.operations.operation import Argument, Context, Operation, Option, Settled, Tier


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreInput:
    """From what, and under which name."""

    file: Annotated[str, Argument(about="A file of `overnight claw backup`.")]
    name: Annotated[str | None, Option(about="Its name; by default the one that it had.", metavar="NAME")] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoredClaw:
    """What `claw restore --json` prints."""

    name: str
    folder: str
    events: int
    made: float  # when the backup was, Unix time


def run(context: Context, given: RestoreInput) -> RestoredClaw:
    """Make it."""
    folder, about = restore(context.where / given.file, given.name, passphrase())
    return RestoredClaw(name=folder.name, folder=str(folder), events=about.events, made=about.at)


def render(found: RestoredClaw) -> str:
    """Where it is, and what is next."""
    return (
        f"made {found.folder} of {time_words(found.made, local_zone() or 'UTC')}: {found.events:,} events\n"
        "it is frozen: it hears, sends and does nothing\n"
        f"once the original is ended for good: overnight claw adopt --claw {found.name}"
    )


def read_back(_context: Context, _given: RestoreInput, found: RestoredClaw | None) -> Settled:
    """Whether it is there."""
    return Settled.DONE if found and Path(found.folder).is_dir() and found.name in claw_names() else Settled.NOT_DONE


OPERATION = Operation(
    name="claw restore",
    about="Make a claw from a backup; it is frozen until you let it live.",
    input=RestoreInput,
    output=RestoredClaw,
    tier=Tier.REVERSIBLE,
    of_machine=True,
    owner_only=True,
    local=True,
    run=run,
    render=render,
    read_back=read_back,
)
