"""`overnight agents`: which researchers are available here, and what is missing for the others."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from agent_settings import KEY, forget_settings, install, only_git, provide
from scripted_models import ScriptedModels
from targets import make_repo, overnight, program, read_json, run_here

from overnight.agents.templates import TEMPLATES
from overnight.models import local_servers
from overnight.secrets.file import SecretsFile
from overnight.words.secret import Secret


@pytest.fixture(autouse=True)
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No key, no provider and no settings from this machine."""
    forget_settings(tmp_path, monkeypatch)


def ways_of(found: Any) -> Mapping[str, Any]:
    """The ways, by name."""
    return {way["name"]: way for way in found["ways"]}


def test_with_nothing_installed_each_way_says_its_fix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tuner and mutator are always available; every other way says which variable to set and how to install its program."""
    only_git(tmp_path, monkeypatch)
    ways = ways_of(read_json(tmp_path, "agents"))
    assert [name for name, way in ways.items() if way["ready"]] == ["tuner", "mutator"]
    assert "ANTHROPIC_API_KEY" in ways["agent"]["fix"] and "OLLAMA_HOST" in ways["agent"]["fix"]
    assert all(words in ways["agent"]["fix"] for words in ("llama.cpp, vLLM or LM Studio", "the tuner, which needs no model"))
    for name, template in TEMPLATES.items():
        assert template.install in ways[name]["fix"]
        assert f"template: {name}" in ways[name]["write"]
    assert ways["gemini"]["fix"].endswith("set GEMINI_API_KEY")
    assert 'command: "opencode acp"' in ways["acp:opencode acp"]["write"]
    shown = overnight(tmp_path, "agents", check=0).stdout
    assert shown.count("fix: ") == len(ways) - 2 and "- {role: tuner, use: tuner}" in shown


def test_what_is_there_is_shown_with_its_version_and_never_a_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, models: ScriptedModels
) -> None:
    """A version is foreign text; a provider is shown by its name, its host and the variable that holds its key."""
    monkeypatch.setenv("ANTHROPIC_BASE_URL", models.url("ok"))
    install(tmp_path, monkeypatch, "claude", "printf '9.9 \\033[31mfake\\nmore\\n'")
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    ways = ways_of(read_json(tmp_path, "agents"))
    assert ways["claude"]["version"] == "9.9 \\x1b[31mfake"
    assert ways["claude"]["path"] == str(tmp_path / "installed/bin/claude")
    assert ways["claude"]["ready"] and ways["agent"]["ready"] and not ways["codex"]["ready"]
    done = overnight(tmp_path, "agents", check=0)
    assert f"anthropic at 127.0.0.1:{models.server_address[1]}, key in ANTHROPIC_API_KEY" in done.stdout
    assert "`model:` names, such as scripted" in done.stdout
    assert KEY not in done.stdout + done.stderr and "\x1b" not in done.stdout
    monkeypatch.delenv("ANTHROPIC_API_KEY")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    SecretsFile(tmp_path / "state/overnight").set("ANTHROPIC_API_KEY", Secret(KEY))
    stored = overnight(tmp_path, "agents", check=0)
    assert "key in ANTHROPIC_API_KEY, stored by `overnight secret set`" in stored.stdout
    assert models.seen[-1].headers["x-api-key"] == KEY and KEY not in stored.stdout + stored.stderr


def test_a_provider_without_its_key_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, models: ScriptedModels
) -> None:
    """The settings file decides which provider is asked, so the fix is the variable that it names, on any wire."""
    living = f'\n[[providers]]\nname = "ollama"\nbase_url = "{models.url("ok")}"\n'
    provide(tmp_path, monkeypatch, "http://127.0.0.1:9", living)
    monkeypatch.delenv("KEY_OF_P")
    agent = ways_of(read_json(tmp_path, "agents"))["agent"]
    assert agent["ready"] and agent["provider"] == "ollama"
    provide(tmp_path, monkeypatch, "http://127.0.0.1:9")
    monkeypatch.delenv("KEY_OF_P")
    assert ways_of(read_json(tmp_path, "agents"))["agent"]["fix"] == "set KEY_OF_P"
    (tmp_path / "settings.toml").write_text('[[providers]]\nname = "gemini"\n')
    assert ways_of(read_json(tmp_path, "agents"))["agent"]["fix"] == "set GEMINI_API_KEY"


@pytest.mark.parametrize(("mode", "why"), [("e401", "p refuses its key: 401"), ("dead", "p cannot be reached")])
def test_a_provider_that_serves_nobody_makes_nobody_ready(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, models: ScriptedModels, mode: str, why: str
) -> None:
    """Each provider is asked for its models, so that a key which is set but refused is no surprise at night."""
    provide(tmp_path, monkeypatch, "http://127.0.0.1:9" if mode == "dead" else models.url(mode))
    ways = ways_of(read_json(tmp_path, "agents"))
    assert [name for name, way in ways.items() if way["ready"]] == ["tuner", "mutator"]
    assert why in ways["agent"]["detail"] and "p at 127.0.0.1" in ways["agent"]["fix"] and not models.asked


def test_a_server_with_one_model_for_every_name_needs_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, models: ScriptedModels
) -> None:
    """So the line for program.md is complete as it is."""
    provide(tmp_path, monkeypatch, models.url("ok"))
    assert ways_of(read_json(tmp_path, "agents"))["agent"]["write"] == "{role: explorer, use: agent, model: NAME}"
    models.owner = "llamacpp"
    agent = ways_of(read_json(tmp_path, "agents"))["agent"]
    assert agent["write"] == "{role: explorer, use: agent}" and "model: scripted, whatever is asked for" in agent["detail"]


def test_the_roles_of_the_program_here_are_tried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, models: ScriptedModels
) -> None:
    """As a campaign would ask for them: with their model, and within their budget."""
    provide(tmp_path, monkeypatch, models.url("ok"))
    models.absent = {"m9"}
    declared = "  - {role: one, use: agent, model: m1}\n  - {role: two, use: agent, model: m9}"
    repo = make_repo(tmp_path / "r", program(("a", "b"), front=declared))
    script, one, two = read_json(repo, "agents")["roles"]
    assert [script["ready"], one["ready"], two["ready"]] == [True, True, False]
    assert two["problems"][0]["why"] == "p has no model `m9`"
    shown = overnight(repo, "agents", check=0).stdout
    assert "of program.md here is not ready: agent, model m9\n" in shown
    assert "p has no model `m9` (fix: correct `model`: it has scripted)" in shown


def test_servers_on_this_machine_are_offered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, models: ScriptedModels) -> None:
    """With their models, the command that has one used, and its line for program.md; what it calls its models is foreign."""
    monkeypatch.setattr(local_servers, "PORTS", (models.server_address[1],))
    names = ["m1", "a\x1b[2Jb", *(f"n{n}" for n in range(10))]
    models.canned("v1", {"data": [{"id": name, "owned_by": "library"} for name in names]})
    address = f"127.0.0.1:{models.server_address[1]}"
    found = run_here(tmp_path, "agents")
    assert found.returncode == 0 and "\x1b" not in found.stdout
    assert f"found Ollama at {address} has m1, a\\x1b[2Jb, n0, n1, n2 and 7 more; it is not used" in found.stdout
    assert f"export OLLAMA_HOST={address}\n" in found.stdout and '- {role: explorer, use: agent, model: "m1"}' in found.stdout
    places = [found.stdout.index(f"{words} ") for words in ("ok    tuner", "found Ollama", "--    agent")]
    assert places == sorted(places)  # before all that is missing
    monkeypatch.setenv("OLLAMA_HOST", address)
    assert json.loads(run_here(tmp_path, "agents", "--json").stdout)["servers"] == []


def test_the_roles_of_the_program_here_are_listed(tmp_path: Path) -> None:
    """The reasons why a program cannot be read are listed too."""
    repo = make_repo(tmp_path / "r", program(("OFFSET = 5.0", "OFFSET = 4.0")))
    assert [role["role"] for role in read_json(repo, "agents")["roles"]] == ["script"]
    assert "role  script" in overnight(repo, "agents", check=0).stdout
    (repo / "program.md").write_text("---\nmetrik: x\n---\n")
    found = read_json(repo, "agents")
    assert found["roles"] == [] and "metrik" in found["problem"]
