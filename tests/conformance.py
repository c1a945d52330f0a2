"""Checks that a conformance suite can fail: runs one of its tests on an implementation that breaks a promise."""

from pathlib import Path


def holds(suite: object, promise: str, *folder: Path) -> bool:
    """Whether a test of a suite, which may take a folder, passes."""
    try:
        getattr(suite, promise)(*folder)
    except Exception:  # noqa: BLE001  # a broken implementation can raise anything
        return False
    return True
