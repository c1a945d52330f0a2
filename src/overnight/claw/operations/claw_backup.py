"""A claw in one encrypted file."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from overnight.claw.events import BackedUp
from overnight.claw.keeping.backup import PASSPHRASE, back_up
from overnight.claw.operations._claw import Claw, opened
from overnight.errors import UserError
from overnight.operations.operation import Argument, Context, Operation, Settled, Tier
from overnight.secrets.broker import user_broker
from overnight.words.quantities import size_text


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupInput:
    """Where to write it."""

    file: Annotated[str, Argument(about="A file that there is not yet.")]
    claw: Claw = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """What `claw backup --json` prints."""

    file: str
    size_bytes: int
    events: int  # of its record


def run(context: Context, given: BackupInput) -> Backup:
    """Write it."""
    path = context.where / given.file
    with opened(given.claw) as (folder, record):
        about = back_up(folder, record, path, passphrase())
        record.append(BackedUp(file=str(path.resolve())))
    return Backup(file=str(path), size_bytes=path.stat().st_size, events=about.events)


def passphrase() -> str:
    """What backups are encrypted with.

    Raises:
        UserError: it is not set.
    """
    found = user_broker().lookup(PASSPHRASE)
    if found is None:
        fix = f"set one, and keep it where this machine's disk is not: overnight secret set {PASSPHRASE}"
        raise UserError("there is no passphrase for backups", fix=fix)
    return found.value.reveal()


def read_back(context: Context, given: BackupInput, found: Backup | None) -> Settled:
    """Whether it is there; one that a kill cut off is not whole, and is in the way of the next."""
    path: Path = context.where / given.file
    return Settled.DONE if found and path.exists() else Settled.NOT_DONE


OPERATION = Operation(
    name="claw backup",
    about="Write all that the claw keeps to one encrypted file, while it runs.",
    details=f"The passphrase is the secret {PASSPHRASE}. Without it nobody can read the file, you included.",
    input=BackupInput,
    output=Backup,
    tier=Tier.REVERSIBLE,
    of_machine=True,
    owner_only=True,
    local=True,
    run=run,
    render=lambda found: f"wrote {found.file}: {size_text(found.size_bytes)}, {found.events:,} events",
    read_back=read_back,
)
