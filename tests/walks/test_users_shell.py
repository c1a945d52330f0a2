"""A command that works in the user's shell works in a trial: in the real jail, through `overnight check` and `run`."""

import re
from pathlib import Path

import pytest
from targets import git, make_repo, overnight, program, read_json

from overnight.errors import UserError
from overnight.git.repository import open_repository
from overnight.program.parser import parse_program
from overnight.research.places.seclusion import check_readable_paths, checkout_of

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


def test_an_editable_install_runs_the_tree_under_trial(tmp_path: Path) -> None:
    """A path below the checkout leads to the trial's own file, also if `readable` names the checkout's code."""
    repo = make_repo(tmp_path / "repo", program(), files={"src/pkg/__init__.py": "OFFSET = 5.0\n", ".gitignore": "site/\n"})
    (repo / "site").mkdir()
    (repo / "site/pkg.pth").write_text(f"{repo}/src\n")
    (repo / "bench.py").write_text(
        f"import site\nsite.addsitedir('{repo}/site')\nimport pkg\nprint(f'METRIC loss={{pkg.OFFSET}}')\n"
    )
    for readable in ("site", f"{repo}/src, {repo}/site"):
        (repo / "program.md").write_text(
            "---\nmetric: loss\nmeasure: python bench.py\neditable: [src/pkg]\n"
            f"readable: [{readable}]\nresearchers:\n  - role: script\n    use: scripted\n"
            "    edits: [[src/pkg/__init__.py, '5.0', '4.0']]\n---\n"
        )
        git(repo, "add", "-A")
        git(repo, "commit", "-q", "-m", "program")
        overnight(repo, "run", "--no-report", "--tag", readable[:3].strip("/"), check=0)
        assert read_json(repo, "status")["head_value"] == 4.0


def test_data_that_is_not_committed(tmp_path: Path) -> None:
    """A relative path of `readable` is at its place in every folder, read-only, no part of a proposal, and git ignores it."""
    measure = "cat data/big.bin && ! touch data/x data/big.bin && ! git status --porcelain | grep . && python train.py {seed}"
    text = program(("OFFSET = 5.0", "OFFSET = 4.0"), measure=measure, front="readable: [data, lib/own.txt]\nhidden: [answers]")
    files = {"answers/a.txt": "42", ".gitignore": "/data/\nown.txt\n", "lib/code.py": ""}
    repo = make_repo(tmp_path / "repo", text, files=files)
    (repo / "data").mkdir()
    for name in ("data/big.bin", "lib/own.txt"):
        (repo / name).write_text("not committed\n")
    overnight(repo, "run", "--no-report", check=0)
    assert read_json(repo, "status")["kept"] == 1
    moved = repo.rename(tmp_path / "moved")
    assert overnight(moved, "check").returncode == 0
    (tmp_path / "link").symlink_to(moved)
    checkout = checkout_of(open_repository(moved))
    for path, said in (
        ("answers", "readable[0]: answers is committed"),
        ("lib", "readable[0]: lib is committed"),
        (".git", "it is the repository's own"),
        (".overnight/x", "it is the repository's own"),
        ("nothing", "does not exist"),
        ("../other", "must not contain"),
        ("~/x", "write your home folder's name"),
        (str(moved), "it is the repository's own"),
        (str(tmp_path / "link"), "it is the repository's own"),
    ):
        with pytest.raises(UserError, match=re.escape(said)):
            check_readable_paths(parse_program(text.replace("[data, lib/own.txt]", f"[{path}]"), "program.md"), checkout)


def test_folders_for_output(tmp_path: Path) -> None:
    """Output folders that git ignores are there, empty and writable, in every trial; what is made by build tools is not."""
    empty = 'test -d runs && test -z "$(find logs a/results runs -mindepth 1)" && ! ls build out && '
    measure = f"{empty} echo x > logs/x && echo x > a/results/x && echo > runs/y && python train.py {{seed}}"
    text = program(("OFFSET = 5.0", "OFFSET = 4.0"), measure=measure)
    files = {".gitignore": "logs/\n/a/results/*\nruns\nbuild/\n!keep\n../tmp/\nout/\n.git/logs/\n.overnight/tmp/\n"}
    repo = make_repo(tmp_path / "repo", text, files=files)
    for name in ("logs", "a/results", "build"):
        (repo / name).mkdir(parents=True)
        (repo / name / "old").write_text("of the user's own runs")
    overnight(repo, "run", "--no-report", check=0)
    assert read_json(repo, "status")["kept"] == 1


def test_what_covers_the_checkout_does_not_show_it(tmp_path: Path) -> None:
    """With a folder around the checkout under `readable`, hidden files and the ledger stay hidden, and candidates run."""
    hidden = f"! cat {tmp_path}/around/repo/answers.txt && ! ls {tmp_path}/around/repo/.git {tmp_path}/around/repo/.overnight"
    text = program(
        ("OFFSET = 5.0", "OFFSET = 4.0"),
        measure=f"cat {tmp_path}/around/free && {hidden} && cd {tmp_path}/around/repo && python train.py {{seed}}",
        front=f"readable: [{tmp_path}/around]\nhidden: [answers.txt]",
    )
    tmp_path.chmod(0o755)
    repo = make_repo(tmp_path / "around/repo", text, files={"answers.txt": "42"})
    (tmp_path / "around/free").write_text("free")
    overnight(repo, "run", "--no-report", check=0)
    assert read_json(repo, "status")["kept"] == 1
