"""The demo plays by itself, and each answer was true of the devices."""

import os
import subprocess
import sys
from pathlib import Path

from home_lan import loopback


def test_the_demo_is_true(tmp_path: Path) -> None:
    """It ends with 0 within its minute, says nothing wrong, and leaves nothing in the user's state folder."""
    prefix = loopback(1400).rpartition(".")[0]
    environment = {**os.environ, "XDG_STATE_HOME": str(tmp_path)}
    command = [sys.executable, "-m", "overnight", "home", "demo", "--script", "--prefix", prefix]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "WRONG" not in done.stdout
    assert done.stdout.count("(true of the devices)") >= 12
    assert not any(tmp_path.iterdir())
