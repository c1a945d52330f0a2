"""A worker killed at every boundary of what it writes down and sends."""

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from pool_hubs import TestHub, serving
from pool_machines import edit
from targets import git, overnight

from overnight.pool.chain import Block
from overnight.pool.events import Committed
from overnight.pool.work.outbox import Outbox
from overnight.pool.work.place import Place

SENDER = Path(__file__).parents[2] / "pool_sender.py"
SURE = 50  # a number that no sender reaches
FILES = {"train.py": "".join(f"V{each} = 1\n\n\n\n" for each in range(SURE)).encode()}  # changes far from each other


def send(place: Path, at: int, commit: str) -> tuple[int, str]:
    """Send a commit in a process that is killed at a boundary; its exit code, and what it printed."""
    done = subprocess.run(
        [sys.executable, str(SENDER), str(at), commit], cwd=place, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout


@pytest.mark.parametrize("kills", [1, 2])
def test_a_kill_at_every_boundary_of_a_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kills: int) -> None:
    """Whatever was written or sent when it died, the change is one submission, one commitment and one block in the end.

    With two kills the second process dies at the same boundary of its own.
    """
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    with serving(TestHub(tmp_path / "hub", files=FILES)) as hub:
        hub.accepts_at_once = True
        overnight(tmp_path, "work", "join", hub.url, "w", "--yes", check=0)
        place, at, boundaries = tmp_path / "w", 1, SURE
        while at <= boundaries:
            git(place, "checkout", "-q", "--detach", "chain")
            edit(place, f"V{at} = 1\n", f"V{at} = 2\n")
            commit = git(place, "rev-parse", "HEAD")
            git(place, "checkout", "-q", "chain")
            codes = [send(place, at, commit)[0] for _ in range(kills)]
            code, said = send(place, 0, commit)
            assert code == 0, said
            if codes[0] == 0:
                boundaries = at - 1
            at += 1
        found = Outbox(place=Place(top=place)).all()
        assert boundaries > len(("write", "send")) * len(("commit", "reveal")), "there was something to be killed at"
        assert [each.state for each in found] == ["accepted"] * len(found)
        blocks = Counter(each.submission for each in hub.chain.entries if isinstance(each, Block))
        committed = [
            each.event for each in hub.do(lambda: hub.record.history(most=10_000)) if isinstance(each.event, Committed)
        ]
    assert len(committed) == len(blocks) == len(found) and set(blocks.values()) == {1}
    assert {each.submission for each in found} == set(blocks)
