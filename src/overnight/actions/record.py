"""The ledger of all actions of this user, in the state folder, and the board that it folds to."""

import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Self

from overnight.actions.action_fold import fold_action
from overnight.actions.charter import Request
from overnight.actions.events import Asked, Event, Planned, decode, encode
from overnight.actions.fold import fold_all
from overnight.actions.snapshot import dump_board, load_board
from overnight.actions.state import Action, Board
from overnight.errors import OvernightError
from overnight.files.own import claim_folder, make_folder
from overnight.files.state_folder import state_folder
from overnight.ledger.artifacts import ArtifactStore
from overnight.ledger.owner import Codec
from overnight.ledger.store import SqliteEventStore

FOLDER = "actions"  # in the state folder
ARTIFACTS = "artifacts"
SNAPSHOT_EVERY = 300  # events; to fold one takes some 40 us
_CODEC: Codec[Event] = Codec(
    encode=encode,
    decode=decode,
    kind=lambda event: event.kind,
    subject=lambda event: event.action,
    subject_column="action",
)


def actions_folder() -> Path:
    """Where everything of actions is that belongs to no repository; it may not exist yet."""
    return state_folder() / FOLDER


class ActionRecord:
    """The record, open; any process may append, one runs the board."""

    def __init__(self, folder: Path | None = None, *, clock: Callable[[], float] = time.time) -> None:
        """Open the record, and make it if it is missing.

        Raises:
            NotOurs: something in it belongs to somebody else.
        """
        self.folder = folder or actions_folder()
        make_folder(self.folder)
        claim_folder(self.folder)
        self.store = SqliteEventStore[Event](self.folder, _CODEC, clock=clock)
        self.artifacts = ArtifactStore(self.folder / ARTIFACTS)
        self._board: Board | None = None
        self._kept = 0  # seq of the newest snapshot, as this process knows it

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.store.close()

    def board(self) -> Board:
        """The board now: at first from the newest snapshot, then by what was recorded since."""
        if self._board is None:
            self._board = self._restored()
        self._board = fold_all(self._board, self.store.events(after=self._board.seq))
        if self._board.seq - self._kept >= SNAPSHOT_EVERY:
            self._keep(self._board)
        return self._board

    def action(self, number: int) -> Action | None:
        """One action, however long ago it ended; None if there is none."""
        action = None
        for entry in self.store.events_of(number):
            action = fold_action(action, entry)
        return action

    def forgotten(self) -> Iterator[Action]:
        """The actions that ended so long ago that the board holds them no more, the newest first."""
        board = self.board()
        numbers = (number for number in range(board.newest, 0, -1) if number not in board.actions)
        return (action for number in numbers if (action := self.action(number)))

    def _restored(self) -> Board:
        kept = self.store.snapshot()
        if kept is None:
            return Board()
        try:
            board = load_board(kept[1])
        except ValueError:  # derived data, perhaps of another version
            return Board()
        if board.seq != kept[0] or board.seq > self.store.newest():  # of another record, or of one that had more
            return Board()
        self._kept = board.seq
        return board

    def _keep(self, board: Board) -> None:
        """Save what the events until now fold to; on a full disk it is not, and the next look takes longer."""
        self._kept = board.seq
        with suppress(OvernightError):
            self.store.save_snapshot(dump_board(board), seq=board.seq)

    def append(self, *events: Event) -> Board:
        """Record events; the board after them."""
        self.store.append(*events)
        return self.board()

    def ask(self, request: Request, *, by: str = "owner", key: str = "") -> int:
        """Queue an action; its number. `key` is of the call that asks, if it may come twice."""
        while True:
            seen = self.board()
            number = seen.newest + 1
            asked = Asked(action=number, request=request, by=by, key=key)
            if self.store.append_if(partial(self._is_at, seen.seq), asked) is not None:
                return number

    def split(self, planned: Planned, requests: Sequence[Request]) -> Action:
        """Record a plan that splits an action, and ask for its parts, each after the one before, all in one moment.

        Of one that was dropped meanwhile nothing is asked for.
        """
        while True:
            seen = self.board()
            if planned.action not in seen.open:
                return self.append(planned).actions[planned.action]
            first = seen.newest + 1
            parts = [
                Asked(
                    action=number,
                    request=replace(request, after=(number - 1,) if number > first else request.after),
                    by=f"action {planned.action}",
                )
                for number, request in enumerate(requests, first)
            ]
            into = replace(planned, into=tuple(part.action for part in parts))
            if self.store.append_if(partial(self._is_at, seen.seq), into, *parts) is not None:
                return self.board().actions[planned.action]

    def keep_text(self, text: str) -> str:
        """Keep a text as an artifact; its digest."""
        from tempfile import TemporaryDirectory

        with TemporaryDirectory(dir=self.folder) as folder:  # so that nothing of it is left on a full disk
            (file := Path(folder) / "text").write_text(text, encoding="utf-8", errors="replace")
            return self.artifacts.keep(file)

    def _is_at(self, seq: int, _db: sqlite3.Connection) -> bool:
        return self.store.newest() == seq
