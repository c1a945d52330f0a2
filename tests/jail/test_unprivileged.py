"""The executors without root, as most people run them: their own tests, repeated as a user without rights."""

import os
import subprocess
import sys
import sysconfig
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

import overnight

NOBODY = 65534
PYTHON = "/usr/bin/python3"  # one that everybody may run
HERE = Path(__file__).parent
SITE = f"{Path(overnight.__file__).parents[1]}:{sysconfig.get_path('purelib')}"


def run_python(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [PYTHON, "-B", *arguments],
        env={"PATH": "/usr/local/bin:/usr/bin:/bin", "PYTHONPATH": SITE, "HOME": "/nonexistent"},
        user=NOBODY,
        group=NOBODY,
        extra_groups=[],
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )


def usable() -> bool:
    """Whether another user can run this Python's packages here."""
    wanted = f"import sys, pydantic, pytest, overnight; sys.exit(sys.version_info[:2] != {sys.version_info[:2]})"
    return os.geteuid() == 0 and Path(PYTHON).exists() and run_python("-c", wanted).returncode == 0


@pytest.mark.skipif(not usable(), reason="needs root, and a system Python of this version for the user without rights")
@pytest.mark.parametrize("file", ["test_jail.py", "test_jail_attacks.py", "test_process.py", "test_tie.py"])
def test_executors_hold_without_root(file: str) -> None:
    """Everything that an executor promises and that must be stopped also holds in a user namespace."""
    configuration = next(parent / "pyproject.toml" for parent in HERE.parents if (parent / "pyproject.toml").exists())
    with TemporaryDirectory() as folder:
        os.chown(folder, NOBODY, NOBODY)
        tested = run_python("-m", "pytest", "-c", str(configuration), f"--basetemp={folder}/own", str(HERE / file))
    assert tested.returncode == 0, tested.stdout[-3000:] + tested.stderr[-1000:]
    assert " passed" in tested.stdout
