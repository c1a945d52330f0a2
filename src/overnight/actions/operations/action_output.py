"""What a command printed, or what an agent was asked, said and did, in one step of an action."""

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge, MaxLen

from overnight.actions.operations._record import opened_action
from overnight.actions.views.steps import names_of
from overnight.errors import UserError
from overnight.models.pictures import HEAD_BYTES, read_size
from overnight.operations.operation import Argument, Context, Operation, Tier
from overnight.words.foreign import printable, printable_lines
from overnight.words.secret_shapes import hide_shapes

MOST = 400_000  # characters of a text, its end
NAME = 64  # characters of an artifact's name


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionOutputInput:
    """Which one."""

    number: Annotated[int, Ge(1), Argument(about="Of the action.")]
    artifact: Annotated[str, MaxLen(2_000), Argument(about="Its name in `action history`.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionOutput:
    """What `action output --json` prints."""

    number: int
    artifact: str
    about: str  # the command that printed it, `transcript` or `shown`
    size_bytes: int
    picture: str  # its media type; empty: it is none
    text: str  # empty if it is no text; its end if it is long
    cut: int  # bytes before it that are left out


def run(context: Context, given: ActionOutputInput) -> ActionOutput:
    """Read it."""
    with opened_action(context, given.number) as (record, _):
        known = names_of(record.store.events_of(given.number)).get(given.artifact)
        data = record.artifacts.read(given.artifact) if known else None
    if known is None or data is None:
        name = printable(given.artifact, NAME)
        raise UserError(f"action {given.number} has no output {name}", fix=f"see `overnight action history {given.number}`")
    size = read_size(data[:HEAD_BYTES])
    kept = b"" if size or b"\0" in data else data[-MOST:]
    return ActionOutput(
        number=given.number,
        artifact=given.artifact,
        about=known.about,
        size_bytes=len(data),
        picture=size.media_type if size else "",
        text=printable_lines(hide_shapes(kept.decode("utf-8", "replace")), MOST),
        cut=len(data) - len(kept) if kept else 0,
    )


def render(found: ActionOutput) -> str:
    """The text."""
    return found.text or f"{found.picture or 'no text'}, {found.size_bytes:,} bytes"


OPERATION = Operation(
    name="action output",
    about="Show what a command printed, or what an agent was asked and said, in a step of an action.",
    input=ActionOutputInput,
    output=ActionOutput,
    tier=Tier.READ,
    run=run,
    render=render,
    of_machine=True,
)
