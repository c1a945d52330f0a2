"""Real campaigns whose researchers change nothing that counts keep nothing; the full size is in `bench/gate/real.py`."""

import subprocess
import sys
from pathlib import Path

import pytest
from targets import COMMAND

SCRIPT = Path(__file__).parents[2] / "bench/gate/real.py"


@pytest.mark.parametrize(
    ("case", "experiments", "rejected"),
    [("noisy lab", 12, 0), ("noisy minimiser", 12, 0), ("by its name", 10, 10), ("in disguise", 6, 0)],
)
def test_nothing_is_kept(case: str, experiments: int, rejected: int) -> None:
    """Unread constants, other names, another order, other seeds: none is an improvement, and a named seed costs no trial."""
    command = [sys.executable, str(SCRIPT), "--case", case, "--experiments", str(experiments), "--command", COMMAND]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert not done.stderr, done.stderr
    cells = [cell.strip() for cell in done.stdout.splitlines()[-1].strip("|").split("|")]
    proposed, unmeasured, trials, kept = (int(cells[place]) for place in (1, 2, 3, 6))
    assert (proposed, unmeasured) == (experiments, rejected)
    assert kept <= (case == "noisy minimiser"), "its noise is no seed's, and may fool the gate in one campaign of 20"
    assert trials >= 3 + experiments - rejected
