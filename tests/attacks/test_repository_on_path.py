"""A repository whose own folders are on PATH, as direnv and `python -m venv .venv` leave it: its secrets stay its own."""

import os
from pathlib import Path

import pytest
from targets import git, make_repo, overnight

PRODUCE = """---
metric: {{name: loss, direction: minimize}}
{commands}
editable: [train.py]
hidden: [holdout/]
holdout: cat holdout/loss
readable: [{readable}]
limits: {{wall: 60s, memory: 500MB}}
researchers:
  - {{role: script, use: scripted, edits: [[train.py, a, b]]}}
---
"""
MEASURE = "measure: python3 train.py"
SCORE = "produce: python3 train.py\nartifacts: [loss]\nscore: cat loss"
MARK = "METRIC loss=4711.081504213"
SEARCH = """
import os, sys
found = []
for top, folders, names in os.walk("/"):
    folders[:] = [f for f in folders if os.path.join(top, f) not in ("/proc", "/dev", "/usr") and not f.startswith("python3")]
    for name in names:
        path = os.path.join(top, name)
        try:
            if os.path.isfile(path) and b"4711.0815" b"04213" in open(path, "rb").read(1_000_000):
                found.append(path)
        except OSError:
            pass
        if name in ("ledger.db", "HEAD", "program.md") and not os.path.realpath(path).startswith("/trial/"):
            found.append(path)
open("loss", "w").write("METRIC loss=1")
print("METRIC loss=1" if not found else found)
sys.exit(len(found))
"""


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with a committed `bin/` and an ignored `.venv` and `tools/bin`, all on PATH, and an earlier campaign."""
    files = {"train.py": SEARCH, "holdout/loss": MARK, "bin/tool": "", ".gitignore": ".venv/\ntools/\n.overnight/\n"}
    made = make_repo(tmp_path / "home/repo", "", files=files)
    for name in (".venv/bin/tool", "tools/bin/tool", "../bin/tool", ".overnight/nov29/ledger.db"):
        (made / name).parent.mkdir(parents=True, exist_ok=True)
        (made / name).write_text(MARK if "ledger" in name else "free")
    (made / ".venv/bin/python3").symlink_to("/usr/bin/python3")
    (made / ".venv/pyvenv.cfg").write_text("home = /usr/bin\n")
    names = (".venv/bin", "bin", "tools/bin", "../bin", ".")
    own = ":".join(os.path.normpath(made / name) for name in names)
    monkeypatch.setenv("PATH", f"{own}:{os.environ['PATH']}")
    return made


@pytest.mark.parametrize("commands", [MEASURE, SCORE], ids=["measure", "produce"])
@pytest.mark.parametrize("around", [False, True], ids=["alone", "readable"])
def test_check_passes_and_a_job_finds_nothing(repo: Path, commands: str, around: bool) -> None:
    """The usual case just works, and neither the sealed files nor a ledger nor git's folder are anywhere in the jail."""
    readable = str(repo.parent) if around else ""
    (repo / "program.md").write_text(PRODUCE.format(commands=commands, readable=readable))
    git(repo, "add", "-A")
    git(repo, "commit", "-q", "-m", "program")
    checked = overnight(repo, "check")
    assert checked.returncode == 0, checked.stdout + checked.stderr
