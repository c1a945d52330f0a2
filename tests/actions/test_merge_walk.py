"""Two actions that conflict, from their requests to the integration branch, while its owner has it checked out for a while."""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import anyio
import pytest
from action_records import keep_waiting, shop
from targets import git, make_repo, overnight

from overnight.actions.board.board import BoardRunner
from overnight.actions.charter import Request
from overnight.actions.events import Judged, Word
from overnight.actions.record import ActionRecord
from overnight.actions.state import Stage
from overnight.actions.trunk.trunk import GitTrunk
from overnight.git.history import GitHistory
from overnight.git.repository import open_repository

CODER = """\
word=$(grep -o 'WORD[a-z]*' | head -n 1)
if grep -q '<<<<<<<' text.txt
then printf 'one\\nboth\\n' >text.txt
else echo "$word" >>text.txt
fi
"""
RULES = """---
checks: [sh check.sh]
roles:
  - {role: coder, use: command, command: sh coder.sh}
  - {role: reviewer, use: command, command: "echo no findings"}
---
"""
FILES = {"text.txt": "one\n", "check.sh": "grep -q one text.txt\n", "coder.sh": CODER, "actions.md": RULES}


def test_what_conflicts_is_resolved_by_its_coder_and_a_checked_out_branch_is_waited_for(tmp_path: Path) -> None:
    """The coder gets both sides, and the person's word still holds; nothing moves under a checkout.

    A new action begins on what the user committed meanwhile as well.
    """
    repo = make_repo(tmp_path / "r", "", files=FILES)
    with ActionRecord(tmp_path / "state") as record:
        board = BoardRunner(record=record)

        def stages() -> Sequence[Stage]:
            anyio.run(lambda: board.run(until_idle=True))
            return [action.stage for _, action in sorted(record.board().actions.items())]

        def accept(number: int) -> None:
            record.append(Judged(action=number, word=Word.ACCEPT, commit=record.board().actions[number].commit))

        one, two = (record.ask(Request(repo=str(repo), title=word, text=f"Append {word}.")) for word in ("WORDa", "WORDb"))
        assert stages() == [Stage.WAITING, Stage.WAITING]
        accept(one)
        assert stages() == [Stage.MERGED, Stage.WAITING]
        git(repo, "switch", "-q", "overnight/main")
        accept(two)
        assert stages() == [Stage.MERGED, Stage.MERGING]
        assert "is checked out in" in record.board().trunks[str(repo)].held
        git(repo, "switch", "-q", "main")
        assert stages() == [Stage.MERGED, Stage.MERGED]
        action = record.board().actions[two]
        assert (action.merge_rounds, list(action.conflicts), action.turns) == (1, ["text.txt"], 4)
        (repo / "note.txt").write_text("mine\n")
        git(repo, "add", "-A")
        git(repo, "commit", "-qm", "mine")
        three = record.ask(Request(repo=str(repo), title="WORDc", text="Append WORDc."))
        assert stages()[-1] is Stage.WAITING
        assert "note.txt" in git(repo, "ls-tree", "--name-only", record.board().actions[three].base).split()
    assert git(repo, "show", "overnight/main:text.txt") == "one\nboth"
    said = git(repo, "log", "--first-parent", "--format=%s", "overnight/main").splitlines()
    assert said == ["Merge main into overnight/main", "WORDb", "WORDa", "start"]
    assert git(repo, "status", "--porcelain") == ""


def test_what_is_on_the_trunk_is_not_dropped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Though a kill came before that was recorded: the word is refused, and one that came before it does not hold."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    repo = shop(tmp_path / "shop")
    commit, repository = keep_waiting(repo, 1), open_repository(repo)
    with ActionRecord() as record, closing(GitHistory(repository)) as history:
        record.append(Judged(action=1, word=Word.ACCEPT, commit=commit))
        trunk = GitTrunk(repository=repository, history=history)
        tried = trunk.merge(action=1, base=git(repo, "rev-parse", "main"), commit=commit, message="Export")
        assert trunk.advance(old=tried.onto, new=tried.commit)
        refused = overnight(repo, "drop", "1", check=2).stderr
        assert f"action 1 is on overnight/main already, as {tried.commit[:12]}" in refused
        record.append(Judged(action=1, word=Word.DROP))
        anyio.run(lambda: BoardRunner(record=record, sandbox="process").run(until_idle=True))
        action = record.board().actions[1]
        assert (action.stage, action.merged, action.deliver) == (Stage.MERGED, tried.commit, "")
