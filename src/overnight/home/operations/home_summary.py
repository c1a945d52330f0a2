"""The home in a line, for the first look at this machine."""

from dataclasses import dataclass

from overnight.errors import OvernightError
from overnight.home.operations.home_status import StatusInput, summary_words
from overnight.home.operations.home_status import run as look
from overnight.home.record.record import has_home
from overnight.operations.operation import Context, Operation, Tier
from overnight.operations.principal import Origin
from overnight.operations.summary import Summary, SystemLine
from overnight.words.foreign import printable

LINE = 300  # characters of a trouble


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeSummaryInput:
    """Nothing."""


def run(context: Context, _given: HomeSummaryInput) -> Summary:
    """One line if there is a home."""
    if not has_home():
        return Summary(lines=())
    try:
        found = look(context, StatusInput())
        if not found.rooms and not found.unnamed:
            return Summary(lines=())
        state, waits = "; ".join([summary_words(found), *found.troubles[:1]]), bool(found.asks or found.troubles)
    except (OSError, OvernightError) as error:
        state, waits = printable(str(error), LINE), True
    line = SystemLine(system="home", name="house", state=state, waits=waits, address="/house", command="overnight home status")
    return Summary(lines=(line,))


def render(found: Summary) -> str:
    """Its line."""
    return "\n".join(f"{each.name}  {each.state}" for each in found.lines) or "there is no home yet: overnight home init"


OPERATION = Operation(
    name="home summary",
    about="Show the home in a line.",
    input=HomeSummaryInput,
    output=Summary,
    tier=Tier.READ,
    of_machine=True,
    run=run,
    words=Origin.TOOL,
    render=render,
)
