"""The registry of operations: what a room adds in one file is found, listed, called and described, like ours."""

import importlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from threading import Event

import pytest
from snow import SNOW

from overnight.operations import registry
from overnight.operations.registry import find, names, operations


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for Python's path with an installed package that has a room of its own."""
    made = tmp_path_factory.mktemp("room")
    (made / "mountain" / "operations").mkdir(parents=True)
    for package in (made / "mountain", made / "mountain" / "operations"):
        (package / "__init__.py").write_text("")
    (made / "mountain" / "operations" / "snow_depth.py").write_text(SNOW)
    about = made / "mountain-1.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: mountain\nVersion: 1\n")
    (about / "entry_points.txt").write_text("[overnight.operations]\nmountain = mountain.operations\n")
    return made


def in_room(room: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Python with that package installed."""
    environment = {**os.environ, "PYTHONPATH": str(room)}
    return subprocess.run(
        [sys.executable, "-m", *command], env=environment, cwd=room, capture_output=True, text=True, check=False
    )


def test_an_operation_of_a_test_room_is_a_command(room: Path) -> None:
    """One file is all: it is in the help, takes its arguments, and its `holds` is the exit code."""
    assert re.search(r"^  snow +Show how deep the snow is\.$", in_room(room, "overnight", "--help").stdout, re.MULTILINE)
    text = in_room(room, "overnight", "snow", "depth", "--help").stdout
    assert "PLACE" in text and "--days INTEGER RANGE  How many days.  [x>=1]" in text
    done = in_room(room, "overnight", "snow", "depth", "Arosa", "--days", "2", "--json")
    assert json.loads(done.stdout) == {"place": "Arosa", "depths_cm": [0, 1]}
    done = in_room(room, "overnight", "snow", "depth", "nowhere")
    assert (done.returncode, done.stdout) == (1, "nowhere: (0,)\n")
    assert in_room(room, "overnight", "snow", "depth", "Arosa", "--days", "0").returncode == 2


def test_it_is_on_the_pages(room: Path) -> None:
    """The pages of the command line and of what `--json` prints have a section for it; one process makes both."""
    (room / "pages.py").write_text(
        "from overnight.cli import help_page, json_page\nprint(help_page.render(), json_page.render())\n"
    )
    page = in_room(room, "pages").stdout
    assert "## overnight snow depth\n" in page
    assert "## `snow depth PLACE`\n\n| Field | Type | Meaning |\n|---|---|---|\n| `place` | text |" in page


def test_a_broken_entry_point_is_named(room: Path) -> None:
    """With its fix; our own commands go on working."""
    points = room / "mountain-1.dist-info" / "entry_points.txt"
    before = points.read_text()
    points.write_text("[overnight.operations]\nmountain = valley.operations\n")
    done = in_room(room, "overnight", "snow", "depth", "x")
    points.write_text(before)
    assert done.returncode == 2 and "`mountain` of overnight.operations names valley.operations, no package" in done.stderr
    assert in_room(room, "overnight", "labs").returncode == 0


def test_names_are_known_without_an_import() -> None:
    """Looking for the names of operations imports none of them."""
    code = "import sys; from overnight.operations.registry import names; names(); print(*sys.modules, sep='\\n')"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not [name for name in loaded if name.startswith("overnight.research")]


def test_every_module_has_the_operation_of_its_name() -> None:
    """All of ours load, under the names that their files have."""
    found: Mapping[str, str] = {operation.name: operation.about for operation in operations()}
    assert list(found) == names() and "idea add" in found and all(about.endswith((".", ")")) for about in found.values())
    assert find("snow depth") is None


def test_who_looks_while_a_module_is_imported_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As threads of a server do, each of which may be the first to need an operation."""
    begun, go_on = Event(), Event()
    code = "begun.set()\ngo_on.wait()\nfrom overnight.operations.own.ps import OPERATION"
    (tmp_path / "slow_room.py").write_text(f"from slow_events import begun, go_on\n{code}\n")
    (tmp_path / "slow_events.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(registry, "own_modules", lambda: {"ps": "slow_room"})
    events = importlib.import_module("slow_events")
    monkeypatch.setattr(events, "begun", begun, raising=False)
    monkeypatch.setattr(events, "go_on", go_on, raising=False)
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(find, "ps")
        assert begun.wait(60)
        second = threads.submit(find, "ps")
        wait([second], timeout=0.2)
        go_on.set()
        assert first.result() is second.result() is not None
    del sys.modules["slow_room"], sys.modules["slow_events"]
