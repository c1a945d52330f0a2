"""Tasks as values that people and programs are shown; callers over a face see those of the repositories that it serves."""

import json
import os
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from overnight.errors import UserError
from overnight.operations.operation import Context
from overnight.operations.registry import find
from overnight.operations.tasks.folder import TaskFolder, all_tasks, find_task, read_lines, read_result
from overnight.operations.tasks.task import ADDRESS, TaskState
from overnight.words.foreign import printable, printable_lines

WHOLE = 30_000  # characters that a call can become when it is made printable
LINE = 300
LINES_BYTES = 256 * 1024  # of the end of what it said
MACHINE = "/"  # the folder of what is about no repository


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskLine:
    """One task."""

    name: str  # for `task show` and `task stop`
    address: str  # of its page
    operation: str
    call: str  # as the command line would have it
    state: TaskState
    repository: str  # the name that its repository is served under; empty: none, or not over a face
    where: str  # the folder that it is about
    principal: str  # who asked, as KIND:NAME
    channel: str  # that the call came by; empty: this machine
    began_at: float  # Unix time, s
    ended_at: float | None  # Unix time, s; null: it runs, or nobody knows


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskList:
    """What `task list --json` prints."""

    tasks: Sequence[TaskLine]  # newest first


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskPage:
    """What `task show --json` prints."""

    task: TaskLine
    lines: Sequence[str]  # the newest that it said, oldest first
    error: str  # why it failed; empty: it did not
    fix: str  # of the error
    holds: bool | None  # of a check: whether what it checks holds; null: it is none, or has not ended
    result: object  # what it returned, as the operation's own `--json`; null: nothing yet


def result_words(page: TaskPage) -> str:
    """What its command would print; empty if it returned nothing, or if another version wrote it."""
    from pydantic import TypeAdapter

    operation = find(page.task.operation)
    if page.result is None or operation is None or operation.output is None:
        return ""
    try:
        return str(operation.render(TypeAdapter(operation.output).validate_python(page.result)))
    except Exception:  # noqa: BLE001  # of whoever made the operation: its end is shown all the same
        return ""


def seen_tasks(context: Context) -> Sequence[TaskFolder]:
    """Those that this caller may see, newest first."""
    return [task for task in all_tasks() if _is_seen(context, task)]


def seen_task(context: Context, name: str) -> TaskFolder:
    """The task of a name.

    Raises:
        UserError: there is none that this caller may see.
    """
    found = find_task(name)
    if not _is_seen(context, found):
        raise UserError(f"the task `{found.name}` is about a repository that is not served here")
    return found


def line_of(context: Context, task: TaskFolder) -> TaskLine:
    """A task in a list."""
    call = task.call
    return TaskLine(
        name=task.name,
        address=ADDRESS.format(name=task.name),
        operation=printable(call.operation, LINE),
        call=printable(call.call, WHOLE),
        state=task.state,
        repository=_repository(context, call.where),
        where=call.where,
        principal=printable(call.principal, LINE),
        channel=printable(call.channel, LINE),
        began_at=call.began_at,
        ended_at=task.end.at if task.end else None,
    )


def page_of(context: Context, task: TaskFolder, most_lines: int) -> TaskPage:
    """All of a task."""
    from overnight.secrets.broker import user_broker

    text = user_broker().scrubber().text(read_lines(task, LINES_BYTES))
    lines = printable_lines(text, len(text) * 10 + 10).splitlines()[-most_lines:]
    end = task.end
    result: object = None
    with suppress(ValueError):
        result = json.loads(read_result(task)) if end else None
    return TaskPage(
        task=line_of(context, task),
        lines=[printable(line, LINE) for line in lines],
        error=printable(end.error, WHOLE) if end else "",
        fix=printable(end.fix, WHOLE) if end else "",
        holds=end.holds if end else None,
        result=result,
    )


def describe_line(line: TaskLine) -> str:
    """A task on one line."""
    began = time.strftime("%Y-%m-%d %H:%M", time.localtime(line.began_at))
    return f"{line.name}  {line.state}  {began}  {line.principal}: `{line.call}` in {printable(line.where, LINE)}"


def _repository(context: Context, where: str) -> str:
    served = {os.path.realpath(path): name for name, path in context.repositories.items()}
    return served.get(where, "")


def _is_seen(context: Context, task: TaskFolder) -> bool:
    return context.address is None or task.call.where == MACHINE or bool(_repository(context, task.call.where))
