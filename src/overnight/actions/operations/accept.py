"""A person's word that a result is good: it is merged."""

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge

from overnight.actions.events import Word
from overnight.actions.operations._judging import JudgedAction, commit_of, judged, told
from overnight.actions.operations._record import judge, require_commit, seen_action, was_judged
from overnight.actions.operations._starting import next_words
from overnight.operations.operation import Argument, Context, Operation, Settled, Tier
from overnight.operations.principal import Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptInput:
    """Which result, at which commit."""

    number: Annotated[int, Ge(1), Argument(about="Of the action.", metavar="N")]
    commit: Annotated[str, Argument(about="That was read: seven digits or more; another one is refused.")]


def run(context: Context, given: AcceptInput) -> JudgedAction:
    """Record it; the board merges it after its checks have passed once more."""
    return judged(context, judge(context, given.number, Word.ACCEPT, commit=given.commit), Word.ACCEPT)


def requires(context: Context, given: AcceptInput) -> None:
    """Nobody asks the owner about a commit that is not there any more."""
    require_commit(seen_action(context, given.number), given.commit)


def read_back(_context: Context, given: AcceptInput, _found: JudgedAction | None) -> Settled:
    """Whether it is recorded; by now it may be merged, or sent back by the merge."""
    return Settled.DONE if was_judged(given.number, Word.ACCEPT, commit=given.commit) else Settled.NOT_DONE


OPERATION = Operation(
    name="accept",
    about="Accept the result of an action at the commit that you read: it is merged once its checks pass on the merged tree.",
    details="For a person: read it first with `overnight review N`. Programs and members need the owner's approval.",
    input=AcceptInput,
    output=JudgedAction,
    tier=Tier.COSTLY,  # it is a person's word
    of_machine=True,
    words=Origin.TOOL,
    run=run,
    render=lambda found: (
        f"accepted #{found.number}: once its checks pass on the merged tree, it is in overnight/main{next_words(found.process)}"
    ),
    requires=requires,
    state=lambda _, given: commit_of(given.number),
    tells=lambda context, given: told(context, given.number),
    notes=lambda found: found.notes,
    read_back=read_back,
)
