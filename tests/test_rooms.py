"""Rooms that systems other than research build on do not load anything of research."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import overnight

PROGRAM = """
import json, pkgutil, sys
from importlib import import_module
room = import_module("overnight." + sys.argv[1])
for module in pkgutil.walk_packages(room.__path__, room.__name__ + "."):
    import_module(module.name)
print(json.dumps(sorted(name for name in sys.modules if name.startswith("overnight."))))
"""
ABOVE = ("cli", "testing", "research", "gate", "program")


def loaded(room: str) -> list[str]:
    """The modules of this project that a fresh interpreter has after importing every module of a room."""
    command = [sys.executable, "-c", PROGRAM, room]
    return list(json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout))


@pytest.mark.parametrize(
    "room", ["words", "files", "jail", "git", "models", "notices", "secrets", "egress", "jobs", "ledger", "agents", "machines"]
)
def test_a_room_stands_without_what_is_built_on_it(room: str) -> None:
    """Importing it loads the whole room, but nothing of a campaign, of the gate or of `program.md`."""
    names = loaded(room)
    own = [path for path in (Path(overnight.__file__).parent / room).rglob("*.py") if path.name != "__init__.py"]
    assert len([name for name in names if name.startswith(f"overnight.{room}.")]) >= len(own) > 0
    assert [name for name in names if name.split(".")[1] in ABOVE] == []
