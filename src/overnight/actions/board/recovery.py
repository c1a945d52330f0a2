"""What became of turns that were under way when the process that ran the board was killed: cut off, with what they left."""

from contextlib import closing, suppress
from pathlib import Path

from overnight.actions.charter import Role
from overnight.actions.checkouts.salvage import TAG, salvage
from overnight.actions.events import TurnCut
from overnight.actions.record import ActionRecord
from overnight.actions.state import Action
from overnight.errors import RepositoryError
from overnight.git.history import GitHistory
from overnight.git.repository import open_repository

WHY = "the process that ran the board was killed"


def recover(record: ActionRecord) -> list[TurnCut]:
    """Commit what agents left in folders of dead processes; the end of each turn that has none, to be recorded."""
    saved = {(each.action, each.turn): each.commit for each in salvage(record.folder)}
    cut = []
    for action in record.board().open.values():
        if action.open_turn is not None:
            left = saved.get((action.number, action.turns)) or _committed(action)
            cut.append(TurnCut(action=action.number, turn=action.turns, role=action.open_turn, why=WHY, commit=left))
    return cut


def _committed(action: Action) -> str:
    """The commit of a turn that was made and not recorded any more; empty if there is none."""
    if action.open_turn is not Role.CODER:
        return ""
    with suppress(RepositoryError), closing(GitHistory(open_repository(Path(action.request.repo)))) as history:
        return history.attempt(TAG, action.turns, str(action.number)) or ""
    return ""
