"""`overnight agents`: which researchers are available here, and what is missing for the others."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from agent_settings import KEY, forget_settings, install, only_git, provide
from targets import make_repo, overnight, program, read_json

from overnight.agents.templates import TEMPLATES


@pytest.fixture(autouse=True)
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No key, no provider and no settings from this machine."""
    forget_settings(tmp_path, monkeypatch)


def ways_of(found: Any) -> Mapping[str, Any]:
    """The ways, by name."""
    return {way["name"]: way for way in found["ways"]}


def test_with_nothing_installed_each_way_says_its_fix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tuner is always available; every other way says which variable to set and how to install its program."""
    only_git(tmp_path, monkeypatch)
    ways = ways_of(read_json(tmp_path, "agents"))
    assert [name for name, way in ways.items() if way["ready"]] == ["tuner"]
    assert "ANTHROPIC_API_KEY" in ways["agent"]["fix"] and "OLLAMA_HOST" in ways["agent"]["fix"]
    for name, template in TEMPLATES.items():
        assert template.install in ways[name]["fix"]
        assert f"template: {name}" in ways[name]["write"]
    assert ways["gemini"]["fix"].endswith("set GEMINI_API_KEY")
    assert 'command: "opencode acp"' in ways["acp:opencode acp"]["write"]
    shown = overnight(tmp_path, "agents", check=0).stdout
    assert shown.count("fix: ") == len(ways) - 1 and "- {role: tuner, use: tuner}" in shown


def test_what_is_there_is_shown_with_its_version_and_never_a_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A version is foreign text; a provider is shown by its name, its host and the variable that holds its key."""
    install(tmp_path, monkeypatch, "claude", "printf '9.9 \\033[31mfake\\nmore\\n'")
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    ways = ways_of(read_json(tmp_path, "agents"))
    assert ways["claude"]["version"] == "9.9 \\x1b[31mfake"
    assert ways["claude"]["path"] == str(tmp_path / "installed/bin/claude")
    assert ways["claude"]["ready"] and ways["agent"]["ready"] and not ways["codex"]["ready"]
    done = overnight(tmp_path, "agents", check=0)
    assert "anthropic at api.anthropic.com, key in ANTHROPIC_API_KEY" in done.stdout
    assert KEY not in done.stdout + done.stderr and "\x1b" not in done.stdout


def test_a_provider_without_its_key_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The settings file decides which provider is asked, so the fix is the variable that it names, on any wire."""
    provide(tmp_path, monkeypatch, "http://127.0.0.1:9", '\n[[providers]]\nname = "ollama"\n')
    monkeypatch.delenv("KEY_OF_P")
    agent = ways_of(read_json(tmp_path, "agents"))["agent"]
    assert agent["ready"] and agent["provider"] == "ollama"
    provide(tmp_path, monkeypatch, "http://127.0.0.1:9")
    monkeypatch.delenv("KEY_OF_P")
    assert ways_of(read_json(tmp_path, "agents"))["agent"]["fix"] == "set KEY_OF_P"
    (tmp_path / "settings.toml").write_text('[[providers]]\nname = "gemini"\n')
    assert ways_of(read_json(tmp_path, "agents"))["agent"]["fix"] == "set GEMINI_API_KEY"


def test_the_roles_of_the_program_here_are_listed(tmp_path: Path) -> None:
    """The reasons why a program cannot be read are listed too."""
    repo = make_repo(tmp_path / "r", program(("OFFSET = 5.0", "OFFSET = 4.0")))
    assert [role["role"] for role in read_json(repo, "agents")["roles"]] == ["script"]
    assert "role  script" in overnight(repo, "agents", check=0).stdout
    (repo / "program.md").write_text("---\nmetrik: x\n---\n")
    found = read_json(repo, "agents")
    assert found["roles"] == [] and "metrik" in found["problem"]
