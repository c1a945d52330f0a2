"""What runs as the user if it runs without a jail: an approval of that is for these very texts."""

from contextlib import closing

from overnight.git.history import GitHistory
from overnight.git.repository import Repository
from overnight.research.operations._inputs import JAIL
from overnight.research.places.campaigns import read_program


def code_of(repository: Repository, sandbox: str) -> str:
    """The program, and without a jail the commit that is checked out."""
    program = read_program(repository).digest
    if sandbox == JAIL:
        return program
    with closing(GitHistory(repository)) as history:
        return f"{program} {history.resolve_start()}"
