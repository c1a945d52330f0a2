"""A learner with wrong beliefs goes through the first steps of microgpt by the commands alone; the whole is in `slow/`."""

from dataclasses import replace
from pathlib import Path

import pytest
from simulated_learner import SimulatedLearner
from targets import overnight

from overnight.tutor.form.places import own_curriculum

STEPS = 2  # the rest takes minutes


def test_no_step_is_passed_without_its_idea(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each wrong belief fails its step and is followed by a hint; the next step is reached with the right program alone."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    overnight(tmp_path, "learn", "start", "microgpt", "--folder", "files", check=0)
    whole = own_curriculum("microgpt")
    learner = SimulatedLearner(folder=tmp_path, curriculum=replace(whole, steps=whole.steps[:STEPS]), wrong=1)
    for step in learner.curriculum.steps:
        learner.step(step)
    assert learner.passed() == [step.id for step in whole.steps[:STEPS]]
    assert len(learner.refused) == STEPS
