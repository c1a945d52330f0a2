"""An action that changes a lock file, from its request to the integration branch: when which setup runs, and what is said."""

from pathlib import Path

import anyio
import pytest
from targets import git, make_repo

from overnight.actions.board.board import BoardRunner
from overnight.actions.charter import Request
from overnight.actions.events import Judged, Word
from overnight.actions.record import ActionRecord
from overnight.actions.state import Stage

CODE = (
    "echo x==2 > requirements.txt; echo 2 > want; ln -s /etc/passwd link; echo bad > .deps/version; mkdir out; echo x > out/x"
)
RULES = f"""---
setup: "mkdir .deps; cp requirements.txt .deps/version"
checks: ["grep -q $(cat latest) .deps/version"]
roles:
  - {{role: coder, use: command, command: "{CODE}"}}
  - {{role: reviewer, use: command, command: "grep -q 1 .deps/version && echo NO FINDINGS"}}
---
"""
FILES = {"requirements.txt": "x==1\n", "want": "1\n", "actions.md": RULES, ".gitignore": "out/\n"}


def test_a_changed_lock_file_is_set_up_once_a_person_accepts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before, checks have the base's setup and fail with that as a note; after, they pass with their own, and it is merged."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    repo = make_repo(tmp_path / "r", "", files=FILES)
    (repo / "latest").symlink_to("want")
    git(repo, "add", "-A")
    git(repo, "commit", "-q", "-m", "a link")
    setups = tmp_path / "cache/overnight/setups"
    with ActionRecord(tmp_path / "state") as record:
        number = record.ask(Request(repo=str(repo), title="Use x 2", text="Use x 2."))
        board = BoardRunner(record=record)
        anyio.run(lambda: board.run(until_idle=True))
        action = record.board().actions[number]
        assert action.stage is Stage.WAITING and action.evidence and "requirements.txt changed" in (action.waiting or "")
        (outcome,) = action.evidence.after
        assert (action.turns, action.findings) == (2, [])  # coded once, and reviewed
        assert not outcome.passed and outcome.note.startswith("requirements.txt changed: this ran with the setup of the base")
        assert list(action.not_taken) == [
            "link is a symbolic link; only regular files are accepted",
            "left out, as git ignores it: out/",
        ]
        assert len([home for home in setups.iterdir() if home.name != "locks"]) == 1
        record.append(Judged(action=number, word=Word.ACCEPT, commit=action.commit))
        anyio.run(lambda: board.run(until_idle=True))
        assert record.board().actions[number].stage is Stage.MERGED, record.board().actions[number]
    assert git(repo, "show", "overnight/main:requirements.txt") == "x==2"
    assert git(repo, "ls-tree", "overnight/main", "latest").startswith("120000")
    assert len([home for home in setups.iterdir() if home.name != "locks"]) == 2
    assert [path.name for path in (tmp_path / "state").glob(".work-*")] == []
