"""Two campaigns in one repository, with the same changes at the same time."""

import subprocess
import sys
from pathlib import Path

from targets import COMMAND, assert_verified, git, make_repo, overnight, program

FIRST = ("OFFSET = 5.0", "OFFSET = 3.0")
SECOND = ("OFFSET = 3.0", "OFFSET = 2.0")
TAGS = ("one", "two")


def test_each_has_commits_and_receipts_of_its_own(tmp_path: Path) -> None:
    """A commit names its campaign, so neither overwrites the other's notes, and both verify."""
    repo = make_repo(tmp_path / "repo", program(FIRST, SECOND))
    command = [sys.executable, COMMAND, "run", "--no-report", "--tag"]
    running = [subprocess.Popen([*command, tag], cwd=repo, stdout=subprocess.DEVNULL) for tag in TAGS]
    assert [campaign.wait(timeout=100) for campaign in running] == [0, 0]
    trailer = "--format=%(trailers:key=Campaign,valueonly,separator=%x2C)"
    for tag in TAGS:
        assert git(repo, "log", trailer, "-2", f"autoresearch/{tag}").split() == [tag, tag]
        assert_verified(repo, "--tag", tag)
    notes = git(repo, "notes", "--ref=overnight", "list").splitlines()
    assert len(notes) == 2 * len(TAGS)


def test_a_kept_commit_says_where_its_result_is(tmp_path: Path) -> None:
    """The command in its message shows the note with its values."""
    repo = make_repo(tmp_path / "repo", program(FIRST))
    overnight(repo, "run", "--no-report", "--tag", "t", check=0)
    said = git(repo, "log", "-1", "--format=%B", "autoresearch/t")
    assert "git log --notes=overnight" in said
    assert '"loss"' in git(repo, "log", "-1", "--notes=overnight", "autoresearch/t")
