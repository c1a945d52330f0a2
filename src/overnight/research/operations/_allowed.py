"""What others than the owner at home may start: programs that the owner allows, in a jail."""

from overnight.git.repository import open_repository
from overnight.operations.operation import Context
from overnight.operations.permission import NotAllowed
from overnight.program.privileges import SHORTEST, digest_of, privilege_lines
from overnight.research.operations._inputs import JAIL
from overnight.research.places.allowed import find_version, require_allowed, without_secrets
from overnight.research.places.campaigns import read_program


def require_program(context: Context, sandbox: str = JAIL) -> None:
    """Check that the program around the caller may be started over a face, or by others than the owner.

    Raises:
        UserError: it runs or opens what the owner has not allowed, or would run without a jail over a face.
    """
    if context.address is not None:
        require_jailed(sandbox)
    repository = open_repository(context.where)
    require_allowed(read_program(repository), repository.toplevel)


def program_words(context: Context) -> str:
    """Which program would run, and that the owner allows it, for who approves the call."""
    repository = open_repository(context.where)
    lines = privilege_lines(read_program(repository))
    digest = digest_of(lines)
    known = "you allow" if find_version(repository.toplevel, digest) else "you have NOT allowed"
    return f"the program is one that {known}, with digest {digest[:SHORTEST]}: {'; '.join(without_secrets(lines))}"


def require_jailed(sandbox: str) -> None:
    """Check that a call over a face asks for a jail, which keeps what no digest covers."""
    if sandbox != JAIL:
        raise NotAllowed("without a jail nothing is started over a face", fix="leave `sandbox` out, or call it in a terminal")
