"""Commands of a learner that are killed at random points: what was recorded stays, and the record is whole."""

import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from curricula import write_curriculum
from targets import COMMAND, overnight

from overnight.tutor.form.places import curriculum_in
from overnight.tutor.record.record import LearnerRecord

KILLS = 8
LONGEST_S = 1.5  # until a kill; a check with its start takes less on an idle machine
WAIT_S = 60.0


def killed(folder: Path, after_s: float, *words: str) -> None:
    """Start `overnight learn ...` as a process of its own, and kill it, unless it ends before."""
    command = [sys.executable, COMMAND, "learn", *words]
    quiet = subprocess.DEVNULL
    started = subprocess.Popen(command, cwd=folder, stdout=quiet, stderr=quiet, env=dict(os.environ), start_new_session=True)
    try:
        started.wait(after_s)
    except subprocess.TimeoutExpired:
        started.send_signal(signal.SIGKILL)
        started.wait(WAIT_S)


def test_a_kill_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whenever `check`, `predict` or `explain` is killed, the chain holds, events before it stay, and it can be done again."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    step = curriculum_in(write_curriculum(tmp_path)).steps[0]
    overnight(tmp_path, "learn", "start", "--from", str(tmp_path / "numbers"), "--folder", "files", check=0)
    overnight(tmp_path, "learn", "predict", "1", check=0)
    (tmp_path / "files" / "double.py").write_text(step.misconceptions[0].source)
    overnight(tmp_path, "learn", "check", check=1)
    (tmp_path / "wrong.py").write_text(step.misconceptions[1].source)
    (tmp_path / "files" / "double.py").write_text(step.solution)
    calls = (("check", "wrong.py"), ("explain", "it adds"), ("predict", "2", "--step", "double"), ("hint",))
    draw = random.Random(7)
    before = events()
    for turn in range(KILLS):
        killed(tmp_path, draw.uniform(0.0, LONGEST_S), *calls[turn % len(calls)])
        now = events()
        assert now[: len(before)] == before
        assert len(now) <= len(before) + 1
        before = now
    overnight(tmp_path, "learn", "check", check=0)
    with LearnerRecord("owner") as record:
        progress = record.progress("numbers").of("double")
    assert progress.passed_at is not None
    assert progress.choice == 0


def events() -> list[object]:
    """All of the record, whose chain holds."""
    with LearnerRecord("owner") as record:
        record.store.check_chain()
        return [each.event for each in record.store.events()]
