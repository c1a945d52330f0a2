"""A claw removed with all that it kept."""

from dataclasses import dataclass
from typing import Annotated

from overnight.claw.folders import claw_folder, claw_names, find_claw
from overnight.claw.keeping.removing import remove_claw
from overnight.claw.record.record import ClawRecord
from overnight.operations.operation import Argument, Context, Operation, Settled, Tier


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveInput:
    """Which."""

    name: Annotated[str, Argument(about="Its name; there is no default.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """What `claw remove --json` prints."""

    name: str
    folder: str  # that is gone


def run(_context: Context, given: RemoveInput) -> Removed:
    """Remove it."""
    folder = find_claw(given.name)
    remove_claw(folder)
    return Removed(name=given.name, folder=str(folder))


def read_back(_context: Context, given: RemoveInput, _found: Removed | None) -> Settled:
    """Whether it is gone."""
    gone = given.name not in claw_names() and not claw_folder(given.name).exists()
    return Settled.DONE if gone else Settled.NOT_DONE


def state(_context: Context, given: RemoveInput) -> str:
    """Which claw it is, and how far its record is."""
    with ClawRecord(find_claw(given.name)) as record:
        return f"{record.store.origin()} {record.store.newest()}"


OPERATION = Operation(
    name="claw remove",
    about="Remove a claw with all that it keeps: its record, its memory, its files, and that it was set up.",
    details="Nothing of it can be brought back without a backup. Secrets stay: `overnight secret remove NAME`.",
    input=RemoveInput,
    output=Removed,
    tier=Tier.IRREVERSIBLE,
    of_machine=True,
    owner_only=True,
    run=run,
    state=state,
    render=lambda found: f"removed {found.folder}",
    read_back=read_back,
)
