"""The checks that a proposal names, tried on what is committed: whole, then the part of them that passes."""

from collections.abc import Callable, Sequence
from contextlib import closing

from overnight.git.history import GitHistory
from overnight.git.repository import Repository
from overnight.program.detection.checks import unittest_of
from overnight.program.detection.parts_of_checks import PYTEST, lacks_pytest, parts_of, without_failing
from overnight.program.writer import FrontMatterEntry
from overnight.research.loop.command import TrialFailed
from overnight.research.loop.committed import committed_text
from overnight.research.setup.causes.table import fix_of, words_of
from overnight.research.setup.first_look import Proposal, rendered, with_note, without_checks
from overnight.research.setup.missing import MOST_ADDED, Failed, with_missing
from overnight.research.setup.tries import Tries
from overnight.words.foreign import printable
from overnight.words.quantities import listed

FLAKY = "the checks failed once and then passed, so a candidate may fail them by chance: leave out the tests that do"
ROUNDS = 3  # of leaving out tests that fail
LISTED = 4  # names in a note
NAME = 120  # characters of one


async def with_passing_checks(proposal: Proposal, repository: Repository, tries: Tries, say: Callable[[str], None]) -> Proposal:
    """The proposal with its checks, with the part of them that passes, or with a comment that says why there are none."""
    if not proposal.program.checks:
        return proposal
    say(f"Trying the checks: {'; '.join(proposal.program.checks)}")
    failed = await tries.checks(repository, proposal.program)
    for _ in range(MOST_ADDED):
        lacking = Failed(key="checks", reason=str(failed), excerpt=failed.excerpt) if failed else None
        fixed = with_missing(proposal, repository, lacking, say) if lacking else None
        if fixed is None:
            break
        proposal = fixed
        failed = await tries.checks(repository, proposal.program)
    if not failed:
        return proposal
    if passing := await _in_part(proposal, repository, tries, failed, say):
        return passing
    if not await tries.checks(repository, proposal.program):
        return with_note(proposal, f"{FLAKY}: {failed}")
    fix = words_of(fix_of(repository, proposal.program, str(failed), failed.excerpt))
    known = fix in ("", *proposal.detected.notes)  # the notes are shown next
    say(f"They fail, so they are left out: {failed}{'' if known else f'; {fix}'}")
    for line in failed.excerpt:
        say(f"  {line}")
    return without_checks(proposal, str(failed))


async def _in_part(
    proposal: Proposal, repository: Repository, tries: Tries, failed: TrialFailed, say: Callable[[str], None]
) -> Proposal | None:
    """The proposal with the part of its one check that passes; None if none of it does."""
    if len(proposal.program.checks) != 1:
        return None
    command, tail = proposal.program.checks[0], failed.tail.decode(errors="replace")
    if lacks_pytest(tail):
        return await _by_unittest(proposal, repository, tries)
    if command.startswith(PYTEST):
        return await _without_failing(proposal, repository, tries, failed, say)
    with closing(GitHistory(repository)) as history:
        package = committed_text(history, history.resolve_start())("package.json") or ""
    parts = parts_of(command, package)
    results = {part: await tries.checks(repository, _checked_by(proposal, [part]).program) for part in parts}
    passing = [part for part, result in results.items() if result is None]
    if not passing:
        return None
    lost = [f"`{printable(part, NAME)}` ({result})" for part, result in results.items() if result]
    note = f"left out of the checks, since it failed on what is committed: {listed(lost, LISTED)}"
    return with_note(_checked_by(proposal, passing), note)


async def _without_failing(
    proposal: Proposal, repository: Repository, tries: Tries, failed: TrialFailed, say: Callable[[str], None]
) -> Proposal | None:
    """The proposal without the few tests that fail; None if others fail then, or too many."""
    first, last, left_out = failed, failed, list[str]()
    for _ in range(ROUNDS):
        narrowed = without_failing(proposal.program.checks[0], last.tail.decode(errors="replace"))
        if narrowed is None:
            return None
        left_out += narrowed.left_out
        say(f"They fail ({last}); trying them without {listed(narrowed.left_out, LISTED) or 'the options that are unknown'}")
        proposal = _checked_by(proposal, [narrowed.command])
        result = await tries.checks(repository, proposal.program)
        if result is None:
            fix = words_of(fix_of(repository, proposal.program, str(first), first.excerpt))
            what = listed(left_out, LISTED) or "options of pytest that belong to plugins which are not installed"
            why = f"{first}{f'; {fix}' if fix else ''}"
            return with_note(proposal, f"left out of the checks, since they failed on what is committed: {what} ({why})")
        last = result
    return None


async def _by_unittest(proposal: Proposal, repository: Repository, tries: Tries) -> Proposal | None:
    """The proposal with tests that need no pytest, which is not installed; None if there are none, or they fail."""
    with closing(GitHistory(repository)) as history:
        start = history.resolve_start()
        command = unittest_of([file.path for file in history.files(start)], committed_text(history, start))
    if command is None:
        return None
    proposal = _checked_by(proposal, [command])
    return proposal if await tries.checks(repository, proposal.program) is None else None


def _checked_by(proposal: Proposal, commands: Sequence[str]) -> Proposal:
    reason = "the tests must pass before a trial is worth running"
    return rendered(
        proposal.detected.having(FrontMatterEntry(key="checks", value=list(commands), reason=reason)), proposal.body
    )
