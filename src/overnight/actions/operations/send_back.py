"""A person's words on a result that is not good yet: the coder reads them."""

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge

from overnight.actions.events import Word
from overnight.actions.operations._judging import JudgedAction, cleaned, commit_of, judged, told
from overnight.actions.operations._record import board_now, judge, was_judged
from overnight.actions.operations._starting import next_words
from overnight.errors import UserError
from overnight.operations.operation import Argument, Context, Operation, Option, Settled, Tier
from overnight.operations.principal import Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class SendBackInput:
    """Which result, and what is to change."""

    number: Annotated[int, Ge(1), Argument(about="Of the action.", metavar="N")]
    text: Annotated[str, Argument(about="What is to change; the coder reads it.")]
    commit: Annotated[str, Option(about="That was read; another one is refused.")] = ""


def run(context: Context, given: SendBackInput) -> JudgedAction:
    """Record it; a coder goes on from what there is."""
    text = cleaned(given.text)
    action = board_now().actions.get(given.number)
    if not text and not (action and action.is_only_stuck):
        raise UserError("nothing is said about what is to change", fix=f'overnight send back {given.number} "what to change"')
    return judged(context, judge(context, given.number, Word.SEND_BACK, text=text, commit=given.commit), Word.SEND_BACK)


def read_back(_context: Context, given: SendBackInput, found: JudgedAction | None) -> Settled:
    """Whether it is recorded; after a kill nobody can tell this one from one before."""
    if found is None:
        return Settled.UNKNOWN
    return Settled.DONE if was_judged(given.number, Word.SEND_BACK, commit=found.commit) else Settled.NOT_DONE


OPERATION = Operation(
    name="send back",
    about="Send the result of an action back to its coder, with words on what is to change.",
    details='If it waits because we or the machine failed, an empty text ("") has the same step done again.',
    input=SendBackInput,
    output=JudgedAction,
    tier=Tier.COSTLY,  # agents work again, and it is a person's word
    of_machine=True,
    words=Origin.TOOL,
    run=run,
    render=lambda found: f"sent #{found.number} back: {found.doing}{next_words(found.process)}",
    state=lambda _, given: commit_of(given.number),
    tells=lambda context, given: told(context, given.number),
    notes=lambda found: found.notes,
    read_back=read_back,
)
