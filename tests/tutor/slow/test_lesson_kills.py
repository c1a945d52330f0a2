"""Every command of a lesson is killed at each boundary of what it writes; a minute."""

from pathlib import Path

import pytest
from learn_kills import LESSON, check_kills


def test_no_kill_of_any_command_loses_anything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As for two commands in the quick suite, from the start of a curriculum to a reset."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "top" / "state"))
    check_kills(tmp_path / "top", range(len(LESSON)))
