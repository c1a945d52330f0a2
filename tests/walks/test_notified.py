"""A whole campaign with notices: one message for what a person has to know, and none for what can wait."""

from pathlib import Path

import pytest
from targets import make_repo, overnight, program

from overnight.config import VARIABLE

EDITS = (("OFFSET = 5.0", "OFFSET = 3.0"), ("OFFSET = 3.0", "OFFSET = 2.0"))


@pytest.fixture
def messages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file that a channel of the user's settings writes each message to."""
    found = tmp_path / "messages"
    script = tmp_path / "send"
    script.write_text(
        f'#!/bin/sh\n{{ printf "%s " "$OVERNIGHT_OCCASION" "$OVERNIGHT_KEPT" "$OVERNIGHT_TAG"; head -1; }} >>{found}\n'
    )
    script.chmod(0o755)
    settings = tmp_path / "settings.toml"
    settings.write_text(f'[notify.channels.desk]\nuse = "command"\ncommand = ["{script}"]\n')
    monkeypatch.setenv(VARIABLE, str(settings))
    return found


def test_a_spent_budget_is_sent_once(tmp_path: Path, messages: Path) -> None:
    """With what was kept by then; a session that finds the budget already spent sends nothing."""
    repo = make_repo(tmp_path / "r", program(*EDITS, front="budget: {experiments: 1}"))
    overnight(repo, "run", "--tag", "t", "--no-report", check=0)
    assert [line.split()[:3] for line in messages.read_text().splitlines()] == [["budget", "1", "t"]]
    overnight(repo, "run", "--tag", "t", "--no-report", check=1)
    assert len(messages.read_text().splitlines()) == 1


def test_a_verified_target_is_sent(tmp_path: Path, messages: Path) -> None:
    """It is sent once fresh trials of the head confirm it, not before."""
    repo = make_repo(tmp_path / "r", program(*EDITS, front="target: 2.5"))
    overnight(repo, "run", "--tag", "t", "--no-report", check=0)
    assert [line.split()[:3] for line in messages.read_text().splitlines()] == [["target", "2", "t"]]


def test_a_keep_can_wait_for_the_report(tmp_path: Path, messages: Path) -> None:
    """Two kept changes send no message; running out of ideas does, because only a person can add some."""
    repo = make_repo(tmp_path / "r", program(*EDITS))
    overnight(repo, "run", "--tag", "t", "--no-report", check=0)
    assert [line.split()[:3] for line in messages.read_text().splitlines()] == [["person", "2", "t"]]
