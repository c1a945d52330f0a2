"""A question about a text of strangers, which a model without tools reads."""

from dataclasses import dataclass
from functools import partial
from typing import Annotated

from annotated_types import Ge

from overnight.claw.memory.reader import about_turn, asking_turn
from overnight.claw.operations._claw import Claw, opened
from overnight.claw.reading.forms import Form, closed
from overnight.claw.reading.quotations import Quotations
from overnight.claw.record.record import ClawRecord
from overnight.errors import UserError
from overnight.operations.operation import Argument, Context, Operation, Option, Tier
from overnight.operations.principal import Kind, Origin
from overnight.words.foreign import printable_lines

LONGEST = 4000  # characters of an answer in words


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadInput:
    """Which text, and what about it."""

    number: Annotated[int, Ge(1), Argument(about="The number of the quotation.", metavar="N")]
    question: Annotated[str, Argument(about="What you want to know of it.")]
    form: Annotated[Form, Option(about="What the answer is; words of it stay a quotation.")] = Form.WORDS
    options: Annotated[str, Option(about="With `choice`: what to choose from, with | between.", metavar="A|B")] = ""
    claw: Claw = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TextRead:
    """What `claw read --json` prints."""

    number: int
    form: Form
    answer: str  # of that form, or `unsure`
    origin: Origin  # whose words it is: a value of a closed form is nobody's, but the text chose it


def run(context: Context, given: ReadInput) -> TextRead:
    """Have it read."""
    import anyio

    from overnight.claw.reading.reader import read_text

    options = tuple(each.strip() for each in given.options.split("|") if each.strip())
    if given.form is Form.CHOICE and len(options) < 2:  # noqa: PLR2004  # a choice
        raise UserError("a choice needs two options at least", fix="--options 'A|B'")
    with opened(given.claw) as (folder, record):
        turn = asking_turn(context, folder)
        text = _quotations(context, record, turn).text(given.number)
        if text is None:
            raise UserError(f"there is no quotation {given.number}", fix="take the number of one that you were shown")
        asked = partial(read_text, form=given.form, options=options, turn=turn)
        said = anyio.run(asked, context, folder, record, text, given.question)
    if given.form is Form.WORDS:
        answer, origin = printable_lines(said, LONGEST).strip() or "(nothing)", Origin.FOREIGN
    else:
        answer, origin = closed(given.form, said, options), Origin.TOOL
    return TextRead(number=given.number, form=given.form, answer=answer, origin=origin)


def _quotations(context: Context, record: ClawRecord, turn: int) -> Quotations:
    """What a turn may have read: of a person's own, the owner's all; outside a turn all, as `claw log` shows it."""
    if context.principal.kind.is_let_in:
        return Quotations(record, context.principal.name)
    about = about_turn(record, turn)
    if about is None:
        return Quotations(record, "", all_=True)
    owns = getattr(about, "role", Kind.STRANGER) is Kind.OWNER
    return Quotations(record, getattr(about, "person", ""), all_=owns)


def render(found: TextRead) -> str:
    """The answer."""
    return found.answer


OPERATION = Operation(
    name="claw read",
    about="Ask about a quotation: a model without tools reads the text, and answers.",
    details=(
        "A text of strangers is shown to the claw's model as `[quotation N: ...]` alone, so that nothing in it makes the claw"
        " act. Answers in words are quotations again. An answer of a closed form (yes or no, a number, a date, one of the"
        " options) is shown; from then on that turn does no more than read without your approval, as the text chose it."
    ),
    input=ReadInput,
    output=TextRead,
    tier=Tier.READ,
    of_machine=True,
    words=lambda found: found.origin,
    run=run,
    render=render,
)
