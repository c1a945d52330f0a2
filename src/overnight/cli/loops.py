"""What the commands about loops share: how each system's loops are started and found."""

import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import click

from overnight.errors import UserError
from overnight.jobs.entries import Registry, read_registry
from overnight.jobs.records import loops_folder
from overnight.jobs.supervisor import Supervisor
from overnight.jobs.upkeep import Setup
from overnight.research.places.loops import CAMPAIGN

OVERNIGHT = (sys.executable, "-P", "-m", "overnight")  # -P: no module of the folder that it starts in is imported
LOOK_S = 0.1  # between two looks whether something has ended
BOARD = "actions"  # the system of the board, as `actions/board/service.py` has it
CLAW = "claw"  # that of claws, as `claw/charter.py` has it
HOME = "home"  # that of the watch of the home, as `home/watching/service.py` has it
_OPTIONS = ("experiments", "slots", "sandbox", "on")  # of `overnight run`, as a set-up holds them


def campaign_command(setup: Setup, hours: float | None) -> Sequence[str]:
    """The command that runs or continues a campaign."""
    words = [*OVERNIGHT, "run", "--plain", f"--tag={setup.loop.part}"]
    for name, value in setup.options.items():
        if name not in _OPTIONS:
            what = f"`overnight run` has no option `{name}` for a loop"
            raise UserError(what, fix="set it up again with `overnight up --repo`")
        words.append(f"--{name}={value}")
    return words if hours is None else [*words, f"--hours={hours:.4f}"]


def board_command(_setup: Setup, _hours: float | None) -> Sequence[str]:
    """The command that runs the board of actions."""
    return [*OVERNIGHT, "work-on", "--plain"]


def claw_command(setup: Setup, _hours: float | None) -> Sequence[str]:
    """The command that runs a claw; if a talk at a terminal runs it, once that is over."""
    return [*OVERNIGHT, "claw", "run", Path(setup.loop.folder).name, "--when-free"]


def home_command(_setup: Setup, _hours: float | None) -> Sequence[str]:
    """The command that watches the home."""
    return [*OVERNIGHT, "home", "watch"]


def make_supervisor(say: Callable[[str], None]) -> Supervisor:
    """The supervisor of this user, which knows every system that has loops."""
    commands = {CAMPAIGN: campaign_command, BOARD: board_command, CLAW: claw_command, HOME: home_command}
    return Supervisor(loops=loops_folder(), commands=commands, environment=_environment(), say=say)


def registry_now() -> Registry:
    """What is in the registry; says what could not be read."""
    registry = read_registry(loops_folder())
    for trouble in registry.troubles:
        click.echo(f"note: {trouble}", err=True)
    return registry


def wait_for(done: Callable[[], Sequence[str]], seconds: float) -> Sequence[str]:
    """Wait until nothing is left, at most this long; what is left."""
    until = time.monotonic() + seconds
    while (left := done()) and time.monotonic() < until:
        time.sleep(LOOK_S)
    return left


def _environment() -> Mapping[str, str]:
    """What loops are started with: the variables of this process, as their commands are ours and not a candidate's."""
    return {name: value for name, value in os.environ.items() if name not in ("NOTIFY_SOCKET", "WATCHDOG_PID", "WATCHDOG_USEC")}


def folder_of(path: str) -> Path:
    """A folder that a person named."""
    folder = Path(path)
    if not folder.is_dir():
        raise UserError(f"{path} is not a folder", fix="name the folder of a repository with a program.md")
    return folder
