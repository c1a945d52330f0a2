"""From a repository to a `program.md`: propose, try, measure, ask, write."""

import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from overnight.errors import UserError
from overnight.gate.trial import Trial
from overnight.git.repository import Repository
from overnight.program.detection.session_scope import LEFT_OUT
from overnight.program.program import PROGRAM, Program
from overnight.program.writer import FrontMatterEntry
from overnight.research.loop.command import TrialFailed
from overnight.research.setup.causes.failing import Fix, in_yaml
from overnight.research.setup.causes.table import fix_of, words_of
from overnight.research.setup.connection.proof import Observed
from overnight.research.setup.first_look import Proposal, describe, propose, rendered, with_note, without_checks
from overnight.research.setup.packages import with_readable
from overnight.research.setup.program_file import write_above
from overnight.research.setup.refinement import FirstRun, refined
from overnight.research.setup.remedies import remedy
from overnight.research.setup.wishes import Wishes
from overnight.research.views.connection import Connection, connection_lines
from overnight.research.views.numbers import number
from overnight.words.quantities import duration, listed

WRITTEN = f"wrote {PROGRAM}; review it, commit it (a receipt is checked against the committed one), then run `overnight check`"

MOST_ADDED = 4  # times that a fix is applied and the command is tried again

FLAKY = "the checks failed once and then passed, so a candidate may fail them by chance: leave out the tests that do"

Ask = Callable[[str], bool]


