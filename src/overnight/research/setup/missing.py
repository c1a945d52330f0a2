"""Data and packages of the checkout that a proposal's commands lack, because they are not committed."""

from collections.abc import Callable, Sequence

from overnight.git.repository import Repository
from overnight.research.setup.causes.failing import in_yaml
from overnight.research.setup.causes.table import fix_of
from overnight.research.setup.first_look import Proposal, rendered
from overnight.research.setup.packages import with_readable
from overnight.words.quantities import listed

MOST_ADDED = 4  # times that something is added and the command is tried again


def with_missing(
    proposal: Proposal, repository: Repository, reason: str, excerpt: Sequence[str], say: Callable[[str], None]
) -> Proposal | None:
    """The proposal with what a failed command lacks, if that surely may be shown; else None."""
    fix = fix_of(repository, proposal.program, reason, excerpt)
    new = [path for path in fix.readable if path not in proposal.program.readable] if fix and fix.sure else []
    if not new:
        return None
    names = listed(map(in_yaml, new), MOST_ADDED)
    say(f"It fails without what is not committed, so `readable` gets {names}, and it is tried again.")
    return rendered(with_readable(proposal.detected, new, "the commands read them, and they are not committed"), proposal.body)
