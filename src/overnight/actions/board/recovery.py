"""What became of what was under way when the process that ran the board was killed: turns are cut off, with what they left."""

from contextlib import closing, suppress
from pathlib import Path

from overnight.actions.charter import Role
from overnight.actions.checkouts.salvage import TAG, salvage
from overnight.actions.events import Merged, TurnCut
from overnight.actions.record import ActionRecord
from overnight.actions.state import Action, Stage
from overnight.actions.trunk.trunk import landed_now
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


def landed_all_the_same(record: ActionRecord) -> list[Merged]:
    """Actions that were dropped after the trunk had moved to them, and before that was recorded; none of them is delivered."""
    dropped = [each for each in record.board().in_stage(Stage.DROPPED) if each.accepted]
    return [
        Merged(action=each.number, commit=landed, parent="")
        for each in dropped
        if (landed := landed_now(Path(each.request.repo), action=each.number, commit=each.accepted))
    ]


def _committed(action: Action) -> str:
    """The commit of a turn that was made and not recorded any more; empty if there is none.

    One that is older than the turn is another record's, whose actions had the same numbers: the state folder was moved.
    """
    if action.open_turn is not Role.CODER:
        return ""
    with suppress(RepositoryError), closing(GitHistory(open_repository(Path(action.request.repo)))) as history:
        commit = history.attempt(TAG, action.turns, str(action.number))
        return commit if commit and history.made_at(commit) >= int(action.changed_at) else ""
    return ""
