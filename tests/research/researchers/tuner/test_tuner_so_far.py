"""What people are told of a search of the tuner while it goes on."""

from pathlib import Path

import pytest
from tuner_searches import FakeSearch, Searched, quadratic

from overnight.research.researchers.port import NoIdeas, SearchEnded
from overnight.research.researchers.tuner.jump import Jump
from overnight.research.researchers.tuner.so_far import NOTHING, Wait, so_far
from overnight.research.search_trial import SO_FAR

SOURCE = "RATE = 0.1\nDECAY = 0.1\n"


def jump(gain: float) -> Jump:
    """One with this gain."""
    return Jump(values={"t.py:RATE": 0.2}, gain=gain, error=0.01, shares={})


@pytest.mark.parametrize(
    ("found", "head", "said"),
    [
        (None, 3.0, NOTHING),
        (jump(0.21), 3.0, "best so far +0.21 ± 0.01 (7 %) expected; more may be found"),
        (jump(0.21), -3.0, "best so far +0.21 ± 0.01 (7 %) expected; more may be found"),
        (jump(8849.0), 44185.0, "best so far +8849 ± 0.01 (20 %) expected; more may be found"),
        (jump(0.21), 0.0, "best so far +0.21 ± 0.01 expected; more may be found"),
        (jump(0.21), None, "best so far +0.21 ± 0.01 expected; more may be found"),
    ],
)
def test_the_gain_is_said_in_the_units_of_the_metric_and_as_a_share(found: Jump | None, head: float | None, said: str) -> None:
    """Of the head's value, unless there is none to compare with."""
    assert so_far(found, head, Wait.MORE) == said


def test_a_search_says_what_it_has_found_and_why_it_goes_on(tmp_path: Path) -> None:
    """With every trial from its first look on; before a proposal, that the best is checked."""
    search = FakeSearch(function=quadratic(RATE=0.02, DECAY=0.4), source=SOURCE, head_values=(9.4,))
    Searched(folder=tmp_path, search=search).propose(1)
    said = [str(trial.notes.get(SO_FAR, "")) for trial in search.trials]
    assert said[0] == "" and "" not in said[5:]
    assert any(each.endswith(f"expected; {Wait.MORE}") for each in said)


def test_a_gain_that_cannot_be_proven_is_said_to_be_too_small(tmp_path: Path) -> None:
    """Then a search goes on however long it has been, and a person sees why."""
    search = FakeSearch(function=quadratic(RATE=0.11), source=SOURCE, head_values=(0.02,), sigma=9.0, noise=0.001, budget=40)
    with pytest.raises((NoIdeas, SearchEnded)):
        Searched(folder=tmp_path, search=search).propose(1)
    assert str(search.trials[-1].notes[SO_FAR]).endswith((NOTHING, Wait.UNPROVABLE))
    assert any(str(trial.notes.get(SO_FAR)).endswith(Wait.UNPROVABLE) for trial in search.trials)
