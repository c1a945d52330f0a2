"""What the claw began and left to processes of their own: once one has ended, what came of it is told, as it was read back.

Does not cover: what others began; a watch looks after that.
"""

from pathlib import Path

from overnight.claw.events import Finished, Fired, Received
from overnight.claw.record.record import ClawRecord
from overnight.errors import UserError
from overnight.ledger.sealed import seal
from overnight.operations.operation import Context
from overnight.operations.principal import Address, Kind, Origin
from overnight.operations.tasks.folder import find_task
from overnight.operations.tasks.task import TaskState
from overnight.operations.tasks.views import page_of, result_words
from overnight.words.foreign import printable, printable_lines
from overnight.words.quantities import duration

LOOK_S = 5.0  # between looks at what runs, some small files each
LINES = 5  # of what it said that are shown if it failed
LONGEST = 4000  # characters of its result
_ENDS = {
    TaskState.DONE: "✓ done",
    TaskState.FAILED: "✗ failed",
    TaskState.STOPPED: "■ stopped",
    TaskState.LOST: "? ended unexpectedly: it may have done a part",
}


class TaskWatch:
    """Looks after the tasks of turns."""

    def __init__(self, record: ClawRecord) -> None:
        self._record = record
        self._looked = 0.0  # Unix time

    def look(self) -> float | None:
        """Open a cause for each that has ended; when to look again, Unix time, None: none runs."""
        tasks = self._record.tasks()
        if not tasks:
            return None
        now = self._record.clock()
        if 0 <= now - self._looked < LOOK_S:
            return self._looked + LOOK_S
        self._looked = now
        left = [task for task, turn, _ in tasks if not self._tell(task, turn)]
        return now + LOOK_S if left else None

    def _tell(self, task: str, turn: int) -> bool:
        """Whether it has ended; then that is told."""
        words = end_words(task)
        if words is None:
            return False
        cause = self._record.event(turn)
        about = cause.event if cause else None
        to, person, role = Address("terminal", "owner"), "owner", Kind.OWNER
        if isinstance(about, Received):
            to, person, role = Address(about.channel, about.sender), about.person, about.role
        elif isinstance(about, Fired | Finished):
            to, person, role = about.to, about.person, about.role
        text = seal(words)
        finished = Finished(task=task, text=text.ref, to=to, person=person, role=role, origin=Origin.TOOL)
        return self._record.open_cause(finished, text) is not None or self._record.knows(finished)


def end_words(name: str) -> str | None:
    """What came of a task, as it is found now; None: it still runs."""
    try:
        task = find_task(name)
    except UserError:
        return f"? the task {printable(name, 100)} is not there any more: what came of it is not known"
    if task.state is TaskState.RUNNING:
        return None
    page = page_of(Context(where=Path.cwd()), task, LINES)
    lasted = f" after {duration(page.task.ended_at - page.task.began_at)}" if page.task.ended_at else ""
    head = f"{_ENDS[page.task.state]}{lasted}: `{page.task.call}` (task {page.task.name})"
    if page.task.state is TaskState.DONE:
        holds = "" if page.holds is None else "\nwhat it checks holds" if page.holds else "\nwhat it checks does NOT hold"
        return "\n".join(filter(None, [head + holds, printable_lines(result_words(page), LONGEST)]))
    why = f"{page.error}{'; ' if page.fix else ''}{page.fix}"
    return "\n".join(filter(None, [head, why, *(f"  {line}" for line in page.lines)]))
