"""A command in the claw's own folder that takes its time."""

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge, Le

from overnight.claw.operations._claw import Claw, of_owner
from overnight.claw.operations.claw_shell import ShellResult, carry_out, folder_state, is_kept_tier, read_back, render
from overnight.operations.operation import Argument, Context, Operation, Option, Tier


@dataclass(frozen=True, slots=True, kw_only=True)
class JobInput:
    """What to run."""

    command: Annotated[str, Argument(about="A command line for `sh`, in the claw's folder `files`.")]
    minutes: Annotated[int, Ge(1), Le(240), Option(about="End it after so many.", metavar="M", shows_default=True)] = 30
    claw: Claw = None


def run(_context: Context, given: JobInput) -> ShellResult:
    """Run it in the jail."""
    return carry_out(given.claw, given.command, 60 * given.minutes)


OPERATION = Operation(
    name="claw job",
    about="Run a command as `claw shell` does, for minutes or hours.",
    details=(
        "Over a chat it is begun as a task of its own, and the claw says what came of it. Until then no other command of"
        " the claw changes the folder."
    ),
    input=JobInput,
    output=ShellResult,
    tier=Tier.REVERSIBLE,
    raised=is_kept_tier,
    state=folder_state,
    lasts=True,
    of_machine=True,
    requires=of_owner,
    run=run,
    render=render,
    read_back=read_back,
)
