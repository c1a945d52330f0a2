"""`claw.yaml` as it is now: read again when it was changed, and as it was before while it has mistakes."""

from pathlib import Path

from overnight.claw.charter import SETTINGS, Charter
from overnight.claw.setup.parsing import read_charter
from overnight.errors import UserError


class LiveCharter:
    """The charter of a folder; each look costs one `stat`."""

    def __init__(self, folder: Path) -> None:
        """Read it.

        Raises:
            UserError: it cannot be read, or has mistakes.
        """
        self._folder = folder
        self._stamp = self._look()
        self._charter = read_charter(folder)
        self.trouble = ""  # why it is still as it was before

    def __call__(self) -> Charter:
        """What holds now."""
        stamp = self._look()
        if stamp != self._stamp:
            self._stamp = stamp
            try:
                self._charter, self.trouble = read_charter(self._folder), ""
            except UserError as error:
                self.trouble = str(error)
        return self._charter

    def _look(self) -> tuple[int, int, int]:
        try:
            found = (self._folder / SETTINGS).stat()
        except OSError:
            return (0, 0, 0)
        return found.st_ino, found.st_mtime_ns, found.st_size
