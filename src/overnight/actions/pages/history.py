"""What happened to an action, the newest step first."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from overnight.actions.operations import action_history
from overnight.actions.pages._words import record_file, words
from overnight.operations.operation import Context
from overnight.operations.page import Link, Page
from overnight.operations.pages import address_of


def watches(_context: Context, _given: action_history.ActionHistoryInput) -> Sequence[Path]:
    """The record of all actions."""
    return (record_file(),)


def links(found: action_history.ActionHistory, _here: str) -> Sequence[Link]:
    """The result, and every output."""
    pattern = "/actions/{number}/outputs/{artifact}"
    outputs = (
        Link(address=address_of(pattern, number=found.number, artifact=each.artifact), about=each.about)
        for step in found.steps
        for each in step.outputs
    )
    return (Link(address=f"/actions/{found.number}", about="The result"), *outputs)


def beside(_context: Context, _given: action_history.ActionHistoryInput, _found: object) -> Mapping[str, object]:
    """Words for people."""
    return words()


PAGE = Page(
    address="/actions/{number}/history",
    operation=action_history.OPERATION,
    title=lambda found: f"History of {found.number}",
    template="history.html.j2",
    links=links,
    shows_links=True,
    watches=watches,
    beside=beside,
)
