"""Text into a file of the claw's own folder."""

from dataclasses import dataclass
from typing import Annotated

from overnight.claw.charter import FILES
from overnight.claw.folders import find_claw
from overnight.claw.hands.own_files import read_file, write_file
from overnight.claw.hands.own_folder import OwnFolder
from overnight.claw.operations._claw import Claw, of_owner
from overnight.claw.operations.claw_shell import folder_state, is_kept_tier
from overnight.errors import UserError
from overnight.operations.operation import Argument, Context, Operation, Settled, Tier
from overnight.operations.principal import Origin
from overnight.secrets.broker import user_broker
from overnight.words.foreign import printable


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteInput:
    """What, and where."""

    path: Annotated[str, Argument(about="The file's path in the folder.")]
    text: Annotated[str, Argument(about="All that it has from then on.")]
    claw: Claw = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A file that was written."""

    path: str
    size_bytes: int
    undo: int  # number of the copy of the folder before it; 0: nothing changed, or it was too large


def run(_context: Context, given: WriteInput) -> Written:
    """Write it."""
    folder, content = OwnFolder(find_claw(given.claw)), _content(given)
    with folder.changing() as change:
        write_file(folder.path, given.path, content)
    return Written(path=given.path, size_bytes=len(content), undo=change.undo)


def read_back(_context: Context, given: WriteInput, _found: Written | None) -> Settled:
    """Whether the file has the text."""
    try:
        there = read_file(find_claw(given.claw) / FILES, given.path)
    except UserError:
        return Settled.NOT_DONE
    return Settled.DONE if there == _content(given) else Settled.NOT_DONE


def _content(given: WriteInput) -> bytes:
    return user_broker().scrubber().text(given.text).encode(errors="replace")


OPERATION = Operation(
    name="claw write",
    about="Write a file of the claw's own folder; `claw undo` takes it back.",
    input=WriteInput,
    private=True,
    output=Written,
    tier=Tier.REVERSIBLE,
    raised=is_kept_tier,
    state=folder_state,
    of_machine=True,
    requires=of_owner,
    words=Origin.CLAW,
    run=run,
    render=lambda found: (
        f"wrote {printable(found.path, 200)}, {found.size_bytes} bytes" + (f" (undo {found.undo})" if found.undo else "")
    ),
    read_back=read_back,
)
