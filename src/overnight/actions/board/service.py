"""The board as a process in the background: starting it, finding it, ending it.

Does not cover: a board on another machine that shares the state folder; its lock holds, but it cannot be reached from here.
"""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

from overnight.actions.record import actions_folder
from overnight.actions.views.board_now import read_now
from overnight.errors import UserError
from overnight.files.folders import closing_descriptor
from overnight.files.own import make_folder, open_own
from overnight.jobs.loop import Loop
from overnight.ledger.lock import holder, wake

ACTIONS = "actions"  # the system of such a loop
LOG = "board.log"  # in the folder of the record
COMMAND = ("work-on", "--background")  # of `overnight`
READY_S = 20.0  # for a board to be there
LOOK_S = 0.05
LEFT_OUT = frozenset({"OVERNIGHT_PRINCIPAL", "NOTIFY_SOCKET", "WATCHDOG_PID", "WATCHDOG_USEC"})  # the starter's alone


def board_loop(folder: Path) -> Loop:
    """The board as a loop of this machine."""
    return Loop(system=ACTIONS, folder=str(folder))


def board_process(folder: Path | None = None) -> int | None:
    """The process that runs the board; None if none does."""
    folder = folder or actions_folder()
    return holder(folder) if folder.is_dir() else None


def call_board(folder: Path | None = None) -> bool:
    """Let the board look at the record now; False if none can be reached, which looks by itself."""
    folder = folder or actions_folder()
    return folder.is_dir() and wake(folder)


def start_board(folder: Path | None = None) -> int:
    """Have a board that runs: the one there is, or a new one in the background; its process.

    Raises:
        UserError: it ended at once; the error says what it said.
    """
    folder = folder or actions_folder()
    if (process := board_process(folder)) is not None:
        call_board(folder)
        return process
    make_folder(folder)
    with closing_descriptor(_open_log(folder / LOG)) as log:
        began = os.fstat(log).st_size
        child = subprocess.Popen(
            [sys.executable, "-P", "-m", "overnight", *COMMAND],
            cwd="/",
            env={name: value for name, value in os.environ.items() if name not in LEFT_OUT},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    threading.Thread(target=child.wait, daemon=True, name="board").start()  # so that it is no zombie when it ends
    until = time.monotonic() + READY_S
    while time.monotonic() < until:
        if (now := read_now(folder)) is not None:  # another one that began at the same moment is as good
            return now.process
        if child.poll() is not None:
            break
        time.sleep(LOOK_S)
    if child.poll() is None:  # on a loaded machine
        return child.pid
    from overnight.jobs.log import last_words

    said = last_words(folder / LOG, began) or "it said nothing"
    raise UserError(f"the board did not start: {said}", fix=f"see {folder / LOG}, or run it here: overnight work-on")


def stop_board(folder: Path | None = None) -> int | None:
    """Ask the board to end in good order; its process, None if none runs that can be reached."""
    from overnight.jobs.entries import read_entry
    from overnight.jobs.records import loops_folder
    from overnight.jobs.supervisor import ask_to_end

    entry = read_entry(loops_folder() / board_loop(folder or actions_folder()).key)
    if entry is None or not entry.runs or entry.present is None or not ask_to_end(entry):
        return None
    return entry.present.process.pid


def _open_log(path: Path) -> int:
    from overnight.jobs.log import bound_log

    bound_log(path)
    return open_own(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
