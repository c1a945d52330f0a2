"""Each claw of this machine in a line, for the first look."""

from collections.abc import Iterator
from dataclasses import dataclass

from overnight.claw.charter import SYSTEM
from overnight.claw.folders import claw_names
from overnight.claw.operations._claw import opened
from overnight.claw.views.looking import look
from overnight.claw.views.status import ClawStatus, state_words
from overnight.errors import OvernightError
from overnight.operations.operation import Context, Operation, Tier
from overnight.operations.pages import with_query
from overnight.operations.summary import Summary, SystemLine
from overnight.words.foreign import printable
from overnight.words.quantities import counted

LINE = 300  # characters of a trouble


@dataclass(frozen=True, slots=True, kw_only=True)
class ClawSummaryInput:
    """Nothing."""


def run(_context: Context, _given: ClawSummaryInput) -> Summary:
    """Look at each; one that cannot be read says so."""
    return Summary(lines=list(_lines()))


def _lines() -> Iterator[SystemLine]:
    for name in claw_names():
        try:
            with opened(name) as (folder, record):
                found = look(folder, record)
            state, waits = _state(found), bool(found.asks or found.stopped or found.troubles)
        except (OSError, OvernightError) as error:
            state, waits = printable(str(error), LINE), True
        yield SystemLine(
            system=SYSTEM,
            name=name,
            state=state,
            waits=waits,
            address=with_query("/claw", claw=name),
            command=f"overnight claw status --claw {name}",
        )


def _state(found: ClawStatus) -> str:
    """Whether it is at work, and what waits."""
    parts = [state_words(found), *found.troubles]
    parts += [f"{counted(len(found.asks), 'question')} to you"] if found.asks else []
    parts += [f"{counted(found.waiting, 'message')} to answer"] if found.waiting and found.process is None else []
    return "; ".join(parts)


def render(found: Summary) -> str:
    """A line for each."""
    return "\n".join(f"{each.name}  {each.state}" for each in found.lines) or "there is no claw yet: overnight claw init"


OPERATION = Operation(
    name="claw summary",
    about="Show each claw of this machine in a line.",
    input=ClawSummaryInput,
    output=Summary,
    tier=Tier.READ,
    of_machine=True,
    run=run,
    render=render,
)
