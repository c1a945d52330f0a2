"""A command that works in the user's shell works in a trial: in the real jail, through `overnight check` and `run`."""

from pathlib import Path

from targets import git, make_repo, overnight, program, read_json

ASKS = """\
set -euo pipefail
ROOT=$(git rev-parse --show-toplevel)
cd "$ROOT"
git rev-parse --short HEAD > /dev/null
git describe --always --dirty | grep -v dirty > /dev/null
test -z "$(git status --porcelain)"
git ls-files | xargs cat > /dev/null
git diff --exit-code HEAD
git show HEAD:train.py | cmp - train.py
! git cat-file -e "$(echo secret | git hash-object --stdin)"
python train.py $1
"""


def test_a_script_asks_git(tmp_path: Path) -> None:
    """Git answers in the folder of a trial as in a clone of its commit, also for a candidate; its folder is no change."""
    text = program(("OFFSET = 5.0", "OFFSET = 4.0"), measure="bash measure.sh {seed}")
    repo = make_repo(tmp_path / "repo", text, files={"old.txt": "secret\n"})
    git(repo, "rm", "-q", "old.txt")
    git(repo, "commit", "-q", "-m", "removed")
    (repo / "measure.sh").write_text(ASKS)
    git(repo, "add", "-A")
    git(repo, "commit", "-q", "-m", "asks git")
    overnight(repo, "run", "--no-report", check=0)
    assert read_json(repo, "status")["kept"] == 1
