"""`program.md` of a repository: what it says, what it would run, and its mistakes."""

import hashlib
from dataclasses import dataclass

from overnight.errors import UserError
from overnight.files.own import read_regular
from overnight.git.repository import open_repository
from overnight.operations.operation import Context, Operation, Tier
from overnight.program.program import PROGRAM
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
        return program_page(name, read_program(repository))
    except UserError as mistake:
        try:
            raw = read_regular(repository.toplevel / PROGRAM, LARGEST)
        except OSError:
            return unfit_page(name, mistake, "", "")
        return unfit_page(name, mistake, raw.decode(errors="replace"), hashlib.sha256(raw).hexdigest())


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
