"""A command in the claw's own folder."""

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge, Le

from overnight.claw.folders import find_claw
from overnight.claw.hands.jailed import Command, Ran, run_in_jail
from overnight.claw.hands.own_folder import OwnFolder
from overnight.claw.operations._claw import Claw, OfClaw, of_owner
from overnight.operations.operation import Argument, Context, Operation, Option, Settled, Tier
from overnight.operations.principal import Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class ShellInput:
    """What to run."""

    command: Annotated[str, Argument(about="A command line for `sh`, in the claw's folder `files`.")]
    seconds: Annotated[int, Ge(1), Le(120), Option(about="End it after so many.", metavar="S", shows_default=True)] = 60
    claw: Claw = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShellResult:
    """What came of it."""

    exit_code: int | None  # null: it did not end by itself
    ending: str  # exited, or what ended it: wall, memory, disk, output, cancelled
    detail: str  # the same in words; empty if it exited
    wall_s: float
    output: str  # stdout and stderr, cut in the middle
    undo: int  # number of the copy of the folder before it; 0: nothing changed, or it was too large
    origin: Origin = Origin.TOOL  # what a command prints may be anybody's words


def run(_context: Context, given: ShellInput) -> ShellResult:
    """Run it in the jail."""
    return carry_out(given.claw, given.command, given.seconds)


def carry_out(claw: str | None, command: str, seconds: int) -> ShellResult:
    """Run a command in the folder of a claw."""
    folder = OwnFolder(find_claw(claw))
    with folder.changing() as change:
        ran = run_in_jail(Command(line=command, folder=folder.path, wall_s=seconds))
    return result_of(ran, change.undo)


def result_of(ran: Ran, undo: int) -> ShellResult:
    """What came of it, with the number of the copy."""
    return ShellResult(
        exit_code=ran.exit_code, ending=ran.ending, detail=ran.detail, wall_s=ran.wall_s, output=ran.output, undo=undo
    )


def render(found: ShellResult) -> str:
    """How it ended, and what it printed."""
    ended = f"exit code {found.exit_code}" if found.exit_code is not None else f"ended: {found.detail}"
    changed = f" (files changed; undo {found.undo})" if found.undo else ""
    return f"{ended}{changed}\n{found.output}".rstrip()


def is_kept_tier(_context: Context, given: OfClaw) -> Tier:
    """A change of the folder can be taken back if what was before can be kept."""
    return Tier.REVERSIBLE if OwnFolder(find_claw(given.claw)).is_kept() else Tier.IRREVERSIBLE


def folder_state(_context: Context, given: OfClaw) -> str:
    """The folder as it is: an approval is for a command on that."""
    return OwnFolder(find_claw(given.claw)).state()


def read_back(_context: Context, _given: object, found: ShellResult | None) -> Settled:
    """A command that a kill cut off may have done a part of it."""
    return Settled.DONE if found else Settled.UNKNOWN


OPERATION = Operation(
    name="claw shell",
    about="Run a command in the claw's own folder, in the jail.",
    details=(
        "It sees the programs of this machine and the claw's folder `files`, and no other file of yours; it has no network. The"
        " folder as it was before is kept, up to 32 MB: `claw undo` takes the command back. A folder that is larger cannot be"
        " kept, and a command there needs the owner's approval."
    ),
    input=ShellInput,
    private=True,
    output=ShellResult,
    tier=Tier.REVERSIBLE,
    raised=is_kept_tier,
    state=folder_state,
    of_machine=True,
    requires=of_owner,
    run=run,
    render=render,
    read_back=read_back,
)
