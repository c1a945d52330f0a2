"""`overnight review` on a real terminal: keys show, judge and leave, and the terminal is left as it was."""

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from dataclasses import replace as with_changes
from pathlib import Path

import pytest
from action_events import EVIDENCE, begun_action
from action_records import keep, keep_waiting, made_in, shop
from targets import COMMAND, overnight, read_json

from overnight.actions.events import Waiting
from overnight.actions.findings import NewTest, Proof

CLEAN = with_changes(EVIDENCE, proofs=(NewTest(path="test_export.py", proof=Proof.RED_GREEN, red="AssertionError"),))


@dataclass
class Terminal:
    """A terminal with a command in it."""

    screen: int
    process: "subprocess.Popen[bytes]"
    shown: str = ""

    def until(self, text: str) -> str:
        """Read until a text is on the screen; what was shown since the last time."""
        while text not in self.shown:
            try:
                more = os.read(self.screen, 65536)
            except OSError:  # the command has ended
                more = b""
            assert more, f"{text!r} never came: {self.shown[-2000:]}"
            self.shown += more.decode("utf-8", "replace")
        before, _, self.shown = self.shown.partition(text)
        return before

    def type(self, keys: str) -> None:
        """Press keys."""
        os.write(self.screen, keys.encode())


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository, a state folder of its own, and a pager that only prints."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("PAGER", "cat")
    monkeypatch.setenv("TERM", "xterm")
    return shop(tmp_path / "shop")


@contextmanager
def on_terminal(repo: Path, *words: str, columns: int = 100) -> Iterator[Terminal]:
    """A command on a terminal of its own; it has ended well at the end."""
    screen, inside = pty.openpty()
    fcntl.ioctl(inside, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    before = termios.tcgetattr(inside)
    command = [sys.executable, COMMAND, *words]
    with subprocess.Popen(
        command,
        cwd=repo,
        stdin=inside,
        stdout=inside,
        stderr=inside,
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509  # so that Ctrl-C is a signal
    ) as process:
        try:
            yield Terminal(screen=screen, process=process)
            assert process.wait() == 0
            assert termios.tcgetattr(inside) == before
        finally:
            process.kill()
            os.close(inside)
            os.close(screen)


def test_results_are_judged_by_keys(repo: Path) -> None:
    """Next, previous, diff, accept at once what is clean, ask before what is not, send back with words, drop, leave."""
    keep(*made_in(repo, 1, begun_action(1, repo=str(repo), evidence=CLEAN)), Waiting(action=1))
    keep_waiting(repo, 2, 3, 4)
    with on_terminal(repo, "review") as terminal:
        first = terminal.until("1 of 4 [n]ext")
        assert "#1 Action 1" in first and "test_export.py fails without the change" in first and "Look at" not in first
        terminal.type("n")
        assert "no test shows the change" in terminal.until("2 of 4 [n]ext")
        terminal.type("\x1b[D")
        terminal.until("1 of 4 [n]ext")
        terminal.type("p")
        terminal.until("this is the first one")
        terminal.until("1 of 4 [n]ext")
        terminal.type("d")
        terminal.until("+    return 'id,name'")
        terminal.until("1 of 4 [n]ext")
        terminal.type("a")
        terminal.until("accepted #1")
        terminal.until("1 of 3 [n]ext")
        terminal.type("a")
        terminal.until("accept in spite of: no test shows the change?")
        terminal.type("n")
        terminal.until("1 of 3 [n]ext")
        terminal.type("s")
        terminal.until("what is to change")
        terminal.type("also as TSV\r")
        terminal.until("sent #2 back")
        terminal.until("1 of 2 [n]ext")
        terminal.type("x")
        terminal.until("drop #3?")
        terminal.type("y")
        terminal.until("dropped #3")
        terminal.until("1 of 1 [n]ext")
        terminal.type("q")
    board = read_json(repo, "board")
    assert {line["number"]: line["stage"] for group in ("needs_you", "flowing", "ended") for line in board[group]} == {
        1: "merging",
        2: "coding",
        3: "dropped",
        4: "waiting",
    }
    [said] = read_json(repo, "result", "2")["judgements"]
    assert (said["word"], said["text"]) == ("send back", "also as TSV")


def test_a_result_that_moves_on_while_it_is_read_is_not_accepted(repo: Path) -> None:
    """The key is for what is on the screen: another commit is shown, and has to be read first."""
    keep(*made_in(repo, 1, begun_action(1, repo=str(repo), evidence=CLEAN)), Waiting(action=1))
    with on_terminal(repo, "review", "1") as terminal:
        terminal.until("1 of 1 [n]ext")
        keep(*begun_action(1, turn=2, repo=str(repo), evidence=CLEAN)[2:], Waiting(action=1))
        terminal.type("a")
        assert "its diff cannot be read" in terminal.until("is not at")
        terminal.until("1 of 1 [n]ext")
        terminal.type("\x03")
    assert read_json(repo, "board")["needs_you"][0]["number"] == 1


def test_the_last_word_ends_the_review(repo: Path) -> None:
    """With what came of it, on a narrow terminal as well."""
    keep_waiting(repo, 1)
    with on_terminal(repo, "review", columns=30) as terminal:
        terminal.until("1 of 1 [n]ext")
        terminal.type("x")
        terminal.until("nothing of it is merged")
        terminal.type("y")
        terminal.until("dropped #1")
        terminal.until("no result waits for you")


def test_the_board_is_watched_until_ctrl_c(repo: Path) -> None:
    """It shows what others record meanwhile, cuts lines that do not fit, and leaves the cursor."""
    keep_waiting(repo, 1)
    with on_terminal(repo, "board", "--watch", columns=50) as terminal:
        terminal.until("Needs you (1)")
        keep_waiting(repo, 2)
        terminal.until("Needs you (2)")
        terminal.type("\x03")
        terminal.until("\x1b[?25h")


def test_the_board_runs_in_a_terminal_until_ctrl_c(repo: Path) -> None:
    """It shows what is asked for meanwhile and what comes of it, and ends in good order with what to type next."""
    with on_terminal(repo, "work-on", columns=60) as terminal:
        terminal.until("nothing was asked for yet")
        terminal.until("Ctrl-C ends in good order")
        overnight(repo, "do", "Change nothing", check=0)
        terminal.until("Needs you (1)")
        terminal.until("#1 Change nothing (shop)")
        terminal.type("\x03")
        terminal.until("1 need you, 0 flow, 0 wait")
        terminal.until("next: overnight review")


def test_what_is_only_stuck_is_tried_again_without_words(repo: Path) -> None:
    """We or the machine failed: an empty line sends it back, and the same step is done again."""
    keep(*made_in(repo, 1)[:4], Waiting(action=1, why="the disk is full", fault=True))
    with on_terminal(repo, "review") as terminal:
        assert "not the fault of the work" in terminal.until("1 of 1 [n]ext")
        terminal.type("s")
        terminal.until("nothing: try the step again")
        terminal.type("\r")
        terminal.until("sent #1 back: is being checked")
        terminal.until("no result waits for you")
    assert read_json(repo, "board")["flowing"][0]["stage"] == "checking"
