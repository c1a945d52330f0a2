"""Checks of a repository find its own environment, which nobody has activated, and test the code of the commit."""

import os
import sys
from pathlib import Path

import anyio
from targets import git, make_repo

from overnight.actions.board.board import BoardRunner
from overnight.actions.charter import Request
from overnight.actions.record import ActionRecord

RULES = """---
roles:
  - {role: coder, use: command, command: "echo 'TWO = 2' >> src/calc/__init__.py"}
  - {role: reviewer, use: command, command: "echo no findings"}
---
"""
MADE = """---
checks: ["cat .deps/made data/rows other/committed"]
setup: mkdir .deps other/.made && echo made > .deps/made
readable: [data]
roles:
  - {role: coder, use: command, command: "cat .deps/made data/rows && echo two >> other/committed"}
  - {role: reviewer, use: command, command: "cat .deps/made data/rows && echo NO FINDINGS"}
---
"""
RUNNER = """\
import calc, only_here

assert calc.__file__.startswith("/trial/src"), calc.__file__
"""


def test_checks_find_the_environment_of_the_checkout(tmp_path: Path) -> None:
    """Without an actions.md that says so, whatever Python is on PATH; an installed copy of the code is not what is tested."""
    files = {
        "setup.py": "",
        "src/calc/__init__.py": "ONE = 1\n",
        "tests/test_calc.py": "",
        "actions.md": RULES,
        ".gitignore": ".venv\n",
    }
    repo = make_repo(tmp_path / "r", "", files=files)
    packages = repo / ".venv/lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"
    (packages / "pytest").mkdir(parents=True)
    (packages / "pytest" / "__main__.py").write_text(RUNNER)
    (packages / "pytest-9.0.dist-info").mkdir()
    (packages / "only_here.py").touch()
    (packages / "calc.py").write_text("ONE = 3\n")
    (repo / ".venv/bin").mkdir()
    python = Path(os.path.realpath(sys.executable))
    (repo / ".venv/bin/python").symlink_to(python)
    (repo / ".venv/bin/python3").symlink_to(python)
    (repo / ".venv/pyvenv.cfg").write_text(f"home = {python.parent}\ninclude-system-site-packages = false\n")
    with ActionRecord(tmp_path / "state") as record:
        number = record.ask(Request(repo=str(repo), title="Two", text="Two."))
        anyio.run(lambda: BoardRunner(record=record).run(until_idle=True))
        action = record.board().actions[number]
    assert action.evidence is not None, action.waiting
    outcomes = [*action.evidence.before, *action.evidence.after]
    assert [(each.command, each.passed, each.reason) for each in outcomes] == [("python -m pytest -q", True, "")] * 2
    assert git(repo, "status", "--porcelain") == ""


def test_jobs_find_what_setup_made_and_what_readable_names(tmp_path: Path) -> None:
    """At its place in each folder, agents' and checks'; none of it becomes a part of the change."""
    repo = make_repo(tmp_path / "r", "", files={"other/committed": "one\n", "actions.md": MADE})
    (repo / "data").mkdir()
    (repo / "data" / "rows").write_text("1\n")
    with ActionRecord(tmp_path / "state") as record:
        number = record.ask(Request(repo=str(repo), title="Two", text="Two."))
        anyio.run(lambda: BoardRunner(record=record).run(until_idle=True))
        action = record.board().actions[number]
    assert action.evidence is not None and action.findings is not None, (action.waiting, action.unusable)
    assert [each.passed for each in (*action.evidence.before, *action.evidence.after)] == [True, True]
    assert git(repo, "diff", "--name-only", action.base, action.commit) == "other/committed"
