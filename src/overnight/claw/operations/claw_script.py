"""A command with the files of a skill at hand."""

import os
from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge, Le

from overnight.claw.hands.jailed import Command, run_in_jail
from overnight.claw.hands.own_folder import OwnFolder
from overnight.claw.operations._claw import Claw, of_owner, opened
from overnight.claw.operations.claw_shell import ShellResult, folder_state, is_kept_tier, read_back, render, result_of
from overnight.claw.setup.parsing import read_charter
from overnight.claw.skills.shelf import Shelf, laid_out
from overnight.operations.operation import Argument, Context, Operation, Option, Tier


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptInput:
    """What to run."""

    skill: Annotated[str, Argument(about="The skill's name.")]
    command: Annotated[str, Argument(about="A command line for `sh`, such as sh $SKILL/scripts/x.sh")]
    seconds: Annotated[int, Ge(1), Le(120), Option(about="End it after so many.", metavar="S", shows_default=True)] = 60
    claw: Claw = None


def run(_context: Context, given: ScriptInput) -> ShellResult:
    """Run it in the jail."""
    with opened(given.claw) as (claw, record):
        tree = Shelf(claw, record).usable(given.skill).tree
        hosts = read_charter(claw).skill_hosts.get(given.skill, ())
    assert tree is not None  # noqa: S101  # it is usable
    folder = OwnFolder(claw)
    with laid_out(tree) as place, folder.changing() as change:
        shown = os.path.realpath(place)
        command = Command(
            line=given.command,
            folder=folder.path,
            wall_s=given.seconds,
            readable=(shown,),
            variables={"SKILL": shown},
            hosts=tuple(hosts),
        )
        ran = run_in_jail(command)
    return result_of(ran, change.undo)


OPERATION = Operation(
    name="claw script",
    about="Run a command with the files of a skill at hand, in the jail.",
    details=(
        "As `claw shell`; it also sees the skill's files, which it cannot change, as they were when the owner trusted them. It"
        " reaches the hosts that `claw.yaml` has under `skills` for this skill, and no others."
    ),
    input=ScriptInput,
    private=True,
    output=ShellResult,
    tier=Tier.REVERSIBLE,
    raised=is_kept_tier,
    state=folder_state,
    egress=True,
    of_machine=True,
    requires=of_owner,
    run=run,
    render=render,
    read_back=read_back,
)
