"""`home learn` is stopped by Ctrl-C while a model writes, in a process of its own, and goes on."""

import signal
import threading
from pathlib import Path
from typing import Any

import pytest
from agent_settings import forget_settings
from home_learned_twins import RIGHT, Poster, running
from homes import home  # noqa: F401
from scripted_models import scripted_models
from targets import COMMAND, run_here, started

from overnight.home.learning.exchange import kept_exchange


@pytest.mark.usefixtures("home")
def test_ctrl_c_keeps_the_exchange(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first round is kept, nothing of the second one, and no process is left; the same command asks for the second one."""
    forget_settings(tmp_path, monkeypatch)
    asked, go, count = threading.Event(), threading.Event(), 0

    def says(_: dict[str, Any]) -> str:
        nonlocal count
        count += 1
        if count == 2:
            asked.set()
            go.wait(60)
        return f"```python\n{RIGHT if count > 2 else 'import os'}\n```"

    with scripted_models() as models, running(Poster()) as address:
        models.says = says
        provider = f'[[providers]]\nname = "p"\nbase_url = "{models.url("ok")}/v1"\nwires = ["openai-chat"]\nmodel = "m"\n'
        (tmp_path / "settings.toml").write_text(provider)
        with started([str(COMMAND), "home", "learn", address], tmp_path) as process:
            assert asked.wait(60)
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=60)
            go.set()
        assert process.returncode == 130
        kept = kept_exchange(address)
        assert kept and len(kept.rounds) == 1 and kept.rounds[0].problems
        done = run_here(tmp_path, "home", "learn", address)
        assert done.returncode == 0 and "goes on after 1 round" in done.stderr and count == 3
