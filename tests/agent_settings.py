"""The settings and the agent programs of a test's user."""

import os
import shutil
from pathlib import Path

import pytest

from overnight.config import VARIABLE
from overnight.models.known_providers import KNOWN

KEY = "sk-this-is-the-key-of-the-test"


def forget_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No key, no provider and no settings from this machine."""
    for known in KNOWN.values():
        for name in (*known.keys, *known.base_urls):
            monkeypatch.delenv(name, raising=False)
    (tmp_path / "settings.toml").write_text("")
    monkeypatch.setenv(VARIABLE, str(tmp_path / "settings.toml"))


def provide(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str, more: str = "") -> None:
    """Settings with one provider, which needs a key."""
    wires = '["openai-chat", "openai-responses", "anthropic", "gemini"]'
    provider = f'[[providers]]\nname = "p"\nbase_url = "{url}"\nwires = {wires}\nkey_env = "KEY_OF_P"\n'
    (tmp_path / "settings.toml").write_text(provider + more)
    monkeypatch.setenv("KEY_OF_P", KEY)


def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, script: str) -> None:
    """An agent program on PATH."""
    folder = tmp_path / "installed" / "bin"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)
    if str(folder) not in os.environ["PATH"]:
        monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")


def only_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A PATH without any agent program."""
    folder, found = tmp_path / "tools", shutil.which("git")
    folder.mkdir()
    assert found is not None
    (folder / "git").symlink_to(found)
    monkeypatch.setenv("PATH", str(folder))
