"""Facts put in order, without a model; a claw that runs does the same by itself."""

from dataclasses import dataclass

from overnight.claw.memory.reader import reader_of
from overnight.claw.memory.tidying import TidyResult, tidy, tidy_words
from overnight.claw.operations._claw import Claw, opened
from overnight.claw.setup.parsing import read_charter
from overnight.operations.operation import Context, Operation, Tier, repeatable
from overnight.operations.principal import Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class TidyInput:
    """Which claw."""

    claw: Claw = None


def run(context: Context, given: TidyInput) -> TidyResult:
    """Tidy the facts that are no member's own, or a member's."""
    with opened(given.claw) as (folder, record):
        return tidy(record, read_charter(folder).zone, reader=reader_of(context, folder, record))


OPERATION = Operation(
    name="claw tidy",
    about="Merge facts that are noted twice, write days as dates, and ask about contradictions; no model is used.",
    details="A fact is rewritten only if each of its words stays, but for days that become dates. What was there is kept.",
    input=TidyInput,
    output=TidyResult,
    tier=Tier.REVERSIBLE,
    of_machine=True,
    words=lambda found: Origin.FOREIGN if tidy_words(found) else Origin.CLAW,
    run=run,
    render=lambda found: tidy_words(found) or "nothing to tidy",
    read_back=repeatable,
)
