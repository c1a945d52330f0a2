"""A coding agent drives a campaign: what it may not do alone waits for its owner, and then happens once."""

import re
from pathlib import Path

import pytest
from targets import git, let, make_repo, overnight, program, read_json, run_here

from overnight.cli.options import CALLER

BETTER = ("OFFSET = 5.0", "OFFSET = 3.0")


def test_an_agent_runs_a_campaign_with_its_owner_s_approvals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`run`, `audit` and `believe` are asked about; reading, `idea add` and `finalize` are not; an answer is for one call."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    repo = make_repo(tmp_path / "r", program(BETTER))
    run = ("run", "--tag", "t", "--experiments", "1", "--no-report")

    def ask(*words: str) -> str:
        """The agent calls, and is told to wait; the number."""
        monkeypatch.setenv(CALLER, "agent:claude")
        done = run_here(repo, *words)
        assert done.returncode == 2 and done.stdout == "", done
        [number] = re.findall(r"`overnight approve (\d+)`", done.stderr)
        return str(number)

    def answer(word: str, number: str) -> None:
        assert run_here(repo, word, number).returncode == 2, "the agent does not answer itself"
        assert run_here(repo, "--as", "owner:me", word, number).returncode == 2, "nor in the owner's name"
        monkeypatch.delenv(CALLER)
        overnight(repo, word, number, check=0)
        monkeypatch.setenv(CALLER, "agent:claude")

    refused = run_here(repo, "--as", "agent:claude", *run)
    assert refused.returncode == 2 and "has not allowed yet: measure: " in refused.stderr, "nor is anybody asked about it"
    let(repo)
    number = ask(*run)
    assert not (repo / ".overnight" / "t").exists() and ask(*run) == number
    answer("approve", number)
    overnight(repo, *run, check=0)
    assert ask(*run) != number

    assert read_json(repo, "status")["kept"] == 1
    overnight(repo, "idea", "add", "clip the gradient", check=0)
    overnight(repo, "finalize", check=0)
    assert git(repo, "branch", "--list", "overnight/t")
    answer("refuse", ask("believe", "1"))
    refused = run_here(repo, "believe", "1")
    assert refused.returncode == 2 and "overnight approve" not in refused.stderr, "it is not asked about again"
    ask("audit", "--pairs", "2")
    assert [each["call"] for each in read_json(repo, "approvals")["pending"]] == [
        "run --tag t --experiments 1",
        "audit --pairs 2",
    ]
    (repo / "program.md").write_text(program(BETTER, front="budget: {experiments: 9}"))
    monkeypatch.delenv(CALLER)
    overnight(repo, "believe", "1", check=0)
    assert "believe 1` (costly)" in overnight(repo, "approvals", check=0).stdout
    assert "believe" in {each["name"] for each in read_json(repo, "operations")}


def test_what_runs_without_a_jail_is_asked_about(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also by `check`, which only reads in a jail; the approval is for the commit that is checked out, and no other one."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    repo = make_repo(tmp_path / "r", program(BETTER))
    let(repo)
    check = ("check", "--sandbox", "process")
    asked = run_here(repo, "--as", "agent:claude", *check)
    assert asked.returncode == 2 and "`check` needs the owner's approval" in asked.stderr
    [number] = re.findall(r"`overnight approve (\d+)`", asked.stderr)
    assert "check --sandbox process` (costly)" in overnight(repo, "approve", number, check=0).stdout
    git(repo, "commit", "--allow-empty", "-q", "-m", "other code")
    again = run_here(repo, "--as", "agent:claude", *check)
    assert again.returncode == 2 and "`check` needs the owner's approval" in again.stderr
    git(repo, "reset", "-q", "--hard", "HEAD^")
    assert run_here(repo, "--as", "agent:claude", *check).returncode == 0
