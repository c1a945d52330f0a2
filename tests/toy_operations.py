"""Toy operations: notes in a file, of each tier, with a state that can change."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from annotated_types import Ge

from overnight.errors import UserError
from overnight.operations.operation import Argument, Context, Operation, Option, Settled, Tier

NOTES = "notes.txt"


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteInput:
    """What to write."""

    text: Annotated[str, Argument(about="The note.")]
    times: Annotated[int, Ge(1), Option(about="How often.")] = 1
    loud: Annotated[bool, Option(about="In capitals, which is worse.")] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What was written."""

    text: str


def lines(folder: Path) -> list[str]:
    """The notes in a folder."""
    path = folder / NOTES
    return path.read_text().splitlines() if path.exists() else []


def write(context: Context, given: NoteInput) -> Note:
    """Write it."""
    if given.text == "wrong":
        raise UserError("a wrong note")
    with (context.where / NOTES).open("a") as file:
        file.write(f"{given.text}\n" * given.times)
    if given.text == "crash":
        raise RuntimeError("after the effect")
    return Note(text=given.text)


def there(context: Context, given: NoteInput, _found: Note | None) -> Settled:
    """Whether it is in the file; a note `lost` is never found, one with `?` cannot be looked for."""
    if given.text.endswith("?"):
        return Settled.UNKNOWN
    return Settled.DONE if given.text in lines(context.where) and given.text != "lost" else Settled.NOT_DONE


def version(context: Context, _given: NoteInput) -> str:
    """The state that an approval is bound to."""
    path = context.where / "version"
    return path.read_text() if path.exists() else ""


def read(context: Context, _given: NoteInput) -> Note:
    """Look."""
    return Note(text=" ".join(lines(context.where)))


def make(tier: Tier, **more: object) -> Operation[NoteInput, Note]:
    """An operation of a tier that writes a note, or of `read`, which reads them."""
    made: Operation[NoteInput, Note] = Operation(
        name=f"note {tier}",
        about="Write a note.",
        input=NoteInput,
        output=Note,
        tier=tier,
        run=read if tier is Tier.READ else write,
        render=lambda note: note.text,
        **{"state": version, "read_back": None if tier is Tier.READ else there, **more},  # type: ignore[arg-type]
    )
    return made
