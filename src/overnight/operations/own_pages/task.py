"""One long call: what it said, and what came of it."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from overnight.operations import watched
from overnight.operations.operation import Context
from overnight.operations.own import task_show
from overnight.operations.own_pages.tasks import state_class
from overnight.operations.page import Link, Page
from overnight.operations.pages import address_of
from overnight.operations.tasks.views import TaskPage, result_words

LARGEST = 20_000  # characters of a result that are shown


def links(found: TaskPage, _here: str) -> Sequence[Link]:
    """Its repository, and the other tasks."""
    of = found.task.repository
    repository = [Link(address=address_of("/repos/{repo}", repo=of), about=f"The repository {of}")] if of else []
    return [*repository, Link(address="/tasks", about="All tasks")]


def watches(_context: Context, given: task_show.TaskShowInput) -> Sequence[Path]:
    """What is written down of it."""
    return watched.task(given.name)


def beside(_context: Context, _given: task_show.TaskShowInput, found: TaskPage) -> Mapping[str, object]:
    """What it returned, in the words of its command and as JSON."""
    import json

    shown = "" if found.result is None else json.dumps(found.result, indent=1)[:LARGEST]
    return {"words": result_words(found)[:LARGEST], "result": shown, "state_class": state_class}


PAGE = Page(
    address="/tasks/{name}",
    operation=task_show.OPERATION,
    title=lambda found: f"Task {found.task.name}",
    template="task.html.j2",
    orders=("task stop",),
    links=links,
    watches=watches,
    beside=beside,
)
