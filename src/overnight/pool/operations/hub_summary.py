"""The hub of a repository in a line, for the pages of that repository and of this machine."""

from dataclasses import dataclass

from overnight.errors import OvernightError
from overnight.git.repository import open_repository
from overnight.ledger.file import NAME as LEDGER
from overnight.ledger.lock import holder
from overnight.operations.operation import Context, Operation, Tier
from overnight.operations.pages import address_of
from overnight.operations.principal import Origin
from overnight.operations.summary import Summary, SystemLine
from overnight.pool.operations._hub import folder_of, opened
from overnight.words.foreign import printable
from overnight.words.quantities import counted

SHOWN = 120  # characters of a foreign text


@dataclass(frozen=True, slots=True, kw_only=True)
class HubSummaryInput:
    """Nothing."""


def run(context: Context, _given: HubSummaryInput) -> Summary:
    """One line if the repository has a hub; the chain is not read."""
    if not (folder_of(context) / LEDGER).is_file():
        return Summary(lines=())
    try:
        state, waits = _state(context)
    except (OSError, OvernightError) as error:
        state, waits = printable(str(error), SHOWN), True
    name = context.name_of(open_repository(context.where).toplevel)
    line = SystemLine(
        system="hub",
        name=name,
        state=state,
        waits=waits,
        address=address_of("/repos/{repo}/hub", repo=name),
        command="overnight hub status",
    )
    return Summary(lines=(line,))


def _state(context: Context) -> tuple[str, bool]:
    """How it is, and whether its founder has to look at it."""
    with opened(context, read_only=True) as record:
        paused = record.paused()
        chain, queue = counted(record.chain_length(), "block"), len(record.waiting())
    if paused:
        return f"paused: {printable(paused, SHOWN)}", True
    served = "takes submissions" if holder(folder_of(context)) else "not served"
    return f"{served}, {chain} in its chain, {counted(queue, 'submission')} waiting", False


def render(found: Summary) -> str:
    """Its line."""
    return "\n".join(f"{each.name}  {each.state}" for each in found.lines) or "there is no hub yet: overnight hub init"


OPERATION = Operation(
    name="hub summary",
    about="Show the hub of this repository in a line.",
    input=HubSummaryInput,
    output=Summary,
    tier=Tier.READ,
    run=run,
    words=Origin.TOOL,
    render=render,
)
