"""The part of a claw that keeps time: once a second it looks what is due, what is so, and what has ended.

It is a task of its own, so that a long turn or a slow channel keeps nothing from falling due. If it stops, the heartbeat of the
process stops with it, which `overnight ps`, the supervisor and systemd see.
"""

import sqlite3
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import anyio

from overnight.claw.agenda.clock import Agenda
from overnight.claw.agenda.courier import Courier
from overnight.claw.agenda.tasks import TaskWatch
from overnight.claw.agenda.watching import Watcher
from overnight.claw.charter import Charter
from overnight.claw.record.record import ClawRecord
from overnight.errors import OvernightError
from overnight.jobs.schedule_words import time_words
from overnight.words.foreign import one_line

PASS_S = 1.0  # between passes; one without anything to do reads some rows of indexes
LATE_S = 60.0  # without a pass it does not keep time any more
STANDS_S = 300.0  # without one and without a reason, it is ended, for who keeps it running to start it again


class Timekeeper:
    """All that happens by the clock."""

    def __init__(
        self, record: ClawRecord, charter: Callable[[], Charter], *, environment: Mapping[str, str] | None = None
    ) -> None:
        """`charter`: what `claw.yaml` says now; `environment`: what watches find in theirs."""
        self._record, self._charter = record, charter
        self._watcher = Watcher(
            record,
            record.folder.parent,
            repos=lambda: {name: Path(where) for name, where in charter().repos.items()},
            environment=environment or {},
        )
        self._agenda = Agenda(record, lambda: charter().zone)
        self._tasks, self.courier = TaskWatch(record), Courier(record, charter)
        self._passed = time.monotonic()
        self.trouble = ""  # why the newest pass failed

    @property
    def is_late(self) -> bool:
        """Whether it has not made a pass for so long that something is wrong."""
        return time.monotonic() - self._passed > LATE_S

    @property
    def stands(self) -> bool:
        """Whether it has stood still for so long, for no reason that it knows, that only a new process helps."""
        return not self.trouble and time.monotonic() - self._passed > STANDS_S

    def doing(self) -> str:
        """What is due next, for `overnight ps`."""
        at = self._record.next_due
        return f"listens; next due {time_words(at, self._charter().zone)}" if at else "listens; nothing is due"

    async def run(self, news: Callable[[], None], say: Callable[[str], None]) -> None:
        """Make passes until cancelled; `news` is called after one that recorded something."""
        async with anyio.create_task_group() as looks:
            newest = self._record.store.newest()
            while True:
                try:
                    if not self._record.is_stopped:
                        self._pass()
                        self._watcher.begin(looks)
                    if (now := self._record.store.newest()) != newest:
                        news()
                        newest = now
                    self._passed, self.trouble = time.monotonic(), ""
                except (OvernightError, OSError, sqlite3.Error) as error:  # such as a full disk; without a pass, no heartbeat
                    if not self.trouble:
                        say(f"the schedule is late: {one_line(str(error), 200)}")
                    self.trouble = str(error)
                await anyio.sleep(PASS_S)

    async def look(self) -> None:
        """One pass, with the looks of watches."""
        if not self._record.is_stopped:
            await self._watcher.look()
            self._pass()

    def _pass(self) -> None:
        self._agenda.fire()
        self._tasks.look()
        self.courier.release()
