"""Who listens on a channel is known as long as they live, and one of them holds it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from overnight.files.own import NotOurs
from overnight.notices.listeners import Listener, ListenerFolder

LISTENS = """
import sys, time
from pathlib import Path
from overnight.notices.listeners import Listener, ListenerFolder

folder = ListenerFolder(Path(sys.argv[1]))
with folder.present(Listener(session="theirs", name="b", place="/b", process=1, began=2.0)), folder.holding() as held:
    print(held, flush=True)
    time.sleep(600)
"""


def test_a_killed_session_is_gone_at_once(tmp_path: Path) -> None:
    """What it held is free, and what it left is removed."""
    folder = ListenerFolder(tmp_path / "desk")
    ours = Listener(session="ours", name="a", place="/a", process=os.getpid(), began=1.0)
    with subprocess.Popen([sys.executable, "-c", LISTENS, str(tmp_path / "desk")], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None and other.stdout.readline() == "True\n"
        with folder.present(ours), folder.holding() as held:
            assert not held and [each.name for each in folder.listeners()] == ["a", "b"]
            other.send_signal(signal.SIGKILL)
            other.wait()
            assert folder.listeners() == [ours]
    with folder.holding() as held:
        assert held and not folder.listeners()
    assert list((tmp_path / "desk" / "sessions").iterdir()) == []


def test_what_else_lies_there_is_no_session(tmp_path: Path) -> None:
    """A link, a folder, and a file that nobody holds; a link in place of the folder is refused."""
    folder = ListenerFolder(tmp_path / "desk")
    sessions, precious = tmp_path / "desk" / "sessions", tmp_path / "precious"
    precious.write_text("{}")
    (sessions / "link").symlink_to(precious)
    (sessions / "folder").mkdir()
    (sessions / "file").write_text("{}")
    assert not folder.listeners() and precious.exists() and not (sessions / "file").exists()
    (tmp_path / "linked").symlink_to(tmp_path / "desk")
    with pytest.raises(NotOurs):
        ListenerFolder(tmp_path / "linked")


def test_why_it_is_deaf_is_read_until_it_hears(tmp_path: Path) -> None:
    """By any process."""
    folder = ListenerFolder(tmp_path / "desk")
    assert ListenerFolder(tmp_path / "desk").why_deaf() == ""
    folder.mark_deaf("a long reason")
    folder.mark_deaf("no network")
    assert ListenerFolder(tmp_path / "desk").why_deaf() == "no network"
    folder.mark_deaf("")
    folder.mark_deaf("")
    assert ListenerFolder(tmp_path / "desk").why_deaf() == ""
