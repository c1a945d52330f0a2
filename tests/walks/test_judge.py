"""A proposal cannot change what judges it, the script that prints the number or a test, unless the program says why."""

from pathlib import Path

import pytest
from targets import git, make_repo, overnight, read_json, recorded

from overnight.research.events import CampaignOpened, Concluded

FRONT = """---
metric: {name: us, direction: minimize}
measure: bash .auto/measure.sh
editable: [src/core.py, EDITABLE]
checks: [bash .auto/checks.sh]
limits: {wall: 10s, memory: 500MB}
researchers:
  - {role: e, use: scripted, edits: [[EDITED, OLD, NEW]]}
MORE---
"""
FILES = {
    ".auto/measure.sh": "#!/bin/bash\nset -e\npython3 bench.py\n",
    ".auto/checks.sh": "#!/bin/bash\nset -e\npython3 tests/test_a.py\n",
    "bench.py": "import sys; sys.path.insert(0, 'src')\nimport core\nprint(f'METRIC us={core.COST}')\n",
    "tests/test_a.py": "import sys; sys.path.insert(0, 'src')\nimport core\nassert core.f(3) == 9\n",
    "src/core.py": "COST = 7\ndef f(x):\n    return x * x\n",
}
WHY = "the bench is ours"


def program(editable: str, edited: str, old: str, new: str, more: str = "") -> str:
    """A program whose researcher replaces one text."""
    pairs = (("EDITABLE", editable), ("EDITED", edited), ("OLD", old), ("NEW", new), ("MORE", more))
    text = FRONT
    for name, value in pairs:
        text = text.replace(name, value)
    return text


def test_a_measure_script_that_a_proposal_could_rewrite_is_refused(tmp_path: Path) -> None:
    """By `check` and by `run`, in one line with the file and the fix; nothing is recorded."""
    text = program('".auto/*"', ".auto/measure.sh", "python3 bench.py", "echo METRIC us=0")
    repo = make_repo(tmp_path / "r", text, files=FILES)
    for command in (["check"], ["run", "--tag", "t", "--no-report"]):
        line = overnight(repo, *command, check=2).stderr
        assert "`.auto/measure.sh` is run by measure" in line and "write `editable: [src/core.py]`" in line
    assert "autoresearch" not in git(repo, "branch", "-a")


def test_a_test_that_a_proposal_could_empty_is_refused(tmp_path: Path) -> None:
    """Through the script of the checks; after the fix `check` names what runs."""
    repo = make_repo(tmp_path / "r", program("tests/", "tests/test_a.py", "assert", "core"), files=FILES)
    line = overnight(repo, "run", "--tag", "t", "--no-report", check=2).stderr
    assert "`tests/test_a.py` is run by checks through .auto/checks.sh" in line
    (repo / "program.md").write_text((repo / "program.md").read_text().replace(", tests/", ""))
    runs = {run["path"]: (run["command"], run["role"], run["editable"]) for run in read_json(repo, "check")["runs"]}
    assert runs == {
        ".auto/measure.sh": ("measure", "wrapper", False),
        "bench.py": ("measure", "leaf", False),
        ".auto/checks.sh": ("checks", "wrapper", False),
        "tests/test_a.py": ("checks", "leaf", False),
    }


def test_a_new_file_that_would_judge_is_rejected(tmp_path: Path) -> None:
    """A glob allows it, but pytest would load it before the frozen tests; the next brief says why it cannot come so."""
    agent = (
        "if grep -q 'would be loaded unasked' $OVERNIGHT_BRIEF; then sed -i 's/COST = 7/COST = 6/' src/core.py; echo told\n"
        "else echo 'import pytest' > src/conftest.py; echo untold; fi\n"
    )
    text = program('"src/*.py"', "src/core.py", "COST", "COST").replace("use: scripted, edits", "use: command, command: x, x")
    text = text.replace("x, x: [[src/core.py, COST, COST]]", "bash agent.sh")
    repo = make_repo(tmp_path / "r", text, files=FILES | {"agent.sh": agent})
    overnight(repo, "run", "--tag", "t", "--no-report", "--experiments", "1", check=0)
    ended = [event.conclusion for event in recorded(repo) if isinstance(event, Concluded)]
    assert {"reject", "keep"} == {conclusion.verdict.value for conclusion in ended}
    assert "`src/conftest.py` is new and would be loaded unasked by pytest" in ended[0].reason


@pytest.mark.usefixtures("undrawn")
def test_the_users_words_are_repeated(tmp_path: Path) -> None:
    """`check`, status, the top of the report and each commit name the files and say why; the words cannot change later."""
    text = program("bench.py", "src/core.py", "COST = 7", "COST = 3", f"judge_may_change: {WHY}\n")
    repo = make_repo(tmp_path / "r", text, files=FILES)
    said = f'editable includes what judges it: bench.py; program.md says: "{WHY}"'
    checked = overnight(repo, "check", check=0).stdout
    assert said in checked and "measure runs bench.py (editable)" in checked
    assert "checks run .auto/checks.sh, tests/test_a.py (frozen)" in checked
    overnight(repo, "run", "--tag", "t", check=0)
    assert next(event for event in recorded(repo) if isinstance(event, CampaignOpened)).editable_judges == ("bench.py",)
    assert said in overnight(repo, "status").stdout
    report = (repo / ".overnight/t/report.md").read_text()
    assert report.index("includes what judges it") < report.index("## Kept changes")
    assert said in git(repo, "log", "-1", "--format=%B", "autoresearch/t")
    overnight(repo, "finalize", "--into", "review", check=0)
    assert said in git(repo, "log", "-1", "--format=%B", "review")
    (repo / "program.md").write_text(text.replace(WHY, "something else"))
    assert "judge_may_change changed" in overnight(repo, "run", "--tag", "t", check=2).stderr
