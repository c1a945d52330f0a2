"""The result of an action, as a person judges it."""

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge

from overnight.actions.operations._record import board_now, name_of, oldest_waiting, opened_action
from overnight.actions.operations._result import read_result
from overnight.actions.views.result import Result
from overnight.actions.views.result_words import result_markdown
from overnight.operations.operation import Argument, Context, Operation, Tier


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultInput:
    """Which action."""

    number: Annotated[
        int | None, Ge(1), Argument(about="Of the action; by default the one that waits longest.", metavar="N")
    ] = None


def run(context: Context, given: ResultInput) -> Result:
    """All of it."""
    number = oldest_waiting(context, board_now()).number if given.number is None else given.number
    with opened_action(context, number) as (record, action):
        return read_result(record, action, repository=name_of(context, action))


OPERATION = Operation(
    name="result",
    about="Show the result of an action: what it does now with its evidence, risks, checks, findings, cost and diff.",
    details=(
        "What we found out ourselves is marked as proven, what an agent says as claimed. N is an action's number on the board;"
        " by default the result that waits longest for you. `overnight review` shows the same with keys to judge it."
    ),
    input=ResultInput,
    output=Result,
    tier=Tier.READ,
    of_machine=True,
    run=run,
    render=result_markdown,
)
