"""The skill that makes a coding agent a tutor, as it is installed."""

from pathlib import Path

import pytest
import yaml
from targets import overnight

from overnight.cli.learn_install import PLACES

MOST_NAME, MOST_ABOUT, MOST_LINES = 64, 1024, 500  # of the agentskills form


@pytest.mark.parametrize("agent", PLACES)
def test_the_installed_skill_has_the_agentskills_form(agent: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its name is its folder's, its texts are within bounds, and each command that it names is there."""
    monkeypatch.setenv("HOME", str(tmp_path))
    overnight(tmp_path, "learn", "install", agent, check=0)
    [path] = tmp_path.rglob("SKILL.md")
    _, front, body = path.read_text(encoding="utf-8").split("---\n", 2)
    found = yaml.safe_load(front)
    assert found.keys() == {"name", "description"}
    assert path.parent.name == found["name"]
    assert path.parent.parent == tmp_path / PLACES[agent]
    assert len(found["name"]) <= MOST_NAME
    assert 0 < len(found["description"]) <= MOST_ABOUT
    assert len(body.splitlines()) < MOST_LINES
    for command in ("next", "predict", "check", "hint", "fill", "explain", "review"):
        assert f"overnight learn {command}" in body
        assert "--json" in overnight(tmp_path, "learn", command, "--help", check=0).stdout


def test_a_changed_skill_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twice is once, and what somebody changed is not replaced."""
    monkeypatch.setenv("HOME", str(tmp_path))
    overnight(tmp_path, "learn", "install", "claude", check=0)
    assert "is there already" in overnight(tmp_path, "learn", "install", "claude", check=0).stdout
    path = tmp_path / PLACES["claude"] / "microgpt/SKILL.md"
    path.write_text("mine")
    assert "remove it" in overnight(tmp_path, "learn", "install", "claude", check=2).stderr
    assert path.read_text() == "mine"
