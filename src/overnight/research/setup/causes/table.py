"""The known causes of a failure, in the order in which they are looked for, each with the fix that works."""

from collections.abc import Sequence

from overnight.git.repository import Repository
from overnight.program.program import Program
from overnight.research.setup.causes import built, downloads, elsewhere, files, modules, node, surroundings, tools, versions
from overnight.research.setup.causes.failing import Cause, Failing, Fix

# What a failure says in so many words comes before what has to be looked up, and both before a guess by the command.
CAUSES: Sequence[Cause] = (
    tools.containers,
    tools.rustup,
    tools.go_modules,
    tools.nvm,
    tools.conda,
    files.submodule,
    node.node_modules,
    built.product,
    files.named_file,
    elsewhere.other_folder,
    files.missing_folder,
    versions.other_version,
    tools.runner,
    modules.python_module,
    surroundings.models_hub,
    downloads.download,
    surroundings.network,
    downloads.window,
    downloads.asks,
    surroundings.unseen,
    surroundings.read_only,
    surroundings.gpu,
    surroundings.variable,
    tools.missing_tool,
    surroundings.variable_of_command,
    files.needed_by_command,
    downloads.missing_data,
)


def fix_of(repository: Repository, program: Program, reason: str, excerpt: Sequence[str] = ()) -> Fix | None:
    """The fix of a failure whose cause is known; else None.

    Args:
        repository: its checkout may have what the commit lacks.
        program: its commands failed.
        reason: why they failed, as the trial or the check says.
        excerpt: lines of the output that say more.
    """
    failing = Failing(repository=repository, program=program, lines=(reason, *excerpt))
    found: Fix | str = next((answer for cause in CAUSES if (answer := cause(failing))), "")
    if isinstance(found, Fix):
        return found
    return Fix(words=found) if found else None


def words_of(fix: Fix | None) -> str:
    """What a fix says; empty without one."""
    return fix.words if fix else ""
