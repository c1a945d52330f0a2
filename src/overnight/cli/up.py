"""`overnight up`: keep loops running in the background, over crashes and restarts of the machine."""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import click

from overnight.cli.finish import TO_BE_FIXED
from overnight.cli.loops import OVERNIGHT, folder_of, make_supervisor, registry_now, wait_for
from overnight.cli.options import sandbox_option
from overnight.errors import UserError
from overnight.files.atomic import write_atomically
from overnight.files.folders import closing_descriptor
from overnight.files.local_zone import local_zone
from overnight.files.own import open_own
from overnight.jobs.entries import Life, Registry, read_registry
from overnight.jobs.identity import send_signal
from overnight.jobs.listing import LoopLine, LoopState, chosen, line_words, list_loops
from overnight.jobs.log import bound_log, last_words
from overnight.jobs.presence import LoopBusy
from overnight.jobs.records import LOG, loops_folder
from overnight.jobs.setups import lift, put_up, schedule_of, want
from overnight.jobs.supervising import CALL, supervise
from overnight.jobs.systemd import tell_systemd, unit_path, unit_text
from overnight.jobs.upkeep import Setup, Timed

# Where settings, secrets and state are, and the programs of commands; keys belong elsewhere.
UNIT_VARIABLES = ("PATH", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "OVERNIGHT_SETTINGS")
READY_S = 20.0  # for the supervisor to be there
FIRST_S = 10.0  # for loops to start, or to say why not


@click.command()
@click.argument("names", nargs=-1)
@click.option("--repo", metavar="PATH", help="Set a campaign of this repository up, and keep it running.")
@click.option("--tag", help="With --repo: its campaign; by default the newest, or a new one named after today.")
@click.option("--board", is_flag=True, help="Set the board of actions up, and keep it running.")
@click.option("--claw", is_flag=True, help="Set the claw up, and keep it running; with several, name it: --claw NAME.")
@click.option("--home", is_flag=True, help="Set the watch of the home up, and keep it running.")
@click.option("--hours", type=click.FloatRange(min=0, min_open=True), help="With --repo: hours of a run, crashes included.")
@click.option("--experiments", type=click.IntRange(min=1), help="With --repo: experiments of a run.")
@click.option("--slots", type=click.IntRange(min=1), help="With --repo: trials at once.")
@click.option("--on", default="", metavar="NAME", help="With --repo: the machines in the settings that trials run on.")
@sandbox_option
@click.option("--at", metavar="WHEN", help='With --repo: when runs begin, such as "every night at 22:00" or "in 20 minutes".')
@click.option("--zone", help="With --at: the time zone, such as Europe/Berlin; by default this machine's.")
@click.option("--foreground", is_flag=True, help="Supervise in this process, for systemd and containers.")
@click.option("--systemd", is_flag=True, help="Print a systemd user unit that does this at every start of the machine.")
@click.option("--install", is_flag=True, help="With --systemd: write the unit for your user.")
def up(
    *,
    names: tuple[str, ...],
    repo: str | None,
    tag: str | None,
    board: bool,
    claw: bool,
    home: bool,
    hours: float | None,
    experiments: int | None,
    slots: int | None,
    on: str,
    sandbox: str,
    at: str | None,
    zone: str | None,
    foreground: bool,
    systemd: bool,
    install: bool,
) -> int:
    """Start what is set up and does not run, in the background, and start it again after a crash.

    `up --repo PATH` sets a campaign up, `up --board` the board of actions, `up --claw` the claw, `up --home` the watch of
    the home. Without a name, all that are set up and were not taken down by name start. Exit code: 2 if you have to fix
    something before one of them can run.
    """
    needs_repo = {
        "tag": tag,
        "hours": hours,
        "experiments": experiments,
        "slots": slots,
        "on": on or None,
        "at": at,
        "zone": zone,
    }
    if repo is None and (given := [f"--{name}" for name, value in needs_repo.items() if value is not None]):
        raise UserError(f"{', '.join(given)} can only be used with --repo", fix="name the repository: --repo PATH")
    if board and (repo is not None or names):
        raise UserError("--board sets up the board alone", fix="call `overnight up` once more for the others")
    if claw and (repo is not None or board or len(names) > 1):
        raise UserError("--claw sets up one claw alone", fix="call `overnight up` once more for the others")
    if home and (repo is not None or board or claw or names):
        raise UserError("--home sets up the watch of the home alone", fix="call `overnight up` once more for the others")
    if install and not systemd:
        raise UserError("--install can only be used with --systemd")
    if systemd:
        _systemd(install=install)
        return 0
    options = {"experiments": experiments, "slots": slots, "on": on or None, "sandbox": None if sandbox == "jail" else sandbox}
    chosen_options = {name: str(value) for name, value in options.items() if value is not None}
    if repo is not None:
        setup = _setup(repo, tag, chosen_options, hours=hours, timed=_timed(at, zone))
        put_up(loops_folder(), setup, time.time())
        keys: Sequence[str] = [setup.loop.key]
    elif board or claw or home:
        setup = _home_setup() if home else _claw_setup(names[0] if names else None) if claw else _board_setup()
        put_up(loops_folder(), setup, time.time())
        keys = [setup.loop.key]
    else:
        keys = _wanted(registry_now(), names)
    if not foreground:
        return _in_background(keys)
    _supervise()
    return 0


