"""The ready commands: what a program's settings name reaches an agent program as one argument, whatever it contains."""

import os
import subprocess
from pathlib import Path

import pytest
from scripted_run import FakeRun

from overnight.agents.environment import agent_environment
from overnight.agents.templates import TEMPLATES

MODELS = ["gpt-5", "a b", "$(touch owned)", "`touch owned`", "'; touch owned; '", '"; touch owned; "', "-x\ntouch owned", "*"]


@pytest.mark.parametrize("name", TEMPLATES)
@pytest.mark.parametrize("model", MODELS)
def test_no_name_of_a_model_is_read_by_the_shell(tmp_path: Path, name: str, model: str) -> None:
    """The program gets it as it is, by its options or its environment, and nothing else is run."""
    template, run = TEMPLATES[name], FakeRun(answers=[""], model=model)
    program = tmp_path / "bin" / template.program
    program.parent.mkdir()
    program.write_text('#!/bin/sh\nprintf "%s\\0" "$@" "$OVERNIGHT_MODEL"\n')
    program.chmod(0o755)
    folder = tmp_path / "folder"
    folder.mkdir()
    path = f"{program.parent}:{os.environ.get('PATH', os.defpath)}"
    environment = {**agent_environment(run), **template.environment(run.url, model), "PATH": path, "TMPDIR": str(tmp_path)}
    done = subprocess.run(["/bin/sh", "-c", template.command], cwd=folder, env=environment, capture_output=True, check=True)
    assert model in done.stdout.decode().split("\0")
    assert list(folder.iterdir()) == []
