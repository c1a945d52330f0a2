"""The board in a process of its own, for tests that kill it or end it: `board_process.py RECORD [SANDBOX]`."""

import sys
from functools import partial
from pathlib import Path

import anyio

from overnight.actions.board.board import BoardRunner
from overnight.actions.board.working import Session, work
from overnight.actions.record import ActionRecord


def say(line: str) -> None:
    """Say what the board says."""
    print(line, flush=True)  # noqa: T201  # the test reads it


def main() -> None:
    """Run the board until it is ended."""
    with ActionRecord(Path(sys.argv[1])) as record:
        board = BoardRunner(record=record, sandbox=sys.argv[2] if len(sys.argv) > 2 else "process")
        anyio.run(partial(work, board, Session(say=say)))


if __name__ == "__main__":
    main()
