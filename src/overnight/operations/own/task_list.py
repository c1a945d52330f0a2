"""The tasks: operations that processes of their own carry out."""

from dataclasses import dataclass

from overnight.operations.operation import Context, Operation, Tier
from overnight.operations.principal import Origin
from overnight.operations.tasks.views import TaskList, describe_line, line_of, seen_tasks


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskListInput:
    """Nothing."""


def run(context: Context, _given: TaskListInput) -> TaskList:
    """Those that run, and the newest that have ended."""
    return TaskList(tasks=[line_of(context, task) for task in seen_tasks(context)])


OPERATION = Operation(
    name="task list",
    about="List the tasks: what was begun over a page, REST or MCP and takes minutes, and the newest that have ended.",
    input=TaskListInput,
    output=TaskList,
    tier=Tier.READ,
    of_machine=True,
    words=Origin.TOOL,
    run=run,
    render=lambda found: "\n".join(map(describe_line, found.tasks)) or "no task was begun",
)
