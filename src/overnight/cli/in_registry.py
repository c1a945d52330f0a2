"""A session of a campaign among the loops of this machine, for `overnight ps` and the supervisor."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager

from anyio.abc import TaskGroup

from overnight.errors import UserError
from overnight.git.repository import Repository
from overnight.jobs.loop import Outcome
from overnight.jobs.presence import Presence, keep_beating, present
from overnight.jobs.records import loops_folder
from overnight.ledger.lock import WAKE
from overnight.research.ending import TO_FIX, EndReason
from overnight.research.events import Stopped
from overnight.research.loop.journal import Journal
from overnight.research.places.loops import campaign_loop
from overnight.research.state import State
from overnight.research.views.session import session_words

_OUTCOMES = {
    EndReason.TARGET: Outcome.DONE,
    EndReason.BUDGET: Outcome.DONE,
    EndReason.SESSION: Outcome.OVER,
    EndReason.NO_IDEAS: Outcome.OVER,
    EndReason.AUDITED: Outcome.OVER,  # a campaign goes on when it is due
    EndReason.INTERRUPT: Outcome.STOPPED,
    EndReason.STOP: Outcome.STOPPED,
    EndReason.SIGNAL: Outcome.SIGNAL,
    EndReason.ERROR: Outcome.CRASHED,
    **dict.fromkeys(TO_FIX, Outcome.MISTAKE),
}


@contextmanager
def in_registry(
    tasks: TaskGroup,
    repository: Repository,
    journal: Journal,
    say: Callable[[Sequence[str]], None],
    doing: Callable[[State], str] = session_words,
) -> Iterator[Callable[[Stopped], None]]:
    """Be listed while the context lasts; call what it gives with the end of the session.

    A registry that cannot be written keeps no campaign from running.
    """
    with ExitStack() as stack:
        presence = None
        try:
            loop = campaign_loop(repository, journal.state.tag)
            clean = journal.scrubber.text
            presence = stack.enter_context(present(loops_folder(), loop, stop_signal=WAKE, clean=clean))
        except (OSError, UserError) as error:
            say((f"`overnight ps` does not show this session: {error}",))
        else:
            tasks.start_soon(keep_beating, presence, lambda: doing(journal.state))
        yield lambda stopped: _end(presence, stopped)


def _end(presence: Presence | None, stopped: Stopped) -> None:
    if presence is not None:
        presence.ends(_OUTCOMES[stopped.ending.reason], stopped.ending.detail)
