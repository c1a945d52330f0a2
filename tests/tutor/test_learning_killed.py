"""Commands of a learner that are killed at each boundary of what they write; the other commands are in `slow/`."""

from pathlib import Path

import pytest
from learn_kills import PASSED, PREDICTED, check_kills


def test_a_kill_at_any_boundary_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The chain holds, files are whole or not there, what was recorded stays, and called again it leads as far as without."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "top" / "state"))
    check_kills(tmp_path / "top", [PREDICTED, PASSED])
