"""Finding the agents on a machine."""

from pathlib import Path

import anyio
import pytest
from agent_settings import install
from processes import gone

from overnight.agents import programs as ways

TRACE = "86397.0625"  # how long a test's program sleeps, which identifies it


@pytest.mark.parametrize(
    "script", [f"exec sleep {TRACE}", f"echo 1; sleep {TRACE}", "exec yes", "exit 3", "true", "printf '\\377\\376'"]
)
def test_a_program_that_does_not_say_its_version_holds_nothing_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str
) -> None:
    """It gets a short time and a few bytes, and is ended with its children."""
    install(tmp_path, monkeypatch, "claude", script)
    monkeypatch.setattr(ways, "VERSION_S", 0.2)
    said = anyio.run(ways.find_versions, ["claude", "no-such-program"])
    assert said == {"claude": "��" if "printf" in script else ""} and gone(TRACE)
