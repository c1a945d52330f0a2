"""What is reported if a start fails for lack of what is not committed."""

import os
from pathlib import Path

import pytest
from targets import git, make_repo, program

from overnight.errors import ProgramError
from overnight.git.repository import open_repository
from overnight.jail.checkout import NO_CHECKOUT
from overnight.program.parser import parse_program
from overnight.research.places.seclusion import check_readable_paths
from overnight.research.setup.causes.files import paths_in
from overnight.research.setup.causes.table import fix_of, words_of

READING = "import pathlib\nprint('METRIC loss=', len(pathlib.Path('data/x.txt').read_text()), sep='')\n"


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    """A checkout with an ignored environment, ignored data and a module that was never added."""
    made = make_repo(tmp_path / "r", program(), files={"read.py": READING, ".gitignore": "data/\n.venv/\n"})
    (made / "data").mkdir()
    (made / "data" / "x.txt").write_text("hello")
    (made / ".venv" / "bin").mkdir(parents=True)
    (made / ".venv" / "pyvenv.cfg").touch()
    for name in ("python", "activate"):
        (made / ".venv" / "bin" / name).touch()
    (made / "helper.py").touch()
    return made


def fix(folder: Path, reason: str, measure: str = "python train.py", front: str = "") -> str:
    """The fix that is reported for a failure of this command."""
    text = f"---\nmetric: {{name: loss}}\nmeasure: {measure}\n{front}---\n"
    return words_of(fix_of(open_repository(folder), parse_program(text, "program.md"), reason))


@pytest.mark.parametrize("name", ["data/x.txt", "/trial/data/x.txt"])
def test_a_failure_that_names_an_ignored_file_is_explained(repo: Path, name: str) -> None:
    """By hand it passes, so the fix says how trials get the file, whether relative or as the job saw it."""
    said = fix(repo, f"exit code 1: FileNotFoundError: [Errno 2] No such file or directory: '{name}'")
    assert said == "`data/x.txt` is ignored by git, so it is not in a trial's tree: write `readable: [data/x.txt]`"


def test_a_module_that_was_never_added_is_named(repo: Path) -> None:
    """Python names the module; its file is in the checkout."""
    said = fix(repo, "exit code 1: ModuleNotFoundError: No module named 'helper'")
    assert said.startswith("`helper.py` is not committed, so it is not in a trial's tree")


def test_a_module_that_a_build_wrote_into_a_package_below_src_is_named(repo: Path) -> None:
    """Such as the version that setuptools-scm or hatch-vcs writes: the package is in the tree, and that module is not."""
    (repo / "src" / "shop").mkdir(parents=True)
    (repo / "src" / "shop" / "__init__.py").write_text("from ._version import version\n")
    with (repo / ".gitignore").open("a") as ignored:
        ignored.write("_version.py\n")
    git(repo, "add", "src", ".gitignore")
    git(repo, "commit", "-qm", "A package")
    (repo / "src" / "shop" / "_version.py").touch()
    said = fix(repo, "exit code 2: E ModuleNotFoundError: No module named 'shop._version'")
    ignored_by_git = "`src/shop/_version.py` is ignored by git, so it is not in a trial's tree"
    assert said == f"{ignored_by_git}: commit it, or write `readable: [src/shop/_version.py]`"


@pytest.mark.parametrize(
    ("measure", "instead"),
    [
        (".venv/bin/python train.py", "write `python` in the command"),
        (". .venv/bin/activate && python train.py", "leave that out of the command"),
        ("{repo}/.venv/bin/python train.py", "write `python` in the command"),
    ],
)
def test_an_environment_is_to_be_activated(repo: Path, measure: str, instead: str) -> None:
    """The jail shows what PATH finds, so an environment belongs on PATH and not in the command."""
    said = fix(repo, "exit code 127: not found", measure.replace("{repo}", str(repo)))
    assert "is ignored by git" in said
    assert said.endswith(f"run `. .venv/bin/activate` before you call `overnight`, and {instead}")


def test_what_trials_see_is_not_blamed(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Committed files, what is under `readable`, what is on PATH, what the command writes, what is nowhere."""
    assert fix(repo, "exit code 1: train.py: boom") == ""
    assert fix(repo, "exit code 1: boom", f"cat {repo}/data/x.txt", f"readable: {repo}/data\n") == ""
    assert fix(repo, "no such file: ../other, /etc/passwd, -n, missing.txt", "python read.py > missing.txt") == ""
    front = "artifacts: [helper.py]\nproduce: python train.py helper.py\nscore: python read.py helper.py\n"
    text = f"---\nmetric: {{name: loss}}\n{front}---\n"
    assert fix_of(open_repository(repo), parse_program(text, "program.md"), "exit code 1") is None
    monkeypatch.setenv("PATH", f"{repo}/.venv/bin:{os.environ['PATH']}")
    assert fix(repo, "exit code 1: boom", f"{repo}/.venv/bin/python train.py") == ""


def test_hostile_words_are_only_looked_at(repo: Path) -> None:
    """Whatever a failure says, it names no file outside the checkout and raises nothing."""
    for reason in ("x" * 100_000, "\ud800 \udcff", "../../etc/passwd", "a\0b", "/" * 5000, " ".join(map(str, range(10_000)))):
        assert fix(repo, f"exit code 1: {reason}") == ""
    assert len(paths_in(" ".join(map(str, range(10_000))))) <= 64


def test_a_linked_worktree_is_asked_for_itself(repo: Path, tmp_path: Path) -> None:
    """Its checkout counts, not the one that it was made from."""
    git(repo, "worktree", "add", "-q", str(tmp_path / "w"))
    reason = "exit code 1: 'data/x.txt'"
    assert fix(tmp_path / "w", reason) == ""
    (tmp_path / "w" / "data").mkdir()
    (tmp_path / "w" / "data" / "x.txt").touch()
    assert "`data/x.txt` is ignored by git" in fix(tmp_path / "w", reason)


@pytest.mark.parametrize(
    ("readable", "said"),
    [
        ("[/usr, /nonexistent]", "program.md:4: readable[1]: jobs cannot read /nonexistent: it does not exist; create it"),
        ("/proc", "program.md:4: readable[0]: jobs may not read /proc; give the absolute path"),
    ],
)
def test_a_readable_path_that_does_not_exist_comes_with_its_place(readable: str, said: str) -> None:
    """File, line and key, as for any other mistake in program.md."""
    parsed = parse_program(f"---\nmetric: loss\nmeasure: x\nreadable: {readable}\n---\n", "program.md")
    with pytest.raises(ProgramError) as caught:
        check_readable_paths(parsed, NO_CHECKOUT)
    assert str(caught.value).startswith(said)
