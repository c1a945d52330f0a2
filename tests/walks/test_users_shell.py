"""A command that works in the user's shell works in a trial: in the real jail, through `overnight check` and `run`."""

from pathlib import Path

from targets import git, make_repo, overnight, program, read_json

MEASURE = "measure: python train.py {seed}\n"
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


def test_variables_of_the_program(tmp_path: Path) -> None:
    """`env` reaches every command, not what puts it into the jail; one that looks like a secret is warned about by name."""
    seen = 'test "$MODE:$OMP_NUM_THREADS:$GREETING" = "fast:3:it\'s \\$x" && test "$LD_LIBRARY_PATH" = /trial/lib && '
    front = (
        'env: {MODE: fast, OMP_NUM_THREADS: 3, GREETING: "it\'s $x", MY_API_KEY: abcdefgh12, LD_LIBRARY_PATH: /trial/lib}\n'
        f"produce: |\n  {seen} python train.py {{seed}} > out.txt\n"
        f"score: |\n  {seen} cat out.txt\nartifacts: [out.txt]\nchecks: |\n  {seen} true\nholdout: |\n  {seen} cat out.txt\n"
    )
    repo = make_repo(tmp_path / "repo", program(("OFFSET = 5.0", "OFFSET = 4.0"), front=front).replace(MEASURE, ""))
    checked = read_json(repo, "check")
    assert [note.split()[0] for note in checked["notes"] if "secret" in note] == ["env.MY_API_KEY"]
    done = overnight(repo, "run", "--no-report", check=0)
    assert "env.MY_API_KEY looks like a secret" in done.stderr
    assert read_json(repo, "status")["kept"] == 1
    (repo / "program.md").write_text((repo / "program.md").read_text().replace("MODE: fast", "MODE: slow"))
    again = overnight(repo, "run", check=2)
    assert "env changed since the campaign" in again.stderr
