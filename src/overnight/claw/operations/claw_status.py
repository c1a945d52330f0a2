"""How the claw is."""

from overnight.claw.memory.reader import reader_of
from overnight.claw.operations._claw import WhichClaw, opened
from overnight.claw.views.looking import look
from overnight.claw.views.status import ClawStatus, status_words
from overnight.operations.operation import Context, Operation, Tier
from overnight.operations.principal import Origin


def run(context: Context, given: WhichClaw) -> ClawStatus:
    """Look at all of it; a member sees nothing of what others are asked or said."""
    with opened(given.claw) as (folder, record):
        return look(folder, record, reader=reader_of(context, folder, record))


OPERATION = Operation(
    name="claw status",
    about="Show how the claw is: whether it runs and hears, what waits, what is due next, and what it cost today.",
    input=WhichClaw,
    output=ClawStatus,
    tier=Tier.READ,
    of_machine=True,
    words=Origin.TOOL,
    run=run,
    render=status_words,
)
