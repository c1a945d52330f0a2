"""A campaign that is kept up: started in the background, taken over, started again, on a schedule, ended with all others."""

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from small_loops import until
from targets import make_repo, overnight, program, run_here

from overnight.jobs.entries import read_registry
from overnight.jobs.records import loops_folder

EDITS = tuple((f"OFFSET = {n}.0", f"OFFSET = {n - 1}.0") for n in range(5, 0, -1))


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A repository whose campaign takes a while; whatever still runs at the end is killed."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    yield make_repo(tmp_path / "lab", program(*EDITS, measure="python train.py {seed} && sleep 0.2"))
    registry = read_registry(loops_folder())
    for entry in (*([registry.supervisor] if registry.supervisor else []), *registry.entries):
        if entry.runs and entry.present is not None:
            os.kill(entry.present.process.pid, signal.SIGKILL)


def ps(folder: Path, *more: str) -> Any:  # Any: JSON
    """What `ps` lists."""
    return json.loads(run_here(folder, "ps", "--json", *more).stdout)


def test_a_campaign_is_kept_up(repo: Path) -> None:
    """Over the death of its supervisor and of itself; `stop` ends it, and a mistake is shown where it is started."""
    here = repo.parent
    up = overnight(here, "up", "--repo", "lab", "--tag", "t", "--sandbox", "process", check=0)
    assert "lab:t running" in up.stdout
    first = ps(here)
    (line,) = first["loops"]
    assert (line["name"], line["system"], line["state"], line["wanted"]) == ("lab:t", "campaign", "running", True)
    assert line["folder"] == str(repo) and Path(line["log"]).is_file()
    os.kill(first["supervisor"], signal.SIGKILL)
    until(lambda: ps(here)["supervisor"] is None)
    assert ps(here)["loops"][0]["pid"] == line["pid"]
    os.kill(line["pid"], signal.SIGKILL)
    until(lambda: ps(here)["loops"][0]["state"] == "ended unexpectedly")

    assert "lab:t running" in overnight(here, "up", check=0).stdout
    second = ps(here)
    assert second["loops"][0]["pid"] not in (None, line["pid"])
    overnight(here, "stop", "lab:t", check=0)
    until(lambda: ps(here)["loops"][0]["state"] == "stopped")
    assert "`overnight stop`" in ps(here)["loops"][0]["doing"]

    assert "lab:t is down" in overnight(here, "down", check=0).stdout
    last = ps(here)
    assert (last["supervisor"], last["loops"][0]["pid"], last["loops"][0]["wanted"]) == (None, None, True)

    (repo / "program.md").unlink()
    mistaken = overnight(here, "up")
    assert mistaken.returncode == 2 and "there is no program.md in" in mistaken.stdout
    assert ps(here)["loops"][0]["state"] == "mistake"
    overnight(here, "down", "lab:t", "--forget", check=0)
    assert ps(here, "--all")["loops"] == []
    overnight(here, "down", check=0)
