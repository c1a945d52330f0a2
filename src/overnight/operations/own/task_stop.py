"""The end of a task in good order."""

import signal
from dataclasses import dataclass
from typing import Annotated

from overnight.errors import UserError
from overnight.jobs.identity import send_signal
from overnight.operations.operation import Argument, Context, Operation, Tier, repeatable
from overnight.operations.principal import Origin
from overnight.operations.tasks.task import TaskState
from overnight.operations.tasks.views import TaskLine, describe_line, line_of, seen_task


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskStopInput:
    """Which task."""

    name: Annotated[str, Argument(about="Of the task, as `task list` shows it.")]


def run(context: Context, given: TaskStopInput) -> TaskLine:
    """Ask its process to end."""
    task = seen_task(context, given.name)
    if task.state is not TaskState.RUNNING:
        raise UserError(f"the task `{task.name}` does not run: {task.state}")
    if task.process is None or not send_signal(task.process, signal.SIGTERM):
        raise UserError(f"the task `{task.name}` cannot be reached from here", fix="try again in a moment")
    return line_of(context, task)


OPERATION = Operation(
    name="task stop",
    about="End a task in good order: a session when its running trials are recorded, anything else at once.",
    input=TaskStopInput,
    output=TaskLine,
    tier=Tier.REVERSIBLE,  # it can be begun again
    of_machine=True,
    run=run,
    words=Origin.CLAW,
    render=lambda line: f"asked to end: {describe_line(line)}",
    read_back=repeatable,
)
