"""Texts of a commit, each read from the repository when somebody asks for it."""

from overnight.git.port import History
from overnight.program.judge.tree import Read

MOST_BYTES = 1_000_000  # of a file that is read


def committed_text(history: History, commit: str) -> Read:
    """Reads a file of a commit by its path; None if there is no such file, or it is too large to be one that people write."""
    sizes = {file.path: file.size_bytes for file in history.files(commit)}

    def read(path: str) -> str | None:
        if sizes.get(path, MOST_BYTES + 1) > MOST_BYTES:
            return None
        return history.read_files(commit, [path])[path].decode(errors="replace")

    return read
