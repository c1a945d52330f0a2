"""`overnight mcp --install PROGRAM`: tells a coding agent of the server, with the user's consent."""

import difflib
import os
import stat
import sys
from pathlib import Path

import click

from overnight.errors import UserError
from overnight.files.atomic import write_atomically
from overnight.files.own import read_regular
from overnight.web.mcp.configuration import PROGRAMS
from overnight.words.foreign import printable

LINE = 500  # characters of a line of a file
MODE = 0o600  # of a new file
MOST_BYTES = 64 * 1024**2  # of a file: some keep whole conversations in it


def write_down(name: str, *, removes: bool, is_sure: bool) -> int:
    """Show what changes in which file, ask, and write it.

    Raises:
        UserError: the file cannot be read, or nobody said yes.
    """
    program = PROGRAMS[name]
    path = program.place(os.environ).resolve()  # a link stays one
    shown, before = printable(str(path), LINE), _read(path)
    after = program.changed(before or "", None if removes else _command(), path)
    if after == (before or ""):
        click.echo(f"{shown} says so already; nothing is changed")
        return 0
    click.echo(f"{shown}:")
    for line in list(difflib.unified_diff((before or "").splitlines(), after.splitlines(), n=0, lineterm=""))[2:]:
        click.echo(f"  {printable(line, LINE)}")
    if not is_sure and not (sys.stdin.isatty() and click.confirm("Write this?")):
        option = "--uninstall" if removes else "--install"
        raise UserError("nothing is written without a yes", fix=f"overnight mcp {option} {name} --yes")
    if _read(path) != before:
        raise UserError(f"{shown} was changed meanwhile", fix="try again")
    path.parent.mkdir(parents=True, exist_ok=True)
    mode = MODE if before is None else stat.S_IMODE(path.stat().st_mode)
    write_atomically(path, after.encode(), mode=mode)
    click.echo(f"written; it counts when {name} starts the next time")
    return 0


def _read(path: Path) -> str | None:
    """The text of a file of ours; nothing is waited for, and what is endless is not read to its end."""
    shown = printable(str(path), LINE)
    try:
        content = read_regular(path, MOST_BYTES + 1)
        if path.stat().st_uid != os.geteuid():  # replaced, it would be ours and no longer theirs
            raise UserError(f"{shown} belongs to another user", fix="call it as that user")
        if len(content) > MOST_BYTES:
            raise UserError(f"{shown} has more than {MOST_BYTES:,} bytes", fix="make it smaller")
        return content.decode().replace("\r\n", "\n")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise UserError(f"{shown} cannot be read: {why}", fix="repair it, or move it away") from error


def _command() -> tuple[str, ...]:
    """The command of the server, by its full path: agents start it with a PATH of their own."""
    script = Path(sys.executable).with_name("overnight")
    if script.is_file():
        return (str(script), "mcp")
    return (sys.executable, "-P", "-m", "overnight", "mcp")
