"""What waits for the owner's approval."""

from collections.abc import Sequence
from pathlib import Path

from overnight.operations import watched
from overnight.operations.operation import Context
from overnight.operations.own import approvals
from overnight.operations.page import Link, Page
from overnight.operations.views import ApprovalList


def links(_found: ApprovalList, _here: str) -> Sequence[Link]:
    """What else the owner looks at."""
    return (
        Link(address="/home", about="What runs, and what waits for you"),
        Link(address="/operations", about="What can be done"),
    )


def watches(_context: Context, _given: approvals.ApprovalsInput) -> Sequence[Path]:
    """The record of operations."""
    return watched.approvals()


PAGE = Page(
    address="/approvals",
    operation=approvals.OPERATION,
    title=lambda _: "Approvals",
    template="approvals.html.j2",
    word="Approvals",
    orders=("approve", "refuse"),
    links=links,
    watches=watches,
)
