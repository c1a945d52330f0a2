"""Where the user's state folder is."""

from pathlib import Path

import pytest

from overnight.files.state_folder import state_folder


def test_where_it_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """XDG's folder if it is absolute, else ~/.local/state."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert state_folder() == tmp_path / "overnight"
    monkeypatch.setenv("HOME", "/home/someone")
    for value in ("relative", ""):
        monkeypatch.setenv("XDG_STATE_HOME", value)
        assert state_folder() == Path("/home/someone/.local/state/overnight")
