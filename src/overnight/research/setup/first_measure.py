"""The first trial of the likeliest command, or of the next one where that is of no use."""

from collections.abc import Callable, Mapping

from overnight.errors import UserError
from overnight.git.repository import Repository
from overnight.research.setup.attempt import NAME, Attempt
from overnight.research.setup.connection.proof import Observed
from overnight.research.setup.first_look import Proposal, propose, with_note
from overnight.research.setup.no_value import UselessError
from overnight.research.setup.tries import Tries
from overnight.research.setup.wishes import Wishes
from overnight.words.foreign import printable
from overnight.words.quantities import listed

MOST_TRIED = 3  # commands, where nobody names one


async def first_that_runs(
    repository: Repository, wishes: Wishes, tries: Tries, say: Callable[[str], None]
) -> tuple[Proposal, Observed]:
    """The first trial of the likeliest command, or of the next one where that is of no use.

    Raises:
        UserError: of the likeliest command, with the others that were tried.
    """
    attempt, failures = Attempt(repository=repository, wishes=wishes, tries=tries, say=say), dict[str, UselessError]()
    while True:
        try:
            proposal = propose(repository, wishes, without=tuple(failures))
        except UserError:
            if failures:
                raise _of_all(failures) from None
            raise
        command = proposal.program.measure or ""
        if command in failures or len(failures) == MOST_TRIED:
            raise _of_all(failures)
        say(f"Measuring twice: {command}")
        try:
            proposal, first = await attempt.first(proposal)
        except UselessError as failure:
            if wishes.measure is not None:
                raise
            failures[command] = failure
            say(f"It is of no use here: {failure.why}")
            continue
        except UserError:
            if failures:
                raise _of_all(failures) from None
            raise
        note = f"of no use here, though it looked likelier: {_named(failures)}"
        return (with_note(proposal, note) if failures else proposal), first


def _of_all(failures: Mapping[str, UselessError]) -> UserError:
    """What to say if no command is of use: why the likeliest is not, and which others were tried."""
    (command, first), *_ = failures.items()
    others = {other: failure for other, failure in failures.items() if other != command}
    tried = f"; tried after `{printable(command, NAME)}`: {_named(others)}" if others else ""
    return UserError(f"{first.message}{tried}", fix=first.fix, excerpt=first.excerpt)


def _named(failures: Mapping[str, UselessError]) -> str:
    return listed((f"`{printable(command, NAME)}` ({failure.why})" for command, failure in failures.items()), MOST_TRIED)
