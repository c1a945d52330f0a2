"""What happened to an action, step by step."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge, Le

from overnight.actions.operations._record import opened_action
from overnight.actions.views.steps import Step, steps_of
from overnight.operations.operation import Argument, Context, Operation, Option, Tier
from overnight.words.foreign import printable, printable_lines
from overnight.words.moments import moment
from overnight.words.quantities import duration

LINE, TEXT = 400, 4_000  # characters


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionHistoryInput:
    """Which steps of which action."""

    number: Annotated[int, Ge(1), Argument(about="Of the action.")]
    limit: Annotated[int, Ge(1), Le(1000), Option(about="Steps per page.", shows_default=True)] = 100
    offset: Annotated[int, Ge(0), Option(about="Skip this many steps.")] = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionHistory:
    """What `action history --json` prints."""

    number: int
    title: str
    stage: str  # as `result` has it
    total: int  # steps
    steps: Sequence[Step]  # the newest first


def run(context: Context, given: ActionHistoryInput) -> ActionHistory:
    """Read its events."""
    with opened_action(context, given.number) as (record, action):
        steps = list(steps_of(record.store.events_of(given.number)))[::-1]
    return ActionHistory(
        number=given.number,
        title=action.request.title,
        stage=action.stage.value,
        total=len(steps),
        steps=steps[given.offset : given.offset + given.limit],
    )


def render(found: ActionHistory) -> str:
    """A paragraph for each step."""
    return "\n".join(_lines(found)) or "nothing happened yet"


def _lines(found: ActionHistory) -> Iterator[str]:
    for step in found.steps:
        took = f" ({duration(step.seconds)}, {step.tokens:,} tokens)" if step.seconds else ""
        yield f"{moment(step.at)}  {printable(step.what, LINE)}{took}"
        yield from (f"    {line}" for line in printable_lines(step.text, TEXT).split("\n") if line.strip())
        yield from (f"    output of {printable(each.about, LINE)}: {each.artifact}" for each in step.outputs)


OPERATION = Operation(
    name="action history",
    about="Show what happened to an action, step by step, with what was printed and said.",
    input=ActionHistoryInput,
    output=ActionHistory,
    tier=Tier.READ,
    run=run,
    render=render,
    of_machine=True,
)
