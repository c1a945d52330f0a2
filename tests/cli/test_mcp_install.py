"""`overnight mcp --install`: what is written into the settings of coding agents, and what is left alone."""

import json
import tomllib
from pathlib import Path

import pytest
from targets import run_here

from overnight.web.mcp.configuration import PROGRAMS

PLACES = {"claude": ".claude.json", "codex": ".codex/config.toml", "opencode": ".config/opencode/opencode.json"}
BEFORE = {
    "claude": '{\n    "numStartups": 7,\n    "mcpServers": {"x": {"command": "y"}},\n    "name": "\u00fc"\n}',
    "codex": '# mine\nmodel = "m"  # the best\n\n[mcp_servers.x]\ncommand = "y"\n\n[mcp_servers.x.env]\nA = "1"\n',
    "opencode": '{"theme": "dark"}\n',
}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder of its own."""
    for name in ("CLAUDE_CONFIG_DIR", "CODEX_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def settings(path: Path) -> dict[str, object]:
    """What a file says."""
    return tomllib.loads(path.read_text()) if path.suffix == ".toml" else json.loads(path.read_text())


@pytest.mark.parametrize("name", PROGRAMS)
def test_it_is_written_once_and_taken_back(name: str, home: Path) -> None:
    """Into a new file and into one that is there, whose text and mode stay; the change is shown as it is made."""
    path = home / PLACES[name]
    assert "+" in run_here(home, "mcp", "--install", name, "--yes").stdout
    assert path.stat().st_mode & 0o777 == 0o600
    path.write_text(BEFORE[name])
    path.chmod(0o640)
    assert run_here(home, "mcp", "--install", name, "--yes").returncode == 0
    found, written = settings(path), path.read_text()
    servers = found[PROGRAMS[name].section]
    assert isinstance(servers, dict) and str(servers["overnight"]).count("'mcp'") == 1
    assert "nothing is changed" in run_here(home, "mcp", "--install", name, "--yes").stdout
    assert path.read_text() == written
    assert run_here(home, "mcp", "--uninstall", name, "--yes").returncode == 0
    assert settings(path) == {**settings_of(name)}
    assert "nothing is changed" in run_here(home, "mcp", "--uninstall", name, "--yes").stdout
    assert path.stat().st_mode & 0o777 == 0o640
    if name == "codex":
        assert "# the best" in path.read_text()


def settings_of(name: str) -> dict[str, object]:
    """What the file said before."""
    text = BEFORE[name]
    return tomllib.loads(text) if name == "codex" else json.loads(text)


def test_nothing_is_written_without_a_yes(home: Path) -> None:
    """Nor for an agent; the change is shown all the same."""
    done = run_here(home, "mcp", "--install", "claude")
    assert (done.returncode, "+  " in done.stdout) == (2, True) and "nothing is written without a yes" in done.stderr
    done = run_here(home, "--as", "agent:x", "mcp", "--install", "claude", "--yes")
    assert done.returncode == 2 and "for the owner alone" in done.stderr
    assert not (home / ".claude.json").exists()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("claude", "{ // a comment\n}"), ("claude", "[]"), ("claude", '{"mcpServers": 7}'), ("claude", '{"a": 1, "a": 2}'),
        ("opencode", "{"), ("codex", "= 7"), ("codex", "mcp_servers = {overnight = {command = 'x'}}\n"),
        ("codex", "[mcp_servers]\nx = {}\n\"overnight\".command = 'x'\n"),
        ("codex", 'text = """\n[mcp_servers.overnight]\n"""\n'),
    ],
)  # fmt: skip
def test_a_file_that_is_not_understood_stays(name: str, text: str, home: Path) -> None:
    """The error has what to add by hand."""
    path = home / PLACES[name]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    done = run_here(home, "mcp", "--install", name, "--yes")
    assert done.returncode == 2 and "add by hand" in done.stderr and "mcp" in done.stderr
    assert path.read_text() == text


def test_a_link_stays_a_link(home: Path) -> None:
    """Its file is written: many keep their settings elsewhere."""
    (home / "dotfiles").mkdir()
    (home / "dotfiles" / "claude.json").write_text("{}")
    (home / ".claude.json").symlink_to("dotfiles/claude.json")
    assert run_here(home, "mcp", "--install", "claude", "--yes").returncode == 0
    assert (home / ".claude.json").is_symlink()
    assert "overnight" in (home / "dotfiles" / "claude.json").read_text()
