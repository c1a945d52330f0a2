"""Campaigns whose roles cannot all be played: it is said in the first second, before anything is measured."""

from pathlib import Path

import pytest
from agent_settings import KEY, forget_settings, provide
from scripted_models import ScriptedModels
from targets import git, make_repo, overnight, program, read_json, recorded

from overnight.research.events import ProposalMissed, Proposing

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
    """A mistake of the user's, with the fix: no campaign is left that could be continued. `check` says the same."""
    repo = make_repo(tmp_path / "r", ALONE)
    provide(tmp_path, monkeypatch, models.url("e401"))
    for command in (RUN, RUN, ("check",)):
        done = overnight(repo, *command, check=2)
        assert "error: program.md: the role `explorer` cannot be played: p refuses its key: 401 scripted 401;" in done.stderr
        assert "check the account and its key: p at 127.0.0.1" in done.stderr and KEY not in done.stderr + done.stdout
    assert not models.asked
    nothing_left(repo)


def test_roles_that_only_advise_are_the_user_s_mistake(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, models: ScriptedModels
) -> None:
    """Before anything is measured, with a role that would propose something."""
    provide(tmp_path, monkeypatch, models.url("ok"))
    repo = make_repo(tmp_path / "r", ALONE.replace("explorer", "critic"))
    for command in (RUN, ("check",)):
        done = overnight(repo, *command, check=2)
        assert "error: program.md: no role proposes changes; `critic` only advises; add one" in done.stderr
        assert "{role: tuner, use: tuner}" in done.stderr and "baseline" not in done.stderr + done.stdout
    nothing_left(repo)


def test_a_campaign_that_nobody_can_continue_is_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, models: ScriptedModels
) -> None:
    """No session is recorded, and its branch stays."""
    repo = make_repo(tmp_path / "r", program(("OFFSET = 5.0", "OFFSET = 3.0")))
    overnight(repo, *RUN, check=0)
    before = recorded(repo), git(repo, "rev-parse", "autoresearch/t")
    provide(tmp_path, monkeypatch, models.url("e401"))
    (repo / "program.md").write_text(ALONE)
    assert "the role `explorer` cannot be played" in overnight(repo, *RUN, check=2).stderr
    assert (recorded(repo), git(repo, "rev-parse", "autoresearch/t")) == before


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (program(("a", "b")).replace("editable: [train.py]", "editable: [train.py, gone.py]"), "matches no file"),
        (program(("a", "b"), front="readable: [/nowhere]"), "/nowhere"),
        (program(("a", "b")).replace("editable: [train.py]", "editable: [plain.txt]").split("researchers:")[0] + "---\n", ""),
    ],
    ids=["no such file", "not readable", "nothing to tune"],
)
def test_an_error_before_anything_ran_leaves_no_campaign(tmp_path: Path, text: str, said: str) -> None:
    """Of whatever kind, so the next run begins with the program as it is then."""
    repo = make_repo(tmp_path / "r", text, files={"plain.txt": "no value\n"})
    assert said in overnight(repo, *RUN, check=2).stderr
    nothing_left(repo)


def test_before_the_first_value_program_md_as_it_is_now_counts(tmp_path: Path) -> None:
    """For briefs and ideas: a run would start over with it."""
    repo = make_repo(tmp_path / "r", program(("a", "b"), measure="python -c 1/0"))
    overnight(repo, *RUN, check=2)
    (repo / "program.md").write_text(program(("a", "b"), front=EXPLORER) + "\n## Ideas\n\n- [ ] a smaller offset\n")
    git(repo, "commit", "-qam", "fixed")
    assert overnight(repo, "brief", check=0).stdout.startswith("# Propose one change, as explorer\n")
    assert [idea["text"] for idea in read_json(repo, "idea", "list")["open"]] == ["a smaller offset"]


def nothing_left(repo: Path) -> None:
    """Neither a campaign nor its branch is there."""
    assert not (repo / ".overnight" / "t").exists() and not git(repo, "branch", "--list", "autoresearch/*")
    assert "there is no campaign here yet" in overnight(repo, "status", check=2).stderr


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


def test_a_heading_of_no_role_is_noted(tmp_path: Path) -> None:
    """By `check` and `run`, with the role that may be meant."""
    body = "## Roles\n\n### scrit\n\nBe bold.\n\n### Script\n\nBe quick.\n"
    repo = make_repo(tmp_path / "r", program(("OFFSET = 5.0", "OFFSET = 3.0")) + body)
    for command in (("check",), RUN):
        said = overnight(repo, *command, check=0).stderr
        assert "nobody reads the text of `scrit` below `Roles`: no researcher has that role; did you mean `script`?" in said
        assert "`Script`" not in said


def test_an_audit_needs_no_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, models: ScriptedModels) -> None:
    """Trials alone are run, so it works although the key is gone."""
    provide(tmp_path, monkeypatch, models.url("ok"))
    models.command = "sed -i 's/OFFSET = 5.0/OFFSET = 3.0/' train.py"
    repo = make_repo(tmp_path / "r", ALONE)
    overnight(repo, *RUN, "--experiments", "1", check=0)
    (tmp_path / "settings.toml").write_text("")
    overnight(repo, "audit", "--tag", "t", "--no-report", "--sandbox", "process", check=0)
