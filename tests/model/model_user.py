"""A user whose only provider is a real small model, as fixtures that a module imports."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from agent_settings import forget_settings
from small_model import FOLDER, settings, small_model

from overnight.config import VARIABLE


@pytest.fixture(scope="session")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The server of the model, one for all tests."""
    if not (FOLDER / "llama-server").is_file():
        pytest.fail(f"there is no model in {FOLDER}: run `make test-model`")
    with small_model(tmp_path_factory.mktemp("model") / "server.txt") as served:
        yield served


@pytest.fixture(autouse=True)
def user(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A user whose only provider is the model."""
    forget_settings(tmp_path, monkeypatch)
    (tmp_path / "model.toml").write_text(settings(url))
    monkeypatch.setenv(VARIABLE, str(tmp_path / "model.toml"))
