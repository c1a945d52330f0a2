"""Runs in the jail and is never imported: loads the driver file beside it, answers our calls, and asks us to reach the device.

What it says to us is worth what the driver file is worth: both are in one process.
"""

import json
import os
from typing import Any


class Http:
    """The device, for a driver; each question goes through the one pipe that leads out."""

    def __init__(self, talk: Any) -> None:  # Any: a binary file, in both directions
        self._talk = talk

    def get(self, path: str) -> Any:  # Any: JSON
        """The JSON at a path."""
        return json.loads(self.text(path))

    def text(self, path: str) -> str:
        """The text at a path."""
        return self._ask("GET", path, None)

    def put(self, path: str, body: object) -> str:
        """What it answers to JSON."""
        return self._ask("PUT", path, body)

    def post(self, path: str, body: object) -> str:
        """The same by POST."""
        return self._ask("POST", path, body)

    def _ask(self, method: str, path: str, body: object) -> str:
        say(self._talk, {"ask": {"method": method, "path": path, "body": body}})
        answer = json.loads(self._talk.readline())
        if "text" not in answer:
            raise OSError(answer["error"])
        return str(answer["text"])


def say(talk: Any, what: object) -> None:  # Any: a binary file
    """One line to us."""
    talk.write(json.dumps(what).encode() + b"\n")
    talk.flush()


def main() -> None:
    """Answer calls until the pipe closes."""
    reading, writing = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what the driver prints goes to the log
    talk = type("Talk", (), {"readline": reading.readline, "write": writing.write, "flush": writing.flush})
    names: dict[str, Any] = {"__name__": "driver"}
    with open("driver.py", encoding="utf-8") as file:  # noqa: PTH123  # pathlib takes longer to import than all the rest
        exec(compile(file.read(), "driver.py", "exec"), names)  # noqa: S102  # that is what the jail is for
    http = Http(talk)
    for line in iter(reading.readline, b""):
        call = json.loads(line)
        try:
            given = (call["want"],) if call["name"] == "write" else ()
            say(talk, {"result": names[call["name"]](http, *given)})
        except Exception as error:  # noqa: BLE001  # of a driver
            say(talk, {"failed": f"{type(error).__name__}: {error}"[:200]})


if __name__ == "__main__":
    main()
