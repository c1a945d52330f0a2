"""The claw's own folder as it was before the last change."""

from dataclasses import dataclass

from overnight.claw.folders import find_claw
from overnight.claw.hands.own_folder import OwnFolder
from overnight.claw.operations._claw import WhichClaw, of_owner
from overnight.operations.operation import Context, Operation, Settled, Tier
from overnight.operations.principal import Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone:
    """That it was taken back."""

    undo: int  # number of the copy of what it was until now: the same again takes this back


def run(_context: Context, given: WhichClaw) -> Undone:
    """Put the last copy in its place."""
    return Undone(undo=OwnFolder(find_claw(given.claw)).undo())


def read_back(_context: Context, given: WhichClaw, found: Undone | None) -> Settled:
    """Whether what it was until then is the newest copy."""
    if found is None:
        return Settled.UNKNOWN
    return Settled.DONE if OwnFolder(find_claw(given.claw)).copies()[-1:] == [found.undo] else Settled.UNKNOWN


OPERATION = Operation(
    name="claw undo",
    about="Take back the last change of the claw's own folder; the same again does it once more.",
    input=WhichClaw,
    output=Undone,
    tier=Tier.REVERSIBLE,
    of_machine=True,
    requires=of_owner,
    run=run,
    words=Origin.CLAW,
    render=lambda found: f"taken back; what was there is kept as copy {found.undo}",
    read_back=read_back,
)
