"""One output of an action: what was printed or said, or a picture."""

from collections.abc import Sequence

from overnight.actions.operations import action_output
from overnight.actions.pages._words import artifacts
from overnight.operations.operation import Context
from overnight.operations.page import Link, Page


def links(found: action_output.ActionOutput, _here: str) -> Sequence[Link]:
    """What it belongs to."""
    action = f"/actions/{found.number}"
    return (Link(address=action, about="The result"), Link(address=f"{action}/history", about="What happened"))


def picture(_context: Context, found: action_output.ActionOutput, name: str) -> bytes | None:
    """The picture that it is."""
    return artifacts().read(name) if found.picture and name == found.artifact else None


PAGE = Page(
    address="/actions/{number}/outputs/{artifact}",
    operation=action_output.OPERATION,
    title=lambda found: f"Output of {found.number}",
    template="output.html.j2",
    links=links,
    picture=picture,
)
