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
# In place of the real one, which no job may need to have installed, and which takes seconds to start without bytecode.
PYTEST = """\
import pathlib, sys
passed = pathlib.Path("flag").exists()
print("1 passed" if passed else "1 failed")
sys.exit(not passed)
"""


def test_checks_are_tried_in_the_jail(tmp_path: Path) -> None:
    """Checks that pass stay; those that need uncommitted files are commented out with the reason."""
    files = {"train.py": TRAIN, "tests/test_it.py": "", "pytest.py": PYTEST}
    repository_of(tmp_path / "bad", files)
    (tmp_path / "bad" / "flag").write_text("not committed")
    said = overnight(tmp_path / "bad", "init", "--yes", check=0).stdout
    assert "1 failed" in said and "# checks: [python -m pytest -q]" in said
    repository_of(tmp_path / "good", {**files, "flag": "committed"})
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


EPOCHS = """\
import sys
for epoch in range(3):
    print(f"Epoch {epoch}")
    print(f"val_loss: {2 - epoch * 0.5}")
print("total 4.25 of 5 |")
sys.exit(3)
"""


def test_what_init_cannot_read_comes_with_the_option_that_helps(tmp_path: Path) -> None:
    """Each refusal names the next command, with what the user has set before; the last one is what works."""
    repository_of(tmp_path, {"train.py": EPOCHS, "ref.txt": ""})
    other = overnight(tmp_path, "init", "--yes", "--metric", "loss", "--allow-exit", "3", check=2).stderr
    assert "which has `val_loss`" in other and "--pattern 'loss" in other and "--result FILE" in other
    options = ["--metric", "val_loss", "--allow-exit", "3"]
    refused = overnight(tmp_path, "init", "--yes", *options, check=2).stderr
    assert "appears twice" in refused and "overnight init --metric val_loss --take last --allow-exit 3" in refused
    taken = ["--metric", "val_loss", "--take", "last"]
    refused = overnight(tmp_path, "init", *taken, check=2).stderr
    assert "exit code 3" in refused and "overnight init --metric val_loss --take last --allow-exit 3" in refused
    found = json.loads(overnight(tmp_path, "init", "--yes", "--json", *taken, "--allow-exit", "3", check=0).stdout)
    assert found["values"] == [1.0, 1.0] and found["written"]


def test_a_measure_that_takes_too_long_is_tried_once(tmp_path: Path) -> None:
    """At its time limit `init` ends, says how to allow more, and writes nothing."""
    folder, marks = tmp_path / "repo", tmp_path / "marks"
    script = f"echo ran >> {marks}\necho METRIC loss=1\nsleep 60\n"
    repository_of(folder, {"bench.sh": script, "a.py": ""})
    arguments = ["init", "--yes", "--sandbox", "process", "--measure", "bash bench.sh", "--wall", "500ms"]
    refused = overnight(folder, *arguments, check=2).stderr
    assert "overnight init --measure 'bash bench.sh' --wall 1m (in program.md: `limits: {wall: 1m}`)" in refused
    assert marks.read_text() == "ran\n"
    assert not (folder / "program.md").exists()


def test_data_outside_the_repository_and_a_pattern_can_be_set(tmp_path: Path) -> None:
    """`--readable` is added as an absolute path, `--pattern` reads a line of a table, `--checks` are run before."""
    folder = tmp_path / "repo"
    repository_of(folder, {"bench.py": "print('loss ->', open('../data/x').read())", "a.py": ""})
    (tmp_path / "data").mkdir()
    (tmp_path / "data/x").write_text("0.5 |")
    options = ["--readable", "../data", "--metric", "loss", "--pattern", "loss -> (.+) \\|", "--checks", "true"]
    read = f'print("loss ->", open("{tmp_path}/data/x").read())'
    options += ["--measure", f"python -c 'import a; {read}'"]
    found = json.loads(overnight(folder, "init", "--json", *options, check=0).stdout)
    keys = {key["key"]: key["value"] for key in found["keys"]}
    assert (keys["readable"], keys["checks"], found["values"]) == ([str(tmp_path / "data")], ["true"], [0.5, 0.5])


def test_in_a_folder_of_a_monorepo_the_proposal_is_about_that_folder(tmp_path: Path) -> None:
    """Commands change to it, paths have it in front, program.md stands at the top; the program works from there."""
    files = {"bench.py": "from lib.core import K\nprint(f'METRIC total_ms={K}')\n", "lib/core.py": "K = 3\n"}
    odd = "services/my api"
    top = {"train.py": TRAIN, "README.md": ""}
    repository_of(tmp_path, {**top, **{f"{odd}/{name}": text for name, text in files.items()}, f"{odd}/program.md": "# Text"})
    found = json.loads(overnight(tmp_path / odd, "init", "--yes", "--json", check=0).stdout)
    keys = {key["key"]: key["value"] for key in found["keys"]}
    assert keys["measure"] == "cd 'services/my api' && python bench.py"
    assert keys["editable"] == ["services/my api/lib/core.py"]
    assert found["values"] == [3.0, 3.0] and found["path"] == str(tmp_path / "program.md")
    assert any("commands run in services/my api/" in note for note in found["notes"])
    assert any("my api/program.md is not read" in note for note in found["notes"])


@pytest.mark.parametrize(
    ("glob", "proposed"), [("core.py", "sub/core.py"), ("train.py", "train.py"), ("./core.py", "sub/core.py")]
)
def test_options_are_meant_where_the_user_stands(tmp_path: Path, glob: str, proposed: str) -> None:
    """A command runs there, a result file is written there; a glob that fits only from the top is taken from there."""
    write = "import json, sys; sys.path.append('..'); import core, train; json.dump({'loss': 2}, open('out.json', 'w'))\n"
    repository_of(tmp_path, {"train.py": TRAIN, "sub/write.py": write, "sub/core.py": ""})
    options = ["--metric", "loss", "--measure", "python write.py", "--result", "out.json", "--editable", glob]
    found = json.loads(overnight(tmp_path / "sub", "init", "--json", "--sandbox", "process", *options, check=0).stdout)
    keys = {key["key"]: key["value"] for key in found["keys"]}
    assert (keys["measure"], keys["metric"]["result"]) == ("cd sub && python write.py", "sub/out.json")
    assert (keys["editable"], found["values"]) == ([proposed], [2.0, 2.0])


def test_in_a_folder_that_measures_nothing_the_top_is_looked_at(tmp_path: Path) -> None:
    """The user only happens to stand there."""
    repository_of(tmp_path, {"train.py": TRAIN, "docs/page.md": ""})
    found = json.loads(overnight(tmp_path / "docs", "init", "--json", "--sandbox", "process", check=0).stdout)
    assert {key["key"]: key["value"] for key in found["keys"]}["measure"] == "python train.py"


def test_variables_can_be_set(tmp_path: Path) -> None:
    """The first trial has them already, and program.md says them; one without a value is refused."""
    repository_of(tmp_path, {"bench.sh": "set -e; . ./lib.sh; echo METRIC total_ms=$((SIZE + K))\n", "lib.sh": "K=3\n"})
    found = json.loads(overnight(tmp_path, "init", "--json", "--editable", "lib.sh", "--env", "SIZE=4", check=0).stdout)
    assert found["values"] == [7.0, 7.0]
    assert {key["key"]: key["value"] for key in found["keys"]}["env"] == {"SIZE": "4"}
    assert "--env SIZE has no value" in overnight(tmp_path, "init", "--env", "SIZE", check=2).stderr