def _setup(repo: str, tag: str | None, options: dict[str, str], *, hours: float | None, timed: Timed | None) -> Setup:
    """The set-up of a campaign, once its repository and its program can be read."""
    from overnight.files.own import claim_folder
    from overnight.git.repository import open_repository
    from overnight.research.places.begun import require_unnamed_begun_here
    from overnight.research.places.campaigns import campaign_folder, newest_tag, read_program, require_sort
    from overnight.research.places.loops import campaign_loop

    repository = open_repository(folder_of(repo))
    read_program(repository)
    repository.check_overnight()
    found = tag or newest_tag(repository) or time.strftime("%b%d").lower()
    require_sort(found, meta=False)
    claim_folder(campaign_folder(repository, found))
    if tag is None:  # from here on it has a name, which would take up a campaign that somebody else began
        require_unnamed_begun_here(campaign_folder(repository, found))
    return Setup(
        loop=campaign_loop(repository, found),
        wanted=True,
        options=options,
        search_path=os.environ.get("PATH", ""),
        timed=timed,
        hours=hours,
    )


def _board_setup() -> Setup:
    """The set-up of the board, whose folder exists then."""
    from overnight.actions.board.service import board_loop
    from overnight.actions.record import ActionRecord

    with ActionRecord() as record:
        loop = board_loop(record.folder)
    return Setup(loop=loop, wanted=True, options={}, search_path=os.environ.get("PATH", ""), timed=None, hours=None)


def _claw_setup(name: str | None) -> Setup:
    """The set-up of a claw, once its settings can be read."""
    from overnight.claw.folders import find_claw
    from overnight.claw.running.process import claw_loop
    from overnight.claw.setup.parsing import read_charter

    folder = find_claw(name)
    read_charter(folder)
    return Setup(
        loop=claw_loop(folder), wanted=True, options={}, search_path=os.environ.get("PATH", ""), timed=None, hours=None
    )


def _home_setup() -> Setup:
    """The set-up of the watch of the home, once there is one and its settings can be read."""
    from overnight.home.record.record import has_home, home_folder
    from overnight.home.settings import read_settings
    from overnight.home.watching.service import home_loop

    if not has_home():
        raise UserError("there is no home yet", fix="overnight home init, then overnight home scan")
    read_settings(home_folder())
    loop = home_loop()
    return Setup(loop=loop, wanted=True, options={}, search_path=os.environ.get("PATH", ""), timed=None, hours=None)


def _timed(at: str | None, zone: str | None) -> Timed | None:
    if at is None:
        if zone is not None:
            raise UserError("--zone can only be used with --at")
        return None
    timed = Timed(text=at, zone=zone or local_zone() or "UTC", written=time.time())
    schedule_of(timed)
    return timed


