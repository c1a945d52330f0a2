"""The exit code of a session."""

from overnight.research.ending import EndReason
from overnight.research.events import Stopped
from overnight.research.state import State

INTERRUPTED = 130


def exit_code(stopped: Stopped, state: State, *, worked: bool) -> int:
    """0 if something is kept, 1 if nothing is or this session ran no trial, 130 after Ctrl-C."""
    if stopped.ending.reason is EndReason.INTERRUPT:
        return INTERRUPTED
    return 0 if state.kept and worked else 1
