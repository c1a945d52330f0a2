"""The backups that were made of a claw."""

from collections.abc import Sequence
from dataclasses import dataclass

from overnight.claw.keeping.backup import Made, backups
from overnight.claw.operations._claw import WhichClaw, opened
from overnight.claw.setup.parsing import read_charter
from overnight.jobs.schedule_words import time_words
from overnight.operations.operation import Context, Operation, Tier
from overnight.operations.principal import Origin
from overnight.words.foreign import printable


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupList:
    """What `claw backups --json` prints."""

    backups: Sequence[Made]  # newest first
    zone: str


def run(_context: Context, given: WhichClaw) -> BackupList:
    """Those that the record knows of."""
    with opened(given.claw) as (folder, record):
        return BackupList(backups=backups(record), zone=read_charter(folder).zone)


def line_words(made: Made, zone: str) -> str:
    """One backup."""
    return f"{printable(made.file, 300)}, of {time_words(made.at, zone)}{'' if made.exists else ' (not there any more)'}"


OPERATION = Operation(
    name="claw backups",
    about="List the backups that were made of the claw, and whether each is still where it was written.",
    input=WhichClaw,
    output=BackupList,
    tier=Tier.READ,
    of_machine=True,
    owner_only=True,
    words=Origin.CLAW,
    run=run,
    render=lambda found: (
        "\n".join(line_words(each, found.zone) for each in found.backups) or "no backup was made: overnight claw backup FILE"
    ),
)
