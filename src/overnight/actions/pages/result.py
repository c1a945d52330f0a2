"""What came of one action, to be judged: what was asked, what shows that it works, what is doubtful, and the diff last."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from overnight.actions.operations import result
from overnight.actions.operations._record import board_now, sees
from overnight.actions.pages._words import artifacts, record_file, words
from overnight.actions.state import ENDED, Stage
from overnight.actions.views.result import Result
from overnight.actions.views.result_words import result_markdown, sections, standing
from overnight.models.pictures import HEAD_BYTES, read_size
from overnight.operations.operation import Context
from overnight.operations.page import Link, Page
from overnight.operations.pages import address_of
from overnight.research.report.diff import view_diff
from overnight.words.foreign import printable

DIFF_LINES = 400
PICTURES = 12  # that are shown
TITLE = 72  # characters


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownPicture:
    """A picture that `show` left."""

    name: str  # of the artifact
    width: int  # pixels
    height: int


def watches(_context: Context, _given: result.ResultInput) -> Sequence[Path]:
    """The record of all actions."""
    return (record_file(),)


def links(found: Result, here: str) -> Sequence[Link]:
    """What happened, and the board."""
    changed = [Link(address=f"{here}/diff", about="The whole diff")] if found.commit else []
    return (*changed, Link(address=f"{here}/history", about="What happened"), Link(address="/actions", about="All actions"))


def beside(context: Context, _given: result.ResultInput, found: Result) -> Mapping[str, object]:
    """What a person reads in a minute, with the diff by lines."""
    return {
        **words(),
        "sections": list(sections(found)),
        "standing": standing(found),
        "diff": view_diff(found.diff, limit=DIFF_LINES),
        "pictures": list(_pictures(found)),
        "useful": useful(found),
        "following": _following(context, found.number),
        "outputs": {each.command: _output(found, each.log) for each in found.checks if each.log},
    }


def _following(context: Context, number: int) -> Link | None:
    """The result that is judged next; None if no other one waits."""
    waiting = [each for each in board_now().in_stage(Stage.WAITING) if each.number != number and sees(context, each)]
    if not waiting:
        return None
    first = min(waiting, key=lambda action: action.ready_at)
    about = f"#{first.number} {printable(first.request.title, TITLE)}"
    return Link(address=address_of("/actions/{number}", number=first.number), about=about)


def _pictures(found: Result) -> Iterator[ShownPicture]:
    store = artifacts()
    for each in [each for each in found.shown if each.picture][:PICTURES]:
        data = store.read(each.artifact)
        if data and (size := read_size(data[:HEAD_BYTES])):
            yield ShownPicture(name=each.artifact, width=size.width, height=size.height)


def _output(found: Result, artifact: str) -> str:
    return address_of("/actions/{number}/outputs/{artifact}", number=found.number, artifact=artifact)


def useful(found: Result) -> Sequence[str]:
    """The orders that make sense now."""
    if found.stage in {stage.value for stage in ENDED}:
        return ()
    if not found.is_there:
        return ("drop",)
    return ("accept", "send back", "drop") if found.commit else ("send back", "drop")


def picture(_context: Context, found: Result, name: str) -> bytes | None:
    """A picture that `show` left."""
    return artifacts().read(name) if name in {each.artifact for each in found.shown} else None


PAGE = Page(
    address="/actions/{number}",
    operation=result.OPERATION,
    title=lambda found: f"{found.number}: {printable(found.title, TITLE)}",
    template="result.html.j2",
    orders=("accept", "send back", "drop"),
    links=links,
    watches=watches,
    beside=beside,
    markdown=result_markdown,
    picture=picture,
)
