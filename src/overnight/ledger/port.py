"""The seam of the ledger: files kept by content."""

from pathlib import Path
from typing import Protocol


class Artifacts(Protocol):
    """Files kept under the SHA-256 of their content."""

    def keep(self, path: Path) -> str:
        """Move a file in; return its digest, hex."""
        ...

    def read(self, digest: str) -> bytes | None:
        """The content, None if it is not kept."""
        ...
