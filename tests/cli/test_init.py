"""`overnight init`: from the command line, with real trials."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from targets import git, overnight, repository_of

from overnight.cli.init import init
from overnight.errors import RepositoryError

TRAIN = 'print(f"val_bpb: {1.0:.6f}")\n'


def test_checks_are_tried_in_the_jail(tmp_path: Path) -> None:
    """Checks that pass stay; those that need uncommitted files are commented out with the reason."""
    files = {"train.py": TRAIN, "tests/test_it.py": "import pathlib\ndef test(): assert pathlib.Path('data').exists()\n"}
    repository_of(tmp_path / "bad", files)
    (tmp_path / "bad" / "data").write_text("not committed")
    said = overnight(tmp_path / "bad", "init", "--yes", check=0).stdout
    assert "1 failed" in said and "# checks: [python -m pytest -q]" in said
    repository_of(tmp_path / "good", {**files, "data": "committed"})
    assert "\nchecks: [python -m pytest -q]" in overnight(tmp_path / "good", "init", "--yes", check=0).stdout


def test_data_that_are_not_prepared_yet_are_reported_with_their_path(tmp_path: Path) -> None:
    """If the script reads a folder of data that does not exist, one line says so before any trial; nothing is written."""
    prepare = 'CACHE = os.path.join(os.path.expanduser("~"), ".cache", "overnight-no-such-folder")\n'
    repository_of(tmp_path, {"train.py": TRAIN, "prepare.py": prepare})
    said = overnight(tmp_path, "init", "--yes", check=2).stderr
    assert re.search(r"program.md:\d+: readable\[0\]: jobs cannot read \S+/overnight-no-such-folder: it does not exist", said)
    assert not (tmp_path / "program.md").exists()


def test_no_repository_and_no_commit_are_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Outside git, and before the first commit, the command says what to do."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(RepositoryError, match="is not in a git repository; git init"):
        CliRunner().invoke(init, [], catch_exceptions=False, standalone_mode=False)
    git(tmp_path, "init", "-q")
    with pytest.raises(RepositoryError, match="has no readable commit"):
        CliRunner().invoke(init, [], catch_exceptions=False, standalone_mode=False)


def test_the_command_itself_runs_the_trials_and_writes(tmp_path: Path) -> None:
    """With real trials: `--json` only looks, `--yes` writes, and a second time is refused."""
    repository_of(tmp_path, {"train.py": TRAIN})
    looked = json.loads(overnight(tmp_path, "init", "--json", "--sandbox", "process", check=0).stdout)
    assert (looked["values"], looked["written"]) == ([1.0, 1.0], False)
    assert not (tmp_path / "program.md").exists()
    said = overnight(tmp_path, "init", "--yes", "--sandbox", "process", check=0).stdout
    assert "wrote program.md; review it, commit it" in said
    assert (tmp_path / "program.md").read_text() == looked["front_matter"]
    assert "has a front matter already" in overnight(tmp_path, "init", "--yes", check=2).stderr
    assert git(tmp_path, "status", "--short") == "?? program.md"


def test_without_a_terminal_a_script_must_say_yes(tmp_path: Path) -> None:
    """No question is asked without a terminal, and nothing is written."""
    repository_of(tmp_path, {"train.py": TRAIN})
    assert "pass --yes" in overnight(tmp_path, "init", "--sandbox", "process", check=2).stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == [".git", ".overnight", "train.py"]
