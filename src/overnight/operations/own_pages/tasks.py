"""Long calls: what was begun over a face, how far it is, and what came of it."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from overnight.operations import watched
from overnight.operations.operation import Context
from overnight.operations.own import task_list
from overnight.operations.page import Link, Page
from overnight.operations.tasks.task import TaskState
from overnight.operations.tasks.views import TaskList


def links(found: TaskList, _here: str) -> Sequence[Link]:
    """Each of them."""
    return [Link(address=line.address, about=f"The task {line.name}") for line in found.tasks]


def watches(_context: Context, _given: task_list.TaskListInput) -> Sequence[Path]:
    """What is written down of each task."""
    return watched.tasks()


def beside(_context: Context, _given: task_list.TaskListInput, _found: TaskList) -> Mapping[str, object]:
    """How states look."""
    return {"state_class": state_class}


def state_class(state: TaskState) -> str:
    """The mark before a state."""
    return "runs" if state is TaskState.RUNNING else "fails" if state in {TaskState.FAILED, TaskState.LOST} else "ended"


PAGE = Page(
    address="/tasks",
    operation=task_list.OPERATION,
    title=lambda _: "Tasks",
    template="tasks.html.j2",
    word="Tasks",
    links=links,
    shows_links=True,
    watches=watches,
    beside=beside,
)
