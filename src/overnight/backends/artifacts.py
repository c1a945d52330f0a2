"""Captured outputs and patches as files named by the SHA-256 of their content."""

import hashlib
import re
from pathlib import Path

_DIGEST = re.compile(r"[0-9a-f]{64}")


class ArtifactStore:
    """A folder of files addressed by content; implements the port `Artifacts`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, path: Path) -> str:
        """Move a file in; return its digest, hex. A file that is there already is kept once."""
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        home = self._home(digest)
        home.parent.mkdir(parents=True, exist_ok=True)
        path.replace(home)
        return digest

    def read(self, digest: str) -> bytes | None:
        """The content, None if it is not kept."""
        home = self._home(digest)
        return home.read_bytes() if home.is_file() else None

    def holds(self, digest: str) -> bool:
        """Whether it is kept, and still is what its name says."""
        try:
            with self._home(digest).open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest() == digest
        except (OSError, ValueError):
            return False

    def _home(self, digest: str) -> Path:
        if not _DIGEST.fullmatch(digest):
            raise ValueError(f"no digest: {digest[:64]!r}")
        return self._folder / digest[:2] / digest[2:]
