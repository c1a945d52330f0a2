"""The other end of a channel that receives, for tests: a program that prints messages, and keeps those not acknowledged.

In its folder, `written` has a line for each message, and `acks` gets the ids that were acknowledged. A line that is appended
while it runs is printed once a byte comes through the pipe `bell`.
"""

import json
import os
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

COMMAND = (sys.executable, "-S", str(Path(__file__)))


class Peer:
    """How a test writes messages, and what came of them."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        os.mkfifo(folder / "bell")
        self._bell = os.open(folder / "bell", os.O_RDWR)
        (folder / "written").touch()
        (folder / "acks").touch()

    @property
    def command(self) -> Sequence[str]:
        """Starts it."""
        return (*COMMAND, str(self.folder))

    def write(self, key: str, text: str, *, sender: str = "42", **more: object) -> None:
        """Somebody writes a message."""
        self.write_line(json.dumps({"id": key, "sender": sender, "text": text, **more}).encode())

    def write_line(self, line: bytes) -> None:
        """It prints a line."""
        with (self.folder / "written").open("ab") as file:
            file.write(line + b"\n")
        os.write(self._bell, b"!")

    def acknowledged(self) -> Sequence[str]:
        """The ids of the messages that were acknowledged."""
        return [json.loads(line) for line in (self.folder / "acks").read_text().splitlines()]

    def close(self) -> None:
        """Let the pipe go."""
        os.close(self._bell)


def id_of(line: bytes) -> object:
    """The id of a message; None if the line is none."""
    try:
        read: Mapping[str, object] = json.loads(line)
        return read["id"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def main(folder: Path) -> None:
    """Print what is not acknowledged, and then what is written."""
    bell = os.open(folder / "bell", os.O_RDWR)

    def keep_acks() -> None:
        for line in sys.stdin:
            with (folder / "acks").open("a") as file:
                file.write(json.dumps(json.loads(line)["ack"]) + "\n")
        os._exit(0)

    threading.Thread(target=keep_acks, daemon=True).start()
    acks = {json.loads(line) for line in (folder / "acks").read_text().splitlines()}
    with (folder / "written").open("rb") as file:
        while True:
            for line in file:
                if id_of(line) not in acks:
                    sys.stdout.buffer.write(line)
            sys.stdout.buffer.flush()
            os.read(bell, 1)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
