"""A command that opens files relative to another folder than the top is run in that folder."""

import subprocess
from pathlib import Path

import pytest
from targets import git, make_repo, program

from overnight.git.repository import open_repository
from overnight.program.parser import parse_program
from overnight.research.setup.causes.failing import Fix
from overnight.research.setup.causes.table import fix_of
from overnight.words.failure import read_failure

READS = "import pathlib, sys\nprint(pathlib.Path('data/x.txt').read_text(), sys.argv[1:])\n"


def fix(folder: Path, said: str, measure: str) -> Fix | None:
    """The fix for a failure with this output."""
    found = read_failure(said)
    parsed = parse_program(f"---\nmetric: {{name: loss}}\nmeasure: {measure}\n---\n", "program.md")
    return fix_of(open_repository(folder), parsed, f"exit code 1: {found.headline}", found.lines)


def shell(folder: Path, command: str) -> subprocess.CompletedProcess[str]:
    """What a command prints in the checkout."""
    return subprocess.run(["bash", "-c", command], cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("command", "moved"),
    [
        ("python app/run.py", "cd app && python run.py"),
        ("PYTHONPATH=. python app/run.py --seed 3", "cd app && PYTHONPATH=.. python run.py --seed 3"),
        ("python -m app.run", "cd app && PYTHONPATH=.. python -m app.run"),
        ("python app/run.py --config=conf/a.txt conf", "cd app && python run.py --config=../conf/a.txt ../conf"),
        ("cd conf && python ../app/run.py a.txt", "cd app && python run.py ../conf/a.txt"),
        ("true && ./go.sh 1", "true && cd app && ../go.sh 1"),
        ("cat app/x.txt data/x.txt", "cd app && cat x.txt data/x.txt"),
    ],
)
def test_a_command_is_run_where_the_files_are_that_it_opens(tmp_path: Path, command: str, moved: str) -> None:
    """Its own paths are made relative to that folder, and Python still finds its modules; it then works."""
    texts = {"app/run.py": READS, "app/__init__.py": "", "app/data/x.txt": "1", "app/x.txt": "2"}
    texts |= {"conf/a.txt": "", "go.sh": "cat data/x.txt"}
    folder = make_repo(tmp_path / "r", program(), files=texts)
    (folder / "go.sh").chmod(0o755)
    failed = shell(folder, command)
    found = fix(folder, failed.stderr, command)
    assert failed.returncode and found and found.command == moved, (failed.stderr, found)
    assert shell(folder, moved).returncode == 0


def test_a_file_that_is_written_is_so_where_its_folder_is(tmp_path: Path) -> None:
    """Nobody commits what a run writes; the folder for it may be committed."""
    folder = make_repo(tmp_path / "r", program(), files={"app/run.py": "", "app/log/.keep": ""})
    found = fix(folder, "FileNotFoundError: [Errno 2] No such file or directory: 'log/a.txt'", "python app/run.py")
    assert found and found.command == "cd app && python run.py"


def test_of_several_folders_that_of_the_script_is_meant_or_none(tmp_path: Path) -> None:
    """Two data folders of one name, one of them beside the script."""
    texts = {"a/run.py": "", "a/data/x": "", "b/data/x": "", "run.py": ""}
    folder = make_repo(tmp_path / "r", program(), files=texts)
    said = "FileNotFoundError: [Errno 2] No such file or directory: 'data/x'"
    assert getattr(fix(folder, said, "python a/run.py"), "command", "") == "cd a && python run.py"
    assert not getattr(fix(folder, said, "python run.py"), "command", "")


@pytest.mark.parametrize("command", ["make bench", "python app/run.py | tee x", "npm run bench"])
def test_what_looks_for_its_own_folder_is_not_moved(tmp_path: Path, command: str) -> None:
    """It enters one itself, or the shell does more with it."""
    folder = make_repo(tmp_path / "r", program(), files={"app/run.py": "", "app/data/x": ""})
    git(folder, "status")
    assert not getattr(fix(folder, "cat: data/x: No such file or directory", f'"{command}"'), "command", "")
