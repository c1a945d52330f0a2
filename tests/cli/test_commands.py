"""The command line as a whole: names, help, first screen, and the small commands."""

import importlib
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import click
import pytest
from targets import git, make_repo, overnight, program, read_json

from overnight.cli.main import COMMANDS, attribute_of
from overnight.machines.cores import claimed_cores

BETTER = ("OFFSET = 5.0", "OFFSET = 3.0")
LOWER = "sed -i s/5.0/3.0/ train.py; echo HYPOTHESIS: a lower offset"


@pytest.mark.parametrize("name", list(COMMANDS))
def test_the_listed_help_is_the_command_s_own(name: str) -> None:
    """The list on the first screen has the first line of each command's help."""
    module, line = COMMANDS[name]
    command = getattr(importlib.import_module(f"overnight.cli.{module}"), attribute_of(name))
    assert isinstance(command, click.Command) and command.help is not None
    assert re.split(r"\n\n|\b\f", command.help)[0].replace("\n", " ").split("; exit code")[0].rstrip(".") == line.rstrip(".")


def test_the_first_screen_says_what_to_do(tmp_path: Path) -> None:
    """`overnight` without arguments, in any folder, prints a guide and is not an error."""
    shown = overnight(tmp_path, check=0).stdout
    assert all(word in shown for word in ("overnight demo", "overnight init", "overnight run"))


@pytest.mark.parametrize(
    ("typed", "meant"), [("staus", "did you mean `status`?"), ("ideas", "`idea`"), ("xyzzy", "No such command")]
)
def test_a_command_that_is_misspelt_is_guessed(tmp_path: Path, typed: str, meant: str) -> None:
    """The user's mistake is reported with the nearest command."""
    done = overnight(tmp_path, typed, check=2)
    assert meant in done.stderr
    assert "Traceback" not in done.stderr


def test_a_command_researcher_works_in_the_jail(tmp_path: Path) -> None:
    """A shell command that edits the workspace is a researcher; what it prints is only its hypothesis."""
    text = program(BETTER).replace("use: scripted", f'use: command\n    command: "{LOWER}"')
    text = re.sub(r"    edits:\n.*\n", "", text)
    repo = make_repo(tmp_path / "r", text)
    overnight(repo, "run", "--experiments", "1", "--no-report", check=0)
    log = read_json(repo, "log")["experiments"]
    assert (log[0]["hypothesis"], log[0]["conclusion"]["verdict"]) == ("a lower offset", "keep")
    [transcript] = (repo / ".overnight").glob("*/transcripts/1-*.md")
    assert transcript.read_text().endswith("### Output\n\n    HYPOTHESIS: a lower offset\n"), "beside the record, for a person"


def test_finalize_makes_a_branch_with_the_evidence(tmp_path: Path) -> None:
    """One commit per kept change on top of the start; doing it again changes nothing."""
    repo = make_repo(tmp_path / "r", program(BETTER, ("OFFSET = 3.0", "OFFSET = 2.0")))
    overnight(repo, "run", "--tag", "t", "--no-report", check=0)
    made = read_json(repo, "finalize")
    assert made["branch"] == "overnight/t" and made["changes"] == 2
    messages = git(repo, "log", "--reverse", "--format=%B", "main..overnight/t")
    assert messages.count("Overnight-Experiment:") == 2 and "gain" in messages
    assert git(repo, "show", "overnight/t:train.py") == git(repo, "show", "autoresearch/t:train.py")
    assert read_json(repo, "finalize")["commit"] == made["commit"]


def test_labs_are_listed_and_copied(tmp_path: Path) -> None:
    """A copied lab is a separate git repository with one commit; a folder that is not empty is refused."""
    assert "microgpt" in read_json(tmp_path, "labs")
    overnight(tmp_path, "labs", "copy", "microgpt", "mine", check=0)
    assert git(tmp_path / "mine", "rev-list", "--count", "HEAD") == "1"
    assert git(tmp_path / "mine", "status", "--porcelain") == ""
    assert "not empty" in overnight(tmp_path, "labs", "copy", "microgpt", "mine", check=2).stderr
    assert "choose one of" in overnight(tmp_path, "labs", "copy", "nothing", check=2).stderr


