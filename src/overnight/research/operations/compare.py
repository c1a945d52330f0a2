"""Two campaigns side by side."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from overnight.operations.operation import Argument, Context, Operation, Tier
from overnight.research.reading import reading
from overnight.research.record.restore import newest_snapshot
from overnight.research.views.comparison import ComparedCampaign, Comparison, changed_lines, compare, compared
from overnight.research.views.comparison_words import headline, remarks
from overnight.words.foreign import printable

TEXT = 200  # characters of a campaign's name


@dataclass(frozen=True, slots=True, kw_only=True)
class CompareInput:
    """Which two."""

    a: Annotated[str, Argument(about="A campaign's tag, or FOLDER:TAG in another repository.")]
    b: Annotated[str, Argument(about="The same.")]


def run(context: Context, given: CompareInput) -> Comparison:
    """Compare them."""
    return compare(read(given.a, context.where), read(given.b, context.where))


def read(name: str, where: Path) -> ComparedCampaign:
    """Read the campaign that a name stands for.

    Raises:
        UserError: there is no such campaign, or it has no events.
    """
    place, colon, tag = name.rpartition(":")
    with reading(tag or None, where / place if colon else where) as campaign:
        state = campaign.state()
        changes = {number: changed_lines(diff) for number, diff in campaign.kept_diffs(state).items()}
        ledger, believed = campaign.ledger, [kept.commit for kept in state.kept if kept.believed]
        found = newest_snapshot(ledger)
        return compared(printable(name, TEXT), ledger.events(), state.program, changes, found, believed=believed)


def render(found: Comparison) -> str:
    """Which gained more, and what weakens the comparison."""
    return "\n".join([headline(found), *remarks(found)])


OPERATION = Operation(
    name="compare",
    about="Compare two campaigns: what each gained for what it cost, and how sure the difference is.",
    input=CompareInput,
    output=Comparison,
    tier=Tier.READ,
    run=run,
    render=render,
    holds=lambda found: found.comparable,
)
