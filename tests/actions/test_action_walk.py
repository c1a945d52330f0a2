"""One action from its request to the integration branch, with commands as agents."""

from pathlib import Path

import anyio
from targets import git, make_repo

from overnight.actions.board.board import BoardRunner
from overnight.actions.charter import Request
from overnight.actions.events import Judged, Word
from overnight.actions.record import ActionRecord
from overnight.actions.state import Stage

CODE = "echo two >> text.txt; echo 'grep -q two text.txt' > test_two.sh; echo added a line"
RULES = f"""---
checks: [sh check.sh]
roles:
  - {{role: coder, use: command, command: "{CODE}"}}
  - {{role: reviewer, use: command, command: "echo no findings"}}
---
Keep it short.
"""


def test_an_action_is_coded_checked_judged_and_merged(tmp_path: Path) -> None:
    """A request becomes a commit, checked and reviewed; a person's word merges it; the user's checkout stays as it was."""
    files = {"text.txt": "one\n", "check.sh": "grep -q one text.txt\n", "actions.md": RULES}
    repo = make_repo(tmp_path / "r", "", files=files)
    before = git(repo, "rev-parse", "HEAD"), git(repo, "status", "--porcelain")
    with ActionRecord(tmp_path / "state") as record:
        number = record.ask(Request(repo=str(repo), title="Add a line", text="Add the line two."))
        board = BoardRunner(record=record)
        anyio.run(lambda: board.run(until_idle=True))
        action = record.board().actions[number]
        assert (action.stage, action.waiting) == (Stage.WAITING, "")
        assert action.evidence is not None
        assert [outcome.passed for outcome in action.evidence.after] == [True]
        record.append(Judged(action=number, word=Word.ACCEPT, commit=action.commit))
        anyio.run(lambda: board.run(until_idle=True))
        assert record.board().actions[number].stage is Stage.MERGED
    assert git(repo, "show", "overnight/main:text.txt") == "one\ntwo"
    assert (git(repo, "rev-parse", "HEAD"), git(repo, "status", "--porcelain")) == before
