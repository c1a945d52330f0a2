"""The campaign of a search: a process of its own on one entry of the chain, and that a folder has only one search."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import anyio
from anyio.abc import Process

from overnight.errors import LedgerBusy, UserError
from overnight.files.folders import closing_descriptor
from overnight.files.own import open_own
from overnight.jobs.log import bound_log, last_words
from overnight.jobs.tied import tied
from overnight.ledger.lock import hold
from overnight.pool.work.place import Place

TAG = "chain-"  # that the tags of its campaigns begin with, before the number of the entry
LOG = "search.log"
LEFT_OUT = frozenset({"OVERNIGHT_PRINCIPAL", "NOTIFY_SOCKET", "WATCHDOG_PID", "WATCHDOG_USEC"})  # the starter's alone
_RUN = ("-P", "-m", "overnight", "run", "--plain", "--no-report", "--tag")  # -P: no module of its folder is imported


@dataclass(slots=True)
class Session:
    """A campaign that runs."""

    number: int  # of the entry that it searches on
    process: Process
    log: Path
    log_from: int  # bytes of the log before it
    ended: anyio.Event = field(default_factory=anyio.Event)

    @property
    def tag(self) -> str:
        """Of the campaign."""
        return f"{TAG}{self.number}"

    async def wait(self) -> None:
        """Wait until it has ended, and say so."""
        await self.process.wait()
        self.ended.set()

    async def end(self) -> bool:
        """End it in good order; False if it had ended by itself. `wait` runs beside."""
        if self.ended.is_set():
            return False
        self.send(signal.SIGTERM)
        await self.ended.wait()
        return True

    def send(self, *signals: signal.Signals) -> None:
        """Send it these, if it is still there."""
        with suppress(ProcessLookupError):
            for each in signals:
                self.process.send_signal(each)

    def last_words(self) -> str:
        """What it said at its end."""
        return last_words(self.log, self.log_from) or "it said nothing"


async def begin_session(place: Place, number: int, options: Sequence[str]) -> Session:
    """Begin the campaign on an entry, or go on with it; `program.md` is in its place."""
    log = place.work / LOG
    bound_log(log)
    with closing_descriptor(open_own(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)) as file:
        size = os.fstat(file).st_size
        process = await anyio.open_process(
            tied(sys.executable, *_RUN, f"{TAG}{number}", *options),
            cwd=place.top,
            env={name: value for name, value in os.environ.items() if name not in LEFT_OUT},
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            start_new_session=True,  # Ctrl-C in this terminal is for us to pass on
        )
    return Session(number, process, log, size)


@contextmanager
def alone(place: Place) -> Iterator[None]:
    """Be the only search in a folder.

    Raises:
        UserError: another one runs.
    """
    try:
        with hold(place.work):
            yield
    except LedgerBusy as busy:
        raise UserError(f"a search runs in {place.top} already (process {busy.process or '?'})", fix="stop it first") from busy
