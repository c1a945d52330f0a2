"""`program.md` of a repository: what it says, what it would run, and its mistakes."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from overnight.errors import UserError
from overnight.files.own import read_unlinked
from overnight.git.repository import open_repository
from overnight.operations.operation import Context, Operation, Tier
from overnight.operations.tasks.views import TaskLine, line_of, seen_tasks
from overnight.program.program import PROGRAM, Program
from overnight.research.operations.check import OPERATION as CHECKED
from overnight.research.places.allowed import require_allowed
from overnight.research.places.campaigns import read_program
from overnight.research.places.orders import LARGEST
from overnight.research.views.program import ProgramPage, describe_program, program_page, unfit_page


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramInput:
    """Nothing."""


def run(context: Context, _given: ProgramInput) -> ProgramPage:
    """Read the file in the checkout as it is now; nothing is run."""
    repository = open_repository(context.where)
    name = context.name_of(repository.toplevel)
    try:
        program = read_program(repository)
        why_not = _not_allowed(program, repository.toplevel)
        return program_page(name, program, not_allowed=why_not, checked=_newest_check(context, repository.toplevel))
    except UserError as mistake:
        try:
            raw = read_unlinked(repository.toplevel / PROGRAM, LARGEST)
        except OSError:
            return unfit_page(name, mistake, "", "")
        return unfit_page(name, mistake, raw.decode(errors="replace"), hashlib.sha256(raw).hexdigest())


def _not_allowed(program: Program, top: Path) -> str:
    """Why others than the owner may not start it, with what is new in it; empty if they may."""
    try:
        require_allowed(program, top)
    except UserError as refused:
        return str(refused)
    return ""


def _newest_check(context: Context, top: Path) -> TaskLine | None:
    """The newest check of this repository that was begun over a face."""
    tasks = (line_of(context, task) for task in seen_tasks(context) if task.call.operation == CHECKED.name)
    return next((line for line in tasks if line.where == os.path.realpath(top)), None)


OPERATION = Operation(
    name="program",
    about="Show program.md: what it would run, by whom, within which budget, and its mistakes with their fixes.",
    input=ProgramInput,
    output=ProgramPage,
    tier=Tier.READ,
    run=run,
    render=describe_program,
    holds=lambda found: not found.mistakes,
)