def test_check_measures_and_records_nothing(tmp_path: Path) -> None:
    """`check` reports the baseline, its noise and what fits; no branch, no campaign."""
    repo = make_repo(tmp_path / "r", program(BETTER, front="budget: {experiments: 50, hours: 1}"), noise=0.1)
    found = read_json(repo, "check")
    assert 4.8 < found["value"] < 5.2 and 0.03 < found["sigma"] < 0.3
    assert found["noise"] == "gaussian" and found["smallest_effect"] > 0 and found["experiments"] == 50
    assert git(repo, "branch", "--list", "autoresearch/*") == ""
    assert list((repo / ".overnight").iterdir()) == []
    assert git(repo, "status", "--porcelain") == ""


def test_check_says_what_the_tuner_can_move(tmp_path: Path) -> None:
    """By name; `check` also reports that there is nothing to move, but only if the program has a tuner."""
    text = "---\nmetric: {name: loss, direction: minimize}\nmeasure: python train.py {seed}\neditable: [EDITABLE]\n---\n"
    repo = make_repo(tmp_path / "r", text.replace("EDITABLE", "train.py"))
    assert "tuner       can move 2 values: SCALE, OFFSET" in overnight(repo, "check", check=0).stdout
    bare = make_repo(
        tmp_path / "b",
        text.replace("EDITABLE", "notes.txt").replace("python", "grep -q nothing notes.txt && python"),
        files={"notes.txt": "nothing"},
    )
    assert "finds nothing to move" in overnight(bare, "check", check=0).stdout
    assert read_json(make_repo(tmp_path / "s", program(BETTER)), "check")["tunable"] is None


def test_check_says_that_processors_are_shared(tmp_path: Path) -> None:
    """While other campaigns hold all of them, the times of trials mean little."""
    repo = make_repo(tmp_path / "r", program(BETTER))
    with _all_cores():
        assert any("other campaigns hold" in note for note in read_json(repo, "check")["notes"])


@contextmanager
def _all_cores() -> Iterator[None]:
    """Hold every processor, each as soon as the campaigns of other tests release it."""
    with ExitStack() as held:
        for _ in os.sched_getaffinity(0):
            while not _claimed_one(held):
                time.sleep(0.01)
        yield


def _claimed_one(held: ExitStack) -> bool:
    with ExitStack() as tried:
        if claimed := tried.enter_context(claimed_cores(1)).own:
            held.push(tried.pop_all())
        return bool(claimed)


def test_check_says_that_dollars_need_a_price(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A budget in dollars refuses calls to a model without a price; `check` reports that before the night."""
    settings = tmp_path / "settings.toml"
    provider = '[[providers]]\nname = "p"\nbase_url = "http://127.0.0.1:9"\nwires = ["openai-chat"]\nkey_env = "P_KEY"\n'
    settings.write_text(provider)
    monkeypatch.setenv("OVERNIGHT_SETTINGS", str(settings))
    monkeypatch.setenv("P_KEY", "secret")
    agent = "  - {role: smith, use: agent, model: m9}\nbudget: {cost_usd: 5}"
    repo = make_repo(tmp_path / "r", program(BETTER, front=agent))
    whys = [problem["why"] for role in read_json(repo, "check")["roles"] for problem in role["problems"]]
    assert whys[-1] == "the budget in dollars refuses every call to p: the price of m9 is not known"
    settings.write_text(provider + '[prices."m*"]\ninput = 1.0\ncached = 0.1\noutput = 2.0\n')
    whys = [problem["why"] for role in read_json(repo, "check")["roles"] for problem in role["problems"]]
    assert whys == ["p cannot be reached: no connection: Connection refused"]


def test_doctor_says_what_holds(tmp_path: Path) -> None:
    """A line for each probe, and the same as JSON; on a machine with a jail, all probes that need one succeed."""
    done = overnight(tmp_path, "doctor", "--json")
    probes = json.loads(done.stdout)
    assert {"name", "holds", "detail", "fix"} <= probes[0].keys()
    assert {"git", "bubblewrap", "namespaces"} <= {probe["name"] for probe in probes if probe["holds"]}
    assert done.returncode == (0 if all(probe["holds"] for probe in probes) else 1)
    assert all(probe["fix"] for probe in probes if not probe["holds"])


def test_the_help_page_is_up_to_date() -> None:
    """docs/cli.md matches the help of the commands; `python -m overnight.cli.help_page > docs/cli.md` fixes it."""
    written = subprocess.run([sys.executable, "-m", "overnight.cli.help_page"], capture_output=True, text=True, check=True)
    assert (Path(__file__).parents[2] / "docs" / "cli.md").read_text() == written.stdout
