"""Servers on this machine as they are offered: the command does what it says, whatever a server calls its models."""

import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from overnight.config import VARIABLE, Settings, read_settings, settings_path
from overnight.models.local_servers import LocalServer
from overnight.program.parser import parse_program
from overnight.research.readiness.offer import Offer
from overnight.research.readiness.offers import offer_of

FRONT = "---\nmetric: {name: loss, direction: minimize}\nmeasure: python train.py\nresearchers:\n  - ENTRY\n---\n"
HOSTILE = (
    "$(touch hacked)",
    "`touch hacked`",
    "'; touch hacked; '",
    '"\ntouch hacked\n',
    "a b",
    "x" * 5000,
    "../x",
    "-n",
    "\x1b[2J",
)


def offered(server: LocalServer, environment: Mapping[str, str], home: Path) -> Offer:
    """One server, to a user with this environment."""
    return offer_of(server, read_settings(environment, home), settings_path(environment, home))


def accepted(offer: Offer, environment: Mapping[str, str], home: Path) -> Settings:
    """The settings after the user has run the command that is offered."""
    command = f"{offer.accept} && env"
    done = subprocess.run(["sh", "-c", command], cwd=home, env=dict(environment), check=True, capture_output=True, text=True)
    variables = dict(line.split("=", 1) for line in done.stdout.splitlines() if line.startswith("OLLAMA_HOST="))
    return read_settings({**environment, **variables}, home)


def test_ollama_is_accepted_by_its_variable(tmp_path: Path) -> None:
    """Which other programs of the user's know as well; a settings file with providers needs lines."""
    environment = {"OPENAI_API_KEY": "k", "PATH": "/usr/bin:/bin"}
    server = LocalServer(port=11500, kind="ollama", models=("nomic-embed-text", "coder:1.5b"))
    offer = offered(server, environment, tmp_path)
    assert offer.accept == "export OLLAMA_HOST=127.0.0.1:11500"
    assert offer.write == '{role: explorer, use: agent, model: "coder:1.5b"}'
    assert [each.name for each in accepted(offer, environment, tmp_path).providers] == ["openai", "ollama"]
    file = settings_path(environment, tmp_path)
    file.parent.mkdir(parents=True)
    file.write_text('[[providers]]\nname = "openai"')  # without a line break at its end
    [first, second] = accepted(offered(server, environment, tmp_path), environment, tmp_path).providers
    assert (first.name, second.name, second.base_url) == ("openai", "ollama", "http://127.0.0.1:11500")


@pytest.mark.parametrize("kind", ["llamacpp", "vllm", "lmstudio", ""])
def test_any_other_is_accepted_by_lines_in_the_settings_file(tmp_path: Path, kind: str) -> None:
    """The providers of the environment stay, and go before it; what an agent asks for goes to its one model."""
    environment = {"ANTHROPIC_API_KEY": "k", "PATH": "/usr/bin:/bin"}
    server = LocalServer(port=8123, kind=kind, models=("team/coder",))
    offer = offered(server, environment, tmp_path)
    first, second = accepted(offer, environment, tmp_path).providers
    assert first.name == "anthropic" and first.key_env == "ANTHROPIC_API_KEY"
    assert (second.base_url, second.local, second.model_for("whatever")) == ("http://127.0.0.1:8123", True, "team/coder")
    assert offer.write == "{role: explorer, use: agent}"


def test_the_usual_port_needs_no_address_and_a_name_is_taken_once(tmp_path: Path) -> None:
    """A second server of a kind has its port in its name."""
    environment = {VARIABLE: str(tmp_path / "my settings.toml"), "PATH": "/usr/bin:/bin"}
    (tmp_path / "my settings.toml").write_text("")
    offer = offered(LocalServer(port=8000, kind="vllm", models=("a", "b")), environment, tmp_path)
    assert "base_url" not in offer.accept and "model" not in offer.accept and offer.write.endswith('model: "a"}')
    assert accepted(offer, environment, tmp_path).providers[0].base_url == "http://127.0.0.1:8000"
    second = offered(LocalServer(port=8001, kind="vllm"), environment, tmp_path)
    assert [each.name for each in accepted(second, environment, tmp_path).providers] == ["vllm", "vllm-8001"]


@pytest.mark.parametrize("kind", ["ollama", "llamacpp", "vllm", ""])
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_of_a_model_means_nothing_to_a_shell_or_a_program(tmp_path: Path, kind: str, name: str) -> None:
    """It is shown, cut and printable, and goes into no command and no entry."""
    environment = {"PATH": "/usr/bin:/bin"}
    offer = offered(LocalServer(port=8123, kind=kind, models=(name,)), environment, tmp_path)
    assert len(accepted(offer, environment, tmp_path).providers) == 1 and not (tmp_path / "hacked").exists()
    assert offer.found.isprintable() and len(offer.found) < 200
    [spec] = parse_program(FRONT.replace("ENTRY", offer.write), "program.md").researchers
    assert spec.model in {"", "NAME"}


def test_what_a_server_has_is_said(tmp_path: Path) -> None:
    """Also that it has nothing yet."""
    many = LocalServer(port=1234, kind="lmstudio", models=tuple(f"m{n}" for n in range(7)))
    assert offered(many, {}, tmp_path).found == "LM Studio at 127.0.0.1:1234 has m0, m1, m2, m3, m4 and 2 more"
    assert offered(LocalServer(port=11434, kind="ollama"), {}, tmp_path).found == "Ollama at 127.0.0.1:11434 has no model yet"
    loading = LocalServer(port=8080, kind="llamacpp", loading=True)
    assert offered(loading, {}, tmp_path).found == "llama.cpp at 127.0.0.1:8080 is loading its model"
