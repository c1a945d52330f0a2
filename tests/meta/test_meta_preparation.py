"""Mistakes of a user, each one line with its fix and exit code 2, before anything is measured."""

import os
from pathlib import Path

import pytest
from targets import git, make_repo, overnight

from overnight.files.folders import closing_descriptor
from overnight.files.locks import take_lock

PROGRAM = """---
metric: {name: loss, direction: minimize}
measure: python train.py {seed}
editable: [train.py]
---
"""
CHARTER = """---
targets: [{targets}]
inner: {{trials: 60}}
allowed_researchers: [{{role: tuner, use: tuner}}]
budget: {{campaigns: {campaigns}}}
---
"""
FEW = "meta.md:5: budget.campaigns: with so few inner campaigns nothing can be proven; write `budget: {campaigns: ...}` with 10"


@pytest.fixture(scope="module")
def repo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with a program and no charter."""
    return make_repo(tmp_path_factory.mktemp("meta") / "repo", PROGRAM)


def said(repo: Path, *command: str) -> str:
    """The one line of an error."""
    done = overnight(repo, "meta", *command, check=2)
    assert done.stderr.startswith("error: ") and done.stderr.count("\n") == 1, done.stderr
    return done.stderr.removeprefix("error: ")


@pytest.mark.parametrize(
    ("targets", "campaigns", "what"),
    [
        ("lab:nowhere", 40, "meta.md:2: targets[0]: there is no lab `nowhere`; choose one of: "),
        ("../nowhere", 40, "meta.md:2: targets[0]: there is no folder "),
        ("..", 40, "meta.md:2: targets[0]: "),
        ("lab:plant", 9, FEW),
    ],
)
@pytest.mark.parametrize("command", ["check", "run"])
def test_what_is_wrong_with_a_charter_is_said(repo: Path, command: str, targets: str, campaigns: int, what: str) -> None:
    """By both commands in the same words, with line and key."""
    (repo / "meta.md").write_text(CHARTER.format(targets=targets, campaigns=campaigns))
    assert said(repo, command).startswith(what)


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    """No repository, no meta.md, no program.md, one that is not committed or changed since, a target without one."""
    assert "git" in said(tmp_path, "check")
    repo = make_repo(tmp_path / "repo", PROGRAM)
    assert "there is no meta.md in" in said(repo, "run") and "overnight meta init" in said(repo, "check")
    (repo / "meta.md").write_text(CHARTER.format(targets="lab:plant", campaigns=40))
    (repo / "program.md").write_text(PROGRAM + "More.\n")
    changed = "program.md has changes that are not committed, and a campaign begins with what is; commit them\n"
    assert said(repo, "check") == said(repo, "run") == changed
    git(repo, "rm", "-q", "--cached", "program.md")
    git(repo, "commit", "-q", "-m", "no program")
    assert said(repo, "check") == changed
    (repo / "program.md").unlink()
    assert "organisation: " in said(repo, "check") and "overnight init" in said(repo, "check")
    other = make_repo(tmp_path / "other", PROGRAM)
    (other / "meta.md").write_text(CHARTER.format(targets="../repo", campaigns=40))
    assert said(other, "check").startswith("meta.md:2: targets[0]: ")


def test_a_target_whose_program_is_gone_is_said_with_its_fix(tmp_path: Path) -> None:
    """It is committed, and was moved or deleted since."""
    repo = make_repo(tmp_path / "repo", PROGRAM)
    (repo / "meta.md").write_text(CHARTER.format(targets=".", campaigns=40))
    (repo / "program.md").unlink()
    what = "meta.md:2: targets[0]: `.` has no program.md in its checkout; `git checkout program.md` there\n"
    assert said(repo, "check") == what


def test_a_researcher_that_is_not_allowed_is_said_with_the_entry_to_write(tmp_path: Path) -> None:
    """Also where program.md names nobody, and so has the tuner."""
    repo = make_repo(tmp_path / "repo", PROGRAM)
    text = CHARTER.format(targets="lab:plant", campaigns=40)
    (repo / "meta.md").write_text(text.replace("[{role: tuner, use: tuner}]", "[{role: writer, use: agent}]"))
    assert "write `{role: tuner, use: tuner}`, the default, into `allowed_researchers` of meta.md" in said(repo, "check")


@pytest.mark.parametrize("command", ["check", "run"])
def test_two_checks_of_a_repository_do_not_run_at_once(repo: Path, command: str) -> None:
    """They would run the same campaigns in the same folders; the second says so and leaves the first alone."""
    (repo / "meta.md").write_text(CHARTER.format(targets="lab:plant", campaigns=40))
    held = repo / ".overnight" / "meta-check"
    held.mkdir(parents=True, exist_ok=True)
    with closing_descriptor(os.open(held, os.O_RDONLY | os.O_DIRECTORY)) as file:
        assert take_lock(file)
        assert "a check runs here already" in said(repo, command)


def test_others_than_the_owner_may_look_only(repo: Path) -> None:
    """What runs inner campaigns is the owner's, since no allowance covers what targets run."""
    for name in ("check", "run"):
        done = overnight(repo, "--as", "agent:claude", "meta", name, check=2)
        assert f"`meta {name}` is for the owner alone" in done.stderr
    done = overnight(repo, "--as", "agent:claude", "meta", "status", check=2)
    assert "there is no meta-campaign here yet; start one with `overnight meta run`" in done.stderr
