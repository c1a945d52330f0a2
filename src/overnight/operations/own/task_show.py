"""One task: how far it is, what it said, what came of it."""

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge, Le

from overnight.operations.operation import Argument, Context, Operation, Option, Tier
from overnight.operations.principal import Origin
from overnight.operations.tasks.views import TaskPage, describe_line, page_of, seen_task


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskShowInput:
    """Which task, and how much of it."""

    name: Annotated[str, Argument(about="Of the task, as `task list` shows it.")]
    lines: Annotated[int, Ge(0), Le(1000), Option(about="The newest lines that it said.", shows_default=True)] = 50


def run(context: Context, given: TaskShowInput) -> TaskPage:
    """All of it."""
    return page_of(context, seen_task(context, given.name), given.lines)


def render(page: TaskPage) -> str:
    """Its line, what it said, and why it failed."""
    said = [f"  {line}" for line in page.lines]
    failed = [f"error: {page.error}{'; ' if page.fix else ''}{page.fix}"] if page.error else []
    return "\n".join([describe_line(page.task), *said, *failed])


OPERATION = Operation(
    name="task show",
    about="Show one task: how far it is, what it said, and what came of it.",
    input=TaskShowInput,
    output=TaskPage,
    tier=Tier.READ,
    of_machine=True,
    words=Origin.TOOL,
    run=run,
    render=render,
)
