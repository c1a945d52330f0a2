"""The edits of a scripted researcher in a file: a line for each, in JSON, a list of path, old text and new text or an object.

Lines are read as they are needed, so a file may hold as many edits as a campaign can try.
"""

import json
from pathlib import Path

MOST_BYTES = 4 * 1024**2  # of one line
KEYS = ("path", "old", "new")


class BadEdit(Exception):  # noqa: N818  # the message is for people
    """A line is no edit; says why."""


class EditsFile:
    """Reads one file, line by line, again in each new workspace that holds the same one."""

    def __init__(self) -> None:
        self._index = 0  # of the line that begins at the offset
        self._offset = 0

    def read(self, path: Path, index: int) -> tuple[str, str, str] | None:
        """Path, old text and new text of the edit `index`, from 0; None behind the last one.

        Raises:
            BadEdit: the line is no edit.
            OSError: the file cannot be read.
        """
        if index < self._index:
            self._index = self._offset = 0
        with path.open("rb") as file:
            file.seek(self._offset)
            while self._index < index:
                if not (line := file.readline(MOST_BYTES)):
                    return None
                self._index += line.endswith(b"\n")
                self._offset += len(line)
            line = file.readline(MOST_BYTES)
        return _edit(line) if line else None


def _edit(line: bytes) -> tuple[str, str, str]:
    try:
        said: object = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise BadEdit("it is not JSON, or too long") from error
    if isinstance(said, dict) and said.keys() == set(KEYS):
        said = [said[key] for key in KEYS]
    if not isinstance(said, list) or len(said) != len(KEYS) or not all(isinstance(text, str) for text in said):
        raise BadEdit("it is not a list of path, old text and new text")
    path, old, new = said
    if not old:
        raise BadEdit("its old text is empty")
    return path, old, new
