"""What a proposal's commands lack because it is not committed: data and packages of the checkout, and what must be built."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from overnight.git.repository import Repository
from overnight.program.front_matter import Value
from overnight.research.setup.causes.failing import Fix, in_yaml
from overnight.research.setup.causes.table import fix_of
from overnight.research.setup.first_look import Proposal, entry_of, rendered
from overnight.research.setup.packages import with_readable
from overnight.research.setup.wishes import BY_HAND
from overnight.words.foreign import printable
from overnight.words.quantities import listed

MOST_ADDED = 4  # times that something is added and the command is tried again
NAME = 80  # characters of a command


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """A command of a proposal that failed."""

    key: str  # measure or checks
    reason: str
    excerpt: Sequence[str]


def with_missing(proposal: Proposal, repository: Repository, failed: Failed, say: Callable[[str], None]) -> Proposal | None:
    """The proposal with what a failed command lacks, if that surely may be shown, or is built by the project; else None."""
    fix = fix_of(repository, proposal.program, failed.reason, failed.excerpt)
    new = [path for path in fix.readable if path not in proposal.program.readable] if fix and fix.sure else []
    if not new:
        return _otherwise(proposal, failed.key, fix, say) if fix else None
    names = listed(map(in_yaml, new), MOST_ADDED)
    say(f"It fails without what is not committed, so `readable` gets {names}, and it is tried again.")
    return rendered(with_readable(proposal.detected, new, "the commands read them, and they are not committed"), proposal.body)


def _otherwise(proposal: Proposal, key: str, fix: Fix, say: Callable[[str], None]) -> Proposal | None:
    """The proposal whose command first builds what it needs, or is run elsewhere; None if the user named it, or several."""
    entry = entry_of(proposal, key)
    commands = [entry.value] if entry and isinstance(entry.value, str) else entry.value if entry else None
    if entry is None or entry.reason == BY_HAND or not isinstance(commands, list) or len(commands) != 1:
        return None
    if fix.begin:
        command, why, reason = f"{fix.begin}{commands[0]}", "It needs what must be built first", "what it needs is built first"
    elif fix.command and key == "measure":
        command, why, reason = fix.command, "What it opens is below another folder", "run where the files are that it opens"
    else:
        return None
    say(f"{why}, so it is tried again as `{printable(command, NAME)}`.")
    value: Value = command if isinstance(entry.value, str) else [command]
    return rendered(proposal.detected.having(replace(entry, value=value, reason=f"{entry.reason}; {reason}")), proposal.body)
