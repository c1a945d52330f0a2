"""Long calls: what was begun over a face, how far it is, and what came of it."""

from collections.abc import Sequence
from pathlib import Path

from overnight.operations import watched
from overnight.operations.operation import Context
from overnight.operations.own import task_list
from overnight.operations.page import Link, Page
from overnight.operations.tasks.views import TaskList


def links(found: TaskList, _here: str) -> Sequence[Link]:
    """Each of them."""
    return [Link(address=line.address, about=f"The task {line.name}") for line in found.tasks]


def watches(_context: Context, _given: task_list.TaskListInput) -> Sequence[Path]:
    """What is written down of each task."""
    return watched.tasks()


PAGE = Page(
    address="/tasks",
    operation=task_list.OPERATION,
    title=lambda _: "Tasks",
    template="tasks.html.j2",
    word="Tasks",
    links=links,
    shows_links=True,
    watches=watches,
)
