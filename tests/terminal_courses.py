"""The small curriculum as somebody takes it at a terminal, with and without a model, and the operations beside it."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from curricula import write_curriculum
from scripted_models import ScriptedModels, scripted_models

from overnight.operations.operation import Context
from overnight.operations.perform import perform
from overnight.operations.registry import find


@pytest.fixture
def learner_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The small curriculum, begun, without a model."""
    (tmp_path / "settings.toml").write_text("")
    for name in [each for each in os.environ if each.endswith("_API_KEY")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("OVERNIGHT_SETTINGS", str(tmp_path / "settings.toml"))
    call("start", source=write_curriculum(tmp_path), folder=tmp_path / "files")
    return tmp_path / "files"


@pytest.fixture
def tutor_model(learner_files: Path) -> Iterator[ScriptedModels]:
    """A model that answers."""
    with scripted_models() as server:
        use(learner_files, server, "ok")
        yield server


def use(files: Path, server: ScriptedModels, mode: str, more: str = "") -> None:
    """Set a mode of the server up as the user's model; `more` settings."""
    provider = f'name = "scripted"\nwires = ["openai-chat"]\nbase_url = "{server.url(mode)}"\nmodel = "scripted"\n'
    (files.parent / "settings.toml").write_text(f"[[providers]]\n{provider}{more}")


def call(name: str, **given: object) -> Any:  # Any: outputs of several operations
    operation = find(f"learn {name}")
    assert operation is not None
    return perform(operation, Context(where=Path.cwd()), operation.input(**given))
