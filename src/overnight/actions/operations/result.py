"""The result of an action, as a person judges it."""

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge

from overnight.actions.operations._record import name_of, oldest_waiting, open_actions, seen_action
from overnight.actions.operations._result import read_result
from overnight.actions.state import Board
from overnight.actions.views.result import Result
from overnight.actions.views.result_words import result_markdown
from overnight.errors import UserError
from overnight.operations.operation import Argument, Context, Operation, Tier


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultInput:
    """Which action."""

    number: Annotated[
        int | None, Ge(1), Argument(about="Of the action; by default the one that waits longest.", metavar="N")
    ] = None


def run(context: Context, given: ResultInput) -> Result:
    """All of it."""
    with open_actions() as record:
        board = record.board() if record else Board()
        action = oldest_waiting(context, board) if given.number is None else seen_action(context, board, given.number)
        if record is None:
            raise UserError(f"there is no action {given.number}", fix="`overnight board` lists them")
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
