"""Whether a conformance suite can fail: one of its tests, run by hand on an implementation that breaks a promise."""

from pathlib import Path


def holds(suite: object, promise: str, *folder: Path) -> bool:
    """Whether a test of a suite, which may take a folder, passes."""
    try:
        getattr(suite, promise)(*folder)
    except Exception:  # noqa: BLE001  # whatever a broken implementation leads to
        return False
    return True
