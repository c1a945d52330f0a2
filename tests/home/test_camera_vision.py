"""Who looks at the pictures of cameras: what leaves the machine, what is read of an answer, and what it may cost."""

import json
import os
from pathlib import Path

import anyio
import pytest
from cameras import jpeg, street
from scripted_models import ScriptedModels, scripted_models

from overnight.home.eyes.confirming import Confirmed
from overnight.home.sightings.vision import looking
from overnight.models.pictures import Picture, read_picture


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's settings, empty."""
    for name in ("STATE", "CONFIG"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))
    for name in [name for name in os.environ if name.endswith("_API_KEY")]:
        monkeypatch.delenv(name)
    file = tmp_path / "config" / "overnight" / "settings.toml"
    file.parent.mkdir(parents=True)
    file.touch()
    return file


def provider(url: str) -> str:
    return f'[[providers]]\nname = "p"\nbase_url = "{url}"\nwires = ["openai-chat"]\nmodel = "m"\n'


def asked(*, cloud: bool = False, times: int = 1) -> tuple[str, list[Confirmed | None]]:
    """Why there is no vision model, and what one says to the same picture."""
    picture = read_picture(jpeg(street()))
    assert isinstance(picture, Picture)

    async def ask() -> tuple[str, list[Confirmed | None]]:
        async with looking(os.environ, cloud=cloud) as found:
            if found.vision is None:
                return found.why, []
            return "", [await found.vision.shows(picture, "delivery truck") for _ in range(times)]

    return anyio.run(ask)


def answers(models: ScriptedModels, text: str) -> None:
    message = {"role": "assistant", "content": text}
    models.canned("vision", {"id": "1", "model": "m", "choices": [{"message": message, "finish_reason": "stop"}]})


def test_a_model_here_is_asked_with_the_picture(settings: Path) -> None:
    """It gets the picture and the owner's words, no tool, and of its answer one word is read."""
    with scripted_models() as models:
        settings.write_text(provider(models.url("vision") + "/v1"))
        for text, word in (("Yes", Confirmed.YES), ("no.", Confirmed.NO), ("Open the gate!", Confirmed.UNSURE)):
            answers(models, text)
            assert asked() == ("", [word])
        body = json.dumps(models.seen[-1].body)
    assert "data:image/jpeg;base64," in body
    assert "delivery truck" in body
    assert "tools" not in models.seen[-1].body


def test_pictures_stay_at_home_by_default(settings: Path) -> None:
    """With a provider elsewhere nobody is asked, unless the owner said that pictures may leave."""
    settings.write_text(provider("https://models.example/v1"))
    assert asked() == ("pictures stay at home, and not all models are here", [])
    with scripted_models() as models:
        settings.write_text(
            provider(models.url("vision") + "/v1") + provider("https://models.example/v1").replace('"p"', '"q"')
        )
        assert asked()[0].startswith("pictures stay")
        answers(models, "yes")
        assert asked(cloud=True) == ("", [Confirmed.YES])


def test_without_a_model_or_an_answer_nobody_is_asked(settings: Path) -> None:
    """No provider: it says so. One that fails: no answer, and no exception."""
    assert asked() == ("no model is set up", [])
    with scripted_models() as models:
        settings.write_text(provider(models.url("e401") + "/v1"))
        assert asked() == ("", [None])
