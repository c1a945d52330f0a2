"""Campaigns whose roles cannot all be played: it is said in the first second, before anything is measured."""

from pathlib import Path

import pytest
from agent_settings import KEY, forget_settings, provide
from scripted_models import ScriptedModels
from targets import make_repo, overnight, program, read_json, recorded

from overnight.research.events import ProposalMissed, Proposing, TrialFinished

RUN = ("run", "--tag", "t", "--no-report", "--plain", "--sandbox", "process")
EXPLORER = "  - {role: explorer, use: agent, model: m1}"
ALONE = program(("a", "b"), front=EXPLORER).replace(
    '  - role: script\n    use: scripted\n    edits:\n      - [train.py, "a", "b"]\n', ""
)


@pytest.fixture(autouse=True)
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No key, no provider and no settings from this machine."""
    forget_settings(tmp_path, monkeypatch)


def test_a_night_that_nobody_can_work_ends_before_the_baseline(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, models: ScriptedModels
) -> None:
    """Also when the campaign is continued: a mistake of the user's, with the fix, and no trial. `check` says the same."""
    repo = make_repo(tmp_path / "r", ALONE)
    provide(tmp_path, monkeypatch, models.url("e401"))
    for command in (RUN, RUN, ("check",)):
        done = overnight(repo, *command, check=2)
        assert "error: program.md: the role `explorer` cannot be played: p refuses its key: 401 scripted 401;" in done.stderr
        assert "check the account and its key: p at 127.0.0.1" in done.stderr and KEY not in done.stderr + done.stdout
    assert not [event for event in recorded(repo) if isinstance(event, TrialFinished | Proposing | ProposalMissed)]
    assert not models.asked


def test_a_role_that_nobody_can_play_is_left_out_and_the_others_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line says so at the start; no try of it is recorded as failed. `check` has a line for each role."""
    claude = "  - {role: critic, use: command, template: claude}"
    repo = make_repo(tmp_path / "r", program(("OFFSET = 5.0", "OFFSET = 3.0"), front=f"{EXPLORER}\n{claude}"))
    check = overnight(repo, "check", check=0)
    assert "role        `script` is ready: plays the edits of program.md\n" in check.stdout
    assert "role        `explorer` is not ready: no provider of models is set up (fix: set ANTHROPIC_API_KEY" in check.stdout
    assert [role["ready"] for role in read_json(repo, "check")["roles"]] == [True, False, False]
    done = overnight(repo, *RUN, check=0)
    assert "note: the role `explorer` is left out: no provider of models is set up (fix: set ANTHROPIC_API_KEY" in done.stderr
    assert (
        "note: the role `critic` is left out, so proposals are not reviewed: there is no program `claude` on PATH"
        in done.stderr
    )
    asked = {event.role for event in recorded(repo) if isinstance(event, Proposing | ProposalMissed)}
    assert asked == {"script"}


def test_an_audit_needs_no_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, models: ScriptedModels) -> None:
    """Trials alone are run, so it works although the key is gone."""
    provide(tmp_path, monkeypatch, models.url("ok"))
    models.command = "sed -i 's/OFFSET = 5.0/OFFSET = 3.0/' train.py"
    repo = make_repo(tmp_path / "r", ALONE)
    overnight(repo, *RUN, "--experiments", "1", check=0)
    (tmp_path / "settings.toml").write_text("")
    overnight(repo, "audit", "--tag", "t", "--no-report", "--sandbox", "process", check=0)
