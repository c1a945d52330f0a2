"""The seam of agents: a task in a folder, a session, and the turns of it."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from overnight.agents.transcript import Transcript
from overnight.models.port import ModelRun


def _never() -> bool:
    return False


def _nothing(_path: str) -> bool:
    return False


def _none() -> str:
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What an agent is asked to do, and where."""

    folder: Path  # that the agent edits in place
    role: str  # under which its calls to models are counted
    number: int = 0  # of the piece of work, for the same count
    advises: bool = False  # an answer in words is wanted, and no change of a file
    done: Callable[[], bool] = _never  # whether the folder holds an edit now that may be taken as it stands
    may_edit: Callable[[str], bool] = _nothing  # which paths in the folder; for an agent whose edits we make
    system: str = ""  # in place of our agents' own text, which speaks of research; empty: that one
    objection: Callable[[], str] = _none  # why what the folder holds now would be rejected; empty if it would not


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """The result of one prompt."""

    text: str
    fault: str = ""  # why it did not end well, in one line; what it changed may be good all the same
    missing: bool = False  # its program is not there, or cannot be run


class TurnFailed(Exception):  # noqa: N818  # an outcome, not an error
    """A turn came to nothing; the message says why, in one line."""


class ProgramMissing(TurnFailed):
    """The agent's program is not there, or cannot be run."""


class Session(Protocol):
    """A conversation with an agent in one folder, one turn after the other."""

    @property
    def ended(self) -> str:
        """Why no further turn is possible, in one line; empty while one is, also after a turn that failed."""
        ...

    async def turn(self, prompt: str) -> Turn:
        """Send a prompt and wait until the agent has ended its turn; the first prompt is the session's brief.

        Raises:
            TurnFailed: the agent hangs, breaks or refuses; `ended` says whether another turn is possible.
            ModelsParked: every provider was asked in vain; another turn is possible once one can be asked.
        """
        ...


Opens = Callable[[Task, ModelRun | None, Transcript], AbstractAsyncContextManager[Session]]
