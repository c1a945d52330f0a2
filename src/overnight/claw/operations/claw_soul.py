"""A change of what the claw is, or of what it knows of its owner: proposed by it, approved by the owner as it stands."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from overnight.claw.charter import SOUL, USER
from overnight.claw.folders import find_claw
from overnight.claw.operations._claw import Claw
from overnight.claw.taint import is_tainted
from overnight.errors import UserError
from overnight.files.atomic import write_atomically
from overnight.files.own import read_regular
from overnight.operations.operation import Argument, Context, Operation, Option, Settled, Tier
from overnight.operations.permission import NotAllowed
from overnight.operations.principal import Origin
from overnight.secrets.broker import user_broker
from overnight.words.diff import diff_lines
from overnight.words.foreign import printable_lines

LARGEST = 64 * 1024  # bytes of such a file


@dataclass(frozen=True, slots=True, kw_only=True)
class SoulInput:
    """What becomes what."""

    file: Annotated[Literal["SOUL.md", "USER.md"], Argument(about="Which of the two files.")]
    new: Annotated[str, Argument(about="The text that takes its place.")]
    old: Annotated[str, Option(about="A text that the file has once; by default the new one is added.", metavar="TEXT")] = ""
    claw: Claw = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """A file that was changed."""

    file: str
    diff: str  # unified


def run(_context: Context, given: SoulInput) -> Changed:
    """Write it."""
    before = _text(given)
    after = _changed(before, given)
    write_atomically(Path(os.path.realpath(_path(given))), after.encode())
    return Changed(file=given.file, diff="\n".join(diff_lines(before.splitlines(), after.splitlines())))


def requires(context: Context, given: SoulInput) -> None:
    """Words of strangers change no soul, not even with an approval; and what is proposed has to fit, and to be seen.

    Raises:
        NotAllowed: strangers had a say.
        UserError: the old text is not in the file once, or the new one has what nobody sees.
    """
    if is_tainted(context.origin):
        raise NotAllowed(f"{given.file} is not changed in a turn that read words of strangers")
    _changed(_text(given), given)


def state(_context: Context, given: SoulInput) -> str:
    """The file as it is: an approval is for a change of this very text."""
    return hashlib.sha256(_text(given).encode()).hexdigest()


def read_back(_context: Context, given: SoulInput, _found: Changed | None) -> Settled:
    """Whether the file has the new text."""
    return Settled.DONE if _clean(given.new) in _text(given) else Settled.NOT_DONE


def _changed(before: str, given: SoulInput) -> str:
    new = _clean(given.new)
    if printable_lines(new, 2 * LARGEST) != new or not new.strip():
        raise UserError("the new text is empty, or has characters that nobody sees", fix="write it in plain letters")
    if not given.old:
        return f"{before.rstrip()}\n\n{new.strip()}\n"
    if before.count(given.old) != 1:
        raise UserError(f"{given.file} does not have the old text once", fix="give a longer part of it, word for word")
    return before.replace(given.old, new)


def _clean(text: str) -> str:
    return user_broker().scrubber().text(text)


def _text(given: SoulInput) -> str:
    try:
        content = read_regular(_path(given), LARGEST + 1)
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise UserError(f"{given.file} cannot be read: {error.strerror}") from error
    if len(content) > LARGEST:
        raise UserError(f"{given.file} has more than {LARGEST:,} bytes", fix="shorten it")
    return content.decode("utf-8", "replace")


def _path(given: SoulInput) -> Path:
    return find_claw(given.claw) / {"SOUL.md": SOUL, "USER.md": USER}[given.file]


OPERATION = Operation(
    name="claw soul",
    about="Change a part of SOUL.md or USER.md; what the claw proposes, the owner approves as it stands.",
    details="A change is taken back by the same with the two texts swapped. You can edit both files yourself at any time.",
    input=SoulInput,
    output=Changed,
    tier=Tier.COSTLY,
    of_machine=True,
    words=Origin.CLAW,
    run=run,
    render=lambda found: f"changed {found.file}:\n{found.diff}",
    requires=requires,
    state=state,
    read_back=read_back,
)
