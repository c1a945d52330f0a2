"""The owner's word that others may start a program: agents, and callers over a face."""

import difflib
from dataclasses import dataclass
from typing import Annotated

from overnight.errors import UserError
from overnight.git.repository import open_repository
from overnight.operations.operation import Argument, Context, Operation, Option, Settled, Tier
from overnight.operations.permission import NotAllowed
from overnight.program.privileges import SHORTEST, digest_of, privilege_lines
from overnight.program.program import PROGRAM, Program
from overnight.research.places import allowed
from overnight.research.places.campaigns import read_program
from overnight.words.foreign import printable
from overnight.words.quantities import counted

LINE = 20_000  # characters: all of a command is shown, as it is what is allowed
SHOWN = 300  # of one that is not all shown


@dataclass(frozen=True, slots=True, kw_only=True)
class AllowInput:
    """What to allow."""

    digest: Annotated[str, Argument(about="As shown without it: what is allowed is what was read.")] = ""
    withdraw: Annotated[bool, Option(about="Allow nothing in this repository any more.")] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """What `allow --json` prints."""

    repository: str  # its path
    digest: str  # of what program.md runs and opens now
    allowed: bool  # others may start it
    runs: tuple[str, ...]  # each command and each key that opens something, with its value as ASCII JSON
    changes: tuple[str, ...]  # a diff from the version that was allowed last; empty: none was, or nothing changed
    allowed_at: float | None  # Unix time, s
    how: str  # the command that allowed it; empty: it is not allowed
    withdrawn: int  # versions that were allowed until now


def look(context: Context, *, withdrawn: int = 0) -> Allowance:
    """Whether others may start the program as it is on disk now, and what it runs and opens.

    Raises:
        UserError: there is no program, or it has mistakes.
    """
    repository = open_repository(context.where)
    lines = privilege_lines(read_program(repository))
    digest, shown = digest_of(lines), allowed.without_secrets(lines)
    found = allowed.find_version(repository.toplevel, digest)
    newest = next(iter(allowed.versions(repository.toplevel)), None)
    changes = difflib.unified_diff(newest.lines, shown, lineterm="", n=0) if newest and not found else ()
    return Allowance(
        repository=str(repository.toplevel),
        digest=digest,
        allowed=found is not None,
        runs=shown,
        changes=tuple(line for line in changes if not line.startswith(("---", "+++", "@@"))),
        allowed_at=found.at if found else None,
        how=found.how if found else "",
        withdrawn=withdrawn,
    )


def run(context: Context, given: AllowInput) -> Allowance:
    """Show what it runs; with its digest, allow that."""
    if given.withdraw and given.digest:
        raise UserError("a digest and --withdraw cannot be used together", fix="use one of them")
    repository = open_repository(context.where)
    if given.withdraw:
        return look(context, withdrawn=allowed.withdraw(repository.toplevel))
    if given.digest:
        program = read_program(repository)
        now = digest_of(privilege_lines(program))
        if len(given.digest) < SHORTEST or not now.startswith(given.digest):
            what = f"{PROGRAM} does not have the digest {printable(given.digest, 80)}; it may have changed since you read it"
            raise UserError(what, fix=f"read it again with `{allowed.BY_HAND}`")
        _require_seen(program)
        allowed.allow(repository.toplevel, program, allowed.BY_HAND)
    return look(context)


def _require_seen(program: Program) -> None:
    """Check that all of it was shown: what has the form of a secret is hidden, and a command can be written in that form.

    Raises:
        UserError: some of it was hidden.
    """
    lines = privilege_lines(program)
    hidden = [now for was, now in zip(lines, allowed.without_secrets(lines), strict=True) if was != now]
    if hidden:
        what = f"a part of this looks like a secret, so you were not shown it: {printable(hidden[0], SHOWN)}"
        fix = "keep the secret out of program.md, or write the command in another way"
        raise UserError(f"what was not read is not allowed; {what}", fix=fix)


def at_home(context: Context, _given: AllowInput) -> None:
    """Over a face nothing is allowed: a stolen token would allow itself what it starts."""
    if context.address is not None:
        raise NotAllowed("programs are allowed in a terminal alone", fix=f"call `{allowed.BY_HAND}` there")


def tier_of(_context: Context, given: AllowInput) -> Tier:
    """To read it changes nothing."""
    return Tier.COSTLY if given.digest else Tier.REVERSIBLE if given.withdraw else Tier.READ


def state(context: Context, _given: AllowInput) -> str:
    """What would be allowed."""
    return look(context).digest


def read_back(context: Context, given: AllowInput, _found: Allowance | None) -> Settled:
    """Whether it counts."""
    return Settled.DONE if look(context).allowed != given.withdraw else Settled.NOT_DONE


def render(found: Allowance) -> str:
    """What it runs and opens, what of that is new, and what to type."""
    short = found.digest[:SHORTEST]
    begun = [f"withdrawn: {counted(found.withdrawn, 'version')} of it"] if found.withdrawn else []
    lines = [*begun, f"{PROGRAM} of {printable(found.repository, LINE)}, digest {short}, runs, opens and hides:"]
    lines += [f"  {printable(line, LINE)}" for line in found.runs]
    if found.changes:
        lines += ["since the version that was allowed last:", *(f"  {printable(line, LINE)}" for line in found.changes)]
    if found.allowed:
        return "\n".join([*lines, f"allowed, by `{found.how}`: agents and faces may start it"])
    return "\n".join([*lines, f"not allowed: only you can start it; to allow it: {allowed.BY_HAND} {short}"])


OPERATION = Operation(
    name="allow",
    about="Show what program.md runs and opens, and let agents and faces start it.",
    details=(
        "Without a digest it shows every command of program.md and every key that opens something, with what changed since you"
        " last allowed it; nothing is changed. With the digest that it shows, others may start this very version: agents, and"
        " callers over the web, REST and MCP. Files that the commands run are not covered; the jail keeps those."
    ),
    input=AllowInput,
    output=Allowance,
    tier=Tier.COSTLY,  # a person's word, except to read
    raised=tier_of,
    local=True,
    requires=at_home,
    run=run,
    render=render,
    owner_only=True,
    state=state,
    read_back=read_back,
)
