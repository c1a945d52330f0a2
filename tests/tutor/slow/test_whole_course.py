"""A learner with wrong beliefs goes through all of microgpt by the commands alone; minutes."""

from pathlib import Path

import pytest
from simulated_learner import SimulatedLearner, campaign_of_ones_own
from targets import overnight

from overnight.tutor.form.places import own_curriculum


def test_a_learner_with_every_misconception_reaches_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With all listed beliefs, one after the other, every one fails its step, and the right programs lead to the end."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    overnight(tmp_path, "learn", "start", "microgpt", "--folder", "files", check=0)
    whole = own_curriculum("microgpt")
    facts = campaign_of_ones_own(tmp_path / "files" / "lab")
    learner = SimulatedLearner(folder=tmp_path, curriculum=whole, wrong=99, facts=facts)
    learner.study()
    assert learner.passed() == [step.id for step in whole.steps]
    assert len(learner.refused) == sum(len(step.misconceptions) for step in whole.steps)
