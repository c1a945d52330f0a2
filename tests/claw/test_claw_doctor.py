"""What the doctor finds out about models and about what starts a claw with its machine."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from claws import ClawUnderTest
from scripted_models import ScriptedModels, scripted_models
from targets import run_here

from overnight.jobs.systemd import start_words, unit_path


@pytest.fixture
def models() -> Iterator[ScriptedModels]:
    """A server."""
    with scripted_models() as server:
        yield server


def test_each_provider_is_asked_for_a_word(
    claw: ClawUnderTest, models: ScriptedModels, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """One that is down is found although another one would answer in its place; what was used is in the account."""
    assert "ok     model: none is named" in run_here(tmp_path, "claw", "doctor").stdout
    (claw.folder / "claw.yaml").write_text("zone: UTC\nmodel: scripted\n")
    monkeypatch.setenv("OVERNIGHT_SETTINGS", str(tmp_path / "settings.toml"))
    (tmp_path / "settings.toml").write_text("")
    assert "WRONG  model: no provider of models is set up" in run_here(tmp_path, "claw", "doctor").stdout
    (tmp_path / "settings.toml").write_text(
        f'[[providers]]\nname = "gone"\nbase_url = "http://127.0.0.1:9/v1"\nwires = ["openai-chat"]\n'
        f'[[providers]]\nname = "here"\nbase_url = "{models.url("ok")}/v1"\nwires = ["openai-chat"]\n'
    )
    models.text = "ok"
    said = run_here(tmp_path, "claw", "doctor").stdout
    assert "WRONG  model scripted of gone: " in said
    assert "ok     model scripted of here: " in said and " answers, 1,050 tokens" in said
    assert len([seen for seen in models.seen if seen.method == "POST"]) == 1
    assert "1.05 k tokens, 1 call" in run_here(tmp_path, "spend").stdout


def test_what_starts_it_with_the_machine(tmp_path: Path) -> None:
    """Without a unit that is said; one that is not enabled, or ends with the login, is wrong, and the fix is there."""
    linger = tmp_path / "linger"
    unit = unit_path({}, tmp_path)

    def found() -> tuple[bool, str]:
        return start_words({}, tmp_path, "ada", linger=linger)

    assert found()[0] and "overnight up --systemd --install" in found()[1]
    unit.parent.mkdir(parents=True)
    unit.write_text("[Unit]")
    assert not found()[0] and "systemctl --user enable --now overnight.service" in found()[1]
    (unit.parent / "default.target.wants").mkdir()
    (unit.parent / "default.target.wants" / unit.name).symlink_to(unit)
    assert not found()[0] and "loginctl enable-linger" in found()[1]
    linger.mkdir()
    (linger / "ada").touch()
    assert found() == (True, "installed and enabled, also while you are not logged in")
