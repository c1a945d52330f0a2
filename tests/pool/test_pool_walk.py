"""A hub and two workers who do not trust each other, as real processes on one machine."""

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest
from pool_machines import SECRET, Hub, Machine, edit

from overnight.errors import UserError
from overnight.git.repository import open_repository
from overnight.pool.chain import Block
from overnight.pool.hub.opening import hub_folder
from overnight.pool.record.record import HubRecord


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    """A hub that is served."""
    made = Hub(tmp_path / "founder")
    try:
        yield made
    finally:
        made.process.terminate()
        made.process.wait()


def read(address: str) -> str:
    """The text of a page."""
    with urlopen(address) as answer:
        return str(answer.read().decode())


def test_what_two_workers_send_is_verified_and_both_go_on_from_it(hub: Hub, tmp_path: Path) -> None:
    """The chain has both changes, each by its key, also over a kill; what does not help is refused, nothing hidden leaves."""
    founder, repo, url = hub.machine, hub.repo, hub.url
    ann, bob = Machine(tmp_path / "ann"), Machine(tmp_path / "bob")
    for each in (ann, bob):
        each.folder.mkdir()
        each.overnight(each.folder, "work", "join", url, str(each.folder / "toy"), "--yes")
    edit(ann.folder / "toy", "X = 1.0", "X = 4.5")
    ann.overnight(ann.folder / "toy", "work", "submit", "HEAD")
    hub.kill()
    hub.process = hub.serve()
    assert ann.submitted(ann.folder / "toy") == "accepted"
    edit(bob.folder / "toy", "Y = 2.0", "Y = 4.5")  # on the tree before ann's change: it is brought onto the head
    assert bob.submitted(bob.folder / "toy") == "accepted"
    edit(ann.folder / "toy", "X = 4.5", "X = 3.0")
    assert ann.submitted(ann.folder / "toy") == "not accepted"
    with HubRecord(hub_folder(open_repository(repo)), read_only=True) as record:
        chain = record.chain()
        keys = [each.submitter for each in chain.entries if isinstance(each, Block)]
        published = "".join(record.entries())
        contents = [record.content(each.digest) for each in chain.tree.values()]
    assert len(set(keys)) == len(keys) == 2
    assert any(b"X = 4.5" in (each or b"") and b"Y = 4.5" in (each or b"") for each in contents)
    assert SECRET not in published
    pages = {path: read(f"{url}{path}") for path in ("/", "/chain", "/blocks/1", "/blocks/2", "/board", "/program")}
    assert not any(SECRET in text or "answer.py" in text for text in pages.values())
    assert "<p>Get close</p>" in pages["/"]
    assert "+X = 4.5" in pages["/blocks/1"] and "+Y = 4.5" in pages["/blocks/2"]
    assert "Holds: " in pages["/blocks/1"] and "Does not hold" not in pages["/blocks/1"]
    for each in (ann, bob):
        assert not any(SECRET.encode() in path.read_bytes() for path in each.folder.rglob("*") if path.is_file())
    assert json.loads(founder.overnight(repo, "hub", "check", "--json"))["holds"]
    assert "2 blocks" in founder.overnight(repo, "hub", "status")


def test_a_hub_is_not_opened_over_a_measure_that_a_candidate_can_print(tmp_path: Path) -> None:
    """One process for candidate and score is refused, with the fix."""
    from targets import repository_of

    from overnight.pool.hub.opening import open_hub
    from overnight.pool.hub.settings import parse_hub_settings

    program = "---\nmetric: loss\nmeasure: python train.py\n---\n"
    repository = repository_of(tmp_path, {"train.py": "print('loss: 1')\n", "program.md": program})
    with pytest.raises(UserError, match="can print any"):
        open_hub(repository, parse_hub_settings("project: toy\n"))