def _wanted(registry: Registry, names: Sequence[str]) -> Sequence[str]:
    """Let the named loops run again, or all that are set up and wanted; their keys."""
    if names:
        entries = chosen(registry, names)
        for entry in entries:
            want(entry, time.time())
    else:
        entries = [entry for entry in registry.entries if entry.setup is not None and entry.setup.wanted]
        for entry in entries:
            lift(entry)
    return [entry.loop.key for entry in entries]


def _supervise() -> None:
    """Be the supervisor; the lines go to standard output, which is the log if it runs in the background."""
    log = loops_folder() / LOG

    def alive() -> None:
        with suppress(OSError, UserError):  # a full disk ends no supervisor
            bound_log(log)
        tell_systemd("WATCHDOG=1")

    try:
        supervise(make_supervisor(_say), lambda: tell_systemd("READY=1"), alive)
    except LoopBusy as busy:
        raise UserError("a supervisor runs already", fix="`overnight down` ends it and its loops") from busy


def _say(line: str) -> None:
    from overnight.words.foreign import printable

    with suppress(OSError):  # a full disk takes no line, and ends no supervisor
        os.write(sys.stdout.fileno(), f"{time.strftime('%Y-%m-%d %H:%M:%S')} {printable(line, 500)}\n".encode())


def _in_background(keys: Sequence[str]) -> int:
    """Have a supervisor, then show what became of these loops; the exit code."""
    held = read_registry(loops_folder()).supervisor
    if held is None or not held.runs:
        if not keys:
            click.echo(
                "nothing is to run; `overnight up --repo PATH` sets a campaign up, `overnight up NAME` starts one that is down"
            )
            return 0
        _start_supervisor()
    elif held.life is Life.STUCK:
        click.echo("WARNING: the supervisor is stuck: `overnight ps` shows its process; kill it, then `overnight up`", err=True)
    elif held.present is None or not send_signal(held.present.process, CALL):
        click.echo("note: the supervisor cannot be reached from here; it looks by itself", err=True)
    wait_for(lambda: [line.name for line in _lines(keys) if line.state is LoopState.STARTING], FIRST_S)
    now = time.time()
    lines = _lines(keys)
    for line in lines:
        words = line_words(line, now)
        click.echo(f"{line.name} {line.state.value}{f': {words}' if words else ''}; its output is in {line.log}")
    return TO_BE_FIXED if any(line.state is LoopState.MISTAKE for line in lines) else 0


def _lines(keys: Sequence[str]) -> Sequence[LoopLine]:
    registry = read_registry(loops_folder())
    every = list_loops(registry, now=time.time(), monotonic=time.monotonic(), everything=True)
    return [line for line in every.loops if line.key in keys]


def _start_supervisor() -> None:
    """Start a supervisor in the background, and wait until it works.

    Raises:
        UserError: it ended at once.
    """
    log = loops_folder() / LOG
    bound_log(log)
    command = [*OVERNIGHT, "up", "--foreground"]
    with closing_descriptor(open_own(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)) as file:
        child = subprocess.Popen(
            command, cwd="/", env=dict(os.environ), stdin=subprocess.DEVNULL, stdout=file, stderr=file, start_new_session=True
        )

    def missing() -> Sequence[str]:
        held = read_registry(loops_folder()).supervisor
        return [] if child.poll() is not None or (held is not None and held.runs and held.present) else ["the supervisor"]

    wait_for(missing, READY_S)
    held = read_registry(loops_folder()).supervisor
    if held is None or not held.runs:  # another one that began at the same moment is as good
        raise UserError(f"the supervisor did not start: {last_words(log) or 'it said nothing'}", fix=f"see {log}")


def _systemd(*, install: bool) -> None:
    """Print the unit, or write it."""
    command = [*OVERNIGHT, "up", "--foreground"]
    variables = {name: value for name in UNIT_VARIABLES if (value := os.environ.get(name))}
    text, path = unit_text(command, variables), unit_path(os.environ, Path.home())
    if not install:
        click.echo(text, nl=False)
        click.echo(f"to install it: overnight up --systemd --install (writes {path})", err=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, text.encode())
    click.echo(f"wrote {path}; now: systemctl --user daemon-reload && systemctl --user enable --now {path.name}")
    click.echo("to let it run while you are not logged in: loginctl enable-linger")