class Tries(Protocol):
    """Runs what is proposed, before it is written."""

    async def checks(self, repository: Repository, program: Program) -> TrialFailed | None:
        """The failure of the first check that fails; None if all pass."""
        ...

    async def first(self, repository: Repository, program: Program) -> FirstRun:
        """The first trial: what it measured, opened and printed."""
        ...

    async def second(self, repository: Repository, program: Program) -> Trial:
        """A trial with another seed."""
        ...

    async def prove(self, repository: Repository, program: Program, first: Observed, sigma: float) -> Connection:
        """Whether metric, checks and editable files are connected, by breaking what is editable."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class InitReport:
    """What `init --json` prints."""

    path: str  # of program.md
    front_matter: str  # the text
    keys: Sequence[FrontMatterEntry]
    notes: Sequence[str]  # about what was found
    values: Sequence[float]  # of the two trials
    spread: float  # between those values
    seconds: Sequence[float]  # wall time of each
    connection: Connection  # of metric, checks and editable files
    written: bool


async def initialise(repository: Repository, wishes: Wishes, tries: Tries, ask: Ask, say: Callable[[str], None]) -> InitReport:
    """Propose, try, measure, ask, write.

    Raises:
        UserError: nothing could be proposed, measured or written; then nothing has changed.
    """
    proposal = propose(repository, wishes)
    say(f"Measuring twice: {proposal.program.measure}")
    proposal, first = await _first(proposal, repository, tries, wishes, say)
    proposal = await _tried(proposal, repository, tries, say)
    say(describe(proposal))
    trials = [first.trial, await tries.second(repository, proposal.program)]
    values = _values(trials, repository, proposal.program, wishes)
    spread = max(values) - min(values)
    say(_describe_values(proposal.program, trials, values, spread))
    connection = await tries.prove(repository, proposal.program, first, spread)
    say("\n".join(f"Proof: {line}" for line in (*connection_lines(connection), *connection.notes)))
    path = repository.toplevel / PROGRAM
    written = ask(f"Write this to {PROGRAM}?")
    if written:
        write_above(path, proposal.front, proposal.body)
    say(WRITTEN if written else "nothing was written")
    return InitReport(
        path=str(path),
        front_matter=proposal.front,
        keys=proposal.detected.entries,
        notes=proposal.detected.notes,
        values=values,
        spread=spread,
        seconds=[trial.wall_s for trial in trials],
        connection=connection,
        written=written,
    )


async def _first(
    proposal: Proposal, repository: Repository, tries: Tries, wishes: Wishes, say: Callable[[str], None]
) -> tuple[Proposal, Observed]:
    """The first trial, and the proposal as it is after it.

    Raises:
        UserError: it has no value, or only the user knows what may be edited.
    """
    run = await tries.first(repository, proposal.program)
    for _ in range(MOST_ADDED):
        trial = run.observed.trial
        fixed = _fixed(proposal, repository, trial.reason, trial.excerpt, say) if trial.value is None else None
        if fixed is None:
            break
        proposal = fixed
        run = await tries.first(repository, proposal.program)
    _values([run.observed.trial], repository, proposal.program, wishes)
    better = refined(repository, proposal, run)
    if better.question:
        files = "".join(f" --editable {shlex.quote(glob)}" for glob in better.globs) or " --editable FILE"
        fix = f"name it, such as: overnight init {wishes.options()}{files}; or name the command that runs it, by --measure"
        raise UserError(f"{better.question}{_left_out(proposal)}", fix=" ".join(fix.split()))
    if better.proposal.program.metric == proposal.program.metric:
        return better.proposal, run.observed
    trial = replace(run.observed.trial, value=run.value(better.proposal.program.metric))
    return better.proposal, replace(run.observed, trial=trial)


def _left_out(proposal: Proposal) -> str:
    """What a session names that cannot be edited."""
    return "".join(f" ({note})" for note in proposal.detected.notes if LEFT_OUT in note)


async def _tried(proposal: Proposal, repository: Repository, tries: Tries, say: Callable[[str], None]) -> Proposal:
    """The proposal, with its checks only as a comment if they fail on what is committed."""
    if not proposal.program.checks:
        return proposal
    say(f"Trying the checks: {'; '.join(proposal.program.checks)}")
    failed = await tries.checks(repository, proposal.program)
    for _ in range(MOST_ADDED):
        fixed = _fixed(proposal, repository, str(failed), failed.excerpt, say) if failed else None
        if fixed is None:
            break
        proposal = fixed
        failed = await tries.checks(repository, proposal.program)
    if not failed:
        return proposal
    if not await tries.checks(repository, proposal.program):
        return with_note(proposal, f"{FLAKY}: {failed}")
    fix = words_of(fix_of(repository, proposal.program, str(failed), failed.excerpt))
    known = fix in ("", *proposal.detected.notes)  # the notes are shown next
    say(f"They fail, so they are left out: {failed}{'' if known else f'; {fix}'}")
    for line in failed.excerpt:
        say(f"  {line}")
    return without_checks(proposal, str(failed))


def _fixed(
    proposal: Proposal, repository: Repository, reason: str, excerpt: Sequence[str], say: Callable[[str], None]
) -> Proposal | None:
    """The proposal with data or packages of the checkout that a command lacks, if they surely may be shown; else None."""
    fix = fix_of(repository, proposal.program, reason, excerpt)
    new = [path for path in fix.readable if path not in proposal.program.readable] if fix and fix.sure else []
    if not new:
        return None
    names = listed(map(in_yaml, new), MOST_ADDED)
    say(f"It fails without what is not committed, so `readable` gets {names}, and it is tried again.")
    return rendered(with_readable(proposal.detected, new, "the commands read them, and they are not committed"), proposal.body)


def _values(trials: Sequence[Trial], repository: Repository, program: Program, wishes: Wishes) -> list[float]:
    """The values of all trials.

    Raises:
        UserError: one has none; the fix repeats what the user has set, so that nothing has to be found again.
    """
    values = []
    for trial in trials:
        if trial.value is None:
            fix = _fix(repository, program, wishes, trial)
            what = f"the measure command gave no value: {trial.reason}; nothing was written"
            raise UserError(what, fix=fix, excerpt=trial.excerpt)
        values.append(trial.value)
    return values


def _fix(repository: Repository, program: Program, wishes: Wishes, trial: Trial) -> str:
    if known := fix_of(repository, program, trial.reason, trial.excerpt):
        if again := _again(known, repository, program, wishes):
            return f"{known.words}; here: overnight init {again.options()}"
        forms = (("readable", "PATH"), ("env", "NAME=VALUE"))
        named = [f"--{key} {form}" for key, form in forms if f"`{key}: " in known.words]
        return f"{known.words}, with init: {' and '.join(named)}" if named else known.words
    found = remedy(program, trial.reason)
    return found.in_init(wishes) if found else "fix it, or set --metric and --measure"


def _again(fix: Fix, repository: Repository, program: Program, wishes: Wishes) -> Wishes | None:
    """What the user may set for a fix; None if no option does."""
    if fix.readable:
        paths = (str(repository.toplevel / path) if wishes.below else path for path in fix.readable)
        return replace(wishes, readable=(*wishes.readable, *paths))
    if not fix.begin or program.measure is None or wishes.below:
        return None
    return replace(wishes, measure=f"{fix.begin}{program.measure}")


def _describe_values(program: Program, trials: Sequence[Trial], values: Sequence[float], spread: float) -> str:
    name = program.metric.name
    lines = [f"  {name} = {value!r}   {duration(trial.wall_s)}" for trial, value in zip(trials, values, strict=True)]
    if spread == 0:
        lines.append("Both are the same: the metric looks deterministic.")
    else:
        share = f" ({spread / abs(max(values, key=abs)):.2%})"
        lines.append(f"They differ by {number(spread)}{share}: noise, which the gate measures and separates from gains.")
    return "\n".join(lines)
