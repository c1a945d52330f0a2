"""The page of `program.md`: what it would run, its mistakes, and its text."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from overnight.operations.operation import Context
from overnight.operations.page import Link, Page
from overnight.program.program import PROGRAM
from overnight.research.operations import program
from overnight.research.views.budget import budget_words
from overnight.research.views.program import ProgramPage, role_words


def links(_found: ProgramPage, here: str) -> Sequence[Link]:
    """The repository."""
    return (Link(address=here.removesuffix("/program"), about="Campaigns of this repository"),)


def watches(context: Context, _given: program.ProgramInput) -> Sequence[Path]:
    """The file."""
    return (context.where / PROGRAM,)


def beside(_context: Context, _given: program.ProgramInput, _found: ProgramPage) -> Mapping[str, object]:
    """Words for people."""
    return {"role_words": role_words, "budget_words": budget_words}


PAGE = Page(
    address="/repos/{repo}/program",
    operation=program.OPERATION,
    title=lambda found: f"Program of {found.repository}",
    template="program.html.j2",
    orders=("check", "run"),
    links=links,
    watches=watches,
    beside=beside,
)
