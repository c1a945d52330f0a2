"""A user's git checkout for tests, made with real git and compared byte for byte."""

import os
import subprocess
from pathlib import Path
from typing import Self

from overnight.git.history import GitHistory
from overnight.git.repository import open_repository

ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "user",
    "GIT_AUTHOR_EMAIL": "user@example.org",
    "GIT_COMMITTER_NAME": "user",
    "GIT_COMMITTER_EMAIL": "user@example.org",
    "GIT_ALLOW_PROTOCOL": "file",
}


class Checkout:
    """A repository with `train.py`, `lib/model.py` and `run.sh` (executable) in one commit."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def make(cls, folder: Path, *options: str) -> Self:
        """Create it, with extra options for `git init`."""
        folder.mkdir(parents=True, exist_ok=True)
        checkout = cls(folder)
        checkout.git("init", "-q", "-b", "main", *options)
        checkout.commit(
            {"train.py": "rate = 0.1\n", "lib/model.py": "width = 8\n", "run.sh": "#!/bin/sh\n"}, programs=["run.sh"]
        )
        return checkout

    def git(self, *arguments: str | bytes, check: bool = True) -> str:
        """What git prints, run as the user would."""
        done = subprocess.run(["git", *arguments], cwd=self.folder, env=ENVIRONMENT, capture_output=True, check=False)
        if check and done.returncode:
            raise AssertionError(done.stderr.decode("utf-8", "replace"))
        return done.stdout.decode("utf-8", "surrogateescape").strip()

    def write(self, path: str, content: str) -> None:
        """Write a file without committing it."""
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)

    def commit(self, files: dict[str, str], *, programs: list[str] | None = None, message: str = "work") -> str:
        """Commit files; return the commit's id."""
        for path, content in files.items():
            self.write(path, content)
        for path in programs or []:
            (self.folder / path).chmod(0o755)
        self.git("add", "--", *files)
        self.git("commit", "-q", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")

    def history(self) -> GitHistory:
        """Our view of it; the test closes it."""
        return GitHistory(open_repository(self.folder), now=lambda: 1_700_000_000.0)

    def state(self) -> dict[str, bytes]:
        """Everything that belongs to the user: checkout, index, HEAD, their refs, stash, configuration, hooks.

        Left out is what we may add: objects, our own refs and their logs, our folder, one line of `info/exclude`.
        """
        git_dir = Path(self.git("rev-parse", "--absolute-git-dir"))
        return {**_contents(self.folder, {".git", ".overnight"}), **_contents(git_dir, {"objects", "exclude"})}


def _contents(folder: Path, skipped: set[str]) -> dict[str, bytes]:
    found = {}
    for path in folder.rglob("*"):
        parts = path.relative_to(folder).parts
        if skipped & set(parts) or "overnight" in parts or "autoresearch" in parts:
            continue
        if path.is_symlink():
            found[str(path)] = os.fsencode(path.readlink())
        elif path.is_file():
            status = path.stat()
            found[str(path)] = b"%o %d " % (status.st_mode, status.st_mtime_ns) + path.read_bytes()
    return found
