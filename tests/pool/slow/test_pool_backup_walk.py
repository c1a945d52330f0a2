"""A hub that is served is backed up, lost, and goes on from its backup on another machine."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from pool_machines import Hub, Machine, edit
from targets import git


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    """A hub that is served."""
    made = Hub(tmp_path / "founder")
    try:
        yield made
    finally:
        made.process.terminate()
        made.process.wait()


def test_a_hub_goes_on_from_its_backup_on_another_machine(hub: Hub, tmp_path: Path) -> None:
    """Backed up while it serves; what waited then is verified there, and the worker goes on with one chain."""
    ann = Machine(tmp_path / "ann")
    ann.folder.mkdir()
    ann.overnight(ann.folder, "work", "join", hub.url, str(ann.folder / "toy"), "--yes")
    edit(ann.folder / "toy", "X = 1.0", "X = 4.5")
    assert ann.submitted(ann.folder / "toy") == "accepted"
    edit(ann.folder / "toy", "Y = 2.0", "Y = 4.5")
    ann.overnight(ann.folder / "toy", "work", "submit", "HEAD")
    hub.machine.overnight(hub.repo, "hub", "backup", str(tmp_path / "backup"))
    hub.kill()
    clone = tmp_path / "other" / "toy"
    clone.parent.mkdir()
    git(tmp_path, "clone", "-q", str(hub.repo), str(clone))
    hub.machine, hub.repo, hub.log = Machine(clone.parent), clone, clone.parent / "hub.log"
    hub.machine.overnight(clone, "hub", "restore", str(tmp_path / "backup"), "--against", str(ann.folder / "toy"))
    hub.process = hub.serve()
    assert ann.submitted(ann.folder / "toy") == "accepted"
    assert json.loads(hub.machine.overnight(clone, "hub", "check", "--json"))["length"] == 2
    assert json.loads(
        ann.overnight(ann.folder, "hub", "verify-chain", hub.url, "--against", str(ann.folder / "toy"), "--json")
    )["holds"]
