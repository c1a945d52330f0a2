"""What is in the claw's own folder."""

from overnight.claw.charter import FILES
from overnight.claw.folders import find_claw
from overnight.claw.hands.own_files import Listed, list_files
from overnight.claw.operations._claw import WhichClaw, of_owner
from overnight.operations.operation import Context, Operation, Tier
from overnight.operations.principal import Origin
from overnight.words.quantities import size_text


def run(_context: Context, given: WhichClaw) -> Listed:
    """List them."""
    return list_files(find_claw(given.claw) / FILES)


def render(found: Listed) -> str:
    """A line for each."""
    lines = [f"{each.path}  {size_text(each.size_bytes)}" for each in found.files]
    return "\n".join([*lines, *([f"and {found.others} others"] if found.others else [])]) or "there are no files"


OPERATION = Operation(
    name="claw files",
    about="List the files of the claw's own folder.",
    input=WhichClaw,
    output=Listed,
    tier=Tier.READ,
    of_machine=True,
    requires=of_owner,
    words=Origin.TOOL,
    run=run,
    render=render,
)
