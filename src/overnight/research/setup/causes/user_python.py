"""The Python that the user's shell finds, asked about what is installed for it."""

import os
import subprocess
from pathlib import Path

from overnight.machines.share import search_path
from overnight.research.places.seclusion import checkout_of
from overnight.research.setup.causes.failing import Failing

_TIMEOUT_S = 20.0


def python_of(failing: Failing) -> str:
    """The Python of the user's shell that the commands call by name; empty without one."""
    names = (
        ("python3", "python") if any("python3" in command for command in failing.program.commands) else ("python", "python3")
    )
    return next((found for name in names if (found := failing.on_path(name))), "")


def answer_of(failing: Failing, script: str, argument: str) -> str:
    """What a script of ours prints when the user's own Python runs it; empty if that may not be run, or fails."""
    python = python_of(failing)
    if not _may_ask(failing, python):
        return ""
    environment = {key: failing.environment[key] for key in ("PYTHONPATH", "VIRTUAL_ENV") if key in failing.environment}
    try:
        asked = subprocess.run(
            [python, "-c", script, argument],
            env={**environment, "PATH": search_path(), "HOME": str(Path.home())},
            cwd="/",  # which has no modules: the current folder may be a stranger's
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_TIMEOUT_S,
            process_group=0,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return os.fsdecode(asked.stdout.strip())


def _may_ask(failing: Failing, python: str) -> bool:
    """Whether an interpreter is the user's own, not one that the repository brings: that would run outside the jail."""
    checkout = checkout_of(failing.repository)
    inside = checkout.inside(str(Path(python).parent))
    return bool(python) and (inside is None or not checkout.is_committed(inside))
