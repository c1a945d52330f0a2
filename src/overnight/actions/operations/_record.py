"""The record of actions as callers see it: over a face only the actions of the repositories that it serves."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from overnight.actions.events import Judged, Word
from overnight.actions.record import ActionRecord, actions_folder
from overnight.actions.state import ENDED, Action, Board, Stage
from overnight.errors import UserError
from overnight.ledger.file import NAME
from overnight.operations.operation import Context
from overnight.words.quantities import counted

SHORTEST = 7  # digits of a commit that names one
SOME = 40  # digits of a commit in a message


@contextmanager
def open_actions() -> Iterator[ActionRecord | None]:
    """The record, open; None if nothing was ever asked for: then nothing is written either."""
    folder = actions_folder()
    if not (folder / NAME).exists():
        yield None
        return
    with ActionRecord(folder) as record:
        yield record


def board_now() -> Board:
    """The board as it is recorded."""
    with open_actions() as record:
        return record.board() if record else Board()


def waiting_words() -> str:
    """How many results wait for a person on this machine, and what to type; empty if none does."""
    with open_actions() as record:
        waiting = len(record.board().in_stage(Stage.WAITING)) if record else 0
    verb = "waits" if waiting == 1 else "wait"
    return f"{counted(waiting, 'result')} of actions {verb} for you: overnight review" if waiting else ""


def sees(context: Context, action: Action) -> bool:
    """Whether this caller may see an action: on the command line all of them."""
    return serves(context, action.request.repo)


def serves(context: Context, repo: str) -> bool:
    """Whether this caller may see a repository: on the command line any."""
    return context.address is None or os.path.realpath(repo) in _served(context)


@contextmanager
def opened_action(context: Context, number: int) -> Iterator[tuple[ActionRecord, Action]]:
    """The record, open, and the action of a number in it, however long ago it ended.

    Raises:
        UserError: there is none that this caller may see.
    """
    with open_actions() as record:
        action = (record.board().actions.get(number) or record.action(number)) if record else None
        if record is None or action is None or not sees(context, action):
            raise UserError(f"there is no action {number}", fix="`overnight board` lists them")
        yield record, action


def seen_action(context: Context, number: int) -> Action:
    """The action of a number.

    Raises:
        UserError: there is none that this caller may see.
    """
    with opened_action(context, number) as (_, action):
        return action


def name_of(context: Context, action: Action) -> str:
    """The name of an action's repository."""
    return context.name_of(Path(action.request.repo))


def oldest_waiting(context: Context, board: Board) -> Action:
    """The result that waits longest for a person.

    Raises:
        UserError: none does.
    """
    waiting = [action for action in board.in_stage(Stage.WAITING) if sees(context, action)]
    if not waiting:
        raise UserError("no result waits for you", fix=_when_none(board))
    return min(waiting, key=lambda action: action.ready_at)


def require_commit(action: Action, commit: str) -> None:
    """Check that a commit that was read is the one that is there now.

    Raises:
        UserError: it is not, or nothing waits to be judged.
    """
    require_waiting(action)
    number = action.number
    if not action.commit:
        why = action.waiting or "nothing was changed"
        raise UserError(f"action {number} has nothing to accept: {why}", fix=f'overnight send back {number} "...", or drop it')
    if len(commit) < SHORTEST or not action.commit.startswith(commit.lower()):
        what = f"action {number} is not at {commit[:SOME]!r} any more, but at {action.commit[:12]}"
        raise UserError(what, fix=f"read it again: overnight review {number}")


def require_waiting(action: Action) -> None:
    """Check that an action waits for a person.

    Raises:
        UserError: it does not.
    """
    if action.stage in ENDED:
        raise UserError(f"action {action.number} has ended: {action.stage}", fix="see `overnight board`")
    if action.stage is not Stage.WAITING:
        what = f"action {action.number} does not wait for you: it is {action.stage}"
        raise UserError(what, fix="`overnight board` shows when it does")


def judge(context: Context, number: int, word: Word, *, text: str = "", commit: str = "") -> Action:
    """Record a word on an action, unless the board has changed since it was looked at; the action after it.

    Raises:
        UserError: there is no such action, or the word does not fit how it stands.
    """
    with opened_action(context, number) as (record, looked_at):
        while True:
            board = record.board()
            action = board.actions.get(number, looked_at)
            _REQUIRES[word](action, commit)
            said = Judged(action=number, word=word, text=text, by=str(context.principal), commit=action.commit)
            if record.store.append_if(lambda _db: record.store.newest() == board.seq, said) is not None:  # noqa: B023  # called at once
                return record.board().actions[number]


def was_judged(number: int, word: Word, *, commit: str = "") -> bool:
    """Whether a word on an action, at this commit if one is given, is recorded; what came of it since does not matter."""
    with open_actions() as record:
        said = [entry.event for entry in record.store.events_of(number)] if record else []
    return any(isinstance(each, Judged) and each.word is word and each.commit.startswith(commit.lower()) for each in said)


def _require_open(action: Action, _commit: str) -> None:
    if action.stage in ENDED:
        raise UserError(f"action {action.number} has ended: {action.stage}", fix="see `overnight board`")
    if action.stage is not Stage.MERGING:
        return
    from overnight.actions.trunk.trunk import landed_now  # with all that merges

    if landed := landed_now(Path(action.request.repo), action=action.number, commit=action.accepted):
        what = f"action {action.number} is on overnight/main already, as {landed[:12]}"
        raise UserError(what, fix="to take it back, ask for that: overnight do")


def _require_back(action: Action, commit: str) -> None:
    require_waiting(action)
    if commit:
        require_commit(action, commit)


_REQUIRES = {Word.ACCEPT: require_commit, Word.SEND_BACK: _require_back, Word.DROP: _require_open}


def _served(context: Context) -> frozenset[str]:
    return frozenset(os.path.realpath(folder) for folder in context.repositories.values())


def _when_none(board: Board) -> str:
    if board.newest:
        return "`overnight board` shows what flows; a number shows one that has ended: overnight review N"
    return 'ask for something: overnight do "..."'
