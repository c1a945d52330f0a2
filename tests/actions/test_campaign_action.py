"""Actions whose work a campaign does, and campaigns that enter the merge queue."""

from pathlib import Path

import anyio
from targets import git, make_repo, overnight, program

from overnight.actions.board.board import BoardRunner
from overnight.actions.charter import Request
from overnight.actions.events import Judged, Word
from overnight.actions.record import ActionRecord
from overnight.actions.state import Action, Stage

RULES = """---
checks: [grep -q OFFSET train.py]
roles:
  - {role: coder, use: command, command: "false"}
  - {role: reviewer, use: command, command: "echo no findings"}
---
"""
BETTER = ("OFFSET = 5.0", "OFFSET = 3.0")


def repo_with(folder: Path, text: str) -> Path:
    return make_repo(folder, text, files={"actions.md": RULES})


def run_to_the_end(record: ActionRecord, number: int) -> Action:
    """Work on it, accept what comes of it, and merge that."""
    board = BoardRunner(record=record, sandbox="process")
    anyio.run(lambda: board.run(until_idle=True))
    action = record.board().actions[number]
    if action.waiting == "":
        record.append(Judged(action=number, word=Word.ACCEPT, commit=action.commit))
        anyio.run(lambda: board.run(until_idle=True))
    return record.board().actions[number]


def test_an_action_ends_in_a_campaign(tmp_path: Path) -> None:
    """What a campaign kept, in a repository of its own, is checked, reviewed, judged and merged; nothing of it is left."""
    repo = repo_with(tmp_path / "r", program(BETTER))
    with ActionRecord(tmp_path / "state") as record:
        number = record.ask(Request(repo=str(repo), title="Faster", text="Make the loss small.", measure=True))
        action = run_to_the_end(record, number)
        assert (action.stage, action.agents["coder"]) == (Stage.MERGED, "campaign")
        assert list((record.folder / "campaigns").glob("*")) == []
    assert "OFFSET = 3.0" in git(repo, "show", "overnight/main:train.py")
    assert git(repo, "for-each-ref", "refs/heads/autoresearch") == "" and git(repo, "status", "--porcelain") == ""


def test_a_campaign_that_keeps_nothing_is_said(tmp_path: Path) -> None:
    """The action waits for a person, with the reason; so it does without a program to measure by."""
    worse = repo_with(tmp_path / "r", program(("OFFSET = 5.0", "OFFSET = 7.0")))
    without = repo_with(tmp_path / "w", program(BETTER))
    git(without, "rm", "-q", "program.md")
    git(without, "commit", "-qm", "without")
    with ActionRecord(tmp_path / "state") as record:
        for repo, why in ((worse, "the campaign kept nothing: "), (without, "there is no program.md to measure by")):
            number = record.ask(Request(repo=str(repo), title="Faster", text="Make the loss small.", measure=True))
            action = run_to_the_end(record, number)
            assert action.stage is Stage.WAITING and (action.waiting or "").startswith(why)


def test_a_finished_campaign_enters_the_merge_queue(tmp_path: Path) -> None:
    """The tip of its review branch is an action's commit; its change is what it has since it left the trunk."""
    repo = repo_with(tmp_path / "r", program(BETTER))
    overnight(repo, "run", "--tag", "t", "--no-report", "--sandbox", "process", check=0)
    (repo / "note.txt").write_text("mine\n")
    git(repo, "add", "-A")
    git(repo, "commit", "-qm", "mine")
    overnight(repo, "finalize", "--tag", "t", check=0)
    commit = git(repo, "rev-parse", "overnight/t")
    with ActionRecord(tmp_path / "state") as record:
        number = record.ask(Request(repo=str(repo), title="Campaign t", text="What it kept.", commit=commit))
        action = run_to_the_end(record, number)
        assert (action.stage, action.turns) == (Stage.MERGED, 1), "its reviewer's turn alone"
    assert "OFFSET = 3.0" in git(repo, "show", "overnight/main:train.py")
    assert git(repo, "show", "overnight/main:note.txt") == "mine"
