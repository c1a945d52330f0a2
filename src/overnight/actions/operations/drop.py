"""A person's word that an action is not wanted, or not any more."""

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge

from overnight.actions.events import Word
from overnight.actions.operations._judging import JudgedAction, cleaned, commit_of, judged, told
from overnight.actions.operations._record import board_now, judge, was_judged
from overnight.actions.state import Stage
from overnight.operations.operation import Argument, Context, Operation, Option, Settled, Tier
from overnight.operations.principal import Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class DropInput:
    """Which action."""

    number: Annotated[int, Ge(1), Argument(about="Of the action.", metavar="N")]
    reason: Annotated[str, Option(about="Why.")] = ""


def run(context: Context, given: DropInput) -> JudgedAction:
    """Record it; what was made stays under its ref."""
    return judged(context, judge(context, given.number, Word.DROP, text=cleaned(given.reason)), Word.DROP)


def tier_of(context: Context, given: DropInput) -> Tier:
    """What a caller asked for, and nobody has worked on, is theirs to take back; all else stands for a person's word."""
    action = board_now().actions.get(given.number)
    own = action is None or (action.by == str(context.principal) and action.stage is Stage.QUEUED)
    return Tier.REVERSIBLE if own else Tier.COSTLY


def read_back(_context: Context, given: DropInput, _found: JudgedAction | None) -> Settled:
    """Whether it is recorded."""
    return Settled.DONE if was_judged(given.number, Word.DROP) else Settled.NOT_DONE


OPERATION = Operation(
    name="drop",
    about="Drop an action, whatever it is at: nothing of it is merged. Its commits stay under refs/overnight/actions/N.",
    input=DropInput,
    output=JudgedAction,
    tier=Tier.COSTLY,
    of_machine=True,
    words=Origin.TOOL,
    run=run,
    render=lambda found: f"dropped #{found.number}",
    raised=tier_of,
    state=lambda _, given: commit_of(given.number),
    tells=lambda context, given: told(context, given.number),
    notes=lambda found: found.notes,
    read_back=read_back,
)
