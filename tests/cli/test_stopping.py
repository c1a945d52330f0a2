"""Ctrl-C, SIGTERM and `overnight stop`: each is acknowledged at once and reported as what it was."""

import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from builders import opened
from processes import command_lines
from rich.console import Console
from targets import COMMAND, SHARED, make_repo, overnight, program, read_json, started

from overnight.cli import main
from overnight.cli.at_work import TokenRate
from overnight.cli.screen import Screen
from overnight.cli.signals import AGAIN, ENDING
from overnight.research.budget import SessionAllowance
from overnight.research.loop.journal import Journal
from overnight.research.record.ledger import SqliteLedger
from overnight.research.state import begin

EDITS = (("OFFSET = 5.0", "OFFSET = 4.0"), ("OFFSET = 4.0", "OFFSET = 3.0"), ("OFFSET = 3.0", "OFFSET = 2.0"))
RUN = (COMMAND, "run", "--tag", "t", "--plain", "--no-report")


@contextmanager
def running(repo: Path) -> Iterator[subprocess.Popen[str]]:
    """A session that has made a proposal and whose trials take a while."""
    with started(RUN, repo, stderr=subprocess.PIPE) as session:
        assert session.stdout is not None
        while "#1 proposed" not in session.stdout.readline():
            assert session.poll() is None
        yield session


def said(session: subprocess.Popen[str]) -> str:
    """The next line on standard error, without notes about other tests that run at the same time."""
    assert session.stderr is not None
    return next(line for line in session.stderr if not SHARED.match(line))


def slow(folder: Path, seconds: float) -> Path:
    """A campaign whose proposals take a while to measure."""
    measure = f"python train.py {{seed}} && (grep -q 'OFFSET = 5.0' train.py || sleep {seconds})"
    return make_repo(folder, program(*EDITS, measure=measure))


def test_ctrl_c_is_acknowledged_at_once(tmp_path: Path) -> None:
    """The first one says what happens next and how to end at once, while the trial still runs; the second one ends it."""
    seconds = 60.0421  # identifies the trial's process
    with running(slow(tmp_path / "r", seconds)) as session:
        assert session.stdout is not None
        while f"sleep\0{seconds}\0".encode() not in command_lines():
            assert session.poll() is None
        session.send_signal(signal.SIGINT)
        assert said(session) == f"Ctrl-C: {ENDING}; {AGAIN}\n"
        assert session.poll() is None
        session.send_signal(signal.SIGINT)
        assert said(session) == "ending at once\n"
        assert "stopped by Ctrl-C" in session.stdout.read()
        assert session.wait() == 130


def test_ctrl_c_during_an_import_is_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python 3.11 wraps one that arrives while a class is created."""

    def importing(*, standalone_mode: bool) -> None:
        raise RuntimeError("Error calling __set_name__") from KeyboardInterrupt()

    monkeypatch.setattr(main, "app", importing)
    with pytest.raises(SystemExit, match="130"):
        main.main()


def test_overnight_stop_is_reported_as_such(tmp_path: Path) -> None:
    """The session says what stopped it, in its last line and in `status`; asking twice is the same as asking once.

    Its tag is enough of a name here.
    """
    repo = slow(tmp_path / "r", 1)
    with running(repo) as session:
        assert session.stdout is not None
        overnight(repo, "stop", "t", check=0)
        overnight(repo, "stop")  # by now it may have ended
        assert said(session) == f"stopped by `overnight stop`: {ENDING}; Ctrl-C ends at once\n"
        assert "\nstopped by `overnight stop`; " in f"\n{session.stdout.read()}"
        assert session.wait() in (0, 1)
    assert read_json(repo, "status")["stopped"] == "stop"
    assert "campaign  t, stopped by `overnight stop`," in overnight(repo, "status", check=0).stdout


def test_the_live_screen_shows_what_was_acknowledged(tmp_path: Path) -> None:
    """The next redraw has the line, even if there is little else to show."""
    ledger = SqliteLedger(tmp_path)
    ledger.append(opened())
    acknowledged: list[str] = []
    screen = Screen(
        journal=Journal(ledger, begin(opened())),
        allowance=SessionAllowance,
        folder=tmp_path,
        running={},
        workers={},
        gone={},
        misses=(),
        pace=TokenRate(),
        acknowledged=lambda: "".join(acknowledged),
        note=lambda: "",
    )
    assert ENDING not in drawn(screen)
    acknowledged.append(ENDING)
    assert ENDING in drawn(screen)
    ledger.close()


def drawn(screen: Screen) -> str:
    """The screen as text."""
    console = Console(width=120)
    with console.capture() as captured:
        console.print(screen.draw())
    return captured.get()
