"""The exit code of a session."""

from overnight.research.ending import TO_FIX, EndReason
from overnight.research.events import Stopped
from overnight.research.state import State

TO_BE_FIXED = 2  # as for a mistake of the user's that is found before the session
INTERRUPTED = 130


def exit_code(stopped: Stopped, state: State, *, worked: bool) -> int:
    """0 if something is kept, 1 if nothing is or this session ran no trial, 130 after Ctrl-C.

    2 instead of 1 if it ended because a researcher could not work: the user has to fix its models or its program.
    """
    if stopped.ending.reason is EndReason.INTERRUPT:
        return INTERRUPTED
    if state.kept and worked:
        return 0
    return TO_BE_FIXED if stopped.ending.reason in TO_FIX else 1
